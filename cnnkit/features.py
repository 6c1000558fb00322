"""What the layers of a network answer to an image, as NumPy arrays."""

from collections.abc import Callable, Iterable

import numpy as np

from cnnkit.errors import check_choice, expected
from cnnkit.runtime import keras

_BATCH = 256


def feature_maps(
    model: keras.Model,
    images: np.ndarray,
    layers: str | Iterable[str] | None = None,
) -> dict[str, np.ndarray]:
    """Return what every layer answers to the images.

    Works on a Sequential model, with or without `Input`, and on a Functional
    one. A model inside a model shows its own layers as `outer/inner`. Layers are
    run as in inference: dropout does nothing.

    Args:
        model: a Keras model.
        images: a batch `(N, H, W, C)`, or one image `(H, W, C)`.
        layers: the name of the layer wanted, or several. Default: all of them.

    Returns:
        `{layer name: array (N, …)}` in the order of the layers; `(N, H', W',
        filters)` for a convolution, `(N, units)` for a dense layer.

    Raises:
        TypeError: the model's layers cannot be reached one by one.
        ValueError: the images have another shape than the model takes, a layer is
            not there, or a Functional model shares its layers with another one.

    Example:
        >>> feature_maps(models.simple_cnn(), digits)["conv1"].shape
        (1, 24, 24, 10)

    Taught in: notebooks/11_mnist_pipeline.ipynb
    """
    images = np.asarray(images)
    if not model.built and images.ndim in (3, 4):
        model.build((None, *images.shape[-3:]))
    images = _as_batch(model, images)
    if images.dtype.kind in "iub":  # photos of 0 to 255, say, as predict takes them
        images = images.astype(keras.config.floatx())
    read = _reader(model)
    wanted = [layers] if isinstance(layers, str) else layers
    wanted = None if wanted is None else list(wanted)
    parts: dict[str, list[np.ndarray]] = {}
    for start in range(0, len(images), _BATCH):
        answers = read(keras.ops.convert_to_tensor(images[start : start + _BATCH]))
        for name in answers if wanted is None else wanted:
            answer = answers[check_choice("layers", name, answers)]
            parts.setdefault(name, []).append(keras.ops.convert_to_numpy(answer))
    return {name: np.concatenate(arrays) for name, arrays in parts.items()}


def _as_batch(model: keras.Model, images: np.ndarray) -> np.ndarray:
    shape = tuple(getattr(model, "input_shape", None) or (None, *images.shape[1:]))
    batch = images[np.newaxis] if images.ndim == len(shape) - 1 else images
    fits = batch.ndim == len(shape) and all(
        size in (None, got)
        for size, got in zip(shape[1:], batch.shape[1:], strict=True)
    )
    if not fits or len(batch) == 0:
        raise expected(
            f"`images` of shape (N, {', '.join(map(str, shape[1:]))}), as "
            f"{model.name} takes them, or one of them",
            images.shape,
        )
    return batch


def _reader(model: keras.Model) -> Callable[[object], dict]:
    """Return a function from a batch to `{layer name: answer}`.

    A Sequential model is run layer by layer, which needs no graph and leaves the
    model as it was. A Functional one is read through a second model that shares
    its layers.
    """
    if isinstance(model, keras.Sequential):
        readers = [(layer, _layer_reader(layer)) for layer in model.layers]
        return lambda batch: _read_chain(readers, batch)
    if len(getattr(model, "inputs", None) or ()) != 1:
        raise expected(
            "a Sequential model, or a Functional one with one input",
            f"{type(model).__name__} {model.name}",
            error=TypeError,
        )
    inner = [
        layer
        for layer in model.layers
        if not isinstance(layer, keras.layers.InputLayer)
    ]
    # A model inside the model is read by its own reader, from what reaches it.
    tensors = [x.input if isinstance(x, keras.Model) else x.output for x in inner]
    try:
        probe = keras.Model(model.inputs[0], tensors)
    except ValueError as error:
        raise _shared(model, error) from error

    def read(batch: object) -> dict:
        try:
            return _read_graph(inner, probe(batch, training=False))
        except KeyError as error:  # how Keras 3.10 tells the same
            raise _shared(model, error) from error

    return read


def _shared(model: keras.Model, error: Exception) -> Exception:
    return expected(
        f"the layers of {model.name} to be used in this model alone, and once",
        f"a layer that another model uses as well ({error})",
        advice="Build the model anew, with new layers.",
    )


def _layer_reader(layer: keras.Layer) -> Callable[[object], dict]:
    if isinstance(layer, keras.Model):
        read = _reader(layer)
        return lambda x: {f"{layer.name}/{name}": y for name, y in read(x).items()}
    return lambda x: {layer.name: layer(x, training=False)}


def _read_chain(readers: list, batch: object) -> dict:
    answers = {}
    for layer, read in readers:
        answers |= read(batch)
        # What a nested model answers need not be the answer of its last layer.
        nested = isinstance(layer, keras.Model)
        batch = layer(batch, training=False) if nested else answers[layer.name]
    return answers


def _read_graph(layers: list, reached: object) -> dict:
    answers = {}
    reached = reached if isinstance(reached, (list, tuple)) else [reached]
    for layer, tensor in zip(layers, reached, strict=True):
        nested = isinstance(layer, keras.Model)
        answers |= _layer_reader(layer)(tensor) if nested else {layer.name: tensor}
    return answers
