"""What the layers of a network answer to an image, and the kernels they hold."""

from collections.abc import Iterable

import numpy as np

from cnnkit.errors import check_choice, expected
from cnnkit.features.images import as_array, as_batch, blocks, chosen_layer
from cnnkit.features.taps import named_layers, tapped
from cnnkit.runtime import keras


def feature_maps(
    model: keras.Model,
    images: np.ndarray,
    layers: str | Iterable[str] | None = None,
) -> dict[str, np.ndarray]:
    """Return what every layer answers to the images.

    Works on any Keras model: Sequential with or without `Input`, Functional with
    branches, subclassed. A model inside a model shows its own layers as
    `outer/inner`. Layers are run as in inference: dropout does nothing. A layer
    that runs several times answers as `name`, `name#2` ….

    Args:
        model: a Keras model; one that is not built yet is built for the images.
        images: a batch `(N, H, W, C)`, or one image `(H, W, C)`.
        layers: the name of the layer wanted, or several. Default: all of them.

    Returns:
        `{layer name: array (N, …)}` in the order in which they run; `(N, H', W',
        filters)` for a convolution, `(N, units)` for a dense layer. Half
        precision comes as float32.

    Raises:
        TypeError: `model` is no Keras model, or has several inputs.
        ValueError: the images have another shape than the model takes, a layer is
            not there, or one keeps its channels first.

    Example:
        >>> feature_maps(models.simple_cnn(), digits)["conv1"].shape
        (1, 24, 24, 10)

    Taught in: notebooks/11_mnist_pipeline.ipynb
    """
    there = named_layers(model)
    images = as_batch(model, images)
    wanted = [layers] if isinstance(layers, str) else layers
    wanted = None if wanted is None else list(wanted)
    maps: dict[str, np.ndarray] = {}
    answers: dict[str, np.ndarray] = {}

    def keep(name: str, answer: object) -> None:
        if wanted is None or name in wanted:
            answers[name] = as_array(answer)

    heard = _only(there, wanted)
    for part in blocks(len(images)):
        answers.clear()
        with tapped(heard, keep):
            model(keras.ops.convert_to_tensor(images[part]), training=False)
        for name in answers if wanted is None else wanted:
            answer = answers[check_choice("layers", name, answers or there)]
            if name not in maps:
                maps[name] = np.empty((len(images), *answer.shape[1:]), answer.dtype)
            maps[name][part] = answer
    return maps


def _only(there: dict, wanted: list[str] | None) -> dict:
    """The layers to listen to; all, when a name asks for a later run of one."""
    known = wanted is not None and all(name in there for name in wanted)
    return {name: there[name] for name in wanted} if known else there


def filters(model: keras.Model, layer: str) -> np.ndarray:
    """Return the kernels that a layer has learned.

    Args:
        model: a built Keras model.
        layer: the name of a convolution; `outer/inner` inside a model.

    Returns:
        A copy, float32: `(kh, kw, Cin, Cout)` for a convolution, `(kh, kw, C,
        multiplier)` for a depthwise one.

    Raises:
        TypeError: `model` is no Keras model.
        ValueError: there is no such layer, it is not built, or it has no kernel
            that slides over an image.

    Example:
        >>> filters(models.simple_cnn(), "conv2").shape
        (5, 5, 10, 20)

    Taught in: notebooks/13_feature_maps.ipynb
    """
    holder = chosen_layer(model, layer)
    kernel = getattr(holder, "kernel", getattr(holder, "depthwise_kernel", None))
    if len(getattr(kernel, "shape", ())) != 4:
        there = [
            name
            for name, other in named_layers(model).items()
            if "Conv2D" in type(other).__name__
        ]
        raise expected(
            f"a built layer with kernels over an image: {', '.join(there) or 'none'}",
            f"{layer}, a {type(holder).__name__}",
        )
    return np.array(as_array(kernel), np.float32)
