"""The models for digits: a perceptron, the course's network, and LeNet-5."""

from collections.abc import Sequence

from cnnkit.errors import check_choice
from cnnkit.models.building import (
    convolution,
    counts,
    dense_block,
    layers,
    pooling_layer,
    sequential,
)
from cnnkit.runtime import keras


def mlp(
    *,
    input_shape: Sequence[int] = (28, 28, 1),
    num_classes: int = 10,
    hidden_units: Sequence[int] = (512, 512),
    activation: str = "relu",
    dropout: float = 0.0,
    kernel_initializer: str = "glorot_uniform",
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
        kernel_initializer: of all weights, as Keras names it. Default:
            "glorot_uniform".
        name: name of the model. Default: "mlp".

    Returns:
        A built, uncompiled `keras.Sequential`: `(N, H, W, C)` →
        `(N, num_classes)`.

    Raises:
        TypeError: a number is none.
        ValueError: an argument is out of range.

    Example:
        >>> mlp().count_params()
        669706

    Taught in: notebooks/01_why_convolution.ipynb
    """
    stack = [layers.Flatten(name="flatten")]
    for index, units in enumerate(counts("hidden_units", hidden_units), start=1):
        stack += dense_block(
            f"dense{index}", units, activation, dropout, kernel_initializer
        )
    return sequential(name, input_shape, stack, num_classes, kernel_initializer)


def simple_cnn(
    *,
    input_shape: Sequence[int] = (28, 28, 1),
    num_classes: int = 10,
    filters: Sequence[int] = (10, 20),
    kernel_size: int = 5,
    strides: int = 1,
    padding: str = "valid",
    pooling: str = "max",
    pool_size: int = 2,
    pool_strides: int | None = None,
    dense_units: int = 100,
    activation: str = "relu",
    dropout: float = 0.0,
    kernel_initializer: str = "glorot_uniform",
    name: str = "simple_cnn",
) -> keras.Sequential:
    """The course's network: convolution and pooling twice, then two dense layers.

    With the defaults: 28×28 → ten 5×5 kernels → 24×24×10 → pool → 12×12×10 →
    twenty 5×5 kernels → 8×8×20 → pool → 4×4×20 → 320 → 100 → 10, which is
    38,390 parameters.

    Args:
        input_shape: `(H, W, C)` of one image. Default: (28, 28, 1).
        num_classes: size of the output, at least 2. Default: 10.
        filters: how many kernels each convolution has; one round of convolution
            and pooling for each number. Default: (10, 20).
        kernel_size: side of the square kernels. Default: 5.
        strides: how far the kernels move. Default: 1.
        padding: `"valid"` or `"same"`, of the convolutions. Default: "valid".
        pooling: `"max"`, `"average"` or `"l2"`. Default: "max".
        pool_size: side of the pooling window. Default: 2.
        pool_strides: how far it moves. Default: `pool_size`.
        dense_units: width of the hidden dense layer. Default: 100.
        activation: of the convolutions and of the hidden dense layer, as Keras
            names them. Default: "relu".
        dropout: share of the hidden units that are silenced in training, in
            [0, 1). Default: 0, no dropout layer.
        kernel_initializer: of all weights, as Keras names it. Default:
            "glorot_uniform".
        name: name of the model. Default: "simple_cnn".

    Returns:
        A built, uncompiled `keras.Sequential`: `(N, H, W, C)` →
        `(N, num_classes)`.

    Raises:
        TypeError: a number is none.
        ValueError: an argument is out of range, or the image is too small; the
            error names the layer at which it breaks.

    Example:
        >>> simple_cnn().count_params()
        38390

    Source: the architecture follows Y. LeCun et al., «Gradient-based learning
    applied to document recognition», 1998, with ReLU and max pooling.
    Taught in: notebooks/10_sequential_models.ipynb
    """
    stack = []
    for index, count in enumerate(counts("filters", filters), start=1):
        stack += [
            convolution(
                f"conv{index}",
                count,
                kernel_size,
                strides=strides,
                padding=padding,
                activation=activation,
                kernel_initializer=kernel_initializer,
            ),
            pooling_layer(f"pool{index}", pooling, pool_size, strides=pool_strides),
        ]
    stack += [layers.Flatten(name="flatten")]
    stack += dense_block("dense", dense_units, activation, dropout, kernel_initializer)
    return sequential(name, input_shape, stack, num_classes, kernel_initializer)


def lenet5(
    *,
    input_shape: Sequence[int] = (28, 28, 1),
    num_classes: int = 10,
    filters: Sequence[int] = (6, 16),
    kernel_size: int = 5,
    strides: int = 1,
    padding: str = "same",
    pooling: str = "average",
    dense_units: Sequence[int] = (120, 84),
    activation: str = "tanh",
    dropout: float = 0.0,
    kernel_initializer: str = "glorot_uniform",
    name: str = "lenet5",
) -> keras.Sequential:
    """LeNet-5, which read cheques: 61,706 parameters.

    The paper's images are 32×32. With 28×28 the first convolution is padded to
    the same effect. As in most accounts today, pooling has no weights, the second
    convolution sees all maps of the first, and the output is a softmax.

    Args:
        input_shape: `(H, W, C)` of one image. Default: (28, 28, 1).
        num_classes: size of the output, at least 2. Default: 10.
        filters: of the two convolutions. Default: (6, 16).
        kernel_size: side of the square kernels. Default: 5.
        strides: how far the kernels move. Default: 1.
        padding: of the first convolution, `"same"` or `"valid"` (for 32×32).
            The second has none. Default: "same".
        pooling: `"average"`, `"max"` or `"l2"`. Default: "average".
        dense_units: width of the two hidden dense layers. Default: (120, 84).
        activation: of all hidden layers. Default: "tanh".
        dropout: share of the hidden units that are silenced in training, in
            [0, 1). Default: 0, no dropout layers.
        kernel_initializer: of all weights, as Keras names it. Default:
            "glorot_uniform".
        name: name of the model. Default: "lenet5".

    Returns:
        A built, uncompiled `keras.Sequential`: `(N, H, W, C)` →
        `(N, num_classes)`.

    Raises:
        TypeError: a number is none.
        ValueError: an argument is out of range, or the image is too small; the
            error names the layer at which it breaks.

    Example:
        >>> lenet5().count_params()
        61706

    Source: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, «Gradient-based learning
    applied to document recognition», 1998.
    Taught in: notebooks/15_architectures.ipynb
    """
    check_choice("padding", padding, ("valid", "same"))
    stack = []
    for index, count in enumerate(counts("filters", filters, length=2), start=1):
        stack += [
            convolution(
                f"conv{index}",
                count,
                kernel_size,
                strides=strides,
                padding=padding if index == 1 else "valid",
                activation=activation,
                kernel_initializer=kernel_initializer,
            ),
            pooling_layer(f"pool{index}", pooling),
        ]
    stack += [layers.Flatten(name="flatten")]
    for index, units in enumerate(counts("dense_units", dense_units, length=2), 1):
        stack += dense_block(
            f"dense{index}", units, activation, dropout, kernel_initializer
        )
    return sequential(name, input_shape, stack, num_classes, kernel_initializer)
