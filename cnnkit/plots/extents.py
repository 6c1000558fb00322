"""How much room a drawing takes, and which manner of drawing fits into an Axes."""

import math

from matplotlib.axes import Axes

from cnnkit.errors import expected
from cnnkit.plots.blocks import Block
from cnnkit.plots.placement import Manner, Place, gap, place

_WIDEST = 12.0  # inches that a new figure takes, if it can
_OF_A_FIGURE = 9  # so many of the manners are for new figures
_MANNERS = (  # from roomy to tight
    *(Manner(side) for side in (1.5, 1.2, 1.0, 0.8)),
    *(Manner(side, levels=2, font=7.5) for side in (1.2, 1.0, 0.8)),
    *(Manner(side, levels=2, gap=0.2, font=7.5) for side in (0.8, 0.6)),
    *(Manner(side, gap=0.2, font=7.5) for side in (0.6, 0.4)),
    *(Manner(side, levels=2, gap=0.2, font=7.5) for side in (0.4, 0.3)),
)
_FRAME = 0.7  # inches left for the title and the caption
_SPACE = 0.07  # between a volume and its label
SMALLEST = 7  # points


def fitting(volumes: list[Block], ax: Axes | None) -> tuple[Manner, float]:
    """The roomiest manner that fits, and how much smaller it must be drawn.

    Raises:
        ValueError: the text would have less than 7 points.
    """
    if ax is None:
        manners, width, height = _MANNERS[:_OF_A_FIGURE], _WIDEST, math.inf
    else:
        manners, (width, height) = _MANNERS, _room(ax)
    tried = []
    for manner in manners:
        left, bottom, right, top = bounds(place(volumes, manner), manner)
        size = right - left, top - bottom + _FRAME
        scale = min(width / size[0], height / size[1], 1.0)
        tried.append((scale * manner.font, manner, scale, size))
        if scale == 1:
            break
    if ax is None:  # as wide as it needs to be
        return manner, 1.0
    points, manner, scale, size = max(tried, key=lambda one: one[0])
    if points < SMALLEST - 0.01:
        least = (SMALLEST / manner.font * side for side in size)
        raise expected(
            "`ax` of about {:.1f} × {:.1f} inches, for {} volumes".format(
                *least, len(volumes)
            ),
            f"{width:.1f} × {height:.1f} inches",
            advice="Without `ax`, a new figure is made as wide as it needs to be.",
        )
    return manner, scale


def _room(ax: Axes) -> tuple[float, float]:
    """Width and height of the Axes in inches, as the figure will lay it out."""
    dpi, spec = ax.figure.dpi, ax.get_subplotspec()
    if spec is None or ax.figure.get_layout_engine() is None:
        return ax.get_window_extent().width / dpi, ax.get_window_extent().height / dpi
    rows, columns = spec.get_gridspec().get_geometry()
    across, down = len(spec.colspan) / columns, len(spec.rowspan) / rows
    box = ax.figure.bbox
    return box.width / dpi * across - 0.1, box.height / dpi * down - 0.1


def bounds(places: list[Place], manner: Manner) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of the drawing with its labels, in inches."""
    _, rows = heights(places, manner)
    steps, headings = zip(*rows, strict=True)
    gaps = [gap(*pair) for pair in pairs(places)]
    halves = [one.step.width / 2 for one in places[1:]]
    left = [0.0, *(g - h for g, h in zip(gaps, halves, strict=True))]
    right = [one.centre + one.heading.width / 2 for one in places]
    right += [one.right for one in places]
    right += [g + h for g, h in zip(gaps, halves, strict=True)]
    bottom = min(
        step - one.step.height for step, one in zip(steps, places, strict=True)
    )
    top = max(h + one.heading.height for h, one in zip(headings, places, strict=True))
    return min(left) - 0.05, bottom, max(right) + 0.05, top + 0.05


def heights(
    places: list[Place], manner: Manner
) -> tuple[float, list[tuple[float, float]]]:
    """Half the tallest volume; where each step hangs and each heading stands."""
    half = max(one.top for one in places)
    if manner.levels == 1:
        tops = [one.top for one in places]
        for index, (before, after) in enumerate(pairs(places), start=1):
            if all_to_all(before, after):  # stay above the band between them
                tops[index] = max(tops[index - 1 : index + 1])
        return half, [(-half - _SPACE, top + _SPACE) for top in tops]
    low = max(one.heading.height for one in places[::2]) + _SPACE
    first = max((one.step.height for one in places[1::2]), default=0) + _SPACE
    rows = []
    for index in range(len(places)):
        down = half + 0.12 + (first if index % 2 == 0 else 0)
        up = half + 0.12 + (low if index % 2 else 0)
        rows.append((-down, up))
    return half, rows


def all_to_all(before: Place, after: Place) -> bool:
    """Whether both are bars and every unit of one reads every unit of the other."""
    return after.block.kind == "dense" and not (before.block.sizes or after.block.sizes)


def pairs(places: list[Place]) -> list[tuple[Place, Place]]:
    """Each volume with the one after it."""
    return list(zip(places, places[1:], strict=False))
