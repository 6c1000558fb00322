"""The weights of filters as pictures."""

import math

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from cnnkit.errors import check_integer, expected
from cnnkit.plots.inputs import finite_array, written
from cnnkit.plots.style import SIGNED, on_paper, readable, signed_limit
from cnnkit.plots.tiling import Board, width_for

_MOST_FILTERS, _MOST_ROWS = 100, 8


@on_paper
def filters(
    kernels: np.ndarray,
    *,
    before: np.ndarray | None = None,
    columns: int | None = None,
    title: str | None = None,
) -> Figure:
    """Draw the weights of the filters of one layer, each filter a tile.

    Red is above 0, blue below, white is 0; all tiles share one scale. Filters on
    three channels are drawn as colour pictures: grey is 0, and a filter that looks
    green answers to green. Filters on any other number of channels take a row
    each, with a tile for each input channel.

    Args:
        kernels: `(kh, kw, Cin, Cout)`, as a convolution holds them; `(kh, kw,
            Cout)` are filters on one channel, `(kh, kw)` is one filter. Those of a
            depthwise convolution, `(kh, kw, C, m)`, are drawn one by one as
            `kernels.reshape(kh, kw, -1)`.
        before: the same weights before training, of the same shape, drawn with the
            same scale above (or at the left of) those of `kernels`. Default: none.
        columns: tiles in a row. Default: up to ten; with a row for each filter, 8.
            There the rest of the channels is left out, and so are filters behind
            the 8th; elsewhere those behind the 100th. A line below says so.
        title: the heading. Default: none.

    Returns:
        The Figure.

    Raises:
        TypeError: `columns` is not an integer.
        ValueError: `kernels` has another shape or holds what is no finite number,
            `before` has not the shape of `kernels`, or `columns` is below 1.

    Example:
        >>> plots.filters(cnnkit.filters(model, "conv1"), before=untrained)

    Taught in: notebooks/13_feature_maps.ipynb
    """
    states = {
        "after training" if before is not None else "": _as_bank("kernels", kernels)
    }
    if before is not None:
        if np.shape(before) != np.shape(kernels):
            raise expected(
                f"`before` of the shape of `kernels`, {np.shape(kernels)}",
                f"{np.shape(before)}",
            )
        states = {"before training": _as_bank("before", before), **states}
    if columns is not None:
        columns = check_integer("columns", columns, minimum=1)
    limit = signed_limit(list(states.values()))
    bank = next(iter(states.values()))
    draw = _one_tile_each if bank.shape[2] in (1, 3) else _one_row_each
    notes = "; ".join(_notes(bank.shape, columns, limit))
    title = readable(title or "")
    room = max(width_for(notes, points=8), width_for(title, points=11))
    figure = draw(states, columns, limit, room)
    if notes:
        figure.supxlabel(notes, fontsize=8)
    if title:
        figure.suptitle(title, fontsize=11)
    return figure


def _as_bank(name: str, kernels: np.ndarray) -> np.ndarray:
    bank = finite_array(f"`{name}`", kernels)
    if bank.ndim in (2, 3):
        bank = bank.reshape(*bank.shape[:2], 1, -1)
    if bank.ndim != 4:
        raise expected(
            f"`{name}` of shape (kh, kw, Cin, Cout), (kh, kw, Cout) or (kh, kw)",
            f"shape {bank.shape}",
        )
    return bank


def _notes(shape: tuple, columns: int | None, limit: float) -> list[str]:
    """What the figure leaves out, and what its colours are."""
    channels, count = shape[2:]
    if channels == 3:
        edge = written([limit], digits=2)[0]
        notes = [f"grey: weight 0; colours from −{edge} to {edge}"]
    else:
        notes = []
    if channels in (1, 3):
        left_out = f"{_MOST_FILTERS} of {count} filters"
        return [*notes, left_out] if count > _MOST_FILTERS else notes
    rows, columns = min(count, _MOST_ROWS), min(columns or _MOST_ROWS, channels)
    return [
        f"rows: filters{f', {rows} of {count}' if rows < count else ''}",
        "columns: input channels"
        + (f", {columns} of {channels}" if columns < channels else ""),
    ]


def _one_tile_each(
    states: dict, columns: int | None, limit: float, room: float
) -> Figure:
    """Filters on one channel, or on three as colours."""
    height, width, channels, count = next(iter(states.values())).shape
    shown = min(count, _MOST_FILTERS)
    columns = min(columns or 10, shown)
    rows = math.ceil(shown / columns) * len(states)
    side, head = (0.8 if shown > 4 else 1.2), 0.24
    beside = (0.9 if channels == 1 else 0.1) + (0.9 if len(states) > 1 else 0)
    figure = plt.figure(
        figsize=(
            max(columns * side * 1.09 + beside, room),
            rows * side * (height / width + head + 0.08) + 0.5,
        ),
        facecolor="white",
        layout="constrained",
    )
    ax = figure.subplots()
    board = Board(ax, rows, columns, (height, width), head=head)
    for index in range(shown):
        row, column = divmod(index, columns)
        name = f"{index}" if column else f"filter {index}"
        for below, (state, bank) in enumerate(states.items()):
            kernel = bank[..., index]
            picture = board.put(
                row * len(states) + below,
                column,
                kernel[..., 0] if channels == 1 else 0.5 + kernel / (2 * limit),
                caption="" if below else name,
                side="" if column else state.replace(" ", "\n"),
                **_scale(limit),
            )
    if channels == 1:
        _add_bar(figure, picture, ax)
    return figure


def _one_row_each(
    states: dict, columns: int | None, limit: float, room: float
) -> Figure:
    """A row for each filter, a column for each input channel."""
    height, width, channels, count = next(iter(states.values())).shape
    rows, columns = min(count, _MOST_ROWS), min(columns or _MOST_ROWS, channels)
    side = 0.55
    figure = plt.figure(
        figsize=(
            max((columns * side * 1.09 + 0.7) * len(states) + 1.0, room),
            rows * side * (height / width + 0.08) + 0.9,
        ),
        facecolor="white",
        layout="constrained",
    )
    axes = figure.subplots(1, len(states), squeeze=False)[0]
    for ax, (state, bank) in zip(axes, states.items(), strict=True):
        board = Board(ax, rows, columns, (height, width), head=0)
        for row, column in np.ndindex(rows, columns):
            picture = board.put(
                row,
                column,
                bank[:, :, column, row],
                caption="" if row else f"{column}",
                side="" if column else f"filter {row}",
                **_scale(limit),
            )
        ax.set_title(state, fontsize=9, pad=16)
    _add_bar(figure, picture, list(axes))
    return figure


def _scale(limit: float) -> dict:
    return {"cmap": SIGNED, "vmin": -limit, "vmax": limit}


def _add_bar(figure: Figure, picture: AxesImage, axes: Axes | list[Axes]) -> None:
    bar = figure.colorbar(picture, ax=axes, shrink=0.8, aspect=15)
    bar.set_label("weight", fontsize=9)
    bar.ax.tick_params(labelsize=7)
