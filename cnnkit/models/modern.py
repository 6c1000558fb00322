"""A model of today: the mean of each map instead of hidden dense layers."""

from collections.abc import Sequence

from cnnkit.errors import check_number
from cnnkit.models.building import (
    convolution,
    counts,
    layers,
    pooling_layer,
    sequential,
)
from cnnkit.runtime import keras


def gap_cnn(
    *,
    input_shape: Sequence[int] = (28, 28, 1),
    num_classes: int = 10,
    filters: Sequence[int] = (32, 64, 128),
    kernel_size: int = 3,
    strides: int = 1,
    padding: str = "same",
    pooling: str = "max",
    activation: str = "relu",
    dropout: float = 0.0,
    kernel_initializer: str = "he_normal",
    name: str = "gap_cnn",
) -> keras.Sequential:
    """Convolutions, then the mean of each feature map: no hidden dense layer.

    Global average pooling leaves one number a map, so the parameters do not grow
    with the picture: the weights fit the same model for pictures of another size.

    Args:
        input_shape: `(H, W, C)` of one image. Default: (28, 28, 1).
        num_classes: size of the output, at least 2. Default: 10.
        filters: of each convolution; 2×2 pooling stands between two. Default:
            (32, 64, 128).
        kernel_size: side of the square kernels. Default: 3.
        strides: how far the kernels move. Default: 1.
        padding: `"same"` or `"valid"`, of the convolutions. Default: "same".
        pooling: `"max"`, `"average"` or `"l2"`. Default: "max".
        activation: of the convolutions. Default: "relu".
        dropout: share of the maps that are silenced in training before the last
            layer, in [0, 1). Default: 0, no dropout layer.
        kernel_initializer: of all weights, as Keras names it. Default:
            "he_normal".
        name: name of the model. Default: "gap_cnn".

    Returns:
        A built, uncompiled `keras.Sequential`: `(N, H, W, C)` →
        `(N, num_classes)`.

    Raises:
        TypeError: a number is none.
        ValueError: an argument is out of range, or the image is too small; the
            error names the layer at which it breaks.

    Example:
        >>> small, large = gap_cnn(), gap_cnn(input_shape=(224, 224, 1))
        >>> small.count_params() == large.count_params()
        True

    Source: M. Lin, Q. Chen and S. Yan, «Network in network», 2013,
    arXiv:1312.4400.
    Taught in: notebooks/15_architectures.ipynb
    """
    rate = check_number("dropout", dropout, minimum=0, below=1)
    stack = []
    for index, count in enumerate(counts("filters", filters), start=1):
        if index > 1:
            stack.append(pooling_layer(f"pool{index - 1}", pooling))
        stack.append(
            convolution(
                f"conv{index}",
                count,
                kernel_size,
                strides=strides,
                padding=padding,
                activation=activation,
                kernel_initializer=kernel_initializer,
            )
        )
    stack.append(layers.GlobalAveragePooling2D(name="mean"))
    if rate:
        stack.append(layers.Dropout(rate, name="dropout"))
    return sequential(name, input_shape, stack, num_classes, kernel_initializer)
