"""A picture of an explorer, for places where no script runs."""

import io
from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np

from cnnkit.explorer.payload import is_ink
from cnnkit.plots.sheets import MOST_LAYERS, network_maps
from cnnkit.plots.style import readable

_DOTS = 80  # an inch
_POINTS = 7.5


def picture_of(maps: Mapping[str, np.ndarray], image: np.ndarray, text: str) -> bytes:
    """Draw what the layers answer to one image, and how one number came about.

    Args:
        maps: what each layer answers, `(H, W, C)` or `(units,)`; those of another
            shape, and those beyond the fortieth, are not drawn.
        image: what the network saw; drawn when it is grey or has three colours.
        text: how a number came about.

    Returns:
        A PNG.
    """
    drawn = [name for name, held in maps.items() if held.ndim in (1, 3)][:MOST_LAYERS]
    seen = image if image.ndim == 3 and image.shape[-1] in (1, 3) else None
    file = io.BytesIO()
    with plt.ioff():
        if drawn:
            figure = network_maps({name: maps[name] for name in drawn}, image=seen)
            if seen is not None and seen.shape[-1] == 1 and not is_ink(seen):
                tile = figure.axes[0].images[0]  # a photograph: 0 is black
                tile.set(cmap="gray", clim=(min(0, seen.min()), max(1, seen.max())))
        else:
            figure = plt.figure(figsize=(6, 0.1), facecolor="white")
        below = -0.1 / figure.get_figheight()  # a tenth of an inch
        style = {"va": "top", "family": "monospace", "fontsize": _POINTS}
        figure.text(0.02, below, readable(text), **style)
        figure.savefig(file, format="png", dpi=_DOTS, bbox_inches="tight")
        plt.close(figure)
    return file.getvalue()
