"""A layer that sets slanted writing upright, as was done before networks learned it."""

import math
from collections.abc import Sequence

import numpy as np

from cnnkit.errors import check_integer, check_number, expected
from cnnkit.runtime import keras

ops = keras.ops


@keras.saving.register_keras_serializable(package="cnnkit")
class Deskew(keras.layers.Layer):
    """Undoes the slant of bright writing on black: moves each row left or right.

    Through the pixels v[r, c] of an image goes the line that tells the column from
    the row (weighted least squares), and it is set upright:

        slant = Σ v[r, c] (r − r̄)(c − c̄) / Σ v[r, c] (r − r̄)²
        y[r, c] = x[r, c + slant · (r − r̄)]

    r̄ and c̄ are the centre of what is bright. Between two columns the pixels are
    mixed (linear interpolation); what is beyond the image is 0. Nothing is
    learned, and the same is done in training and afterwards. An image of zeros
    stays as it is.

    Slant is a habit of the writer and says next to nothing about the digit. A
    network behind this layer need not learn to overlook it. On photos it may do harm.

    Args:
        limit: largest slant that is undone, columns a row; a larger one is undone
            as far. The long flag of a 5 looks like a slant of 1. Default: 0.5.
        crop: columns that are cut off at either side afterwards. Upright writing
            is narrower. Default: 0.
        **kwargs: of every Keras layer, such as `name`.

    Returns:
        `(N, H, W, C)` → `(N, H, W − 2 · crop, C)`.

    Raises:
        TypeError: `limit` is no number, or `crop` no integer.
        ValueError: one of them is below 0; the input is no batch of images of
            known height and width, or nothing of it would be left.

    Example:
        >>> tuple(Deskew()(keras.ops.ones((1, 28, 28, 1))).shape)
        (1, 28, 28, 1)

    Source: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, «Gradient-based learning
    applied to document recognition», 1998, III.A: deslanted digits.
    Taught in: notebooks/16_fast_training.ipynb
    """

    def __init__(self, limit: float = 0.5, crop: int = 0, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.limit = check_number("limit", limit, minimum=0)
        self.crop = check_integer("crop", crop, minimum=0)

    def compute_output_shape(self, input_shape: Sequence) -> tuple:
        """The shape of the input, less the columns that are cut off."""
        shape = tuple(input_shape)
        if len(shape) != 4 or None in shape[1:]:
            raise expected("images of shape (N, H, W, C)", shape)
        count, height, width, channels = shape
        if width <= 2 * self.crop:
            raise expected(f"images wider than {2 * self.crop} columns", shape)
        return count, height, width - 2 * self.crop, channels

    def call(self, inputs: object) -> object:
        """The images, upright."""
        self.compute_output_shape(inputs.shape)  # raises when it is no image
        shifts = self._shifts(ops.cast(inputs, "float32"))
        height, width = inputs.shape[1:3]
        furthest = min(width + 1, math.ceil(self.limit * (height - 1)))
        kept = self.crop, width - self.crop
        return _move_rows(inputs, shifts, furthest, kept)

    def _shifts(self, images: object) -> object:
        """How many columns to the right each row is looked up: `(N, H)`."""
        height, width, channels = images.shape[1:]
        rows, columns = np.indices((height, width), "float32")
        # From a corner, the products would be large and their differences inexact.
        rows -= (height - 1) / 2
        columns -= (width - 1) / 2
        weights = [np.ones_like(rows), rows, columns, rows * columns, rows**2]
        weights = np.repeat(np.stack(weights, axis=-1), channels, axis=1)
        bright = ops.reshape(ops.relu(images), (-1, height * width * channels))
        moments = ops.matmul(bright, weights.reshape(-1, 5))  # (N, 5)
        total, down, across, together, spread = ops.split(moments, 5, axis=1)
        middle = down / (total + 1e-6)  # r̄
        slant = (together - middle * across) / (spread - middle * down + 1e-6)
        slant = ops.clip(slant, -self.limit, self.limit)
        return slant * (rows[:, 0] - middle)

    def get_config(self) -> dict:
        """The arguments, for a saved model."""
        return super().get_config() | {"limit": self.limit, "crop": self.crop}


def _move_rows(
    images: object, shifts: object, furthest: int, kept: tuple[int, int]
) -> object:
    """Look each pixel of row r up `shifts[n, r]` columns to its right.

    `images` is `(N, H, W, C)`, `shifts` is `(N, H)`, none of them beyond `furthest`
    either way. Of the result the columns `kept[0]` to `kept[1] − 1` are made. One look
    at a pixel serves both columns that it is mixed into.
    """
    height, width, channels = images.shape[1:]
    whole = ops.floor(shifts)
    right = ops.cast(shifts - whole, images.dtype)[..., np.newaxis, np.newaxis]
    whole = ops.clip(ops.cast(whole, "int32"), -furthest, furthest)
    # Columns of zeros at either side stand for all that is beyond.
    edge = furthest + 1
    framed = ops.pad(images, [(0, 0), (0, 0), (edge, edge), (0, 0)])
    pixels = ops.reshape(framed, (-1, channels))
    count = ops.shape(images)[0] * height
    starts = ops.arange(count) * (width + 2 * edge) + edge
    starts = ops.reshape(starts, (-1, height)) + whole
    places = starts[..., np.newaxis] + np.arange(kept[0], kept[1] + 1, dtype="int32")
    found = ops.take(pixels, places, axis=0)  # (N, H, columns kept + 1, C)
    return found[:, :, :-1] * (1 - right) + found[:, :, 1:] * right
