"""Images as a model takes them, and what to say when it does not."""

import math
from collections.abc import Iterable, Iterator

import numpy as np

from cnnkit.bars import bar
from cnnkit.errors import check_choice, check_integer, expected
from cnnkit.features.taps import named_layers, opened, run_of, tapped
from cnnkit.runtime import keras

_MOST_IMAGES, _MOST_BYTES = 256, 2**28  # of one block, with what the layers answer
_HALF = ("float16", "bfloat16")


def as_batch(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return the images as a batch that the model takes.

    A model that is not built yet is built for them.

    Raises:
        TypeError: they are no numbers, or the model is none, or has several inputs.
        ValueError: they have another shape than the model takes, or there is
            none.
    """
    if not isinstance(model, keras.Model):
        received = type(model).__name__
        raise expected("`model` to be a Keras model", received, error=TypeError)
    if isinstance(model, keras.Sequential) and not model.layers:
        raise expected("a model with layers", f"{model.name}, which has none")
    images = _as_numbers(images)
    if len(getattr(model, "inputs", None) or [0]) != 1:
        received = f"{model.name}, which has {len(model.inputs)}"
        raise expected("a model with one input", received, error=TypeError)
    stated = bool(getattr(model, "inputs", None))
    shape = tuple(model.inputs[0].shape) if stated else (None,) * 4
    batch = images[np.newaxis] if stated and images.ndim == len(shape) - 1 else images
    fits = batch.ndim == len(shape) and all(
        size in (None, got)
        for size, got in zip(shape[1:], batch.shape[1:], strict=True)
    )
    if not fits or 0 in batch.shape:
        sizes = ", ".join("?" if size is None else str(size) for size in shape[1:])
        one = ", or one of them" if stated else ""
        raise expected(
            f"`images` of shape (N, {sizes}), as {model.name} takes them{one}",
            images.shape,
            advice="" if stated else "It has no Input that says what an image is.",
        )
    if not model.built:  # its first call would run the layers once for their shapes
        if isinstance(model, keras.Sequential):
            model.build((None, *batch.shape[1:]))
        model(as_tensor(batch[:1]), training=False)
    return batch


def _as_numbers(images: object) -> np.ndarray:
    try:
        images = np.asarray(images)
        received = f"{images.dtype} of shape {images.shape}"
    except ValueError as error:  # rows of different lengths
        images, received = np.array(None), error
    if images.dtype.kind not in "fiub":
        raise expected("`images` to be an array of numbers", received, error=TypeError)
    return images


def as_pixels(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """As `as_batch`, for what needs rows and columns.

    Raises:
        ValueError: the model takes no images.
    """
    batch = as_batch(model, images)
    if batch.ndim not in (3, 4):
        raise expected(
            "a model that takes images, (N, H, W, C) or (N, H, W)",
            f"{model.name}, which takes {batch.shape[1:]}",
            advice="Begin it with a Reshape, so that it takes (H, W, 1).",
        )
    return batch


def as_floats(batch: np.ndarray) -> np.ndarray:
    """The batch with integers, of photos, as floats."""
    if batch.dtype.kind in "iub":
        return batch.astype(keras.config.floatx())
    return batch


def as_tensor(batch: np.ndarray) -> object:
    """The batch as the model gets it."""
    return keras.ops.convert_to_tensor(as_floats(batch))


def as_array(tensor: object) -> np.ndarray:
    """A tensor as a NumPy array; half precision becomes float32."""
    tensor = keras.ops.convert_to_tensor(tensor)
    if keras.backend.standardize_dtype(tensor.dtype) in _HALF:
        tensor = keras.ops.cast(tensor, "float32")
    return keras.ops.convert_to_numpy(tensor)


def chosen_layer(model: keras.Model, name: str) -> tuple[keras.Layer, int]:
    """Return the layer of that name and the number of its run, from 1 on.

    Raises:
        ValueError: there is no such layer; the nearest name is offered.
    """
    layers = named_layers(model)
    base, run = run_of(name, layers) if isinstance(name, str) else (name, 1)
    return layers[check_choice("layer", base, layers)], run


def chosen_units(units: int | Iterable[int] | None, count: int) -> list[int]:
    """The filters asked for as a list; all of them for None.

    Raises:
        TypeError: one is no integer.
        ValueError: one is not there, or the list is empty.
    """
    if units is None:
        return list(range(count))
    several = isinstance(units, Iterable) and not isinstance(units, str)
    given = list(units) if several else [units]
    if not given:
        raise expected("at least one of `units`", "none")
    return [check_integer("units", one, minimum=0, maximum=count - 1) for one in given]


def answer_shapes(model: keras.Model, images: np.ndarray) -> dict[str, tuple]:
    """The shape that each layer answers to one image, in the order of running."""
    shapes = {}

    def note(name: str, answer: object) -> None:
        if len(answer.shape) and answer.shape[0] == 1:
            shapes[name] = tuple(answer.shape[1:])

    with opened(model), tapped(named_layers(model), note):
        model(as_tensor(images[:1]), training=False)
    return shapes


def shape_of_answer(model: keras.Model, layer: str, images: np.ndarray) -> tuple:
    """What a layer answers to one image, without the batch axis.

    Raises:
        ValueError: it does not run in inference, or not for each image.
    """
    shapes = answer_shapes(model, images)
    if layer not in shapes:
        message = "`layer` to be one that answers each image in inference"
        raise expected(message, f"layer={layer!r}")
    return shapes[layer]


def blocks(count: int, size: int) -> list[slice]:
    """Consecutive slices of at most `size`."""
    return [slice(at, min(at + size, count)) for at in range(0, count, size)]


def block_size(model: keras.Model, images: np.ndarray) -> int:
    """How many images to run at a time, by the memory that their answers take."""
    shapes = answer_shapes(model, images).values()
    numbers = math.prod(images.shape[1:]) + sum(math.prod(shape) for shape in shapes)
    # Four bytes each, and a gradient as large as what it is taken of.
    return int(np.clip(_MOST_BYTES // (8 * numbers), 1, _MOST_IMAGES))


def counted(steps: int, what: str) -> Iterator[int]:
    """Count from 0, with a bar when it takes more than a second."""
    with bar(steps, what, delay=1) as shown:
        for step in range(steps):
            yield step
            shown.update()
