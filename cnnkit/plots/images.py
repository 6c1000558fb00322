"""Pictures in a grid."""

import numpy as np
from matplotlib.figure import Figure

from cnnkit.errors import expected
from cnnkit.plots.style import (
    INK,
    ORANGE,
    as_pictures,
    on_paper,
    readable,
    same_length,
    tiles,
)


@on_paper
def digits(
    images: np.ndarray,
    labels: np.ndarray | None = None,
    *,
    predictions: np.ndarray | None = None,
    columns: int | None = None,
) -> Figure:
    """Draw images side by side, each with its label above.

    Args:
        images: `(N, H, W, 1)`, `(N, H, W, 3)` or `(N, H, W)`; grey ones share
            one scale, from the least value to the greatest.
        labels: what each image shows, `(N,)`. Default: no titles.
        predictions: what a model said, `(N,)`. A wrong one is written in orange
            as «4, is 9». Default: none.
        columns: images in a row. Default: up to ten.

    Returns:
        The Figure.

    Raises:
        ValueError: no image, another shape, or a title too many or too few.

    Example:
        >>> digits(test.images[:20], test.labels[:20])  # two rows of ten

    Taught in: notebooks/11_mnist_pipeline.ipynb
    """
    pictures = as_pictures("images", images)
    count = len(pictures)
    titles = [("", "black")] * count
    if labels is not None:
        labels = same_length("labels", labels, count)
        if labels.ndim != 1:
            raise expected("`labels` to be one number an image, (N,)", labels.shape)
        titles = [(str(label), "black") for label in labels]
    if predictions is not None:
        said = same_length("predictions", predictions, count)
        right = [True] * count if labels is None else said == labels
        titles = [
            (str(guess), "black") if ok else (f"{guess}, is {label}", ORANGE)
            for guess, ok, label in zip(
                said, right, said if labels is None else labels, strict=True
            )
        ]
    figure, axes = tiles(count, columns, side=0.8, extra=0.25)
    low, high = pictures.min(), pictures.max()
    for ax, picture, (title, colour) in zip(axes, pictures, titles, strict=True):
        ax.imshow(picture, cmap=INK, vmin=low, vmax=high)
        ax.set_title(readable(title), fontsize=9, color=colour)
    return figure
