"""Augmentation in one step: each image turned, slanted, scaled, moved and bent."""

from collections.abc import Sequence

import numpy as np

from cnnkit.errors import check_number, expected
from cnnkit.runtime import keras

ops = keras.ops


@keras.saving.register_keras_serializable(package="cnnkit")
class RandomDistortion(keras.layers.Layer):
    """Turns, slants, scales, moves and bends each image at random.

    Every pixel of the new image looks up one place between the pixels of the old
    one, and mixes the four around it (bilinear interpolation). A row of Keras
    layers, one for each change, would do so several times and blur the image each
    time. Outside the image is black.

    To bend an image, each place is moved on its own, and its neighbours nearly
    as far: random arrows, blurred. Handwriting varies like that.

    Args:
        rotation: largest turn either way, as a share of a full one, below 1.
            Default: 0.03, about 11 degrees.
        shear: largest slant, columns to a row. Default: 0.1.
        zoom: largest change of the height, and of the width, as a share of it,
            below 1. Default: 0.1.
        translation: largest way, as a share of the height and the width.
            Default: 0.04.
        elastic: spread (standard deviation) of the arrows that bend, in pixels.
            Default: 0.7.
        smoothness: spread of the Gaussian that blurs them, in pixels, at least
            1. Default: 4.
        seed: of the draws. Default: None, from the global seed.
        **kwargs: of every Keras layer, such as `name`.

    Returns:
        The shape of the input, `(N, H, W, C)`; without `training=True`, the input
        itself.

    Raises:
        TypeError: a number is none.
        ValueError: a number is out of range; the input is no batch of images of
            known height and width.

    Example:
        >>> digits = keras.ops.ones((2, 28, 28, 1))
        >>> tuple(RandomDistortion(seed=0)(digits, training=True).shape)
        (2, 28, 28, 1)

    Source: P. Simard, D. Steinkraus and J. Platt, «Best practices for
    convolutional neural networks applied to visual document analysis», 2003.
    Taught in: notebooks/16_fast_training.ipynb
    """

    def __init__(
        self,
        rotation: float = 0.03,
        shear: float = 0.1,
        zoom: float = 0.1,
        translation: float = 0.04,
        elastic: float = 0.7,
        smoothness: float = 4.0,
        seed: int | None = None,
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)
        self.rotation = check_number("rotation", rotation, minimum=0, below=1)
        self.shear = check_number("shear", shear, minimum=0)
        self.zoom = check_number("zoom", zoom, minimum=0, below=1)
        self.translation = check_number("translation", translation, minimum=0)
        self.elastic = check_number("elastic", elastic, minimum=0)
        self.smoothness = check_number("smoothness", smoothness, minimum=1)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def compute_output_shape(self, input_shape: Sequence) -> tuple:
        """The shape of the input."""
        return tuple(input_shape)

    def call(self, inputs: object, training: bool | None = False) -> object:
        """The images, changed when training."""
        if not training:
            return inputs
        if len(inputs.shape) != 4 or None in inputs.shape[1:]:
            raise expected("images of shape (N, H, W, C)", inputs.shape)
        rows, columns = self._places(ops.shape(inputs)[0], *inputs.shape[1:3])
        return _read(inputs, rows, columns)

    def _places(self, count: int, height: int, width: int) -> tuple:
        """Which row and column of its image each pixel looks up: twice `(N, H·W)`."""
        largest = np.float32(
            [
                2 * np.pi * self.rotation,
                self.shear,
                *(self.zoom, self.zoom),
                *(self.translation * height, self.translation * width),
            ]
        )
        drawn = keras.random.uniform((count, 6), -1, 1, seed=self.seed_generator)
        turn, slant, zoom_down, zoom_right, down, right = ops.split(
            ops.cast(drawn, "float32") * largest, 6, axis=1
        )
        middle = np.float32([(height - 1) / 2, (width - 1) / 2])
        rows, columns = np.indices((height, width), "float32").reshape(2, -1)
        y, x = rows - middle[0], columns - middle[1]
        cosine, sine = ops.cos(turn), ops.sin(turn)
        new_rows = (cosine * y + sine * x) * (1 + zoom_down) + down + middle[0]
        new_columns = (cosine * x - sine * y) * (1 + zoom_right) + slant * y + right
        new_columns = new_columns + middle[1]
        if self.elastic:
            arrows = self._arrows(count, height, width)
            new_rows = new_rows + arrows[..., 0]
            new_columns = new_columns + arrows[..., 1]
        return new_rows, new_columns

    def _arrows(self, count: int, height: int, width: int) -> object:
        """Smooth random arrows, in pixels: `(N, H·W, 2)`.

        They are drawn on a coarse grid and spread over the pixels by Gaussians,
        which costs less than to draw them everywhere and to blur.
        """
        down, across = (self._spread(size) for size in (height, width))
        shape = (count, down.shape[1], across.shape[1], 2)
        coarse = keras.random.normal(shape, seed=self.seed_generator)
        fine = ops.einsum("rg,nghd,ch->nrcd", down, coarse, across)
        return ops.reshape(fine, (count, height * width, 2)) * self.elastic

    def _spread(self, size: int) -> np.ndarray:
        """What each point of the grid gives to each pixel: `(pixels, points)`.

        The squares of a pixel's weights add up to 1, so its spread stays 1.
        """
        points = int(np.ceil(0.6 * (size - 1) / self.smoothness)) + 1
        places = np.linspace(0, size - 1, points) if points > 1 else np.zeros(1)
        away = (np.arange(size)[:, np.newaxis] - places) / self.smoothness
        weights = np.exp(-(away**2) / 2)
        length = np.sqrt((weights**2).sum(axis=1, keepdims=True))
        return (weights / length).astype("float32")

    def get_config(self) -> dict:
        """The arguments, for a saved model."""
        options = ("rotation", "shear", "zoom", "translation", "elastic", "smoothness")
        chosen = {name: getattr(self, name) for name in (*options, "seed")}
        return super().get_config() | chosen


def _read(images: object, rows: object, columns: object) -> object:
    """Mix the four pixels around each place; all beyond the image is 0.

    `images` is `(N, H, W, C)`, `rows` and `columns` are `(N, H·W)`.
    """
    count = ops.shape(images)[0]
    height, width, channels = images.shape[1:]
    # A frame of zeros stands for all that is beyond.
    framed = ops.pad(images, [(0, 0), (1, 1), (1, 1), (0, 0)])
    pixels = ops.reshape(framed, (-1, channels))
    first = ops.arange(count)[:, np.newaxis] * ((height + 2) * (width + 2))
    top, left = ops.floor(rows), ops.floor(columns)
    below = ops.cast(rows - top, images.dtype)[..., np.newaxis]
    right = ops.cast(columns - left, images.dtype)[..., np.newaxis]

    def corner(down: int, across: int) -> object:
        row = ops.cast(ops.clip(top + (1 + down), 0, height + 1), "int32")
        column = ops.cast(ops.clip(left + (1 + across), 0, width + 1), "int32")
        return ops.take(pixels, first + row * (width + 2) + column, axis=0)

    upper = corner(0, 0) * (1 - right) + corner(0, 1) * right
    lower = corner(1, 0) * (1 - right) + corner(1, 1) * right
    mixed = upper * (1 - below) + lower * below
    return ops.reshape(mixed, ops.shape(images))
