"""The gradients that arrive at each layer."""

import math
from collections.abc import Callable, Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogFormatter

from cnnkit.errors import expected
from cnnkit.plots.inputs import finite_array
from cnnkit.plots.style import SERIES, on_paper, one_axes, readable

_MARKERS = "osD^vPX*"
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@on_paper
def gradient_norms(gradients: Mapping[str, object], *, ax: Axes | None = None) -> Axes:
    """Draw how large the gradient is that arrives at each layer.

    The norm is the root of the sum of squares. The axis is logarithmic: a line
    that falls straight towards the input is a gradient that shrinks by the same
    factor from layer to layer. A gradient of exactly 0 has no place on such an
    axis; it stands at the bottom, as a hollow mark with a 0.

    Args:
        gradients: `{layer: gradient}` in the order from the input on, or several
            of these with the same layers, `{curve: {layer: gradient}}`, up to 8. A
            gradient is an array of any shape, a list of arrays (kernel and bias),
            or its norm.
        ax: where to draw. Default: a new figure.

    Returns:
        The Axes.

    Raises:
        ValueError: there is no layer, the curves have different layers or are too
            many, a gradient is not made of finite numbers, or its norm is beyond
            what can be drawn.

    Example:
        >>> gradient_norms({"sigmoid": {"conv1": 1e-5, "conv2": 1e-2, "logits": 1.0}})

    Taught in: notebooks/07_activations.ipynb
    """
    curves, layers = _check_curves(gradients)
    norms = {
        name: np.array([_norm(layer, curve[layer]) for layer in layers])
        for name, curve in curves.items()
    }
    given, ax = ax, one_axes(ax, size=(max(3.5, min(0.8 * len(layers), 12)) + 1.5, 3.4))
    _set_scale(ax, np.concatenate(list(norms.values())))
    beside = _side_by_side(np.array(list(norms.values())) == 0)
    for index, (name, values) in enumerate(norms.items()):
        _draw_norms(ax, index, name, values, beside[index])
    _name_layers(ax, [readable(layer) for layer in layers])
    ax.set_ylabel("norm of the gradient")
    ax.grid(alpha=0.25)
    if "" not in norms:
        outside = {} if given is not None else {"bbox_to_anchor": (1.01, 1)}
        ax.legend(loc="upper left" if outside else "best", fontsize=8, **outside)
    return ax


def _set_scale(ax: Axes, norms: np.ndarray) -> None:
    """A logarithmic axis, with room below for what is 0."""
    seen = norms[norms > 0]
    ax.set_yscale("log")
    low, high = (np.log10([seen.min(), seen.max()])) if seen.size else (0, 0)
    room = max(0.07 * (high - low), 0.5)
    below = room + 0.25 * (high - low + 1) if (norms == 0).any() else room
    ax.set_ylim(10.0 ** (low - below), 10.0 ** (high + room))
    low, high = ax.get_ylim()
    write = "{:g}".format if low > 1e-4 and high < 1e5 else _power
    ax.yaxis.set_major_formatter(FuncFormatter(lambda norm, _: write(norm)))
    ax.yaxis.set_minor_formatter(_SomeOf(write))
    if not seen.size:
        ax.set_yticks([], [])
        ax.minorticks_off()


class _SomeOf(LogFormatter):
    """Writes in one manner the minor ticks that a LogFormatter would name."""

    def __init__(self, write: Callable[[float], str]) -> None:
        super().__init__(labelOnlyBase=False, minor_thresholds=(1.5, 0.4))
        self._write = write

    def __call__(self, norm: float, pos: int | None = None) -> str:
        return self._write(norm) if super().__call__(norm, pos) else ""


def _power(norm: float) -> str:
    """Write a norm as a power of ten, or as a digit times one."""
    digit, power = f"{norm:.0e}".split("e")
    raised = f"10{str(int(power)).translate(_RAISED)}"
    return raised if digit == "1" else f"{digit}·{raised}"


def _side_by_side(zeros: np.ndarray) -> np.ndarray:
    """Where the zeros of several curves stand round the tick of their layer.

    Args:
        zeros: whether the gradient is 0, `(curves, layers)`.

    Returns:
        The distance from the tick, of the same shape; 0 for a zero on its own.
    """
    count = zeros.sum(axis=0)
    rank = zeros.cumsum(axis=0) - 1 - (count - 1) / 2
    return rank * np.minimum(0.15, 0.7 / np.maximum(count, 1))


def _name_layers(ax: Axes, layers: list[str]) -> None:
    width = ax.get_window_extent().width / ax.figure.dpi
    tight = max(map(len, layers)) * len(layers) * 0.085 > width  # inches
    turn = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if tight else {}
    ax.set_xticks(range(len(layers)), layers, **turn)
    ax.set_xlim(-0.5, len(layers) - 0.5)
    ax.set_xlabel("layer, from the input on")


def _check_curves(gradients: Mapping) -> tuple[dict, list[str]]:
    if not isinstance(gradients, Mapping) or not gradients:
        raise expected("`gradients` as {layer: gradient}", repr(gradients))
    inner = [isinstance(value, Mapping) for value in gradients.values()]
    curves = gradients if all(inner) else {"": gradients}
    layers = list(next(iter(curves.values())))
    if any(inner) and not all(inner) or not layers:
        raise expected("`gradients` as {curve: {layer: gradient}}", repr(gradients))
    if len(curves) > len(_MARKERS):
        raise expected(f"at most {len(_MARKERS)} curves", f"{len(curves)}")
    for name, curve in curves.items():
        if list(curve) != layers:
            raise expected(f"{name} to have the layers {layers}", f"{list(curve)}")
    return dict(curves), layers


def _norm(layer: str, gradient: object) -> float:
    parts = gradient if isinstance(gradient, (list, tuple)) else [gradient]
    arrays = [finite_array(f"the gradient of {layer}", part) for part in parts]
    if len(arrays) == 1 and arrays[0].ndim == 0 and arrays[0] < 0:
        raise expected(f"the norm of {layer} to be 0 or more", f"{gradient}")
    norm = math.hypot(*(_length(array) for array in arrays))
    if norm and not 1e-100 < norm < 1e100:
        what = f"the norm of {layer} to be 0, or from 1e-100 to 1e100"
        raise expected(what, f"{norm:g}")
    return norm


def _length(array: np.ndarray) -> float:
    """The norm; divided first, so that squares of tiny numbers do not vanish."""
    largest = np.abs(array).max() or 1.0
    return float(largest * np.linalg.norm(array / largest))


def _draw_norms(
    ax: Axes, index: int, name: str, values: np.ndarray, beside: np.ndarray
) -> None:
    at = np.arange(len(values))
    colour = SERIES[index % len(SERIES)]
    style = {"color": colour, "marker": _MARKERS[index], "markersize": 5}
    dash = ("-", "--")[index // len(SERIES)]
    shown = np.where(values > 0, values, np.nan)
    ax.plot(at, shown, linestyle=dash, label=readable(name), **style)
    zeros = np.flatnonzero(values == 0)
    places = zeros + beside[zeros]
    across = ax.get_xaxis_transform()
    style |= {"linestyle": "none", "markerfacecolor": "none", "transform": across}
    ax.plot(places, np.full(len(zeros), 0.05), **style)
    for place in places:
        text = {"xycoords": across, "textcoords": "offset points", "fontsize": 8}
        ax.annotate("0", (place, 0.05), (0, 5), ha="center", **text)
