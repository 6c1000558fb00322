"""Pictures of any size side by side, each under its name."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from cnnkit.errors import check_choice, expected
from cnnkit.plots.style import (
    INK,
    MAGNITUDE,
    ORANGE,
    SIGNED,
    on_paper,
    readable,
    signed_limit,
    tiles,
)

_COLOURS = {"grey": "gray", "ink": INK, "magnitude": MAGNITUDE, "signed": SIGNED}


@on_paper
def pictures(
    named: Mapping[str, np.ndarray],
    *,
    colours: str | None = None,
    same_scale: bool = False,
    scale: bool = False,
    windows: Mapping[str, Sequence[int]] | None = None,
    columns: int | None = None,
    title: str | None = None,
) -> Figure:
    """Draw pictures of any size side by side, each as large as the others.

    So a photograph can stand beside what a kernel answers to it, and a digit
    beside its pooled maps. Pixels stay pixels, unless a picture has more of them
    than the figure: then it is smoothed, or false patterns would appear.

    Args:
        named: `{name: picture}`, each `(H, W)`, `(H, W, 1)` or `(H, W, 3)`.
            Colour is shown as it is: floats from 0 to 1, or bytes.
        colours: how numbers are shown. `"grey"`: the greatest is white. `"ink"`:
            it is black. `"magnitude"`: from dark to bright. `"signed"`: 0 is
            white, red above it, blue below. Default: `"signed"` for a picture
            that has negative numbers, else `"grey"`.
        same_scale: show the same number in the same shade in all of them.
            Default: False, each has a scale of its own, from 0 (or its least
            number, in `"magnitude"`) to its greatest.
        scale: draw the scale under each picture. Default: False.
        windows: `{name: (row, column, height, width)}`, frames to draw.
            Default: none.
        columns: pictures in a row. Default: all in one.
        title: the heading. Default: none.

    Returns:
        The Figure.

    Raises:
        ValueError: no picture, another shape, a window of a picture that is not
            there or that leaves it.

    Example:
        >>> edges = scratch.conv2d(digit[None], bank)[0, ..., 0]  # (26, 26)
        >>> plots.pictures({"a seven": digit, "its upright edges": edges})

    Taught in: notebooks/02_convolution.ipynb
    """
    if not isinstance(named, Mapping) or not named:
        raise expected("`named` to be a dict of at least one picture", named)
    if colours is not None:
        check_choice("colours", colours, _COLOURS)
    shown = {name: _as_picture(name, picture) for name, picture in named.items()}
    windows = _checked(windows or {}, shown)
    count = len(shown)
    side = max(1.2, min(3.2, 8.6 / min(count, columns or count)))
    figure, axes = tiles(
        count, columns or count, side=side, extra=0.3 + 0.35 * bool(scale)
    )
    every = [picture for picture in shown.values() if picture.ndim == 2]
    for ax, (name, picture) in zip(axes, shown.items(), strict=True):
        ax.set_title(readable(name), fontsize=10)
        values = every if same_scale else [picture]
        crowded = max(picture.shape[:2]) > side * figure.dpi
        image = ax.imshow(
            picture,
            interpolation="antialiased" if crowded else "nearest",
            **_look(values, colours),
        )
        if scale and picture.ndim == 2:
            bar = figure.colorbar(image, ax=ax, location="bottom", shrink=0.9)
            bar.ax.tick_params(labelsize=8)
        if name in windows:
            _frame(ax, windows[name])
    if title:
        figure.suptitle(readable(title), fontsize=11)
    return figure


def _as_picture(name: str, picture: np.ndarray) -> np.ndarray:
    """Return it as `(H, W)` or `(H, W, 3)`, or raise."""
    array = np.asarray(picture)
    if array.ndim == 3 and array.shape[-1] == 1:
        array = array[..., 0]
    if 0 in array.shape or not (array.ndim == 2 or array.shape[2:] == (3,)):
        shapes = "(H, W), (H, W, 1) or (H, W, 3)"
        raise expected(f"`named[{name!r}]` of shape {shapes}", array.shape)
    return array


def _look(values: Sequence[np.ndarray], colours: str | None) -> dict:
    """Colour map and limits of pictures that share a scale."""
    finite = [v[np.isfinite(v)] for v in values if v.ndim == 2]
    numbers = np.concatenate([np.zeros(1), *finite])
    if colours == "signed" or (colours is None and numbers.min() < 0):
        limit = signed_limit(numbers)
        return {"cmap": SIGNED, "vmin": -limit, "vmax": limit}
    if (colours == "magnitude" or numbers.min() < 0) and len(numbers) > 1:
        numbers = numbers[1:]
    low, high = float(numbers.min()), float(numbers.max())
    high = high if high > low else low + 1
    return {"cmap": _COLOURS[colours or "grey"], "vmin": low, "vmax": high}


def _checked(windows: Mapping, shown: Mapping[str, np.ndarray]) -> dict:
    for name, window in windows.items():
        if name not in shown:
            raise expected(f"`windows` to name one of {', '.join(shown)}", name)
        sizes = np.shape(window) == (4,) and all(int(x) == x for x in window)
        height, width = shown[name].shape[:2]
        if not sizes or not (
            0 <= window[0] < window[0] + window[2] <= height
            and 0 <= window[1] < window[1] + window[3] <= width
        ):
            inside = f"(row, column, height, width) within {height}×{width}"
            raise expected(f"`windows[{name!r}]` to be {inside}", window)
    return dict(windows)


def _frame(ax: Axes, window: Sequence[int]) -> None:
    row, column, height, width = window
    corner = (column - 0.5, row - 0.5)
    ax.add_patch(
        Rectangle(corner, width, height, fill=False, edgecolor=ORANGE, linewidth=2)
    )
