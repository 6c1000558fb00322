"""Images as a model takes them, and what to say when it does not."""

import sys
from collections.abc import Iterable, Iterator

import numpy as np
from tqdm import tqdm

from cnnkit.errors import check_choice, check_integer, expected
from cnnkit.features.taps import named_layers, tapped
from cnnkit.runtime import keras

BATCH = 256
HALF = ("float16", "bfloat16")


def as_batch(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return the images as a batch that the model takes; integers become floats.

    A model that is not built yet is built for them.

    Raises:
        TypeError: they are no numbers, or the model has several inputs.
        ValueError: they have another shape than the model takes, or there is
            none.
    """
    images = np.asarray(images)
    if images.dtype.kind not in "fiub":
        received = f"{images.dtype} of shape {images.shape}"
        raise expected("`images` to be an array of numbers", received, error=TypeError)
    if len(getattr(model, "inputs", None) or [0]) != 1:
        received = f"{model.name}, which has {len(model.inputs)}"
        raise expected("a model with one input", received, error=TypeError)
    if (
        isinstance(model, keras.Sequential)
        and not model.built
        and images.ndim in (3, 4)
    ):
        model.build((None, *images.shape[-3:]))
    shape = (None, None, None, None)
    if getattr(model, "inputs", None):
        shape = tuple(model.inputs[0].shape)
    batch = images[np.newaxis] if images.ndim == len(shape) - 1 else images
    fits = batch.ndim == len(shape) and all(
        size in (None, got)
        for size, got in zip(shape[1:], batch.shape[1:], strict=True)
    )
    if not fits or 0 in batch.shape:
        sizes = ", ".join("?" if size is None else str(size) for size in shape[1:])
        raise expected(
            f"`images` of shape (N, {sizes}), as {model.name} takes them, or one of "
            "them",
            images.shape,
        )
    if batch.dtype.kind in "iub":  # photos of 0 to 255, say, as predict takes them
        batch = batch.astype(keras.config.floatx())
    if not model.built:  # its first call would run the layers once for their shapes
        model(keras.ops.convert_to_tensor(batch[:1]), training=False)
    return batch


def chosen_layer(model: keras.Model, name: str) -> keras.Layer:
    """Return the layer of that name, or raise and offer the nearest one."""
    layers = named_layers(model)
    return layers[check_choice("layer", name, layers)]


def chosen_units(units: int | Iterable[int] | None, count: int) -> list[int]:
    """The filters asked for as a list; all of them for None.

    Raises:
        TypeError: one is no integer.
        ValueError: one is not there, or the list is empty.
    """
    if units is None:
        return list(range(count))
    given = np.asarray(units).tolist() if np.ndim(units) else [units]
    if not given:
        raise expected("at least one of `units`", f"units={units!r}")
    return [check_integer("units", one, minimum=0, maximum=count - 1) for one in given]


def answer_shapes(model: keras.Model, images: np.ndarray) -> dict[str, tuple]:
    """The shape that each layer answers to one image, in the order of running."""
    shapes = {}
    with tapped(
        named_layers(model), lambda name, y: shapes.update({name: y.shape[1:]})
    ):
        model(keras.ops.convert_to_tensor(images[:1]), training=False)
    return {name: tuple(shape) for name, shape in shapes.items()}


def blocks(count: int, size: int = BATCH) -> list[slice]:
    """Consecutive slices of at most `size`."""
    return [slice(at, min(at + size, count)) for at in range(0, count, size)]


def as_array(tensor: object) -> np.ndarray:
    """A tensor as a NumPy array; half precision becomes float32."""
    if keras.backend.standardize_dtype(tensor.dtype) in HALF:
        tensor = keras.ops.cast(tensor, "float32")
    return keras.ops.convert_to_numpy(tensor)


def counted(steps: int, what: str) -> Iterator[int]:
    """Count from 0, with a bar on stdout when it takes more than a second."""
    in_notebook = "ipykernel" in type(sys.stdout).__module__
    return iter(
        tqdm(
            range(steps),
            desc=what,
            file=sys.stdout,
            leave=False,
            delay=1,
            disable=not (in_notebook or sys.stdout.isatty()),
            ncols=79,
            bar_format="{desc} |{bar}| {n_fmt}/{total_fmt}, {remaining} left",
        )
    )
