"""The rows of a sheet: maps as tiles, units as cells or as bars.

All lengths are inches: the Axes that they are drawn on is measured in them.
"""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from cnnkit.plots.style import BLUE, GREY, MAGNITUDE, SIGNED, signed_limit

GAP = 0.08  # between two tiles
ROW_GAP = 0.15  # between two rows; the numbers of the maps stand in it
_KEY = 0.15  # from the row to its scale
_SMALL = 7  # points
_DIGITS = 0.16  # room for the class numbers below bars and cells
_SCALE = 0.4  # room for the scale beside the bars
_SUM_NEAR_1 = 0.005  # of probabilities, in half precision too


def draw_tile(
    ax: Axes,
    picture: np.ndarray,
    left: float,
    top: float,
    side: float,
    *,
    head: str = "",
    **style: object,
) -> None:
    """One picture, its longer side as long as `side`, with a thin frame."""
    height, width = (side * size / max(picture.shape[:2]) for size in picture.shape[:2])
    box = left, left + width, top - height, top
    ax.imshow(picture, extent=box, aspect="auto", interpolation="nearest", **style)
    _draw_frame(ax, left, top - height, width, height)
    if head:
        ax.text(left + width / 2, top + 0.03, head, ha="center", fontsize=_SMALL)


def draw_row(
    ax: Axes, array: np.ndarray, count: int, top: float, side: float, across: float
) -> None:
    """The first maps as numbered tiles, or all units as cells, and the scale.

    Args:
        ax: where to draw.
        array: `(H, W, C)` or `(units,)`; maps of one pixel are drawn as units.
        count: how many maps.
        top: of the row.
        side: height of the row.
        across: width of the row.
    """
    style, words = colours_of(array)
    if array.ndim == 3 and array.shape[:2] != (1, 1):
        for index in range(min(count, array.shape[-1])):
            place = index * (side + GAP), top, side
            draw_tile(ax, array[..., index], *place, head=str(index), **style)
    else:
        _draw_cells(ax, array.ravel(), top, side, across, style)
    _draw_key(ax, style, words, across + _KEY, top - side / 2)


def _draw_key(ax: Axes, style: dict, words: str, left: float, middle: float) -> None:
    ramp = np.linspace(style["vmin"], style["vmax"], 64)[np.newaxis]
    box = left, left + 0.8, middle, middle + 0.1
    ax.imshow(ramp, extent=box, aspect="auto", **style)
    ax.text(left, middle - 0.03, words, va="top", fontsize=_SMALL)


def colours_of(array: np.ndarray) -> tuple[dict, str]:
    """The colour map and its limits, and the limits in words.

    From 0 up, or as far below 0 as above where a value is below 0.
    """
    if np.nanmin(array, initial=0) < 0:
        high = signed_limit(array)
        style = {"cmap": SIGNED, "vmin": -high, "vmax": high}
        ends = f"−{_short(high)}", f"to {_short(high)}"
        return style, ("\n" if len(ends[0]) > 7 else " ").join(ends)
    high = float(np.nanmax(array, initial=0))
    style = {"cmap": MAGNITUDE, "vmin": 0, "vmax": high or 1.0}
    return style, f"0 to {_short(high)}" if high else "all are 0"


def _short(value: float) -> str:
    """Two digits that count, or all before the point."""
    digits = f"{value:.0f}" if 100 <= abs(value) < 1e5 else f"{value:.2g}"
    return digits.replace("-", "−")


def _draw_cells(
    ax: Axes, units: np.ndarray, top: float, side: float, across: float, style: dict
) -> None:
    """All units as nearly square cells, row by row, across the whole width."""
    height, count = side / 2, len(units)
    columns = _columns(count, across / height)
    rows = math.ceil(count / columns)
    grid = np.full(rows * columns, np.nan)
    grid[:count] = units
    width, low = min(across, columns * height / rows), top - side / 2 - height / 2
    box = 0, width, low, low + height
    how = {"extent": box, "aspect": "auto", "interpolation": "nearest"}
    ax.imshow(grid.reshape(rows, columns), **how, **style)
    _draw_frame(ax, 0, low, width, height)


def _columns(count: int, ratio: float) -> int:
    """Columns of square cells in a strip; such that no cell stays empty, if it can."""
    ideal = min(count, math.ceil(math.sqrt(count * ratio)))
    even = [n for n in range(1, count + 1) if count % n == 0]
    best = min(even, key=lambda n: abs(math.log(n / ideal)))
    return best if 0.6 < best / ideal < 1.6 else ideal


def _draw_frame(
    ax: Axes, left: float, bottom: float, width: float, height: float
) -> None:
    """A thin frame; its hatching is seen where a picture has no number."""
    behind = {"facecolor": "none", "edgecolor": GREY, "hatch": "////", "zorder": -1}
    ax.add_patch(Rectangle((left, bottom), width, height, linewidth=0, **behind))
    frame = {"fill": False, "edgecolor": GREY, "linewidth": 0.4}
    ax.add_patch(Rectangle((left, bottom), width, height, **frame))


def _step(count: int, across: float) -> float:
    """Width of a class, the same for bars and for cells."""
    return min((across - _SCALE) / count, 0.5)


def _draw_digits(ax: Axes, count: int, step: float, foot: float) -> None:
    for index in range(count):
        place = (index + 0.5) * step, foot - 0.03
        ax.text(*place, index, ha="center", va="top", fontsize=_SMALL)


def draw_classes(
    ax: Axes, units: np.ndarray, top: float, side: float, across: float
) -> None:
    """Up to 20 units as cells, each above its number and as wide as a bar."""
    style, words = colours_of(units)
    step, foot = _step(len(units), across), top - min(0.75 * side, side - _DIGITS)
    box = 0, step * len(units), foot, foot + side / 2
    how = {"extent": box, "aspect": "auto", "interpolation": "nearest"}
    ax.imshow(units[np.newaxis], **how, **style)
    _draw_frame(ax, 0, foot, box[1], side / 2)
    _draw_digits(ax, len(units), step, foot)
    _draw_key(ax, style, words, across + _KEY, top - side / 2)


def draw_bars(
    ax: Axes, units: np.ndarray, top: float, side: float, across: float
) -> None:
    """Up to 20 finite units as bars with their numbers, and the greatest in words.

    Probabilities stand on a scale from 0 to 1, all else on one of its own.
    """
    likely = units.min() >= 0 and abs(units.sum() - 1) < _SUM_NEAR_1
    high, low = 1.0 if likely else max(units.max(), 0), min(units.min(), 0)
    scale = (side - _DIGITS) / (high - low or 1.0)
    zero, step = top - high * scale, _step(len(units), across)
    centres, end = (np.arange(len(units)) + 0.5) * step, step * len(units)
    ax.bar(centres, units * scale, 0.7 * step, bottom=zero, color=BLUE)
    for value in sorted({high, 0.0, low}):
        place, line = zero + value * scale, ":" if value else "-"
        ax.plot((0, end), (place, place), line, color=GREY, linewidth=0.8, zorder=0)
        near = (abs(value - other) * scale < 0.1 for other in {high, low} - {0})
        if value or not any(near):  # the 0 gives way to an end beside it
            words = {"va": "center", "fontsize": _SMALL, "label": "_tick"}
            ax.text(end + 0.06, place, _short(value), **words)
    _draw_digits(ax, len(units), step, top - side + _DIGITS)
    words = _greatest(units, likely=likely)
    ax.text(across + _KEY, top - side / 2, words, va="center", fontsize=_SMALL)


def _greatest(units: np.ndarray, *, likely: bool) -> str:
    best = int(units.argmax())
    if not likely:
        return f"greatest: {best}\nwith {_short(units[best])}"
    digits = f"{units[best]:.3f}"
    words = "\nmore than 0.999" if digits == "1.000" else f" {digits}"
    return f"most likely: {best}\nprobability{words}"
