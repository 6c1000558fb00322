"""Where a classifier is wrong."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cnnkit.errors import check_integer, expected
from cnnkit.plots.style import (
    INK,
    SERIES,
    as_pictures,
    on_paper,
    one_axes,
    readable,
    same_length,
    tiles,
)


@on_paper
def confusion_matrix(
    labels: np.ndarray,
    predictions: np.ndarray,
    *,
    class_names: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Count, for each true class, what the model said instead.

    Row: the true class. Column: the class that was said. The diagonal, where
    both agree, is left white, so that the shades belong to the mistakes.

    Args:
        labels: true classes `(N,)`, integers from 0.
        predictions: classes that the model said `(N,)`.
        class_names: one for each class. Default: the numbers themselves.
        ax: where to draw. Default: a new figure.

    Returns:
        The Axes.

    Raises:
        ValueError: the arrays do not fit each other or hold no class numbers.

    Example:
        >>> confusion_matrix(test.labels, probabilities.argmax(axis=1))

    Taught in: notebooks/11_mnist_pipeline.ipynb
    """
    counts = count_confusions(labels, predictions)
    size = len(counts)
    names = range(size) if class_names is None else class_names
    if len(names) < size:
        raise expected(f"`class_names` for {size} classes", f"{len(names)}")
    ax = one_axes(ax, size=(5.2, 4.8))
    mistakes = counts - np.diag(np.diag(counts))
    shades = np.ma.masked_equal(mistakes, 0)  # what never happened stays white
    ax.imshow(shades, cmap="Oranges", vmin=0, vmax=max(mistakes.max(), 1) * 1.3)
    for (row, column), count in np.ndenumerate(counts):
        if count:
            weight = "bold" if row == column else "normal"
            ax.text(
                column, row, count, ha="center", va="center", fontsize=8, weight=weight
            )
    names = [readable(name) for name in names][:size]
    ax.set_xticks(range(size), names)
    ax.set_yticks(range(size), names)
    ax.set_xlabel("the model said")
    ax.set_ylabel("it is")
    return ax


def count_confusions(labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """Return the counts: `[i, j]` is how often class i was taken for class j.

    Args:
        labels: true classes `(N,)`, integers from 0.
        predictions: classes that the model said `(N,)`.

    Returns:
        int64 `(C, C)`, where C is one more than the greatest class in either.
    """
    labels = np.asarray(labels)
    predictions = same_length("predictions", predictions, len(labels))
    _check_classes("labels", labels)
    _check_classes("predictions", predictions)
    labels, predictions = labels.astype(np.int64), predictions.astype(np.int64)
    size = int(max(labels.max(), predictions.max())) + 1
    flat = np.bincount(labels * size + predictions, minlength=size * size)
    return flat.reshape(size, size)  # (C, C)


@on_paper
def worst_mistakes(
    images: np.ndarray,
    labels: np.ndarray,
    probabilities: np.ndarray,
    *,
    count: int = 12,
    columns: int | None = 6,
) -> Figure:
    """Draw the mistakes in which the true class got the least probability.

    Above each image: what the model said and how sure it was; then the truth
    and the probability that it got.

    Args:
        images: `(N, H, W, 1)`, `(N, H, W, 3)` or `(N, H, W)`.
        labels: true classes `(N,)`.
        probabilities: `(N, C)`, as the model gave them.
        count: how many at most. Default: 12.
        columns: images in a row. Default: 6.

    Returns:
        The Figure. Fewer tiles when there are fewer mistakes.

    Raises:
        ValueError: there is no mistake, or the arrays do not fit each other.

    Example:
        >>> worst_mistakes(test.images, test.labels, model.predict(test.images))

    Taught in: notebooks/11_mnist_pipeline.ipynb
    """
    pictures = as_pictures("images", images)
    labels = same_length("labels", labels, len(pictures))
    shares = same_length("probabilities", probabilities, len(pictures))
    if shares.ndim != 2:
        raise expected("`probabilities` of shape (N, classes)", shares.shape)
    _check_classes("labels", labels)
    if labels.max() >= shares.shape[1]:
        raise expected(f"`labels` below {shares.shape[1]}", f"{labels.max()}")
    said, rows = shares.argmax(axis=1), np.arange(len(labels))
    wrong = rows[said != labels]
    if len(wrong) == 0:
        raise expected("at least one mistake", "none: every prediction is right")
    order = wrong[np.argsort(shares[wrong, labels[wrong]], kind="stable")]
    worst = order[: check_integer("count", count, minimum=1)]
    columns = len(worst) if columns is None else min(columns, len(worst))
    figure, axes = tiles(len(worst), columns, side=1.3, extra=0.45)
    for ax, i in zip(axes, worst, strict=True):
        ax.imshow(pictures[i], cmap=INK)
        ax.set_title(
            f"said {said[i]} ({shares[i, said[i]]:.0%})\n"
            f"is {labels[i]} ({shares[i, labels[i]]:.0%})",
            fontsize=9,
        )
    return figure


@on_paper
def class_shares(parts: dict[str, np.ndarray], *, ax: Axes | None = None) -> Axes:
    """Draw which share of each part belongs to each class, bars side by side.

    Args:
        parts: `{name: labels}`, one to four; labels are integers from 0, `(N,)`.
        ax: where to draw. Default: a new figure.

    Returns:
        The Axes; the shares are in per cent.

    Raises:
        ValueError: there is no part, too many, or one is not class numbers.

    Example:
        >>> class_shares({"train": train.labels, "test": test.labels})

    Taught in: notebooks/11_mnist_pipeline.ipynb
    """
    if not 1 <= len(parts) <= len(SERIES):
        raise expected(f"one to {len(SERIES)} `parts`", f"{len(parts)}")
    parts = {name: np.asarray(labels) for name, labels in parts.items()}
    for name, labels in parts.items():
        _check_classes(name, labels)
    classes = 1 + max(int(np.max(labels)) for labels in parts.values())
    ax = one_axes(ax, size=(7, 2.8))
    width = 0.8 / len(parts)
    for index, (name, labels) in enumerate(parts.items()):
        shares = 100 * np.bincount(labels, minlength=classes) / len(labels)
        left = np.arange(classes) + (index - (len(parts) - 1) / 2) * width
        ax.bar(
            left, shares, width=0.9 * width, color=SERIES[index], label=readable(name)
        )
    ax.set_xticks(range(classes))
    ax.set_xlabel("class")
    ax.set_ylabel("share of the images (%)")
    ax.legend(
        frameon=False,
        fontsize=8,
        ncols=len(parts),
        loc="lower right",
        bbox_to_anchor=(1, 1),
    )
    return ax


def _check_classes(name: str, values: np.ndarray) -> None:
    if values.ndim != 1 or values.dtype.kind not in "iu" or len(values) == 0:
        raise expected(
            f"`{name}` to be class numbers (N,)",
            f"{values.dtype} of shape {values.shape}",
            advice="Take probabilities.argmax(axis=1) first.",
        )
    if values.min() < 0:
        raise expected(f"`{name}` to start at 0", f"{values.min()}")
