"""A whole network as a drawing of its volumes."""

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.patches import Polygon, Rectangle

from cnnkit.plots.blocks import Block, volumes_of
from cnnkit.plots.extents import (
    SMALLEST,
    all_to_all,
    bounds,
    fitting,
    heights,
    pairs,
)
from cnnkit.plots.placement import Manner, Place, gap, is_linear, place, sheets
from cnnkit.plots.style import GREY, on_paper, one_axes, readable

if TYPE_CHECKING:
    from cnnkit.runtime import keras
    from cnnkit.tracing import Trace

_FILL = {  # pale tints of the colours of the kit, of different lightness
    "input": "#FFFFFF",
    "convolution": "#B5D9EE",
    "pooling": "#F3CDB0",
    "dense": "#7FC9B4",
    "other": "#E6E6E6",
}
_LETTER = 0.075  # inches, of the title
_LINE = 0.13  # inches, of a line of the title or the caption
_PLACES = ((0.35, 0.27), (0.65, 0.77))  # of the windows, in turn: across, down
_LEAST_FRAME = 0.09  # inches; a smaller frame is left out


@on_paper
def architecture(
    model: "keras.Model",
    *,
    input_shape: Sequence[int] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a network as volumes: what each layer makes of the volume before it.

    An output of height, width and channels is a stack of sheets; a row of units
    is a bar. Above stand the layer's name, its shape and its activation, then the
    layers that follow in place, as «then softmax». Below, between two volumes,
    stands what the layer does. A frame marks one window, at its true size and
    place, and lines lead from it to the one number that is made of it; an arrow
    stands where the frame would be too small to be seen. A shaded band means that
    every unit reads every unit.

    The sides of the sheets are to scale, or by their square root when the longest
    is over 12 times the shortest; the caption says which. The rest grows more
    slowly: up to 16 channels have a sheet each, and each doubling after that adds
    one; bars grow by the square root of the units.

    Args:
        model: a chain of layers, as `trace` takes it.
        input_shape: of one example, without the batch, as (28, 28, 1); needed
            where `trace` needs it. Default: the model's own.
        ax: where to draw; where it is narrow the labels alternate in height.
            Default: a new figure, as wide as it needs to be.

    Returns:
        The Axes.

    Raises:
        TypeError: `model` is no Keras model.
        ValueError: the model branches, `input_shape` does not fit, an output is
            neither (H, W, C) nor (units,), or `ax` is too small to be read.

    Example:
        >>> architecture(models.lenet5())

    Source: the manner of figure 2 in Y. LeCun et al., «Gradient-based learning
    applied to document recognition», 1998.
    Taught in: notebooks/15_architectures.ipynb
    """
    trace, volumes = volumes_of(model, input_shape)
    manner, scale = fitting(volumes, ax)
    places = place(volumes, manner)
    left, bottom, right, top = bounds(places, manner)
    room = (right - left) * scale
    ways = [
        _way(*pair, _PLACES[index % 2], _LEAST_FRAME / scale)
        for index, pair in enumerate(pairs(places))
    ]
    title = _title(trace, volumes, math.inf if ax is None else room)
    caption = _caption(volumes, room, framed=any(ways))
    foot = bottom - 0.1 - (caption.count("\n") + 1) * _LINE / scale
    top += (title.count("\n") + 2) * _LINE / scale
    width = max(right - left, len(title) * _LETTER)
    ax = one_axes(ax, size=(width + 0.1, top - foot + 0.1))
    for before, after in pairs(places):
        if all_to_all(before, after):
            _draw_band(ax, before, after)
    for one in places:
        _draw_volume(ax, one)
    for (before, after), way in zip(pairs(places), ways, strict=True):
        if way:
            _draw_window(ax, *way)
        elif not all_to_all(before, after):
            _draw_arrow(ax, before, after)
    _write_labels(ax, places, manner, max(manner.font * scale, SMALLEST))
    ax.text(left, foot, caption, fontsize=SMALLEST, va="bottom", label="_caption")
    ax.set_title(title, fontsize=9, y=1, pad=0, va="top")  # inside, never cut off
    ax.set(xlim=(left, right), ylim=(foot, top), aspect="equal")
    ax.axis("off")
    return ax


def _draw_volume(ax: Axes, one: Place) -> None:
    """The sheets from the last to the first, which stands in front, low, right."""
    height, width = one.front
    for index in range(one.sheets):
        corner = (one.left + index * one.lean, one.top - height - index * one.lean)
        sheet = Rectangle(
            *(corner, width, height),
            facecolor=_FILL[one.block.kind],
            edgecolor="black",
            linewidth=min(0.6, 25 * one.lean),
            label=f"_{one.block.name}",
        )
        ax.add_patch(sheet)


def _spot(one: Place, down: float, across: float) -> tuple[float, float]:
    """A point of the front sheet, by its shares of the height and the width."""
    height, width = one.front
    left = one.left + one.depth
    return left + across * width, one.top - one.depth - down * height


def _draw_band(ax: Axes, before: Place, after: Place) -> None:
    """Between two bars: every unit reads every unit."""
    corners = [
        *(_spot(before, 0, 1), _spot(after, 0, 0)),
        *(_spot(after, 1, 0), _spot(before, 1, 1)),
    ]
    band = {"facecolor": "#9A9A9A", "alpha": 0.4, "edgecolor": "none", "label": "_band"}
    ax.add_patch(Polygon(corners, **band))


def _draw_arrow(ax: Axes, before: Place, after: Place) -> None:
    space = 0.15 * (after.left - before.right)
    ends = (before.right + space, 0), (after.left - space, 0)
    style = {"arrowstyle": "->", "color": GREY, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", ends[1], ends[0], arrowprops=style)


def _way(
    before: Place, after: Place, share: tuple[float, float], least: float
) -> tuple[list[tuple[float, float]], tuple[float, float]] | None:
    """The corners of a window and the number made of it; None if not to be seen."""
    fields = after.block.fields
    if fields is None:
        return None
    outputs = after.block.sizes or (1, 1)
    spans, target = [], []
    for field, size, output, part in zip(
        fields, before.block.sizes, outputs, share[::-1], strict=True
    ):
        index = min(int(part * output), output - 1)
        read = field.of(index)
        start, stop = max(read.start, 0), min(read.stop, size)
        spans.append((start / size, stop / size))
        target.append((index + 0.5) / output)
    (top, bottom), (first, last) = spans
    height, width = before.front
    if min((bottom - top) * height, (last - first) * width) < least:
        return None
    corners = ((top, first), (top, last), (bottom, last), (bottom, first))
    return [_spot(before, *corner) for corner in corners], _spot(after, *target)


def _draw_window(
    ax: Axes, corners: list[tuple[float, float]], point: tuple[float, float]
) -> None:
    """A frame, a dot, and the lines from one to the other."""
    for corner in corners[1:3]:
        ax.plot(*zip(corner, point, strict=True), color=GREY, linewidth=0.7)
    ax.add_patch(Polygon(corners, fill=False, edgecolor="black", label="_window"))
    ax.plot(*point, "s", color="black", markersize=2.5)


def _write_labels(ax: Axes, places: list[Place], manner: Manner, points: float) -> None:
    half, rows = heights(places, manner)
    centred = {"ha": "center", "fontsize": points}
    thin = {"color": GREY, "linewidth": 0.6}
    for index, (one, (step, heading)) in enumerate(zip(places, rows, strict=True)):
        name, rest = one.heading.text.split("\n", 1)
        lines = one.heading.text.count("\n")
        above = heading + one.heading.height * lines / (lines + 1)
        ax.text(one.centre, heading, rest, va="bottom", **centred)
        ax.text(one.centre, above, name, va="bottom", weight="bold", **centred)
        if heading - one.top > 0.14:
            ax.plot([one.centre] * 2, (one.top + 0.02, heading - 0.02), **thin)
        if index:
            middle = gap(places[index - 1], one)
            ax.text(middle, step, one.step.text, va="top", **centred)
            if manner.levels > 1:
                ax.plot([middle] * 2, (-half + 0.02, step + 0.03), **thin)


def _title(trace: "Trace", volumes: list[Block], room: float) -> str:
    last = volumes[-1]
    likely = last.sizes is None and last.notes[-1:] in (("softmax",), ("then softmax",))
    sizes = f"{volumes[0].shape} → {last.shape}" + (" classes" if likely else "")
    parts = readable(trace.name), sizes, f"{trace.parameters:,} parameters"
    title = f"{parts[0]}: {parts[1]} · {parts[2]}"
    return title if len(title) * _LETTER <= room else "\n".join(parts)


def _caption(volumes: list[Block], width: float, *, framed: bool) -> str:
    """How sizes are drawn, in lines that fit into the width."""
    parts = []
    if any(one.sizes for one in volumes):
        law = "to scale" if is_linear(volumes) else "by the square root of their size"
        parts.append(f"Sides of the sheets: {law}.")
    if any(one.sizes and sheets(one.count) < one.count for one in volumes):
        parts.append("More sheets are more channels, not one each.")
    if any(one.sizes is None for one in volumes):
        parts.append("Bars: by the square root of the units.")
    if framed:
        parts.append("Frame: what the number at the dot reads.")
    return textwrap.fill(" ".join(parts), max(int(width / 0.056), 20))
