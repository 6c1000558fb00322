"""What padding adds around a picture, and which pixels a stride leaves out."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.transforms import ScaledTranslation

from cnnkit.errors import expected
from cnnkit.plots.cells import POINTS, cells_figure, draw_cells, size_on, write_cells
from cnnkit.plots.formulas import size_formula, sizes
from cnnkit.plots.marks import Window, draw_zeros, hatch_unread, times_read
from cnnkit.plots.style import BLUE, GREY, INK, ORANGE, on_paper
from cnnkit.scratch.windows import Axis, Grid, grid, pair

_MOST = 32  # cells along an axis
_NUMBERED = 16  # zeros are written up to so many cells
_INSET = 0.14  # of a cell: how far the second frame runs inside


@on_paper
def padding(
    size: int | Sequence[int],
    kernel: int | Sequence[int],
    *,
    padding: str | int | Sequence[int] = "same",
    strides: int | Sequence[int] = 1,
    dilation_rate: int | Sequence[int] = 1,
    ax: Axes | None = None,
) -> Axes:
    """Draw the zeros around a picture, and the first and the last window.

    Grey cells are the picture, dashed ones the zeros. The first window has a blue
    frame, the last a dashed orange one: no window goes beyond the two.

    Args:
        size: of the picture, one number or (height, width); with its zeros at
            most 32.
        kernel: of the window, one number or (height, width).
        padding: as for `scratch.conv2d`. Default: "same".
        strides: as for `scratch.conv2d`. Default: 1.
        dilation_rate: as for `scratch.conv2d`. Default: 1.
        ax: where to draw. Default: a new figure.

    Returns:
        The Axes; the title names the sizes of picture and output.

    Raises:
        TypeError: a number is not an integer.
        ValueError: a number is out of range, or the window does not fit.

    Example:
        >>> padding(5, 3)  # one zero on each side; the output is 5 × 5 again

    Taught in: notebooks/03_padding.ipynb
    """
    places = _places(size, kernel, strides, padding, dilation_rate)
    ax = _new_axes(ax, places)
    _draw_picture(ax, places)
    first, last = (0, 0), (places.rows.outputs - 1, places.columns.outputs - 1)
    handles = [_draw_window(ax, places, first, "first window", BLUE, "-")]
    if last != first:
        handles.append(_draw_window(ax, places, last, "last window", ORANGE, "--"))
    else:
        handles[0].set_label("the only window")
    if any(axis.before + axis.after for axis in places):
        handles.append(_zero_key())
    rows, columns = places
    ax.set_title(
        f"{rows.size}×{columns.size} picture, {rows.kernel}×{columns.kernel} kernel: "
        f"{rows.outputs}×{columns.outputs} output",
        fontsize=10,
    )
    ax.set_xlabel(_with_zeros(columns, "columns"), fontsize=9)
    ax.set_ylabel(_with_zeros(rows, "rows"), fontsize=9)
    _add_legend(ax, handles)
    return ax


@on_paper
def strides(
    size: int | Sequence[int],
    kernel: int | Sequence[int],
    *,
    strides: int | Sequence[int] = 2,
    padding: str | int | Sequence[int] = "valid",
    dilation_rate: int | Sequence[int] = 1,
    ax: Axes | None = None,
) -> Axes:
    """Draw where the windows start, and how many of them read each pixel.

    The number in a cell, and its shade, say how many windows read the pixel.
    Hatched ones are read by none: what the rounding down in the formula drops at
    the end, and what a stride longer than the kernel skips in between. A blue
    corner marks the cell in which a window starts.

    Args:
        size: of the picture, one number or (height, width); with its zeros at
            most 32.
        kernel: of the window, one number or (height, width).
        strides: as for `scratch.conv2d`. Default: 2.
        padding: as for `scratch.conv2d`. Default: "valid".
        dilation_rate: as for `scratch.conv2d`. Default: 1.
        ax: where to draw. Default: a new figure.

    Returns:
        The Axes; the title has the sizes and the formula of the output's size.

    Raises:
        TypeError: a number is not an integer.
        ValueError: a number is out of range, the window does not fit, or `ax` is
            too small for the numbers.

    Example:
        >>> strides(8, 3)  # the last row and the last column are hatched

    Taught in: notebooks/04_stride.ipynb
    """
    places = _places(size, kernel, strides, padding, dilation_rate)
    given, ax = ax, _new_axes(ax, places)
    counts = times_read(places)
    picture = draw_cells(ax, counts, _pale(counts))
    texts = [str(count) for count in counts.flat]
    points = POINTS if given is None else size_on(ax, _around(places), texts)
    points = min(points, POINTS)
    texts = write_cells(ax, picture, counts, 0, size=points)
    hatch_unread(ax, counts, texts)
    draw_zeros(ax, places, "")
    handles = [_draw_window(ax, places, (0, 0), "first window", BLUE, "-")]
    rows, columns = places
    if max(rows.outputs, columns.outputs) > 1:
        step = (0, 1) if columns.outputs > 1 else (1, 0)
        handles.append(_draw_window(ax, places, step, "next window", ORANGE, "--"))
    handles.append(_draw_starts(ax, places))
    if not counts.all():
        look = {"facecolor": "white", "edgecolor": GREY, "hatch": "////"}
        handles.append(Patch(**look, label="read by no window"))
    if any(axis.before + axis.after for axis in places):
        handles.append(_zero_key())
    ax.set_title(f"{sizes(places)}\n{size_formula(places, padding)}", fontsize=9)
    ax.set_xlabel("number: how many windows read the pixel", fontsize=9)
    _add_legend(ax, handles)
    return ax


def _places(
    size: int | Sequence[int],
    kernel: int | Sequence[int],
    strides: int | Sequence[int],
    padding: str | int | Sequence[int],
    dilation_rate: int | Sequence[int],
) -> Grid:
    shape, kernel = pair("size", size), pair("kernel", kernel)
    places = grid(shape, kernel, strides, padding, dilation_rate)
    height, width = _around(places)
    if max(height, width) > _MOST:
        raise expected(
            f"at most {_MOST} × {_MOST} cells with the zeros", f"{height} × {width}"
        )
    return places


def _around(places: Grid) -> tuple[int, int]:
    """Rows and columns with the zeros."""
    height, width = (axis.before + axis.size + axis.after for axis in places)
    return height, width


def _new_axes(ax: Axes | None, places: Grid) -> Axes:
    """The given Axes, or new ones with room for the labels and the legend."""
    if ax is not None:
        return ax
    shape = _around(places)
    side = 0.38 if max(shape) <= 12 else 0.27
    return cells_figure(shape, side, left=0.35, above=0.65, below=0.95, least=4.2)


def _pale(values: np.ndarray) -> dict[str, object]:
    """Light greys, on which black numbers and coloured frames are read."""
    return {"cmap": INK, "vmin": 0, "vmax": 2.5 * max(values.max(), 1)}


def _draw_picture(ax: Axes, places: Grid) -> None:
    cells = np.ones((places.rows.size, places.columns.size))
    draw_cells(ax, cells, {"cmap": INK, "vmin": 0, "vmax": 5})
    few = max(_around(places)) <= _NUMBERED
    draw_zeros(ax, places, "0" if few else "", 8)


def _draw_window(
    ax: Axes, places: Grid, place: tuple[int, int], name: str, colour: str, line: str
) -> Line2D:
    """Draw a window, and return its entry for the legend."""
    first = place == (0, 0)
    look = {"edgecolor": colour, "linestyle": line, "zorder": 3.2 if first else 3}
    window = Window(ax, places, inset=0 if first else _INSET, **look)
    window.move(place)
    window.box.set_gid(name)
    return Line2D([], [], color=colour, linestyle=line, linewidth=2.2, label=name)


def _draw_starts(ax: Axes, places: Grid) -> Line2D:
    """Mark the cells where windows start, and return the entry for the legend."""
    down, right = (
        np.arange(axis.outputs) * axis.stride - axis.before for axis in places
    )
    corner = np.array([(-0.46, -0.46), (-0.16, -0.46), (-0.46, -0.16)])
    starts = [corner + (x, y) for y in down for x in right]
    ax.add_collection(PolyCollection(starts, facecolor=BLUE, linewidth=0, zorder=3.5))
    shape = [(-1, 1), (0.6, 1), (-1, -0.6)]
    look = {"marker": shape, "color": BLUE, "markersize": 7, "linestyle": "none"}
    return Line2D([], [], **look, label="a window starts here")


def _with_zeros(axis: Axis, name: str) -> str:
    if not axis.before + axis.after:
        return f"{axis.size} {name}"
    whole = axis.before + axis.size + axis.after
    return f"{axis.before} + {axis.size} + {axis.after} = {whole} {name}"


def _zero_key() -> Patch:
    look = {"facecolor": "white", "edgecolor": GREY, "linestyle": (0, (2, 1.5))}
    return Patch(**look, linewidth=0.8, label="zero of the padding")


def _add_legend(ax: Axes, handles: list) -> None:
    """Put the legend below the label of the x axis, at any size of the figure."""
    down = ScaledTranslation(0, -20 / 72, ax.figure.dpi_scale_trans)
    ax.legend(
        handles=handles,
        loc="upper center",
        bbox_to_anchor=(0.5, 0),
        bbox_transform=ax.transAxes + down,
        ncols=2,
        frameon=False,
        fontsize=8,
    )
