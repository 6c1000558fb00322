"""What the factories share: checked hyper-parameters, and stacking layer by layer."""

import difflib
from collections.abc import Sequence
from types import ModuleType

from cnnkit.errors import check_choice, check_integer, check_number, expected
from cnnkit.models.layers import LpPooling2D
from cnnkit.runtime import keras

layers = keras.layers

POOLINGS = {
    "max": layers.MaxPooling2D,
    "average": layers.AveragePooling2D,
    "l2": LpPooling2D,
}


def known(name: str, value: object, module: ModuleType) -> object:
    """Return `value` when `keras.activations`, or another such module, knows it.

    Raises:
        ValueError: it does not; names that are alike are offered.
    """
    try:
        module.get(value)
    except (ValueError, TypeError) as error:
        near = difflib.get_close_matches(str(value), dir(module), n=1)
        raise expected(
            f"`{name}` to be a name in {module.__name__.replace('._tf_keras', '')}",
            f"{name}={value!r}",
            advice=f"Did you mean {near[0]!r}?" if near else "",
        ) from error
    return value


def convolution(
    name: str,
    filters: int,
    kernel_size: int,
    *,
    strides: int = 1,
    padding: str = "valid",
    activation: str | None = "relu",
    kernel_initializer: str = "glorot_uniform",
    groups: int = 1,
    use_bias: bool = True,
    kind: type[keras.layers.Conv2D] = layers.Conv2D,
) -> keras.Layer:
    """A Conv2D, or a kind of it, with checked arguments.

    Raises:
        TypeError: a number is no integer.
        ValueError: an argument is out of range.
    """
    return kind(
        check_integer("filters", filters, minimum=1),
        check_integer("kernel_size", kernel_size, minimum=1),
        strides=check_integer("strides", strides, minimum=1),
        padding=check_choice("padding", padding, ("valid", "same")),
        activation=known("activation", activation, keras.activations),
        kernel_initializer=known(
            "kernel_initializer", kernel_initializer, keras.initializers
        ),
        groups=groups,
        use_bias=use_bias,
        name=name,
    )


def pooling_layer(
    name: str, kind: str, size: int = 2, *, strides: int | None = None
) -> keras.Layer:
    """A pooling by its name in the notes: "max", "average" or "l2".

    Raises:
        TypeError: a number is no integer.
        ValueError: an argument is out of range.
    """
    chosen = POOLINGS[check_choice("pooling", kind, POOLINGS)]
    size = check_integer("pool_size", size, minimum=1)
    if strides is not None:
        strides = check_integer("pool_strides", strides, minimum=1)
    return chosen(size, strides=size if strides is None else strides, name=name)


def dense_block(
    name: str,
    units: int,
    activation: str,
    dropout: float,
    kernel_initializer: str = "glorot_uniform",
) -> list[keras.Layer]:
    """A dense layer, and dropout after it when its rate is above 0.

    Raises:
        TypeError: a number is none.
        ValueError: an argument is out of range.
    """
    units = check_integer(f"units of {name}", units, minimum=1)
    rate = check_number("dropout", dropout, minimum=0, below=1)
    block = [
        layers.Dense(
            units,
            activation=known("activation", activation, keras.activations),
            kernel_initializer=known(
                "kernel_initializer", kernel_initializer, keras.initializers
            ),
            name=name,
        )
    ]
    if rate:
        block.append(layers.Dropout(rate, name=name.replace("dense", "dropout")))
    return block


def counts(name: str, values: Sequence[int], *, length: int | None = None) -> list[int]:
    """Return a list of whole numbers of at least 1; with `length`, that many.

    Raises:
        TypeError: one is no integer.
        ValueError: it is no sequence, is empty, or has another length.
    """
    if hasattr(values, "tolist"):
        values = values.tolist()
    wanted = "at least one number" if length is None else f"{length} numbers"
    wrong = isinstance(values, str) or not isinstance(values, Sequence) or not values
    if wrong or (length is not None and len(values) != length):
        raise expected(f"`{name}` to be a sequence of {wanted}", f"{name}={values!r}")
    return [check_integer(name, value, minimum=1) for value in values]


def sequential(
    name: str,
    input_shape: Sequence[int],
    stack: Sequence[keras.Layer],
    num_classes: int,
    kernel_initializer: str = "glorot_uniform",
) -> keras.Sequential:
    """Stack the layers and the two that end every model.

    Raises:
        TypeError: a number is no integer.
        ValueError: `num_classes` is below 2, or a layer cannot take what reaches
            it; the error names that layer.
    """
    shape = tuple(counts("input_shape", input_shape))
    if len(shape) != 3:
        raise expected("`input_shape` to be (height, width, channels)", shape)
    classes = check_integer("num_classes", num_classes, minimum=2)
    ending = [
        layers.Dense(
            classes,
            kernel_initializer=known(
                "kernel_initializer", kernel_initializer, keras.initializers
            ),
            name="logits",
        ),
        layers.Softmax(name="probabilities"),
    ]
    stack = [*stack, *ending]
    _check_sizes(name, shape, stack)
    # All at once: with `add`, Keras would build the model anew for each layer.
    return keras.Sequential([keras.Input(shape, name="image"), *stack], name=name)


def _check_sizes(name: str, shape: tuple, stack: Sequence[keras.Layer]) -> None:
    """Raise when the maps get too small for one of the layers."""
    reached = shape
    for layer in stack:
        refusal = expected(
            f"`input_shape` to be large enough for {name}",
            f"input_shape={shape}",
            advice=f"{layer.name} would receive {'×'.join(map(str, reached))}.",
        )
        try:
            reached = tuple(layer.compute_output_shape((None, *reached))[1:])
        except ValueError as error:
            raise refusal from error
        if min(reached) < 1:
            raise refusal
