"""Batch normalisation's averages, taken anew on images as they are."""

import math

import numpy as np

from cnnkit.errors import expected
from cnnkit.runtime import keras
from cnnkit.tracing.chain import is_open, links

_BATCH = 1_000  # images that are normalised together


class RecalibratedNorms(keras.callbacks.Callback):
    """Recalibrates batch normalisation before each validation.

    In training a layer of batch normalisation gathers averages of what it sees,
    which are images changed at random. The images that the model will be asked
    about are not changed: their strokes, say, are sharper. So the averages are a
    little off, until they are taken again on images that no one has changed.

    It must stand behind callbacks that change the weights for validation.

    Args:
        model: the model that will be trained; nothing is done when it has no
            batch normalisation that learns.
        images: training images as they are, `(N, H, W, C)`.
        count: how many of them to take, evenly spread; all when there are fewer.

    Raises:
        ValueError: the model has batch normalisation and is no chain of layers.

    Source: Y. Wu and J. Johnson, «Rethinking “batch” in BatchNorm», 2021,
    arXiv:2105.07576, for averages taken anew («precise BatchNorm»).
    """

    def __init__(self, model: keras.Model, images: np.ndarray, count: int) -> None:
        super().__init__()
        self._wanted = _holds_norms(model)
        if self._wanted:
            _chain(model)  # says where it branches
        self._images, self._count = images, count

    def on_test_begin(self, logs: dict | None = None) -> None:
        """Take the averages."""
        if not self._wanted:
            return
        if hasattr(self.model, "jax_state_sync"):  # JAX keeps the weights elsewhere
            self.model.jax_state_sync()
        count = min(self._count, len(self._images))
        spread = np.linspace(0, len(self._images) - 1, count).round().astype(int)
        recalibrate(self.model, self._images[spread])


def recalibrate(model: keras.Model, images: np.ndarray) -> None:
    """Replace the averages of batch normalisation by those of these images.

    The images pass in batches of up to 1,000. Each batch is normalised by its own
    mean and variance; all else works as in a prediction. A layer that is frozen
    keeps its averages.

    Args:
        model: a chain of layers.
        images: `(N, H, W, C)`, N at least 1.

    Raises:
        ValueError: the model is no chain of layers.
    """
    chain = _chain(model)
    learning = {id(layer): layer for layer in chain if _learns_averages(layer)}
    sums = dict.fromkeys(learning, 0.0)
    for batch in np.array_split(images, math.ceil(len(images) / _BATCH)):
        values = keras.ops.convert_to_tensor(batch)
        for layer in chain:
            if id(layer) in learning:
                mean, variance = _moments(values, layer.axis)
                seen = np.ones_like(mean), mean, variance + mean**2
                sums[id(layer)] += len(batch) * np.stack(seen)
            values = _passed(layer, values, training=id(layer) in learning)
    for key, layer in learning.items():
        count, mean, square = sums[key]
        layer.moving_mean.assign(mean / count)
        layer.moving_variance.assign(square / count - (mean / count) ** 2)


def _holds_norms(layer: object) -> bool:
    return _learns_averages(layer) or any(map(_holds_norms, _inside(layer)))


def _inside(layer: object) -> list:
    return layer.layers if isinstance(layer, keras.Model) else []


def _learns_averages(layer: object) -> bool:
    return isinstance(layer, keras.layers.BatchNormalization) and layer.trainable


def _chain(model: keras.Model) -> list:
    if not is_open(model):
        raise expected(
            "`model` to be a chain of layers, to recalibrate its batch normalisation",
            f"{model.name}, a {type(model).__name__} with a `call` of its own",
            advice="Or set the recipe's `recalibrate` to None.",
        )
    return [link.layer for link in links(model)]


def _moments(values: object, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of each channel, in double precision."""
    values = keras.ops.cast(values, "float32")
    axes = [other for other in range(values.ndim) if other != axis % values.ndim]
    moments = keras.ops.moments(values, axes)
    return tuple(np.asarray(keras.ops.convert_to_numpy(m), float) for m in moments)


def _passed(layer: object, values: object, *, training: bool) -> object:
    if isinstance(layer, keras.Layer):
        return layer(values, training=training)
    return layer(values)  # a bare operation, such as `keras.ops.relu`
