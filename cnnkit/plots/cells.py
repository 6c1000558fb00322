"""Grids of cells with numbers in them: what the drawings of arithmetic share.

On every Axes here, cell (row, column) has its middle at x = column, y = row, with
row 0 at the top.
"""

from collections.abc import Iterable

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from cnnkit.errors import expected
from cnnkit.plots.rounding import as_written, exactly, written
from cnnkit.plots.style import INK, SIGNED, ink_on, signed_limit

LEAST, MOST = 1e-5, 1e6  # magnitudes that can be written into a cell
POINTS, _SMALLEST = 9, 7  # size of the numbers, and the least that can be read
_RULED = 32  # cells along an axis up to which lines are drawn between them
_WIDTHS = {".": 0.318, "−": 0.838}  # of letters, in sizes of the font; a digit's:
_DIGIT = 0.636


def as_grid(name: str, values: object, *, most: int | None = 12) -> np.ndarray:
    """Return `values` as float64 `(H, W)`, when they can be written into cells.

    Axes of length 1 at the end, as in `(H, W, 1)`, are dropped.

    Raises:
        TypeError: they are not real numbers.
        ValueError: they are no grid, too many for the cells to be legible, not
            finite, or too large or too small to be written.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "buif":
        raise expected(
            f"`{name}` to be an array of numbers", f"{array.dtype}", error=TypeError
        )
    while array.ndim > 2 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim != 2 or array.size == 0:
        raise expected(f"`{name}` to be a grid (H, W)", f"shape {np.shape(values)}")
    if most is not None and max(array.shape) > most:
        raise expected(
            f"`{name}` to have at most {most} × {most} cells",
            f"shape {array.shape}",
            advice=f"Cut a part out, as in {name}[:{most}, :{most}].",
        )
    if not np.isfinite(array).all():
        raise expected(f"`{name}` to hold finite numbers", "NaN or infinity")
    largest = np.abs(array.astype(np.float64)).max()
    if largest and not LEAST <= largest < MOST:
        raise expected(
            f"the largest of `{name}` to be from {LEAST:g} to below {MOST:g}",
            f"{largest:g}",
            advice="Scale the numbers first.",
        )
    return as_written(array)


def colour_scale(
    values: np.ndarray,
    *,
    signed: bool | None = None,
    vmin: float | None = None,
    vmax: float | None = None,
    pale: bool = False,
) -> dict[str, object]:
    """Choose colours: diverging ones for signed values, dark ink for others.

    Args:
        values: all that are to be drawn with these colours.
        signed: None looks whether one is negative. Default: None.
        vmin: start of the scale; signed scales are symmetric. Default: 0.
        vmax: its end. Default: the largest value.
        pale: leave the strongest colours out, so that marks and numbers stand out.

    Returns:
        Keywords for `imshow`: `cmap`, `vmin` and `vmax`.
    """
    least = float(np.min(values)) if vmin is None else vmin
    room = 1.5 if pale else 1.0
    if signed or (signed is None and least < 0):
        given = [abs(limit) for limit in (vmin, vmax) if limit is not None]
        limit = room * (max(given, default=0) or signed_limit(values))
        return {"cmap": SIGNED, "vmin": -limit, "vmax": limit}
    low = min(least, 0.0) if vmin is None else vmin
    high = float(np.max(values)) if vmax is None else vmax
    high = low + room * (high - low) if high > low else low + 1
    return {"cmap": INK, "vmin": low, "vmax": high}


def draw_cells(ax: Axes, values: np.ndarray, scale: dict[str, object]) -> AxesImage:
    """Draw the cells in their colours, with thin lines between them."""
    picture = ax.imshow(values, interpolation="nearest", **scale)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_frame_on(False)
    rule_cells(ax, *values.shape)
    return picture


def rule_cells(ax: Axes, height: int, width: int) -> None:
    """Draw thin lines between the cells; where they are many, round all of them."""
    few = max(height, width) <= _RULED
    down = np.arange(height + 1) if few else np.array([0, height])
    right = np.arange(width + 1) if few else np.array([0, width])
    lines = [[(-0.5, y), (width - 0.5, y)] for y in down - 0.5]
    lines += [[(x, -0.5), (x, height - 0.5)] for x in right - 0.5]
    thin = 0.3 if few and max(height, width) > 16 else 0.6
    ax.add_collection(
        LineCollection(lines, colors="#999999", linewidths=thin, zorder=1.5)
    )


def write_cells(
    ax: Axes,
    picture: AxesImage,
    values: np.ndarray,
    decimals: int,
    *,
    size: float = POINTS,
) -> np.ndarray:
    """Write each number on its cell, black or white by what is under it.

    Returns:
        The texts, an array of objects of the shape of `values`.
    """
    texts = np.empty(values.shape, object)
    for (row, column), value in np.ndenumerate(values):
        texts[row, column] = ax.text(
            *(column, row, written(exactly(value), decimals)),
            color=ink_at(picture, value),
            fontsize=size,
            ha="center",
            va="center",
        )
    return texts


def ink_at(picture: AxesImage, value: float) -> str:
    """Black or white for a number on its cell; the same for either sign of it."""
    # The red of these colours is a little darker than their blue.
    signed = picture.get_cmap().name == SIGNED
    return ink_on(picture.to_rgba(abs(value) if signed else value))


def side_for(texts: Iterable[str], *, least: float = 0.38) -> float:
    """Side of a cell in inches into which each of the texts fits."""
    return max(least, widest(texts) * POINTS / 72 + 0.1)


def size_on(ax: Axes, shape: tuple[int, ...], texts: Iterable[str]) -> float:
    """Size in points of the numbers on Axes that the caller brings along.

    Raises:
        ValueError: there is no room to write them legibly.
    """
    box = ax.get_window_extent()
    side = min(box.width / shape[1], box.height / shape[0]) / ax.figure.dpi
    wide = widest(texts)
    needed = _SMALLEST * max(wide, 1.2) / 72
    if side < 0.98 * needed:
        height, width = (f"{count * needed:.1f}" for count in shape)
        raise expected(
            f"`ax` of at least {width} × {height} inches for these numbers",
            f"{box.width / ax.figure.dpi:.1f} × {box.height / ax.figure.dpi:.1f}",
            advice="Draw fewer cells, round the values, or make the figure larger.",
        )
    return float(np.clip(72 * side / max(wide + 0.4, 2), _SMALLEST, 11))


def widest(texts: Iterable[str]) -> float:
    """Width of the widest of some numbers, in sizes of the font."""
    return max(sum(_WIDTHS.get(letter, _DIGIT) for letter in text) for text in texts)


def axes_at(
    figure: Figure, middle: float, low: float, shape: tuple[int, ...], side: float
) -> Axes:
    """Add Axes for `(rows, columns)` cells of that side, in inches.

    Args:
        figure: where to.
        middle: their middle, from the left.
        low: their lower edge, from below.
        shape: rows and columns.
        side: of a cell.
    """
    height, width = shape[0] * side, shape[1] * side
    box = np.array([middle - width / 2, low, width, height])
    return figure.add_axes(box / np.tile(figure.get_size_inches(), 2))


def cells_figure(
    shape: tuple[int, ...],
    side: float,
    *,
    left: float = 0.5,
    above: float = 0.1,
    below: float = 0.5,
    least: float = 1.4,
) -> Axes:
    """Make a white figure for `(rows, columns)` cells of that side, in inches.

    Args:
        shape: rows and columns.
        side: of a cell.
        left: room on the left; on the right there is a little.
        above: room for the title.
        below: room for what stands under the cells.
        least: width of the figure at the least.

    Returns:
        Its Axes.
    """
    width = max(shape[1] * side + left + 0.1, least)
    height = shape[0] * side + above + below
    figure = plt.figure(figsize=(width, height), facecolor="white")
    return axes_at(figure, (width + left - 0.1) / 2, below, shape, side)


def fit(ax: Axes, shape: tuple[int, ...]) -> None:
    """Leave room for a frame, as much as a picture with zeros leaves for its own."""
    ax.set_xlim(-0.55, shape[1] - 0.45)
    ax.set_ylim(shape[0] - 0.45, -0.55)
