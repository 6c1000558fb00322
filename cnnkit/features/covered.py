"""What the score loses when a part of the image is covered."""

from collections.abc import Sequence

import numpy as np

from cnnkit.errors import check_integer, expected
from cnnkit.features.images import (
    as_floats,
    as_pixels,
    block_size,
    blocks,
    counted,
)
from cnnkit.features.scores import chosen_classes, logits
from cnnkit.runtime import keras


def occlusion(
    model: keras.Model,
    images: np.ndarray,
    classes: int | Sequence[int] | None = None,
    *,
    size: int | Sequence[int] | None = None,
    stride: int | Sequence[int] | None = None,
    fill: float | Sequence[float] = 0.0,
) -> np.ndarray:
    """How much the score of a class falls when a patch covers each pixel.

    A patch slides over the image; for each place the model is asked again. What a
    pixel counts is the mean fall of the logit over the patches that cover it.
    No gradient is needed, only many predictions: one for each place.

    Args:
        model: a classifier, with or without a softmax at its end.
        images: a batch `(N, H, W, C)`, or one image `(H, W, C)`.
        classes: the class whose score it is, one or one for each image. Default:
            the class that the model says.
        size: of the patch, one number or (height, width). Default: a quarter of
            the image, rounded up.
        stride: from one place to the next, one number or (down, right). At the
            end a last patch covers what is left over. Default: half the patch,
            rounded up.
        fill: the colour of the patch, a number or one for each channel. Default:
            0, the background of MNIST.

    Returns:
        float32 `(N, H, W)`; negative where the score rose.

    Raises:
        TypeError, ValueError: an argument is out of range, the images have another
            shape than the model takes, or it is no classifier.

    Example:
        >>> occlusion(model, test.images[:4], size=5, stride=1).shape
        (4, 28, 28)

    Source: M. Zeiler and R. Fergus, «Visualizing and understanding convolutional
    networks», ECCV 2014, arXiv:1311.2901.
    Taught in: notebooks/13_feature_maps.ipynb
    """
    images = as_pixels(model, images)
    height, width = images.shape[1:3]
    quarter = (-(-height // 4), -(-width // 4))
    size = quarter if size is None else _pair("size", size, (height, width))
    half = (-(-size[0] // 2), -(-size[1] // 2))
    stride = half if stride is None else _pair("stride", stride, size)
    colour = _colour(fill, images.shape[3:])
    rows, columns = (
        _starts(length, *steps)
        for length, *steps in zip((height, width), size, stride, strict=True)
    )
    places = [
        (slice(row, row + size[0]), slice(column, column + size[1]))
        for row in rows
        for column in columns
    ]
    falls = np.zeros(images.shape[:3], np.float32)
    covers = np.zeros((height, width), np.float32)
    for row, column in places:
        covers[row, column] += 1
    at_once = block_size(model, images)
    with logits(model, images) as score:
        wanted = chosen_classes(score, images, classes, blocks(len(images), at_once))
        for i in counted(len(images), "occlusion"):
            image = as_floats(images[i : i + 1])
            whole = _one_score(score, image, wanted[i])
            for part in blocks(len(places), at_once):
                covered = np.repeat(image, part.stop - part.start, axis=0)
                for copy, (row, column) in zip(covered, places[part], strict=True):
                    copy[row, column] = colour
                left = _one_score(score, covered, wanted[i])
                for (row, column), rest in zip(places[part], left, strict=True):
                    falls[i, row, column] += whole[0] - rest
    return falls / covers


def _one_score(score: object, batch: np.ndarray, wanted: int) -> np.ndarray:
    return keras.ops.convert_to_numpy(score(batch))[:, wanted]


def _starts(length: int, size: int, stride: int) -> list[int]:
    """Where patches start, so that every position is covered."""
    return sorted({*range(0, length - size + 1, stride), length - size})


def _pair(
    name: str, value: int | Sequence[int], most: tuple[int, int]
) -> tuple[int, int]:
    """Two numbers, for down and right; no larger than makes sense."""
    several = isinstance(value, Sequence | np.ndarray) and not isinstance(value, str)
    given = list(value) if several else [value, value]
    if len(given) != 2:
        raise expected(f"`{name}` to be one number or two", f"{name}={value!r}")
    down, right = (
        check_integer(name, one, minimum=1, maximum=limit)
        for one, limit in zip(given, most, strict=True)
    )
    return down, right


def _colour(fill: float | Sequence[float], channels: tuple[int, ...]) -> np.ndarray:
    try:
        colour = np.asarray(fill)
        if colour.dtype.kind in "fiu" and np.isfinite(colour).all():
            return np.broadcast_to(colour, channels)
    except ValueError:  # it has another shape, or none
        pass
    many = f", or {channels[0]} of them" if channels else ""
    raise expected(f"`fill` to be a number{many}", f"fill={fill!r}")
