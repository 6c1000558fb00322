"""What all layers of a network answer, on one sheet."""

import re
import textwrap
from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cnnkit.errors import check_integer, expected
from cnnkit.plots.strips import (
    GAP,
    ROW_GAP,
    draw_bars,
    draw_classes,
    draw_row,
    draw_tile,
)
from cnnkit.plots.style import INK, MAGNITUDE, SIGNED, as_pictures, on_paper, readable

MOST_LAYERS = 40
_TALLEST = 18.0  # inches
_SIDE, _LEAST_SIDE = 0.8, 0.33  # of a tile, inches
_LEFT, _RIGHT = 1.4, 1.25  # room for the names, and for the scales
_MOST_CLASSES = 20
_LEAST_ACROSS = 4.5


@on_paper
def network_maps(
    maps: Mapping[str, np.ndarray],
    *,
    image: np.ndarray | None = None,
    per_layer: int = 8,
    title: str | None = None,
) -> Figure:
    """Draw what each layer answers to one image, a row for each layer.

    At the left stand the layer's name and shape; then come its first maps, as
    tiles, or its units, as cells row by row; at the right the scale of colours,
    one for the whole row. Bright is strong; where a layer has values below 0 the
    scale is symmetric, 0 is white, and dark is strong. What is no number is hatched.

    The last layer, of up to 20 units, is drawn as bars with the class numbers:
    probabilities, which are at least 0 and sum to 1, on a fixed scale from 0 to 1,
    so that a sure answer looks sure. When the layer before it has as many units,
    its cells stand above the bars, with the same numbers. A last layer with a
    value that is no number is drawn as cells, too.

    Args:
        maps: `{layer name: array}` for one image, as `feature_maps` returns it:
            `(1, H, W, C)` or `(H, W, C)`, `(1, units)` or `(units,)`; up to 40
            layers.
        image: what the network saw, `(H, W, 1)` or `(H, W, 3)`, drawn first.
            Default: none.
        per_layer: how many maps of each layer; the first ones, so that the same
            filters are seen for every image. Default: 8.
        title: the heading. Default: none.

    Returns:
        The Figure, with one Axes measured in inches.

    Raises:
        TypeError: `maps` is no dict, or `per_layer` is no integer.
        ValueError: there is no layer, too many, or an array of another shape.

    Example:
        >>> network_maps(cnnkit.feature_maps(model, digit), image=digit)

    Taught in: notebooks/13_feature_maps.ipynb
    """
    layers = _layers_of(maps)
    per_layer = check_integer("per_layer", per_layer, minimum=1)
    picture = None if image is None else _picture(image)
    rows = len(layers) + (picture is not None)
    side = min(_SIDE, max(_TALLEST / rows - ROW_GAP, _LEAST_SIDE))
    shown = [min(per_layer, a.shape[-1]) for a in layers.values() if a.ndim == 3]
    across = max(max(shown, default=1) * (side + GAP) - GAP, _LEAST_ACROSS)
    ax, top = _sheet(rows, side, across, title), 0.0
    if picture is not None:
        _name(ax, "image", _times(_without_batch(image)), top, side)
        draw_tile(ax, picture, 0.0, top, side, cmap=INK)
        top -= side + ROW_GAP
    plain = len(layers) - _numbered(list(layers.values()))
    for index, (name, array) in enumerate(layers.items()):
        count = min(per_layer, array.shape[-1])
        tiled = array.ndim == 3 and array.shape[:2] != (1, 1)
        shape = _times(array.shape)
        if tiled and count < array.shape[-1]:
            shape += f", first {count}" if side < _SIDE else f"\nfirst {count}"
        _name(ax, readable(name), shape, top, side)
        if index < plain:
            draw_row(ax, array, count, top, side, across)
        elif index < len(layers) - 1 or np.isnan(array).any():
            draw_classes(ax, array, top, side, across)
        else:
            draw_bars(ax, array, top, side, across)
        top -= side + ROW_GAP
    ax.text(0, ax.get_ylim()[0] + 0.06, _caption(ax, layers), va="bottom", fontsize=7)
    return ax.figure


def _numbered(arrays: list[np.ndarray]) -> int:
    """How many layers at the end are drawn with class numbers: 0, 1 or 2."""
    last = arrays[-1]
    if last.ndim != 1 or len(last) > _MOST_CLASSES:
        return 0
    return 2 if len(arrays) > 1 and arrays[-2].shape == last.shape else 1


def _caption(ax: Axes, layers: Mapping[str, np.ndarray]) -> str:
    """How to read what is drawn on the Axes, and no more than that."""
    words = "Each row has its own scale of colours, on the right."
    colours = {drawn.get_cmap().name for drawn in ax.images}
    if MAGNITUDE in colours:
        words += " Bright is strong."
    if SIGNED in colours:
        words += " Where a scale goes below 0, white is 0 and dark is strong."
    if any(array.ndim == 1 or array.shape[:2] == (1, 1) for array in layers.values()):
        words += " Units are cells, row by row."
    if any(np.ma.is_masked(drawn.get_array()) for drawn in ax.images):
        words += " Hatched is no value."
    return textwrap.fill(words, int(ax.get_xlim()[1] / 0.056))


def _layers_of(maps: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The layers without the batch axis, checked."""
    if not isinstance(maps, Mapping):
        raise expected(
            "`maps` to be {layer name: array}",
            type(maps).__name__,
            advice="Take what feature_maps(model, image) returns.",
            error=TypeError,
        )
    if not 1 <= len(maps) <= MOST_LAYERS:
        raise expected(
            f"`maps` of 1 to {MOST_LAYERS} layers",
            f"{len(maps)}",
            advice="Name those to be drawn: feature_maps(model, image, layers=[…]).",
        )
    return {name: _of_one_image(name, array) for name, array in maps.items()}


def _of_one_image(name: str, array: np.ndarray) -> np.ndarray:
    """The answer without the batch axis: (H, W, C) or (units,)."""
    array = np.asarray(array)
    single = array[0] if array.ndim in (2, 4) and len(array) == 1 else array
    if single.ndim not in (1, 3) or single.size == 0 or single.dtype.kind not in "fiub":
        raise expected(
            f"`maps` of {name} for one image, (1, H, W, C) or (1, units)",
            f"{array.dtype} of shape {array.shape}",
            advice="Give feature_maps one image: feature_maps(model, images[i]).",
        )
    single = single.astype(np.float64)
    return np.where(np.isfinite(single), single, np.nan)


def _times(shape: tuple[int, ...]) -> str:
    return "×".join(f"{size:,}" for size in shape)


def _without_batch(image: np.ndarray) -> tuple[int, ...]:
    return np.shape(image)[1:] if np.ndim(image) == 4 else np.shape(image)


def _picture(image: np.ndarray) -> np.ndarray:
    """The image as (H, W), or as (H, W, 3) from 0 to 1."""
    image = np.asarray(image)
    batch = image if image.ndim == 4 else image[np.newaxis]
    if len(batch) != 1:
        raise expected("`image` to be one image", f"{len(batch)} of them")
    picture = as_pictures("image", batch)[0].astype(np.float64)
    low, high = min(picture.min(), 0), max(picture.max(), 1)
    high = 255 if image.dtype == np.uint8 else high
    return picture if picture.ndim == 2 else (picture - low) / (high - low)


def _sheet(rows: int, side: float, across: float, title: str | None) -> Axes:
    """An Axes in inches: rows go down from 0, columns go right from 0."""
    low, high = -rows * (side + ROW_GAP) - 0.35, 0.45 if title else 0.17
    width, height = _LEFT + across + _RIGHT, high - low
    figure = plt.figure(figsize=(width, height), facecolor="white")
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(-_LEFT, across + _RIGHT), ylim=(low, high))
    ax.axis("off")
    if title:
        ax.text(across / 2, 0.22, readable(title), ha="center", fontsize=11)
    return ax


def _name(ax: Axes, name: str, shape: str, top: float, side: float) -> None:
    """The name in up to two lines, broken after `_` or `/`, and the shape below."""
    middle, parts = top - side / 2, re.sub(r"(?<=[_/])", " ", name)
    lines = textwrap.wrap(parts, 18, max_lines=2, placeholder="…")
    lines = re.sub(r"(?<=[_/]) ", "", "\n".join(lines))
    ax.text(-0.12, middle, lines, ha="right", va="bottom", weight="bold", fontsize=8)
    ax.text(-0.12, middle - 0.02, shape, ha="right", va="top", fontsize=7.5)
