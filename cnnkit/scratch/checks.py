"""What every function here asks of its arrays, and the type that it computes in."""

import numpy as np

from cnnkit.errors import check_integer, expected

IMAGES = "(N, H, W, C)"
KERNEL = "(kh, kw, Cin, Cout)"
_ADVICE = {
    (IMAGES, 2): "One grey picture is picture[None, :, :, None].",
    (IMAGES, 3): "One picture is picture[None]; grey ones are pictures[..., None].",
    (KERNEL, 2): "kernels.filter_bank(kernel) makes it from one.",
}


def as_floats(
    name: str, value: object, shape: str | None = None, *, empty: bool = False
) -> np.ndarray:
    """Return `value` as an array of float32 or float64.

    Both are kept as they are. Integers, booleans and float16 become float32.

    Args:
        name: the argument's name, for the error.
        value: an array, or what NumPy makes one of.
        shape: the dimensions wanted, as `"(N, H, W, C)"`. Default: any.
        empty: let an array without elements pass. Default: False.

    Raises:
        TypeError: it holds something else than real numbers.
        ValueError: it has another number of dimensions, or no element.
    """
    wanted = f"`{name}` to be an array of numbers"
    try:
        array = np.asarray(value)
    except ValueError as error:  # rows of different lengths
        raise expected(wanted, error) from error
    if array.dtype.kind in "bui" or array.dtype == np.float16:
        array = array.astype(np.float32)
    elif array.dtype.kind == "f" and array.dtype.itemsize in (4, 8):
        array = array.astype(array.dtype.newbyteorder("="), copy=False)
    else:
        raise expected(
            f"{wanted}, float64 at the most", f"the type {array.dtype}", error=TypeError
        )
    if shape is not None and array.ndim != shape.count(",") + 1:
        raise expected(
            f"`{name}` to have the shape {shape}",
            f"{name} of shape {array.shape}",
            advice=_ADVICE.get((shape, array.ndim), ""),
        )
    if array.size == 0 and not empty:
        raise expected(
            f"`{name}` to have at least one element", f"{name} of shape {array.shape}"
        )
    return array


def in_common_type(*arrays: np.ndarray | None) -> list[np.ndarray | None]:
    """Return the arrays in float64 when one of them is, else in float32."""
    common = np.result_type(*(array for array in arrays if array is not None))
    return [
        None if array is None else array.astype(common, copy=False) for array in arrays
    ]


def check_same_shape(name: str, array: np.ndarray, shape: tuple, owner: str) -> None:
    """Raise when `array` has not the shape of what it belongs to.

    Raises:
        ValueError: the shapes differ.
    """
    if array.shape != shape:
        raise expected(
            f"`{name}` to have the shape of {owner}, {shape}",
            f"{name} of shape {array.shape}",
        )


def check_labels(labels: object, count: int, classes: int) -> np.ndarray:
    """Return `labels` as integers `(count,)` from 0 to `classes − 1`.

    Raises:
        TypeError: they are not integers.
        ValueError: their number differs, or one is out of range.
    """
    try:
        labels = np.asarray(labels)
    except ValueError as error:  # rows of different lengths
        raise expected("`labels` to be integers (N,)", error) from error
    if labels.dtype.kind not in "iu":
        raise expected(
            "`labels` to be integers, one for each example",
            f"labels of type {labels.dtype} and shape {labels.shape}",
            error=TypeError,
        )
    if labels.shape != (count,):
        raise expected(
            f"one label for each of the {count:,} examples, of shape ({count},)",
            f"labels of shape {labels.shape}",
        )
    if labels.min() < 0 or labels.max() >= classes:
        raise expected(
            f"the labels to be from 0 to {classes - 1}",
            f"labels from {labels.min()} to {labels.max()}",
        )
    return labels


def as_generator(seed: int | np.random.Generator) -> np.random.Generator:
    """Return a generator of random numbers: the one given, or a new one.

    Raises:
        TypeError: `seed` is neither an integer nor a generator.
        ValueError: it is negative.
    """
    if isinstance(seed, np.random.Generator):
        return seed
    return np.random.default_rng(check_integer("seed", seed, minimum=0))
