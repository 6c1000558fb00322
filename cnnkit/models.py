"""Sequential model factories: each builds what its name says.

Every model comes built and uncompiled. Every layer carries a name of its own;
the last two are always `logits`, a Dense layer with one score a class, and
`probabilities`, the Softmax that turns the scores into shares.
"""

from collections.abc import Sequence

from cnnkit.errors import check_integer, check_number, expected
from cnnkit.runtime import keras

layers = keras.layers


def simple_cnn(
    *,
    input_shape: Sequence[int] = (28, 28, 1),
    num_classes: int = 10,
    filters: Sequence[int] = (10, 20),
    kernel_size: int = 5,
    padding: str = "valid",
    dense_units: int = 100,
    activation: str = "relu",
    dropout: float = 0.0,
    name: str = "simple_cnn",
) -> keras.Sequential:
    """Two rounds of convolution and pooling, then two dense layers.

    With the defaults: 28×28×1 → 24×24×10 → 12×12×10 → 8×8×20 → 4×4×20 → 320 →
    100 → 10, which is 38,390 parameters (250+10, 5,000+20, 32,000+100,
    1,000+10).

    Args:
        input_shape: `(H, W, C)` of one image. Default: (28, 28, 1).
        num_classes: size of the output, at least 2. Default: 10.
        filters: how many kernels each convolution has; one round of convolution
            and 2×2 max pooling for each number. Default: (10, 20).
        kernel_size: side of the square kernels. Default: 5.
        padding: `"valid"` or `"same"`. Default: "valid".
        dense_units: width of the hidden dense layer. Default: 100.
        activation: of the convolutions and of the hidden dense layer, as Keras
            names them. Default: "relu".
        dropout: share of the hidden units that are silenced in training, in
            [0, 1). Default: 0, no dropout layer.
        name: name of the model. Default: "simple_cnn".

    Returns:
        A built, uncompiled `keras.Sequential`: `(N, H, W, C)` →
        `(N, num_classes)`.

    Raises:
        ValueError: an argument is out of range, or the image is too small; the
            error names the layer at which it breaks.

    Example:
        >>> simple_cnn().count_params()
        38390

    Source: the architecture follows Y. LeCun et al., «Gradient-based learning
    applied to document recognition», 1998, with ReLU and max pooling.
    Taught in: notebooks/11_mnist_pipeline.ipynb
    """
    check_integer("kernel_size", kernel_size, minimum=1)
    if padding not in ("valid", "same"):
        raise expected('`padding` to be "valid" or "same"', f"padding={padding!r}")
    stack = []
    for index, count in enumerate(_counts("filters", filters), start=1):
        stack += [
            layers.Conv2D(
                count,
                kernel_size,
                padding=padding,
                activation=activation,
                name=f"conv{index}",
            ),
            layers.MaxPooling2D(2, name=f"pool{index}"),
        ]
    stack += [layers.Flatten(name="flatten")]
    stack += _dense_block("dense", dense_units, activation, dropout)
    return _sequential(name, input_shape, stack, num_classes)


def mlp(
    *,
    input_shape: Sequence[int] = (28, 28, 1),
    num_classes: int = 10,
    hidden_units: Sequence[int] = (512, 512),
    activation: str = "relu",
    dropout: float = 0.0,
    name: str = "mlp",
) -> keras.Sequential:
    """A multilayer perceptron: the image as one long row, then dense layers.

    With the defaults: 784 → 512 → 512 → 10, which is 669,706 parameters.

    Args:
        input_shape: `(H, W, C)` of one image. Default: (28, 28, 1).
        num_classes: size of the output, at least 2. Default: 10.
        hidden_units: width of each hidden layer. Default: (512, 512).
        activation: of the hidden layers. Default: "relu".
        dropout: share of the units of each hidden layer that are silenced in
            training, in [0, 1). Default: 0, no dropout layers.
        name: name of the model. Default: "mlp".

    Returns:
        A built, uncompiled `keras.Sequential`: `(N, H, W, C)` →
        `(N, num_classes)`.

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> mlp().count_params()
        669706

    Taught in: notebooks/11_mnist_pipeline.ipynb
    """
    stack = [layers.Flatten(name="flatten")]
    for index, units in enumerate(_counts("hidden_units", hidden_units), start=1):
        stack += _dense_block(f"dense{index}", units, activation, dropout)
    return _sequential(name, input_shape, stack, num_classes)


def _dense_block(
    name: str, units: int, activation: str, dropout: float
) -> list[keras.Layer]:
    units = check_integer(f"units of {name}", units, minimum=1)
    rate = check_number("dropout", dropout, minimum=0, below=1)
    block = [layers.Dense(units, activation=activation, name=name)]
    if rate:
        block.append(layers.Dropout(rate, name=name.replace("dense", "dropout")))
    return block


def _counts(name: str, values: Sequence[int]) -> list[int]:
    if isinstance(values, str) or not isinstance(values, Sequence) or not values:
        raise expected(
            f"`{name}` to be a sequence of at least one number", f"{name}={values!r}"
        )
    return [check_integer(name, value, minimum=1) for value in values]


def _sequential(
    name: str, input_shape: Sequence[int], stack: list[keras.Layer], num_classes: int
) -> keras.Sequential:
    """Stack the layers and the two that end every model, one by one.

    A layer that cannot take what reaches it is named in the error.
    """
    shape = tuple(_counts("input_shape", input_shape))
    if len(shape) != 3:
        raise expected("`input_shape` to be (height, width, channels)", shape)
    classes = check_integer("num_classes", num_classes, minimum=2)
    ending = [
        layers.Dense(classes, name="logits"),
        layers.Softmax(name="probabilities"),
    ]
    model = keras.Sequential([keras.Input(shape, name="image")], name=name)
    reached = shape
    for layer in stack + ending:
        refusal = expected(
            f"`input_shape` to be large enough for {name}",
            f"input_shape={shape}",
            advice=f"{layer.name} would receive {'×'.join(map(str, reached))}.",
        )
        try:
            model.add(layer)
        except ValueError as error:
            raise refusal from error
        reached = model.output_shape[1:]
        if 0 in reached:
            raise refusal
    return model
