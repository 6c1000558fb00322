"""Pixels and their numbers, the same thing twice."""

import numpy as np
from matplotlib.axes import Axes

from cnnkit.plots.cells import (
    POINTS,
    as_grid,
    cells_figure,
    colour_scale,
    draw_cells,
    side_for,
    size_on,
    write_cells,
)
from cnnkit.plots.rounding import decimals_for, exactly, written
from cnnkit.plots.style import on_paper, readable


@on_paper
def pixel_values(
    values: np.ndarray,
    *,
    title: str | None = None,
    signed: bool | None = None,
    vmin: float | None = None,
    vmax: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a small array as coloured pixels with their numbers on them.

    Numbers without a sign are ink on paper: white is 0, black the largest. Signed
    ones are red above 0 and blue below, and 0 is white, in the shades in which
    `convolution_step` draws a kernel. All have the same decimals: as many as they
    need, up to 2, and more only when all are small.

    Args:
        values: a picture, a kernel or a feature map, `(H, W)`, also `(H, W, 1)` or
            `(H, W, 1, 1)`; 12 × 12 at the most.
        title: the heading. Default: none.
        signed: draw in the colours for signed numbers. Default: when one is
            negative.
        vmin: where the colours start; with `signed` they are symmetric. Default: 0.
        vmax: where they end. Default: the largest value; with signs, half as much
            again, which leaves out the darkest colours.
        ax: where to draw, with room for the numbers. Default: a new figure.

    Returns:
        The Axes.

    Raises:
        TypeError: the values are not real numbers.
        ValueError: they are too many, not finite, or too large or too small to be
            written into a cell, or `ax` is too small for them.

    Example:
        >>> pixel_values(kernels.sobel("x"), title="Sobel")  # 3 × 3 cells

    Taught in: notebooks/02_convolution.ipynb
    """
    grid = as_grid("values", values)
    numbers = [exactly(value) for value in grid.flat]
    decimals = decimals_for(numbers)
    texts = [written(number, decimals) for number in numbers]
    height, width = grid.shape
    points = POINTS if ax is None else size_on(ax, grid.shape, texts)
    if ax is None:
        least = 0.4 + 0.09 * len(title or "")
        above = 0.3 if title else 0.1
        side = side_for(texts)
        ax = cells_figure(grid.shape, side, above=above, least=least)
    signs = bool((grid < 0).any()) if signed is None else signed
    pale = signs and vmin is None and vmax is None
    scale = colour_scale(grid, signed=signed, vmin=vmin, vmax=vmax, pale=pale)
    picture = draw_cells(ax, grid, scale)
    write_cells(ax, picture, grid, decimals, size=points)
    ax.set_xticks(range(width))
    ax.set_yticks(range(height))
    ax.tick_params(length=0, labelsize=8, pad=2)
    ax.set_xlabel("column", fontsize=8, labelpad=3)
    ax.set_ylabel("row", fontsize=8, labelpad=3)
    if title:
        ax.set_title(readable(title), fontsize=10)
    return ax
