"""Pooling, window by window: what stays of a picture."""

import math
from collections.abc import Iterator, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from cnnkit.errors import check_choice
from cnnkit.plots.cells import (
    POINTS,
    as_grid,
    axes_at,
    colour_scale,
    draw_cells,
    fit,
    widest,
    write_cells,
)
from cnnkit.plots.marks import draw_zeros, frame, hatch_unread, ring, times_read
from cnnkit.plots.rounding import decimals_for, exactly, written
from cnnkit.plots.style import SERIES, on_paper
from cnnkit.scratch import avg_pool2d, lp_pool2d, max_pool2d, max_pool2d_backward
from cnnkit.scratch.windows import Grid, grid, pair

_POOLS = {"max": max_pool2d, "average": avg_pool2d, "l2": lp_pool2d}
_NAMES = {"max": "maximum", "average": "average", "l2": "root of the\nsum of squares"}
_DASHES = ("-", "--", "-.", ":")
_GAP, _EDGE = 1.2, 0.15  # inches
_RING = 0.64  # of a cell
_LETTER = 7  # points


@on_paper
def pooling(
    image: np.ndarray,
    *,
    kind: str = "max",
    pool_size: int | Sequence[int] = 2,
    strides: int | Sequence[int] | None = None,
    padding: str | int | Sequence[int] = "valid",
) -> Figure:
    """Draw a picture, its pooling windows, and what each of them becomes.

    A window and its number in the output bear the same letter, and have frames of
    one colour and dash; neighbours differ in these. With "max", the winners have a
    ring: when several are the greatest, the first of the window, row by row, which
    is the one that gets the gradient. Hatched pixels are in no window. Dashed cells
    lie outside of the picture; pooling never reads them.

    Windows that overlap far would cover each other. Of those only the first
    and its neighbours are framed.

    Args:
        image: one channel, `(H, W)` or `(H, W, 1)`; 12 × 12 at the most.
        kind: `"max"`, `"average"` or `"l2"`. Default: "max".
        pool_size: of the window, one number or (height, width). Default: 2.
        strides: as for `scratch.max_pool2d`. Default: `pool_size`.
        padding: as for `scratch.max_pool2d`. Default: "valid".

    Returns:
        The Figure: input and output.

    Raises:
        TypeError: the image does not hold real numbers, or an option is no integer.
        ValueError: the image is too large, not finite or of another shape, or the
            window does not fit.

    Example:
        >>> pooling(np.arange(16).reshape(4, 4))  # 5 7 13 15

    Taught in: notebooks/06_pooling.ipynb
    """
    pixels = as_grid("image", image)
    pool = _POOLS[check_choice("kind", kind, _POOLS)]
    options = {"strides": strides, "padding": padding}
    output = pool(pixels[None, ..., None], pool_size, **options)[0, ..., 0]  # (H', W')
    size = pair("pool_size", pool_size)
    strides = size if strides is None else strides
    places = grid(pixels.shape, size, strides, padding, name="pool_size")
    counts, notes = times_read(places), _notes(places, kind)
    texts = [*_texts(pixels), *_texts(output)]
    before, after = _two_axes(
        places, texts, f"{_NAMES[kind]}\nof each\nwindow\n→", notes
    )
    scale = colour_scale(pixels, pale=True)
    hatch_unread(before, counts, _draw(before, pixels, scale, "input"))
    draw_zeros(before, places, "")
    if kind == "l2":  # its numbers are larger than the pixels
        scale = colour_scale(output, pale=True)
    _draw(after, output, scale, "output")
    fit(after, output.shape)
    for index, (place, inset, look) in enumerate(_framed(places)):
        _frame_window(before, places, place, inset, look, _name(index))
        frame(after, *place, 1, 1, inset=0.05, **look)
        _letter(after, *place, 0.05, _name(index))
    if kind == "max":
        for row, column in _winners(pixels, size, options):
            ring(before, row, column, colour="black", side=_RING)
    return before.figure


def _winners(
    pixels: np.ndarray, size: tuple[int, int], options: dict[str, object]
) -> np.ndarray:
    """The positions of the greatest pixels: where the gradient goes, `(n, 2)`."""
    x = pixels[None, ..., None]
    grad = np.ones(max_pool2d(x, size, **options).shape)
    return np.argwhere(max_pool2d_backward(grad, x, size, **options)[0, ..., 0])


def _texts(values: np.ndarray) -> list[str]:
    numbers = [exactly(value) for value in values.flat]
    return [written(number, decimals_for(numbers)) for number in numbers]


def _notes(places: Grid, kind: str) -> str:
    """What the marks in the figure mean, a line each."""
    notes = ["same letter: a window, and what it becomes"]
    if kind == "max":
        notes.append("ring: the greatest of a window (of equal ones, the first)")
    if not times_read(places).all():
        notes.append("hatched: in no window")
    if any(axis.before + axis.after for axis in places):
        notes.append("dashed: outside of the picture, never read")
    if _overlap(places) > 2:
        notes.append("framed: the first window and its neighbours")
    return "\n".join(notes)


def _two_axes(
    places: Grid, texts: list[str], sign: str, notes: str
) -> tuple[Axes, Axes]:
    """Make the figure: input, what is done to each window, output, and notes."""
    side = max(
        0.7 if _overlap(places) > 1 else 0.58,
        widest(texts) * POINTS / 72 / _RING + 0.1,
    )
    around = [axis.before + axis.size + axis.after for axis in places]
    shape = places.rows.outputs, places.columns.outputs
    tall = max(around[0], shape[0], 1.6 / side) * side
    wide, room = (max(count * side, 1.1) for count in (around[1], shape[1]))
    below = 0.2 + 0.17 * len(notes.splitlines())
    width = max(wide + _GAP + room + 2 * _EDGE, 3.8 if notes else 0)
    size = np.array([width, tall + 0.32 + below])
    figure = plt.figure(figsize=size, facecolor="white")
    middle = below + tall / 2
    low = middle - around[0] * side / 2, middle - shape[0] * side / 2
    before = axes_at(figure, _EDGE + wide / 2, low[0], around, side)
    centre = _EDGE + wide + _GAP + room / 2
    after = axes_at(figure, centre, low[1], shape, side)
    place = (_EDGE + wide + _GAP / 2, middle) / size
    style = {"fontsize": 9, "linespacing": 1.3}
    figure.text(*place, sign, ha="center", va="center", **style)
    figure.text(*((_EDGE, 0.1) / size), notes, va="bottom", fontsize=8, linespacing=1.3)
    return before, after


def _draw(
    ax: Axes, values: np.ndarray, scale: dict[str, object], name: str
) -> np.ndarray:
    """Draw the cells and their numbers; return the texts."""
    picture = draw_cells(ax, values, scale)
    ax.set_title(f"{name} {values.shape[0]}×{values.shape[1]}", fontsize=10, pad=4)
    decimals = decimals_for(exactly(value) for value in values.flat)
    return write_cells(ax, picture, values, decimals)


def _overlap(places: Grid) -> int:
    """How many windows in a row, at most, share a pixel."""
    return max(math.ceil(axis.kernel / axis.stride) for axis in places)


def _framed(places: Grid) -> Iterator[tuple[tuple[int, int], float, dict]]:
    """The places whose windows get a frame, how far inside, and how it looks."""
    overlap = _overlap(places)
    every = np.ndindex(places.rows.outputs, places.columns.outputs)
    for row, column in every:
        if overlap > 2 and row + column > 1:
            continue
        number = 2 * (row % 2) + column % 2
        # Those that overlap and share an edge differ in row or in column by one.
        inset = 0.05 + (0.07 * (row % 2 + column % 2) if overlap > 1 else 0)
        look = {"edgecolor": SERIES[number], "linestyle": _DASHES[number]}
        yield (row, column), inset, look


def _frame_window(
    ax: Axes,
    places: Grid,
    place: tuple[int, int],
    inset: float,
    look: dict,
    name: str,
) -> None:
    row, column = (
        index * axis.stride - axis.before
        for index, axis in zip(place, places, strict=True)
    )
    size = places.rows.kernel, places.columns.kernel
    frame(ax, row, column, *size, inset=inset, **look)
    # Clear of the frame that may run beside this one.
    clear = min(inset + 0.07, 0.19) if _overlap(places) > 1 else inset
    _letter(ax, row, column, clear, name)


def _name(index: int) -> str:
    """Letters for a window: a to z, then aa, ab and so on."""
    before, last = divmod(index, 26)
    return (_name(before - 1) if before else "") + "abcdefghijklmnopqrstuvwxyz"[last]


def _letter(ax: Axes, row: float, column: float, inset: float, name: str) -> None:
    """Write a letter into the corner of a frame that starts in that cell."""
    place = column - 0.5 + inset + 0.08, row - 0.5 + inset + 0.06
    text = ax.text(*place, name, fontsize=_LETTER, weight="bold", ha="left", va="top")
    text.set(color="black", zorder=5, gid="letter")
    text.set_path_effects([withStroke(linewidth=1.8, foreground="white")])
