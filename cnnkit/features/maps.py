"""What the layers of a network answer to an image, and the kernels they hold."""

from collections.abc import Iterable

import numpy as np

from cnnkit.errors import check_choice, expected
from cnnkit.features.images import (
    as_array,
    as_batch,
    as_tensor,
    block_size,
    blocks,
    chosen_layer,
)
from cnnkit.features.taps import named_layers, opened, run_of, tapped
from cnnkit.runtime import keras


def feature_maps(
    model: keras.Model,
    images: np.ndarray,
    layers: str | Iterable[str] | None = None,
) -> dict[str, np.ndarray]:
    """Return what every layer answers to the images.

    Works on any Keras model: Sequential with or without `Input`, Functional with
    branches, subclassed. A model inside a model shows its own layers as
    `outer/inner`; so does a layer of your own that holds others. Layers are run as
    in inference: dropout does nothing. A layer that runs several times answers as
    `name`, `name#2` …; one that does not answer each image by itself is left out.

    Args:
        model: a Keras model; one that is not built yet is built for the images.
        images: a batch `(N, H, W, C)`; or one image `(H, W, C)`, where the model
            says what it takes.
        layers: the name of the layer wanted, or several. Default: all of them.

    Returns:
        `{layer name: array (N, …)}` in the order in which they run; `(N, H', W',
        filters)` for a convolution, `(N, units)` for a dense layer. Half
        precision comes as float32.

    Raises:
        TypeError: `model` is no Keras model, or has several inputs.
        ValueError: the images have another shape than the model takes, a layer is
            not there or does not run, or one keeps its channels first.

    Example:
        >>> feature_maps(models.simple_cnn(), digits)["conv1"].shape
        (1, 24, 24, 10)

    Taught in: notebooks/11_mnist_pipeline.ipynb
    """
    images = as_batch(model, images)
    there = named_layers(model)
    wanted = _as_names(layers)
    answers: dict[str, np.ndarray] = {}

    def keep(name: str, answer: object) -> None:
        each = len(answer.shape) > 0 and answer.shape[0] == part.stop - part.start
        if each and (wanted is None or name in wanted):
            answers[name] = as_array(answer)

    maps: dict[str, np.ndarray] = {}
    heard = _only(there, wanted)
    with opened(model):
        for part in blocks(len(images), block_size(model, images)):
            answers.clear()
            with tapped(heard, keep):
                model(as_tensor(images[part]), training=False)
            for name in answers if wanted is None else wanted:
                if name in there and name not in answers:
                    message = "layers that answer each image in inference"
                    raise expected(message, name)
                answer = answers[check_choice("layers", name, answers or there)]
                if name not in maps:
                    maps[name] = np.empty(
                        (len(images), *answer.shape[1:]), answer.dtype
                    )
                maps[name][part] = answer
    return maps


def _as_names(layers: object) -> list[str] | None:
    if layers is None:
        return None
    if isinstance(layers, str):
        return [layers]
    if not isinstance(layers, Iterable):
        message = "`layers` to be the name of a layer, or several"
        raise expected(message, repr(layers), error=TypeError)
    names = list(layers)
    if not names:
        raise expected("at least one of `layers`", "none")
    return names


def _only(there: dict, wanted: list[str] | None) -> dict:
    """The layers to listen to; all, when a name is not known, for the error."""
    bases = [run_of(name, there)[0] for name in wanted or [] if isinstance(name, str)]
    known = bool(bases) and all(name in there for name in bases)
    return {name: there[name] for name in bases} if known else there


def filters(model: keras.Model, layer: str) -> np.ndarray:
    """Return the kernels that a layer has learned.

    Args:
        model: a built Keras model.
        layer: the name of a convolution; `outer/inner` inside a model.

    Returns:
        A copy, float32: `(kh, kw, Cin, Cout)` for a convolution; `(kh, kw, C,
        multiplier)` for a depthwise one, and for the first half of a separable
        one; `(kh, kw, Cout, Cin)` for a transposed one.

    Raises:
        TypeError: `model` is no Keras model.
        ValueError: there is no such layer, it is not built, or it has no kernel
            that slides over an image.

    Example:
        >>> filters(models.simple_cnn(), "conv2").shape
        (5, 5, 10, 20)

    Taught in: notebooks/13_feature_maps.ipynb
    """
    holder, _ = chosen_layer(model, layer)
    kernel = _kernel(holder)
    if kernel is None:
        others = named_layers(model).items()
        there = [name for name, other in others if _kernel(other) is not None]
        raise expected(
            f"a built layer with kernels over an image: {', '.join(there) or 'none'}",
            f"{layer}, a {type(holder).__name__}",
        )
    return np.array(as_array(keras.ops.copy(kernel)), np.float32)


def _kernel(layer: keras.Layer) -> object | None:
    kernel = getattr(layer, "kernel", getattr(layer, "depthwise_kernel", None))
    return kernel if len(getattr(kernel, "shape", ())) == 4 else None
