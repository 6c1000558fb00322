"""The drawing of one step of a convolution, which can move on to the next."""

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from cnnkit.plots.cells import (
    axes_at,
    colour_scale,
    draw_cells,
    fit,
    ink_at,
    side_for,
    write_cells,
)
from cnnkit.plots.marks import Window, draw_zeros, frame, move_ring, ring
from cnnkit.plots.steps import Steps, lines_of
from cnnkit.plots.style import BLUE

# In inches: between panels, round the figure, for a title, for a line of text, for
# a letter of it, the least for a panel, the most for all of them in one row.
_GAP, _EDGE, _TITLE, _LINE, _LETTER = 0.56, 0.15, 0.32, 0.19, 0.076
_LEAST, _WIDEST = 1.05, 11.0
_SIGNS = ("", "times,\ncell by\ncell", "=", "Σ →")


class StepDrawing:
    """Input, kernel, products and output of one step, and the sum below.

    Each cell has the same size in all four. The window, the kernel and the
    products have the same blue frame; an orange ring marks the output of the step.

    Attributes:
        figure: what is drawn on.
    """

    def __init__(self, steps: Steps, figure: Figure) -> None:
        self.steps, self.figure = steps, figure
        around = [axis.before + axis.size + axis.after for axis in steps.places]
        shapes = [around, steps.kernel.shape, steps.kernel.shape, steps.output.shape]
        side = side_for(steps.texts())
        self._lay_out(shapes, side)
        self._draw_input(self.axes[0])
        self._draw_kernel(self.axes[1])
        self._draw_products(self.axes[2])
        self._draw_output(self.axes[3])

    def show(self, place: tuple[int, int]) -> None:
        """Go to a place: up to it, row by row, the output is filled in."""
        steps = self.steps
        self._window.move(place)
        products = steps.products[place]
        self._products.set_data(products)
        texts = zip(self._product_texts.flat, steps.product_texts(place), strict=True)
        for (text, written), value in zip(texts, products.flat, strict=True):
            text.set(text=written, color=ink_at(self._products, value))
        done = steps.done(place)
        self._output.set_data(np.ma.array(steps.output, mask=~done))
        for text, visible in zip(self._output_texts.flat, done.flat, strict=True):
            text.set_visible(bool(visible))
        move_ring(self._ring, *place)
        self._caption.set_text(self._told(place))

    def moving(self) -> list[Artist]:
        """What `show` changes and what lies over it, in the order of drawing."""
        _, _, products, output = self.axes
        parts = [*self._window.boxes]
        for ax in (products, output):
            there = [*ax.images, *ax.collections, *ax.patches, *ax.texts]
            parts += sorted(there, key=Artist.get_zorder)
        return [*parts, self._caption]

    def _told(self, place: tuple[int, int]) -> str:
        where = f"output row {place[0]}, column {place[1]}:"
        text = lines_of([where, *self.steps.sum_parts(place)], self._letters)
        if not self.steps.decimals.exact:
            text += "\n(rounded so that the numbers shown add up)"
        return text

    def _lay_out(self, shapes: list[tuple[int, int]], side: float) -> None:
        """Place four Axes in one row, or in two when one would be too wide."""
        slots = [
            max(columns * side, _LEAST) + _GAP * bool(i)
            for i, (_, columns) in enumerate(shapes)
        ]
        one = sum(slots) <= _WIDEST
        rows = [[0, 1, 2, 3]] if one else [[0, 1], [2, 3]]
        tall = [max(shapes[i][0] for i in row) * side + _TITLE for row in rows]
        width = max(4.4, *(sum(slots[i] for i in row) for row in rows)) + 2 * _EDGE
        self._letters = int((width - 2 * _EDGE) / _LETTER)
        places = np.ndindex(self.steps.output.shape)
        lines = 1 + max(self._told(place).count("\n") for place in places)
        below = lines * _LINE + 2 * _EDGE
        size = np.array([width, sum(tall) + below])
        self.figure.set_size_inches(size)
        self.axes = []
        for number, row in enumerate(rows):
            middle = below + sum(tall[number + 1 :]) + (tall[number] - _TITLE) / 2
            right = _EDGE
            for i in row:
                right += slots[i]
                room = max(shapes[i][1] * side, _LEAST)
                low = middle - shapes[i][0] * side / 2
                centre = right - room / 2
                self.axes.append(axes_at(self.figure, centre, low, shapes[i], side))
                at = (right - room - _GAP / 2, middle) / size
                points = 8 if "\n" in _SIGNS[i] else 13
                self._write(at, _SIGNS[i], fontsize=points, ha="center", va="center")
        at = (_EDGE, below - _EDGE) / size
        self._caption = self._write(at, "", fontsize=10, va="top", linespacing=1.3)

    def _write(self, at: np.ndarray, text: str, **style: object) -> Text:
        return self.figure.text(*at, text, color="black", **style)

    def _title(self, ax: Axes, text: str, shape: tuple[int, ...]) -> None:
        ax.set_title(f"{text} {shape[0]}×{shape[1]}", fontsize=10, pad=4, color="black")

    def _draw_input(self, ax: Axes) -> None:
        steps = self.steps
        picture = draw_cells(ax, steps.image, colour_scale(steps.image, pale=True))
        write_cells(ax, picture, steps.image, steps.decimals.image)
        draw_zeros(ax, steps.places)
        self._title(ax, "input", steps.image.shape)
        self._window = Window(ax, steps.places)

    def _draw_kernel(self, ax: Axes) -> None:
        kernel = self.steps.kernel
        picture = draw_cells(ax, kernel, colour_scale(kernel, signed=True, pale=True))
        write_cells(ax, picture, kernel, self.steps.decimals.kernel)
        fit(ax, kernel.shape)
        frame(ax, 0, 0, *kernel.shape, edgecolor=BLUE)
        self._title(ax, "kernel", kernel.shape)

    def _draw_products(self, ax: Axes) -> None:
        products = self.steps.products
        first = products[0, 0]
        self._products = draw_cells(ax, first, colour_scale(products, pale=True))
        self._product_texts = write_cells(ax, self._products, first, 0)
        fit(ax, first.shape)
        frame(ax, 0, 0, *first.shape, edgecolor=BLUE)
        ax.set_title("products", fontsize=10, pad=4, color="black")

    def _draw_output(self, ax: Axes) -> None:
        output = self.steps.output
        self._output = draw_cells(ax, output, colour_scale(output, pale=True))
        decimals = self.steps.decimals.sums
        self._output_texts = write_cells(ax, self._output, output, decimals)
        fit(ax, output.shape)
        self._ring = ring(ax, 0, 0)
        self._title(ax, "output", output.shape)
