"""A convolution in still pictures: one step, or several side by side."""

import math
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cnnkit.errors import check_integer
from cnnkit.plots.cells import (
    axes_at,
    colour_scale,
    draw_cells,
    fit,
    side_for,
    write_cells,
)
from cnnkit.plots.marks import Window, draw_zeros, frame, ring
from cnnkit.plots.rounding import exactly, written
from cnnkit.plots.stepping import StepDrawing
from cnnkit.plots.steps import Steps
from cnnkit.plots.style import BLUE, on_paper

_NUMBERED = 10  # cells along an axis up to which a strip writes numbers
# In inches: above a frame, between and below its pictures, on the left of all.
_TITLE, _BETWEEN, _MARGIN = 0.26, 0.24, 0.25


@on_paper
def convolution_step(
    image: np.ndarray,
    kernel: np.ndarray,
    place: tuple[int, int] = (0, 0),
    *,
    bias: float = 0,
    strides: int | Sequence[int] = 1,
    padding: str | int | Sequence[int] = "valid",
    dilation_rate: int | Sequence[int] = 1,
) -> Figure:
    """Draw one step of a convolution, with all its numbers.

    The blue frame on the input is the window. Each pixel under it times the weight
    at the same position gives a product; their sum and the bias are the output,
    ringed in orange. Dashed cells are the zeros of the padding. The output is
    filled as far as a window that goes row by row has come.

    When all numbers have three decimals at most, they are shown in full, and the
    sum is written out. Others are rounded, and the products so that those shown
    add up to the output that is shown.

    Args:
        image: one channel, `(H, W)` or `(H, W, 1)`; 12 × 12 at the most.
        kernel: one, `(kh, kw)` or `(kh, kw, 1, 1)`; 7 × 7 at the most.
        place: position of the output, `(row, column)`. Default: (0, 0).
        bias: what is added to the sum. Default: 0.
        strides: as for `scratch.conv2d`. Default: 1.
        padding: as for `scratch.conv2d`. Default: "valid".
        dilation_rate: as for `scratch.conv2d`. Default: 1.

    Returns:
        The Figure: input, kernel, products and output, and the sum below.

    Raises:
        TypeError: an array does not hold real numbers, or an option is no integer.
        ValueError: an array is too large, not finite or of another shape, the
            window does not fit, or the output has no such place.

    Example:
        >>> convolution_step(np.eye(5), kernels.sobel("x"), (0, 1))  # output 3 × 3

    Taught in: notebooks/02_convolution.ipynb
    """
    options = {"strides": strides, "padding": padding, "dilation_rate": dilation_rate}
    steps = Steps(image, kernel, bias=bias, **options)
    place = steps.check_place(place)
    drawing = StepDrawing(steps, plt.figure(facecolor="white"))
    drawing.show(place)
    return drawing.figure


@on_paper
def convolution_strip(
    image: np.ndarray,
    kernel: np.ndarray,
    *,
    frames: int | Sequence[tuple[int, int]] | None = None,
    columns: int | None = None,
    bias: float = 0,
    strides: int | Sequence[int] = 1,
    padding: str | int | Sequence[int] = "valid",
    dilation_rate: int | Sequence[int] = 1,
) -> Figure:
    """Draw several steps of a convolution side by side, as a strip of film.

    In each frame the window, in blue, has moved on over the input, above, and the
    output, below, is filled up to there; the newest number has an orange ring. The
    kernel, which stays the same, stands on the left with its numbers.
    Numbers are written up to 10 × 10 cells; larger pictures show colours alone.

    Args:
        image: one channel, `(H, W)` or `(H, W, 1)`; 64 × 64 at the most.
        kernel: one, `(kh, kw)` or `(kh, kw, 1, 1)`; 7 × 7 at the most.
        frames: how many, spread evenly from the first place to the last, or the
            places themselves as `[(row, column), …]`. Default: all, up to 9.
        columns: frames in a row. Default: as many as fit into 11 inches.
        bias: what is added to each sum. Default: 0.
        strides: as for `scratch.conv2d`. Default: 1.
        padding: as for `scratch.conv2d`. Default: "valid".
        dilation_rate: as for `scratch.conv2d`. Default: 1.

    Returns:
        The Figure: for each frame two Axes, input and output; then the kernel's.

    Raises:
        TypeError: as for `convolution_step`.
        ValueError: as for `convolution_step`.

    Example:
        >>> convolution_strip(np.eye(4), np.ones((2, 2)))  # nine frames

    Taught in: notebooks/02_convolution.ipynb
    """
    options = {"strides": strides, "padding": padding, "dilation_rate": dilation_rate}
    steps = Steps(image, kernel, bias=bias, most=64, **options)
    places = _chosen(steps, frames)
    around = [axis.before + axis.size + axis.after for axis in steps.places]
    numbered = max(*around, *steps.output.shape) <= _NUMBERED
    side = side_for(steps.texts()) if numbered else max(0.04, 2 / max(around))
    wide = max(1.5, side * max(around[1], steps.output.shape[1])) + 0.2
    panel = _KernelPanel(steps, side if numbered else None)
    left = panel.width + _MARGIN
    columns = _columns(columns, 11 - left, wide, len(places))
    tall = (around[0] + steps.output.shape[0]) * side + _TITLE + _BETWEEN
    rows = math.ceil(len(places) / columns)
    size = (left + columns * wide, max(rows * tall, panel.height) + 0.1)
    figure = plt.figure(figsize=size, facecolor="white")
    for index, place in enumerate(places):
        row, column = divmod(index, columns)
        middle = left + (column + 0.5) * wide - 0.05
        low = size[1] - row * tall - _TITLE - around[0] * side
        above = axes_at(figure, middle, low, around, side)
        _draw_input(above, steps, place, numbered)
        low -= _BETWEEN / 2 + steps.output.shape[0] * side
        below = axes_at(figure, middle, low, steps.output.shape, side)
        _draw_output(below, steps, place, numbered)
        if column == 0:
            above.set_ylabel("input", fontsize=9)
            below.set_ylabel("output", fontsize=9)
    panel.draw(figure, size[1] - _TITLE - around[0] * side / 2)
    return figure


class _KernelPanel:
    """The kernel with its numbers, on the left of a strip.

    Args:
        steps: what the strip shows.
        side: of a cell in inches; None: as large as the numbers need.
    """

    def __init__(self, steps: Steps, side: float | None) -> None:
        self.steps = steps
        numbers, decimals = map(exactly, steps.kernel.flat), steps.decimals.kernel
        self.side = side or side_for([written(number, decimals) for number in numbers])
        rows, columns = steps.kernel.shape
        self.room = max(columns * self.side, 0.9)
        self.width, self.height = self.room + 0.25, rows * self.side + _TITLE + 0.25

    def draw(self, figure: Figure, middle: float) -> None:
        """Draw it round that height, or as high as it can stand."""
        steps, shape = self.steps, self.steps.kernel.shape
        tall = shape[0] * self.side
        top = figure.get_size_inches()[1] - _TITLE
        low = min(middle + tall / 2, top) - tall
        ax = axes_at(figure, 0.1 + self.room / 2, max(low, 0.25), shape, self.side)
        scale = colour_scale(steps.kernel, signed=True, pale=True)
        picture = draw_cells(ax, steps.kernel, scale)
        write_cells(ax, picture, steps.kernel, steps.decimals.kernel)
        fit(ax, shape)
        frame(ax, 0, 0, *shape, edgecolor=BLUE)
        ax.set_title(f"kernel {shape[0]}×{shape[1]}", fontsize=9, pad=3)
        if steps.bias:
            ax.set_xlabel(f"bias {steps.bias:.3g}".replace("-", "−"), fontsize=9)


def _columns(columns: int | None, room: float, wide: float, count: int) -> int:
    """How many frames stand in a row: as asked for, or evenly, in that room."""
    if columns is not None:
        return min(check_integer("columns", columns, minimum=1), count)
    rows = math.ceil(count / max(1, int(room / wide)))
    return math.ceil(count / rows)


def _chosen(
    steps: Steps, frames: int | Sequence[tuple[int, int]] | None
) -> list[tuple[int, int]]:
    """The places to draw, in the order of the window."""
    if isinstance(frames, list | tuple) and len(frames):
        return [steps.check_place(place) for place in frames]
    count = 9 if frames is None else check_integer("frames", frames, minimum=1)
    count = min(count, steps.output.size)
    numbers = np.linspace(0, steps.output.size - 1, count).round().astype(int)
    return [
        tuple(map(int, np.unravel_index(number, steps.output.shape)))
        for number in numbers
    ]


def _draw_input(ax: Axes, steps: Steps, place: tuple[int, int], numbered: bool) -> None:
    picture = draw_cells(ax, steps.image, colour_scale(steps.image, pale=numbered))
    if numbered:
        write_cells(ax, picture, steps.image, steps.decimals.image)
    draw_zeros(ax, steps.places, "0" if numbered else "")
    Window(ax, steps.places).move(place)
    ax.set_title(f"output row {place[0]}, column {place[1]}", fontsize=9, pad=3)


def _draw_output(
    ax: Axes, steps: Steps, place: tuple[int, int], numbered: bool
) -> None:
    done = steps.done(place)
    shown = np.ma.array(steps.output, mask=~done)
    picture = draw_cells(ax, shown, colour_scale(steps.output, pale=numbered))
    if numbered:
        texts = write_cells(ax, picture, steps.output, steps.decimals.sums)
        for text, visible in zip(texts.flat, done.flat, strict=True):
            text.set_visible(bool(visible))
    fit(ax, steps.output.shape)
    ring(ax, *place)
