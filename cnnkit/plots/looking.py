"""What part of an image one output sees."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.patches import Polygon, Rectangle
from matplotlib.path import Path

from cnnkit.errors import check_integer, expected
from cnnkit.plots.inputs import in_gamut, one_picture
from cnnkit.plots.style import INK, SERIES, on_paper, one_axes, readable
from cnnkit.shapes import ReceptiveField

_DASHES = ("-", (0, (6, 2)), (0, (4, 1.5, 1, 1.5)), (0, (1.5, 1)))
_MOST = len(SERIES) * 2
_LONG = 32  # letters of which two labels do not stand side by side


class _Layer(NamedTuple):
    """A layer whose field is drawn."""

    name: str
    fields: tuple[ReceptiveField, ReceptiveField]
    """Downwards and to the right."""
    outputs: tuple[int, int] | None
    """How many outputs there are along each axis; None: not known."""


@on_paper
def receptive_field(
    image: np.ndarray,
    fields: object,
    *,
    place: tuple[int, int] | None = None,
    output_size: tuple[int, int] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the rectangle of an image that one output of a network sees.

    Whatever lies outside of it cannot change that output. Where the rectangle
    leaves the image, it lies in padding, which is hatched, and its line is thin.

    Args:
        image: `(H, W)`, `(H, W, 1)`, `(H, W, 3)`, or a batch of one of these.
        fields: a `ReceptiveField` for both axes; a pair, (down, right); a row of
            `trace(model).rows`; or several of these, `{layer: field}`, up to 8,
            from the input on.
        place: (row, column) of the output; of several layers, in the last. Of
            those before, the output is drawn that looks at the same middle.
            Default: the output that looks nearest at the middle of the image.
        output_size: (H', W') of the last layer, to check `place` against. Default:
            that of the row; else not checked.
        ax: where to draw. Default: a new figure.

    Returns:
        The Axes, in pixels of the image.

    Raises:
        TypeError: `place` is not made of integers.
        ValueError: the image is not one, a field is unknown or no field, there are
            too many, or no output is at `place`.

    Example:
        >>> rows = trace(models.simple_cnn()).rows
        >>> receptive_field(digit, rows[3], place=(0, 0))  # 16×16 pixels

    Taught in: notebooks/10_sequential_models.ipynb
    """
    picture = one_picture("image", image)
    size = picture.shape[:2]
    layers = _layers(fields)
    last = layers[-1]
    outputs = _pair("output_size", output_size, 1) or last.outputs
    place = _pair("place", place, 0) or _nearest(last, [(s - 1) / 2 for s in size])
    sees = [field.of(i) for field, i in zip(last.fields, place, strict=True)]
    inside = all(r.start < s and r.stop > 0 for r, s in zip(sees, size, strict=True))
    beyond = outputs and any(i >= n for i, n in zip(place, outputs, strict=True))
    if beyond or not inside:
        there = (
            f" of {outputs[0]} × {outputs[1]}" if outputs else " that sees the image"
        )
        raise expected(f"`place` to be an output{there}", f"place={place}")
    middle = [(reach.start + reach.stop - 1) / 2 for reach in sees]
    ax = one_axes(ax, size=(4.6, 4.6 + 0.1 * len(layers)))
    ax.imshow(in_gamut(picture), cmap=INK, zorder=1)
    _frame_image(ax, size, sees)
    for index, layer in reversed(list(enumerate(layers))):
        at = place if layer is last else _nearest(layer, middle)
        reaches = [field.of(i) for field, i in zip(layer.fields, at, strict=True)]
        _draw_field(ax, index, reaches, size, _label(layer.name, at, reaches))
    _add_legend(ax)
    return ax


def _layers(fields: object) -> list[_Layer]:
    named = fields if isinstance(fields, Mapping) else {"": fields}
    if not 1 <= len(named) <= _MOST:
        raise expected(f"one to {_MOST} layers in `fields`", f"{len(named)}")
    return [_layer(name, field) for name, field in named.items()]


def _layer(name: str, given: object) -> _Layer:
    outputs = None
    if hasattr(given, "receptive_field"):  # a row of a trace
        name, shape = name or given.name, given.output_shape
        outputs = shape[:2] if len(shape) == 3 and None not in shape else None
        given = given.receptive_field
    pair = (given, given) if isinstance(given, ReceptiveField) else given
    if (
        not isinstance(pair, (tuple, list))
        or len(pair) != 2
        or not all(isinstance(field, ReceptiveField) for field in pair)
    ):
        raise expected(
            f"the field of {name or 'the output'} to be a ReceptiveField, or a pair",
            "an unknown one" if given is None else repr(given),
        )
    return _Layer(str(name), tuple(pair), outputs)


def _pair(name: str, values: object, minimum: int) -> tuple[int, int] | None:
    if values is None:
        return None
    if not isinstance(values, (tuple, list)) or len(values) != 2:
        raise expected(f"`{name}` to be two integers, down and right", repr(values))
    return tuple(check_integer(name, value, minimum=minimum) for value in values)


def _nearest(layer: _Layer, middle: list[float]) -> tuple[int, int]:
    """The output whose field has its middle nearest to that point."""
    place = []
    for axis, field in enumerate(layer.fields):
        first = field.offset + (field.size - 1) / 2
        steps = (middle[axis] - first) / field.jump if field.jump else 0
        index = max(math.ceil(steps - 0.5), 0)
        if layer.outputs:
            index = min(index, layer.outputs[axis] - 1)
        place.append(index)
    return tuple(place)


def _label(name: str, place: tuple[int, int], reaches: list[range]) -> str:
    down, right = map(len, reaches)
    what = f"{down}×{right}" if name else f"{down}×{right} pixels"
    return f"{readable(name)}{', ' if name else ''}output {place}: sees {what}"


def _add_legend(ax: Axes) -> None:
    handles, labels = (found[::-1] for found in ax.get_legend_handles_labels())
    ax.legend(
        *(handles, labels),
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        ncols=1 if len(labels) < 3 or max(map(len, labels)) > _LONG else 2,
        columnspacing=1,
        frameon=False,
        fontsize=8,
        handlelength=2.4,
    )


def _frame_image(ax: Axes, size: tuple[int, int], sees: list[range]) -> None:
    """Set the limits; hatch what is seen outside of the image."""
    (height, width), (down, right) = size, sees
    top, bottom = min(down.start, 0), max(down.stop, height)
    left, end = min(right.start, 0), max(right.stop, width)
    room = 0.03 * max(bottom - top, end - left)
    ax.set_xlim(left - 0.5 - room, end - 0.5 + room)
    ax.set_ylim(bottom - 0.5 + room, top - 0.5 - room)
    if (top, left, bottom, end) != (0, 0, height, width):
        around = Rectangle((left - 0.5, top - 0.5), end - left, bottom - top)
        around.set(facecolor="none", edgecolor="0.75", hatch="///", linewidth=0)
        around.set(zorder=0, label="padding")
        ax.add_patch(around)
    frame = Rectangle((-0.5, -0.5), width, height, fill=False, linewidth=0.8)
    frame.set(edgecolor="0.4", zorder=2)
    ax.add_patch(frame)
    ax.set_xlabel("column")
    ax.set_ylabel("row")


def _outside(ax: Axes, size: tuple[int, int]) -> Path:
    """All of the Axes but the image: the inner ring runs the other way round."""
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    end, under = size[1] - 0.5, size[0] - 0.5
    outer = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    inner = [(-0.5, -0.5), (-0.5, under), (end, under), (end, -0.5), (-0.5, -0.5)]
    ring = [Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY]
    return Path([*outer, *inner], [*ring, *ring])


def _draw_field(
    ax: Axes, index: int, reaches: list[range], size: tuple[int, int], label: str
) -> None:
    """Draw what lies in the image strong, what lies outside thin and dashed."""
    colour = SERIES[index % len(SERIES)]
    (top, bottom), (left, end) = ((r.start - 0.5, r.stop - 0.5) for r in reaches)
    height, width = size
    corners = [(left, top), (end, top), (end, bottom), (left, bottom)]
    if min(top, left) < -0.5 or bottom > height or end > width:
        whole = Polygon(corners, fill=False, edgecolor=colour, linewidth=1.2)
        whole.set(linestyle="--", zorder=3)
        ax.add_patch(whole)
        whole.set_clip_path(_outside(ax, size), ax.transData)
    x = np.clip([left, end], -0.5, width - 0.5)
    y = np.clip([top, bottom], -0.5, height - 0.5)
    dash = _DASHES[(index + index // len(SERIES)) % len(_DASHES)]
    outline = Rectangle((x[0], y[0]), x[1] - x[0], y[1] - y[0], fill=False)
    outline.set(edgecolor=colour, linewidth=2.5, linestyle=dash, label=label, zorder=4)
    halo = patheffects.withStroke(linewidth=4.5, foreground="white")
    outline.set_path_effects([halo])
    ax.add_patch(outline)
