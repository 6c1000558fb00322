"""The deeper models: blocks of convolutions, and AlexNet."""

from collections.abc import Sequence

from cnnkit.errors import expected
from cnnkit.models.building import (
    convolution,
    counts,
    dense_block,
    layers,
    pooling_layer,
    sequential,
)
from cnnkit.models.layers import LocalResponseNormalization
from cnnkit.runtime import keras


def conv_blocks(
    *,
    input_shape: Sequence[int] = (28, 28, 1),
    num_classes: int = 10,
    filters: Sequence[int] = (16, 32, 64),
    kernel_size: int = 3,
    strides: int = 1,
    padding: str = "same",
    pooling: str = "max",
    dense_units: int | None = None,
    activation: str = "relu",
    dropout: float = 0.0,
    kernel_initializer: str = "glorot_uniform",
    name: str = "conv_blocks",
) -> keras.Sequential:
    """[Convolution, convolution, pooling], as many times as there are filters.

    The network that tells cars in the notes, and the pattern of VGG. With the
    defaults: 28 → 14 → 7 → 3, 77,562 parameters.

    Args:
        input_shape: `(H, W, C)` of one image. Default: (28, 28, 1).
        num_classes: size of the output, at least 2. Default: 10.
        filters: of both convolutions of each block. Default: (16, 32, 64).
        kernel_size: side of the square kernels. Default: 3.
        strides: how far the first kernels of each block move. Default: 1.
        padding: `"same"` or `"valid"`, of the convolutions. Default: "same".
        pooling: `"max"`, `"average"` or `"l2"`; 2×2. Default: "max".
        dense_units: width of a hidden dense layer. Default: None, there is none.
        activation: of all hidden layers. Default: "relu".
        dropout: share of the numbers before the last layer that are silenced in
            training, in [0, 1). Default: 0, no dropout layer.
        kernel_initializer: of all weights, as Keras names it. Default:
            "glorot_uniform".
        name: name of the model. Default: "conv_blocks".

    Returns:
        A built, uncompiled `keras.Sequential`: `(N, H, W, C)` →
        `(N, num_classes)`.

    Raises:
        TypeError: a number is none.
        ValueError: an argument is out of range, or the image is too small; the
            error names the layer at which it breaks.

    Example:
        >>> conv_blocks().count_params()
        77562

    Source: the pattern is that of K. Simonyan and A. Zisserman, «Very deep
    convolutional networks for large-scale image recognition», 2014.
    Taught in: notebooks/15_architectures.ipynb
    """
    stack = []
    for block, count in enumerate(counts("filters", filters), start=1):
        stack += [
            convolution(
                f"block{block}_conv{index}",
                count,
                kernel_size,
                strides=strides if index == 1 else 1,
                padding=padding,
                activation=activation,
                kernel_initializer=kernel_initializer,
            )
            for index in (1, 2)
        ]
        stack.append(pooling_layer(f"block{block}_pool", pooling))
    stack += [layers.Flatten(name="flatten")]
    if dense_units is not None:
        stack += dense_block(
            "dense", dense_units, activation, dropout, kernel_initializer
        )
    else:
        stack += dense_block("dense", 1, activation, dropout)[1:]
    return sequential(name, input_shape, stack, num_classes, kernel_initializer)


def alexnet(
    *,
    input_shape: Sequence[int] = (227, 227, 3),
    num_classes: int = 1000,
    filters: Sequence[int] = (96, 256, 384, 384, 256),
    kernel_sizes: Sequence[int] = (11, 5, 3, 3, 3),
    strides: int = 4,
    padding: str = "same",
    groups: int = 1,
    local_response_normalization: bool = False,
    pooling: str = "max",
    dense_units: Sequence[int] = (4096, 4096),
    activation: str = "relu",
    dropout: float = 0.5,
    kernel_initializer: str = "glorot_uniform",
    name: str = "alexnet",
) -> keras.Sequential:
    """AlexNet, which won ImageNet in 2012: five convolutions, three dense layers.

    In one tower 62,378,344 parameters, 94 % of them in the dense layers. The
    paper cut the second, fourth and fifth convolution in two, one half for each
    of its two graphics cards: that is `groups=2`, and 60,965,224 parameters.
    (The paper says 224×224; only 227×227 fits its numbers.)

    For small pictures: `input_shape=(32, 32, 3), strides=1, kernel_sizes=(5, 5, 3,
    3, 3), filters=(32, 64, 96, 96, 64), dense_units=(256, 256)`.

    Args:
        input_shape: `(H, W, C)` of one image. Default: (227, 227, 3).
        num_classes: size of the output, at least 2. Default: 1000.
        filters: of the five convolutions. Default: (96, 256, 384, 384, 256).
        kernel_sizes: their sides. Default: (11, 5, 3, 3, 3).
        strides: of the first convolution. Default: 4.
        padding: `"same"` or `"valid"`, of the other four. Default: "same".
        groups: 1, or 2 for the paper's two towers. Default: 1.
        local_response_normalization: after the first two convolutions, as in the
            paper; of historical interest. Default: False.
        pooling: `"max"`, `"average"` or `"l2"`; 3×3 with stride 2, so windows
            overlap. Default: "max".
        dense_units: width of the two hidden dense layers. Default: (4096, 4096).
        activation: of all hidden layers. Default: "relu".
        dropout: share of the dense units that are silenced in training, in
            [0, 1). Default: 0.5.
        kernel_initializer: of all weights, as Keras names it. Default:
            "glorot_uniform".
        name: name of the model. Default: "alexnet".

    Returns:
        A built, uncompiled `keras.Sequential`: `(N, H, W, C)` →
        `(N, num_classes)`.

    Raises:
        TypeError: a number is none.
        ValueError: an argument is out of range, or the image is too small; the
            error names the layer at which it breaks.

    Example:
        >>> alexnet().count_params()
        62378344

    Source: A. Krizhevsky, I. Sutskever and G. Hinton, «ImageNet classification with
    deep convolutional neural networks», 2012.
    Taught in: notebooks/15_architectures.ipynb
    """
    _check_groups(groups, counts("filters", filters, length=5))
    sizes = counts("kernel_sizes", kernel_sizes, length=5)
    stack = []
    for index, (count, size) in enumerate(zip(filters, sizes, strict=True), start=1):
        stack.append(
            convolution(
                f"conv{index}",
                count,
                size,
                strides=strides if index == 1 else 1,
                padding="valid" if index == 1 else padding,
                activation=activation,
                kernel_initializer=kernel_initializer,
                groups=groups if index in (2, 4, 5) else 1,
            )
        )
        if local_response_normalization and index in (1, 2):
            stack.append(LocalResponseNormalization(name=f"norm{index}"))
        if index in (1, 2, 5):
            stack.append(pooling_layer(f"pool{index}", pooling, 3, strides=2))
    stack += [layers.Flatten(name="flatten")]
    for index, units in enumerate(counts("dense_units", dense_units, length=2), 1):
        stack += dense_block(
            f"dense{index}", units, activation, dropout, kernel_initializer
        )
    return sequential(name, input_shape, stack, num_classes, kernel_initializer)


def _check_groups(groups: int, filters: list[int]) -> None:
    if groups not in (1, 2) or isinstance(groups, bool):
        raise expected("`groups` to be 1 or 2", f"groups={groups!r}")
    if groups == 2 and any(count % 2 for count in filters):
        raise expected("`filters` to be even, to be cut in two", f"filters={filters}")
