"""A layer that sets slanted writing upright, as was done before networks learned it."""

from collections.abc import Sequence

import numpy as np

from cnnkit.errors import check_number, expected
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
        **kwargs: of every Keras layer, such as `name`.

    Returns:
        The shape of the input, `(N, H, W, C)`.

    Raises:
        TypeError: `limit` is no number.
        ValueError: `limit` is below 0; the input is no batch of images of known
            height and width.

    Example:
        >>> tuple(Deskew()(keras.ops.ones((1, 28, 28, 1))).shape)
        (1, 28, 28, 1)

    Source: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, «Gradient-based learning
    applied to document recognition», 1998, III.A: deslanted digits.
    Taught in: notebooks/16_fast_training.ipynb
    """

    def __init__(self, limit: float = 0.5, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.limit = check_number("limit", limit, minimum=0)

    def compute_output_shape(self, input_shape: Sequence) -> tuple:
        """The shape of the input."""
        return tuple(input_shape)

    def call(self, inputs: object) -> object:
        """The images, upright."""
        if len(inputs.shape) != 4 or None in inputs.shape[1:]:
            raise expected("images of shape (N, H, W, C)", inputs.shape)
        return _move_rows(inputs, self._shifts(ops.cast(inputs, "float32")))

    def _shifts(self, images: object) -> object:
        """How many columns to the right each row is looked up: `(N, H)`."""
        height, width = images.shape[1:3]
        rows = np.arange(height, dtype="float32")
        columns = np.arange(width, dtype="float32") - (width - 1) / 2
        bright = ops.relu(ops.sum(images, axis=-1))  # (N, H, W)
        in_row = ops.sum(bright, axis=2)  # (N, H)
        total = ops.sum(in_row, axis=1, keepdims=True)
        # The distances from r̄ add up to 0, so c̄ drops out of the numerator.
        away = rows - ops.sum(in_row * rows, axis=1, keepdims=True) / (total + 1e-6)
        along = ops.matmul(bright, columns)  # (N, H)
        together = ops.sum(along * away, axis=1, keepdims=True)
        spread = ops.sum(in_row * away**2, axis=1, keepdims=True)
        return ops.clip(together / (spread + 1e-6), -self.limit, self.limit) * away

    def get_config(self) -> dict:
        """The argument, for a saved model."""
        return super().get_config() | {"limit": self.limit}


def _move_rows(images: object, shifts: object) -> object:
    """Look each pixel of row r up `shifts[n, r]` columns to its right.

    `images` is `(N, H, W, C)`, `shifts` is `(N, H)`. One look at W + 1 neighbours
    serves both columns that each pixel is mixed of.
    """
    height, width, channels = images.shape[1:]
    whole = ops.floor(shifts)
    right = ops.cast(shifts - whole, images.dtype)[..., np.newaxis, np.newaxis]
    # A column of zeros at either side stands for all that is beyond.
    framed = ops.pad(images, [(0, 0), (0, 0), (1, 1), (0, 0)])
    pixels = ops.reshape(framed, (-1, channels))
    steps = np.arange(1, width + 2, dtype="int32")
    columns = ops.cast(whole, "int32")[..., np.newaxis] + steps  # (N, H, W + 1)
    count = ops.shape(images)[0]
    starts = ops.arange(count)[:, np.newaxis] * height + np.arange(height)  # (N, H)
    places = starts[..., np.newaxis] * (width + 2) + ops.clip(columns, 0, width + 1)
    found = ops.take(pixels, places, axis=0)  # (N, H, W + 1, C)
    return found[:, :, :-1] * (1 - right) + found[:, :, 1:] * right
