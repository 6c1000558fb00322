"""Many small pictures on one Axes: faster, and closer together, than an Axes each."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle


def width_for(text: str, *, points: float) -> float:
    """About how many inches a line takes, with a little room at both ends."""
    return len(text) * 0.6 * points / 72 + 0.3


class Board:
    """An Axes without frame on which pictures of one size lie in rows and columns.

    Its unit is the width of a picture; rows count downwards.
    """

    def __init__(
        self, ax: Axes, rows: int, columns: int, shape: Sequence[int], *, head: float
    ):
        """Prepare the Axes.

        Args:
            ax: where the pictures go.
            rows: how many rows.
            columns: how many columns.
            shape: height and width of a picture.
            head: room above each picture for its caption, in widths.
        """
        self.ax = ax
        self.height = shape[0] / shape[1]
        self.head = head
        self.gap = 0.08
        ax.set_xlim(-self.gap, columns * (1 + self.gap))
        ax.set_ylim(rows * self._pitch, -0.01)
        ax.set_aspect("equal")
        ax.axis("off")

    @property
    def _pitch(self) -> float:
        return self.height + self.head + self.gap

    def put(
        self,
        row: int,
        column: int,
        picture: np.ndarray,
        *,
        caption: str = "",
        side: str = "",
        **how: object,
    ) -> AxesImage:
        """Draw one picture in a thin frame.

        Args:
            row: from 0.
            column: from 0.
            picture: `(H, W)` or `(H, W, 3)`.
            caption: text above it. Default: none.
            side: text at its left. Default: none.
            how: keywords of `imshow`.

        Returns:
            The picture on the Axes.
        """
        left, top = column * (1 + self.gap), row * self._pitch + self.head
        bottom = top + self.height
        limits = self.ax.get_xlim(), self.ax.get_ylim()
        shown = self.ax.imshow(picture, extent=(left, left + 1, bottom, top), **how)
        self.ax.set(xlim=limits[0], ylim=limits[1])
        frame = Rectangle((left, top), 1, self.height, fill=False, edgecolor="0.4")
        frame.set(linewidth=0.6, clip_on=False)
        self.ax.add_patch(frame)
        middle = top + self.height / 2
        notes = (
            ((left + 0.5, top), caption, (0, 2), {"ha": "center", "va": "bottom"}),
            ((left, middle), side, (-5, 0), {"ha": "right", "va": "center"}),
        )
        for place, text, shift, align in notes:
            if text:
                self.ax.annotate(
                    *(text, place, shift),
                    textcoords="offset points",
                    fontsize=8,
                    annotation_clip=False,
                    **align,
                )
        return shown
