"""Activation functions and their slopes."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cnnkit.errors import check_choice, check_number, expected
from cnnkit.plots.style import BLUE, ORANGE, on_paper, readable
from cnnkit.scratch import (
    leaky_relu,
    leaky_relu_backward,
    relu,
    relu_backward,
    sigmoid,
    sigmoid_backward,
    tanh,
    tanh_backward,
)

_KNOWN = {
    "sigmoid": (sigmoid, sigmoid_backward),
    "tanh": (tanh, tanh_backward),
    "relu": (relu, relu_backward),
    "leaky_relu": (leaky_relu, leaky_relu_backward),
}
_POINTS = 801  # an odd number: 0 is among them when the limits are symmetric
_FLAT = 0.01
_JUMP = 5  # times the change nearby


@on_paper
def activations(
    functions: str | Sequence[str] | Mapping[str, Callable] = tuple(_KNOWN),
    *,
    limits: tuple[float, float] = (-6, 6),
) -> Figure:
    """Draw activation functions, and below each its slope.

    A gradient on its way back is multiplied by the slope. Where the slope is less
    than 0.01 in size the ground is grey: next to nothing passes there, and the
    layers before hardly learn; «slope 0» says that it is exactly 0. The line of the
    slope is broken where the slope jumps. All slopes have the same scale.

    Args:
        functions: names of functions of `cnnkit.scratch`, out of "sigmoid",
            "tanh", "relu" and "leaky_relu"; or functions of your own, `{name:
            function}`, which take an array and return one of its shape. The slope
            of those is a central difference. Default: the four.
        limits: least and greatest input. Default: -6 to 6.

    Returns:
        The Figure: for each function an Axes for the output, then one for the
        slope.

    Raises:
        TypeError: a function cannot be called, or a limit is not a number.
        ValueError: there is no function, a name is unknown, the limits are not in
            order, or a function does not return a number for each input.

    Example:
        >>> activations({"swish": lambda x: x * scratch.sigmoid(x)})

    Taught in: notebooks/07_activations.ipynb
    """
    x = np.linspace(*_check_limits(limits), _POINTS)
    curves = {name: _curves(name, f, x) for name, f in _pairs(functions)}
    columns = min(len(curves), 4)
    blocks = math.ceil(len(curves) / columns)
    figure = plt.figure(
        figsize=(0.4 + 2.4 * columns, 3.8 * blocks),
        facecolor="white",
        layout="constrained",
    )
    grid = figure.add_gridspec(2 * blocks, columns)
    slopes = np.concatenate([slope for _, slope in curves.values()])
    low, high = min(np.nanmin(slopes), 0), max(np.nanmax(slopes), 1)
    room = 0.08 * (high - low)
    for index, (name, (output, slope)) in enumerate(curves.items()):
        row, column = divmod(index, columns)
        above = figure.add_subplot(grid[2 * row, column])
        below = figure.add_subplot(grid[2 * row + 1, column], sharex=above)
        above.plot(x, output, color=BLUE, linewidth=2)
        below.plot(*_broken(x, slope), color=ORANGE, linewidth=2, linestyle="--")
        above.set_title(readable(name), fontsize=11)
        below.set_title(f"slope at most {np.nanmax(np.abs(slope)):.3g}", fontsize=9)
        _shade(above, below, x, slope)
        above.set_xlim(x[0], x[-1])
        below.set_ylim(low - room, high + room)
        below.set_xlabel("input")
        above.tick_params(labelbottom=False)
        if column == 0:
            above.set_ylabel("output", color=BLUE)
            below.set_ylabel("slope", color=ORANGE)
    return figure


def _check_limits(limits: tuple[float, float]) -> tuple[float, float]:
    if not isinstance(limits, (tuple, list)) or len(limits) != 2:
        raise expected("`limits` to be two numbers", repr(limits))
    low, high = (check_number("limits", end, minimum=-1e6) for end in limits)
    if not low < high <= 1e6:
        raise expected("`limits` to be (least, greatest), up to 1e6", f"{limits}")
    return low, high


def _pairs(functions: str | Sequence[str] | Mapping) -> list[tuple]:
    """Names with their functions; None for one of the kit's own."""
    if isinstance(functions, Mapping):
        pairs = list(functions.items())
        for name, function in pairs:
            if not callable(function):
                what = f"{name} to be a function"
                raise expected(what, repr(function), error=TypeError)
    else:
        names = [functions] if isinstance(functions, str) else functions
        pairs = [(check_choice("functions", name, _KNOWN), None) for name in names]
    if not pairs:
        raise expected("at least one function", "none")
    return pairs


def _curves(name: str, function: Callable | None, x: np.ndarray) -> list[np.ndarray]:
    if function is None:
        forward, backward = _KNOWN[name]
        output, slope = forward(x), backward(np.ones_like(x), x)
    else:
        output, slope = np.asarray(function(x), float), _differences(function, x)
    if output.shape != x.shape or not _finite(output, slope):
        raise expected(
            f"{name} to return a finite number for each of {len(x)} inputs",
            f"shape {output.shape}"
            if output.shape != x.shape
            else "what is infinite or no number",
        )
    return [output, slope]


def _finite(output: np.ndarray, slope: np.ndarray) -> bool:
    """Whether all are finite, but for slopes at jumps, of which some are left."""
    return bool(np.isfinite(output).all()) and not np.isinf(slope).any()


def _broken(x: np.ndarray, slope: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Put NaN between two points where the slope jumps, so that no line joins them."""
    steps = np.diff(slope)
    size = np.pad(np.nan_to_num(np.abs(steps)), 2)
    nearby = np.maximum(size[:-4], size[4:])  # two further on, as kinks are smeared
    jumps = size[2:-2] > np.maximum(_JUMP * nearby, 0.02 * np.nanmax(np.abs(slope)))
    # A narrow peak goes up and down again.
    signed = np.pad(np.nan_to_num(steps), 1)
    peaks = np.minimum(signed[:-2] * steps, signed[2:] * steps) < -0.1 * steps**2
    at = np.flatnonzero(jumps & ~peaks) + 1
    return np.insert(x, at, x[at]), np.insert(slope, at, np.nan)


def _differences(function: Callable, x: np.ndarray) -> np.ndarray:
    """Central differences; NaN across a jump, where there is no slope."""
    wide, narrow = (
        (np.asarray(function(x + h), float) - function(x - h)) / (2 * h)
        for h in (1e-2, 5e-3)  # not less: the function may work in float32
    )
    # Across a jump, half the step gives twice the slope.
    return np.where(np.abs(narrow) > 1.9 * np.abs(wide) + 1e-3, np.nan, narrow)


def _shade(above: Axes, below: Axes, x: np.ndarray, slope: np.ndarray) -> None:
    """Shade where the slope is next to nothing; write so where there is room."""
    seen = np.flatnonzero(~np.isnan(slope))
    slope = np.interp(x, x[seen], slope[seen])  # a jump does not end a stretch
    for first, last in _runs(np.abs(slope) < _FLAT):
        for ax in (above, below):
            ax.axvspan(x[first], x[last], color="0.88", linewidth=0, zorder=0)
        if last - first > 0.09 * len(x):
            exact = not slope[first : last + 1].any()
            below.text(
                (x[first] + x[last]) / 2,
                0.55,
                "slope 0" if exact else "hardly learns",
                transform=below.get_xaxis_transform(),
                rotation=90,
                fontsize=8,
                ha="center",
                va="center",
            )


def _runs(mask: np.ndarray) -> Iterator[tuple[int, int]]:
    """First and last index of each stretch of True."""
    edges = np.flatnonzero(np.diff(mask, prepend=False, append=False))
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        yield int(first), int(end) - 1
