"""Marks on grids of cells: windows, rings, the zeros of the padding, hatching.

Positions are those of `cells.py`: cell (row, column) has its middle at x = column,
y = row. Zeros above a picture, and on its left, have negative ones.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch, Rectangle
from matplotlib.patheffects import AbstractPathEffect, withStroke

from cnnkit.plots.cells import POINTS
from cnnkit.plots.style import BLUE, GREY, ORANGE
from cnnkit.scratch.windows import Grid


def frame(
    ax: Axes,
    row: float,
    column: float,
    height: float,
    width: float,
    *,
    inset: float = 0,
    **look: object,
) -> Rectangle:
    """Draw a frame round `height` × `width` cells, from that cell on.

    With `inset`, it runs so far inside of their edges.
    """
    look = {"fill": False, "linewidth": 2.2, "zorder": 3, **look}
    corner = column - 0.5 + inset, row - 0.5 + inset
    box = Rectangle(corner, width - 2 * inset, height - 2 * inset, **look)
    box.set_path_effects(_halo(box.get_linewidth()))
    return ax.add_patch(box)


def _halo(width: float) -> list[AbstractPathEffect]:
    """A white seam, by which a line is seen on dark cells; solid under dashes."""
    solid = {"dash_offset": 0, "dash_list": None}
    return [withStroke(linewidth=width + 1.4, foreground="white", dashes=solid)]


class Window:
    """The frame of a sliding window, which can be moved from place to place.

    Where the weights are spread by dilation, each pixel read has its own frame.
    With `inset`, the frames run so far inside, to show beside those of another.
    """

    def __init__(
        self, ax: Axes, places: Grid, *, inset: float = 0, **look: object
    ) -> None:
        self.places, self.inset = places, inset
        rows, columns = places
        look = {"edgecolor": BLUE, "inset": inset, **look}
        self.box = frame(ax, 0, 0, rows.span, columns.span, **look)
        spread = rows.span > rows.kernel or columns.span > columns.kernel
        weights = list(np.ndindex(rows.kernel, columns.kernel)) if spread else []
        thin = {**look, "linewidth": 1.2, "linestyle": "-"}
        self.pixels = {weight: frame(ax, 0, 0, 1, 1, **thin) for weight in weights}

    @property
    def boxes(self) -> list[Rectangle]:
        """The frames, all of them."""
        return [self.box, *self.pixels.values()]

    def move(self, place: tuple[int, int]) -> None:
        """Go to where output `place`, as (row, column), is computed."""
        row, column = (
            index * axis.stride - axis.before
            for index, axis in zip(place, self.places, strict=True)
        )
        rows, columns = self.places
        edge = self.inset - 0.5
        self.box.set_xy((column + edge, row + edge))
        for (i, j), box in self.pixels.items():
            y, x = row + i * rows.dilation, column + j * columns.dilation
            box.set_xy((x + edge, y + edge))


def ring(
    ax: Axes, row: int, column: int, *, colour: str = ORANGE, side: float = 0.88
) -> FancyBboxPatch:
    """Draw a ring round the number in one cell."""
    look = f"round,pad=0,rounding_size={0.42 * side}"
    box = FancyBboxPatch((0, 0), side, side, boxstyle=look, fill=False)
    box.set(edgecolor=colour, linewidth=2.2, zorder=4, path_effects=_halo(2.2))
    ax.add_patch(box)
    move_ring(box, row, column)
    return box


def move_ring(box: FancyBboxPatch, row: int, column: int) -> None:
    """Put a ring round another cell."""
    box.set_x(column - box.get_width() / 2)
    box.set_y(row - box.get_height() / 2)


def draw_zeros(ax: Axes, places: Grid, text: str = "0", size: float = POINTS) -> None:
    """Draw the cells of the padding, dashed, and make room for them.

    Args:
        ax: Axes on which the picture itself is drawn.
        places: where the window goes, and what stands around the picture.
        text: what is written into each of them.
        size: its size in points. Default: that of all numbers.
    """
    rows, columns = places
    top, left = -rows.before, -columns.before
    bottom, right = rows.size + rows.after, columns.size + columns.after
    paper = Rectangle((left - 0.55, top - 0.55), right - left + 0.1, bottom - top + 0.1)
    paper.set(facecolor="white", linewidth=0, zorder=-1)
    ax.add_patch(paper)
    thin = 0.8 if max(bottom - top, right - left) <= 16 else 0.4
    for row in range(top, bottom):
        for column in range(left, right):
            if 0 <= row < rows.size and 0 <= column < columns.size:
                continue
            cell = Rectangle((column - 0.44, row - 0.44), 0.88, 0.88, facecolor="white")
            cell.set(edgecolor=GREY, linestyle=(0, (2, 1.5)), linewidth=thin, zorder=1)
            cell.set_gid("zero")
            ax.add_patch(cell)
            if text:
                style = {"ha": "center", "va": "center", "fontsize": size}
                ax.text(column, row, text, color=GREY, **style)
    ax.set_xlim(left - 0.55, right - 0.45)
    ax.set_ylim(bottom - 0.45, top - 0.55)


def hatch_unread(ax: Axes, counts: np.ndarray, texts: np.ndarray) -> None:
    """Hatch the cells that no window reads, as counted; their texts stay legible."""
    for row, column in np.argwhere(counts == 0):
        box = {"facecolor": "white", "pad": 1, "linewidth": 0}
        texts[row, column].set(bbox=box, color="black")
        cell = Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, linewidth=0)
        cell.set(edgecolor=GREY, hatch="////", zorder=1.2)
        cell.set_gid("unread")
        ax.add_patch(cell)


def times_read(places: Grid) -> np.ndarray:
    """How many windows read each position of the picture: `(H, W)`, counted."""
    counts = np.zeros((1, places.rows.size, places.columns.size), np.int64)
    for _, _, _, inputs in places.taps():
        counts[inputs] += 1
    return counts[0]
