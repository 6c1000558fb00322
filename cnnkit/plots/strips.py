"""The rows of a sheet: maps as tiles, units as cells or as bars.

All lengths are inches: the Axes that they are drawn on is measured in them.
"""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from cnnkit.plots.style import BLUE, GREY, MAGNITUDE, SIGNED, signed_limit

GAP = 0.08  # between two tiles, and between two rows
_KEY = 0.15  # from the row to its scale
_SMALL = 7  # points
_DIGITS = 0.16  # room for the class numbers below the bars


def draw_tile(
    ax: Axes, picture: np.ndarray, left: float, top: float, side: float, **style: object
) -> None:
    """One picture, its longer side as long as `side`, with a thin frame."""
    height, width = (side * size / max(picture.shape[:2]) for size in picture.shape[:2])
    box = left, left + width, top - height, top
    ax.imshow(picture, extent=box, aspect="auto", interpolation="nearest", **style)
    _draw_frame(ax, left, top - height, width, height)


def draw_row(
    ax: Axes, array: np.ndarray, count: int, top: float, side: float, across: float
) -> None:
    """The first maps as tiles, or all units as cells, with the scale of colours.

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
            draw_tile(ax, array[..., index], index * (side + GAP), top, side, **style)
    else:
        _draw_cells(ax, array.ravel(), top, side, across, dict(style))
    left, middle = across + _KEY, top - side / 2
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
    style |= {"extent": box, "aspect": "auto", "interpolation": "nearest"}
    ax.imshow(grid.reshape(rows, columns), **style)
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


def draw_bars(
    ax: Axes, units: np.ndarray, top: float, side: float, across: float
) -> None:
    """One bar a unit with its number below, and the greatest in words."""
    values = np.nan_to_num(units)  # no bar where there is no number
    span = max(values.max(), 0) - min(values.min(), 0) or 1.0
    scale = (side - _DIGITS) / span
    zero = top - max(values.max(), 0) * scale
    step = min(across / len(units), 0.5)
    centres = (np.arange(len(units)) + 0.5) * step
    ax.bar(centres, values * scale, 0.7 * step, bottom=zero, color=BLUE)
    ax.plot((0, step * len(units)), (zero, zero), color=GREY, linewidth=0.8)
    for index, centre in enumerate(centres):
        foot = top - side + _DIGITS - 0.03
        ax.text(centre, foot, index, ha="center", va="top", fontsize=_SMALL)
    best = int(values.argmax())
    words = f"greatest: {best}\nwith {values[best]:.3g}".replace("-", "−")
    ax.text(across + _KEY, top - side / 2, words, va="center", fontsize=_SMALL)
