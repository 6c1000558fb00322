"""Feature maps as pictures."""

import numpy as np
from matplotlib.figure import Figure

from cnnkit.errors import expected
from cnnkit.plots.style import INK, MAGNITUDE, as_pictures, on_paper, readable, tiles


@on_paper
def feature_maps(
    maps: np.ndarray,
    *,
    image: np.ndarray | None = None,
    title: str | None = None,
    columns: int | None = None,
) -> Figure:
    """Draw the feature maps of one layer for one image, each channel a tile.

    All tiles share one colour scale, so bright means a strong answer in every
    one of them. The number above a tile is its channel.

    Args:
        maps: `(H, W, C)`, or `(1, H, W, C)` as `feature_maps` returns it for one
            image.
        image: what the network saw, `(H, W, 1)` or `(H, W, 3)`, drawn in front.
            Default: none.
        title: the heading. Default: none.
        columns: tiles in a row. Default: up to ten.

    Returns:
        The Figure, with a colour bar.

    Raises:
        ValueError: `maps` has another shape; pick one image with `maps[i]`.

    Example:
        >>> maps = cnnkit.feature_maps(model, test.images[0])
        >>> plots.feature_maps(maps["conv1"], image=test.images[0], title="conv1")

    Taught in: notebooks/11_mnist_pipeline.ipynb
    """
    maps = np.asarray(maps)
    if maps.ndim == 4 and len(maps) == 1:
        maps = maps[0]
    if maps.ndim != 3 or 0 in maps.shape:
        raise expected(
            "`maps` of one image and one layer, (H, W, C)",
            f"shape {maps.shape}",
            advice="Pick one image of a batch with maps[i].",
        )
    channels = maps.shape[-1]
    if image is not None:
        batch = np.asarray(image) if np.ndim(image) == 4 else np.asarray(image)[None]
        image = as_pictures("image", batch)[0]
    figure, axes = tiles(
        channels, columns, side=1.15, extra=0.2, lead=image is not None
    )
    if image is not None:
        lead, *axes = axes
        lead.imshow(image, cmap=INK)
        lead.set_title("image", fontsize=9)
    low, high = np.nanmin(maps), np.nanmax(maps)
    for index, ax in enumerate(axes):
        picture = ax.imshow(maps[..., index], cmap=MAGNITUDE, vmin=low, vmax=high)
        ax.set_title(f"map {index}", fontsize=9)
    bar = figure.colorbar(picture, ax=axes, shrink=0.8, aspect=15)
    bar.set_label("answer", fontsize=9)
    bar.ax.tick_params(labelsize=7)
    if title:
        figure.suptitle(readable(title), fontsize=11)
    return figure
