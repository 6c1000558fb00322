"""How a picture of one's own becomes one that the network knows."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from cnnkit.ink import centre_of_mass, ink_box
from cnnkit.own_images import BOX, FRAME, MIDDLE, preparation_steps
from cnnkit.plots.style import INK, ORANGE, on_paper, readable, same_length, tiles

_TITLES = {
    "picture": "the picture",
    "polarity": "polarity:\nink 1, paper 0",
    "size": f"size:\nthe box fits {BOX}×{BOX}",
    "centring": "centring:\nmass in the middle",
}


@on_paper
def preparation(
    images: Sequence[np.ndarray],
    labels: Sequence | None = None,
    *,
    title: str | None = None,
) -> Figure:
    """Draw what each step of `prepare_digits` makes of pictures, a row a picture.

    From left to right: the brightness of the picture; the polarity step with the
    bounding box of the ink; 28×28 pixels after the size step; and after the
    centring. Lines cross where the centre of mass belongs, a dot shows where it is.

    Args:
        images: N pictures of any size, `(H, W)`, `(H, W, 1)` or `(H, W, 3)`.
        labels: what each shows, `(N,)`, written at the left. Default: none.
        title: the heading. Default: none.

    Returns:
        The Figure, with N rows of four Axes.

    Raises:
        TypeError, ValueError: as `prepare_digits` raises them, or a label too many.

    Example:
        >>> plots.preparation(read_images("data/own_digits").images[:3])

    Taught in: notebooks/18_your_own_images.ipynb
    """
    steps = preparation_steps(images)
    count = len(steps["picture"])
    figure, axes = tiles(4 * count, 4, side=1.5, extra=0.35 / count)
    rows = np.reshape(axes, (count, 4))
    for row, (picture, ink, sized, centred) in zip(
        rows, zip(*steps.values(), strict=True), strict=True
    ):
        row[0].imshow(picture, cmap="gray", vmin=0, vmax=1)
        for ax, values in zip(row[1:], (ink, sized, centred), strict=True):
            ax.imshow(values, cmap=INK, vmin=0, vmax=1)
        _draw_box(row[1], ink)
        for ax, values in zip(row[2:], (sized, centred), strict=True):
            _draw_middle(ax, values)
    for ax, name in zip(rows[0], _TITLES.values(), strict=True):
        ax.set_title(name, fontsize=10)
    if labels is not None:
        for ax, label in zip(
            rows[:, 0], same_length("labels", labels, count), strict=True
        ):
            ax.set_ylabel(
                readable(label), fontsize=10, rotation=0, labelpad=12, va="center"
            )
    if title:
        figure.suptitle(readable(title), fontsize=11)
    return figure


def _draw_box(ax: Axes, ink: np.ndarray) -> None:
    box = ink_box(ink)
    if box is not None:
        top, left, height, width = box
        corner = (left - 0.5, top - 0.5)
        frame = Rectangle(corner, width, height, fill=False, edgecolor=ORANGE, lw=1.5)
        ax.add_patch(frame)


def _draw_middle(ax: Axes, values: np.ndarray) -> None:
    """A cross of lines where the centre of mass belongs, a dot where it is."""
    ax.axhline(MIDDLE, color="gray", linewidth=0.8)
    ax.axvline(MIDDLE, color="gray", linewidth=0.8)
    ax.set(xlim=(-0.5, FRAME - 0.5), ylim=(FRAME - 0.5, -0.5))
    if values.any():
        row, column = centre_of_mass(values)
        ax.plot(column, row, "o", color=ORANGE, markersize=5, markeredgecolor="white")
