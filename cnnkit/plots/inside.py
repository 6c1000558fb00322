"""What in a picture a network attends to, and what its filters answer to."""

import math
import textwrap
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from cnnkit.errors import check_integer, expected
from cnnkit.plots.inputs import finite_array, in_gamut, one_picture, written
from cnnkit.plots.style import (
    INK,
    MAGNITUDE,
    SIGNED,
    as_pictures,
    on_paper,
    readable,
    signed_limit,
)
from cnnkit.plots.tiling import Board, width_for

_LUMINANCE = (0.299, 0.587, 0.114)  # of red, green and blue
_MOST_UNITS = 16


@on_paper
def attributions(
    image: np.ndarray, maps: Mapping[str, np.ndarray], *, title: str | None = None
) -> Figure:
    """Draw which pixels of an image mattered, one method beside the other.

    Above is the map alone, below the same colours over the image in grey: the
    stronger the pixel, the less of the image shines through. Each map has its own
    scale. In one with negative values red pixels speak for the answer and blue
    ones against it.

    Args:
        image: `(H, W)`, `(H, W, 1)`, `(H, W, 3)`, or a batch of one of these.
        maps: `{method: map}`, of the height and width of the image: `(H, W)`,
            `(H, W, C)`, or a batch of one. Channels are added up when there are
            negative values; else the largest counts.
        title: the heading, such as the class that is asked for. Default: none.

    Returns:
        The Figure: an Axes for the image, then two for each method and its scale.

    Raises:
        ValueError: the image is not one, there is no map, one has another size
            than the image or holds what is no finite number.

    Example:
        >>> attributions(digit, {"saliency": saliency(model, digit)[0]})

    Taught in: notebooks/13_feature_maps.ipynb
    """
    picture = one_picture("image", image)
    size = picture.shape[:2]
    if not isinstance(maps, Mapping) or not maps:
        raise expected("`maps` as {method: map}", repr(maps))
    flat = {name: _flat_map(name, values, size) for name, values in maps.items()}
    per_row = min(len(maps), 5)
    blocks = math.ceil(len(maps) / per_row)
    tall = min(max(size[0] / size[1], 0.4), 2.5)
    figure = plt.figure(
        figsize=(2.0 * (per_row + 1), blocks * (4.0 * tall + 0.9) + 0.2 * bool(title)),
        facecolor="white",
        layout="constrained",
    )
    grid = figure.add_gridspec(2 * blocks, per_row + 1)
    first = figure.add_subplot(grid[:2, 0])
    _bare(first).imshow(in_gamut(picture), cmap=INK)
    first.set_title("image", fontsize=10)
    for index, (name, values) in enumerate(flat.items()):
        row, column = divmod(index, per_row)
        pair = [figure.add_subplot(grid[2 * row + k, column + 1]) for k in (0, 1)]
        _draw_map(pair, picture, values)
        pair[0].set_title(textwrap.fill(readable(name), 24), fontsize=10)
        if column == 0:
            pair[0].set_ylabel("map", fontsize=9)
            pair[1].set_ylabel("over the image", fontsize=9)
    if title:
        figure.suptitle(readable(title), fontsize=11)
    figure.supxlabel(_caption(flat), fontsize=8)
    return figure


def _caption(maps: Mapping[str, np.ndarray]) -> str:
    """What the colours mean, in lines."""
    parts = []
    if any(values.min() < 0 for values in maps.values()):
        parts.append("Red speaks for the class, blue against it.")
    if any(values.min() >= 0 for values in maps.values()):
        parts.append("Bright counts much; below it, the image is dimmed.")
    if len(maps) > 1:
        parts.append("Each map has its own scale.")
    return textwrap.fill(" ".join(parts), 24 * (min(len(maps), 5) + 1))


def _flat_map(name: str, values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The map as `(H, W)`."""
    array = finite_array(f"the map {name}", values)
    batch = array.ndim == 4 or (array.ndim == 3 and array.shape[:2] != size)
    if batch and len(array) == 1:
        array = array[0]
    if array.shape[:2] != size or array.ndim not in (2, 3):
        raise expected(
            f"the map {name} to have the height and width of the image, {size}",
            f"shape {np.shape(values)}",
        )
    if array.ndim == 2:
        return array
    return array.sum(axis=-1) if array.min() < 0 else array.max(axis=-1)


def _bare(ax: Axes) -> Axes:
    ax.set_xticks([])
    ax.set_yticks([])
    return ax


def _draw_map(pair: list[Axes], picture: np.ndarray, values: np.ndarray) -> None:
    """The map above, the map over the picture below, and their scale."""
    signed = values.min() < 0
    limit = signed_limit(values)
    how = {"cmap": SIGNED if signed else MAGNITUDE}
    how |= {"vmin": -limit if signed else 0, "vmax": limit}
    shown = _bare(pair[0]).imshow(values, **how)
    # Pale under red and blue, dark under bright yellow.
    low, high = (0.5, 1) if signed else (0, 0.6)
    grey = low + (high - low) * _in_grey(picture)
    _bare(pair[1]).imshow(grey, cmap="gray", vmin=0, vmax=1)
    pair[1].imshow(values, alpha=0.9 * np.abs(values) / limit, **how)
    bar = pair[1].figure.colorbar(
        shown, ax=pair, location="bottom", aspect=15, shrink=0.9
    )
    (edge,) = written([limit], digits=2)
    ticks = (
        {-limit: f"−{edge}", 0: "0", limit: edge} if signed else {0: "0", limit: edge}
    )
    bar.set_ticks(list(ticks), labels=list(ticks.values()))
    bar.ax.tick_params(labelsize=8)


def _in_grey(picture: np.ndarray) -> np.ndarray:
    """Lightness from 0 to 1 as the picture is shown: ink for one channel."""
    colour = picture.ndim == 3
    light = picture @ np.array(_LUMINANCE) if colour else -picture.astype(float)
    return np.asarray(Normalize()(light))


@on_paper
def top_activations(
    top: object, *, units: Sequence[int] | None = None, count: int | None = None
) -> Figure:
    """Draw what each filter answers to most: the pieces of images that move it.

    A row a filter, the strongest answer first, its value above. What the pieces
    of a row have in common is what the filter looks for.

    Args:
        top: what `cnnkit.top_activations` returned: the values `(F, K)`, the
            patches that the answering place sees, `(F, K, h, w, C)`, 0 where it
            sees padding, and the whole images `(F, K, H, W, C)`. Without patches
            the images are drawn.
        units: numbers of the filters wanted, out of `top.units`. Default: the
            first 16.
        count: how many patches of each. Default: up to ten.

    Returns:
        The Figure.

    Raises:
        TypeError: `count` or a unit is not an integer, or `top` is something else.
        ValueError: a unit is not in `top`, or `count` is more than there are.

    Example:
        >>> plots.top_activations(top_activations(model, images, "conv2"), units=[3])

    Taught in: notebooks/13_feature_maps.ipynb
    """
    if not hasattr(top, "indices"):
        what = "what cnnkit.top_activations returns"
        raise expected(what, f"{type(top).__name__}", error=TypeError)
    patches = top.patches
    whole = patches is None
    patches = np.asarray(top.pictures if whole else patches)
    have = patches.shape[1]
    if count is None:
        count = min(have, 10)
    count = check_integer("count", count, minimum=1, maximum=have)
    rows = _rows_of(top, units)
    shown = patches[rows, :count]  # (rows, count, h, w, C)
    pictures = in_gamut(as_pictures("patches", shown.reshape(-1, *shown.shape[2:])))
    shape, head = pictures.shape[1:3], 0.24
    title = readable(f"{top.layer}: strongest answers first")
    figure = plt.figure(
        figsize=(
            max(0.87 * count + 0.9, width_for(title, points=11)),
            len(rows) * 0.8 * (shape[0] / shape[1] + head + 0.08) + 0.8,
        ),
        facecolor="white",
        layout="constrained",
    )
    board = Board(figure.subplots(), len(rows), count, shape, head=head)
    scale = {"cmap": INK, "vmin": pictures.min(), "vmax": pictures.max()}
    kind = "filter" if np.shape(top.places)[-1] else "unit"  # of a dense layer
    answers = written(np.asarray(top.values)[rows, :count])
    places = np.ndindex(len(rows), count)
    for place, picture, answer in zip(places, pictures, answers, strict=True):
        row, column = place
        side = "" if column else f"{kind} {top.units[rows[row]]}"
        board.put(row, column, picture, caption=answer, side=side, **scale)
    seen = f"the {shape[0]}×{shape[1]} pixels that gave it"
    what = "the whole image" if whole else seen
    few = f"; {len(rows)} of {len(top.units)} {kind}s"
    rest = few if len(rows) < len(top.units) else ""
    figure.suptitle(title, fontsize=11)
    figure.supxlabel(f"number: the answer\npicture: {what}{rest}", fontsize=8)
    return figure


def _rows_of(top: object, units: Sequence[int] | None) -> list[int]:
    """In which rows of the arrays the wanted units are."""
    known = [int(unit) for unit in top.units]
    if units is None:
        return list(range(min(len(known), _MOST_UNITS)))
    wanted = [check_integer("units", unit, minimum=0) for unit in np.atleast_1d(units)]
    missing = [unit for unit in wanted if unit not in known]
    if missing or not wanted:
        raise expected(f"`units` out of {known}", f"{list(units)}")
    return [known.index(unit) for unit in wanted]
