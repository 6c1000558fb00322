"""Two models of today: without hidden dense layers, and made for speed."""

from collections.abc import Sequence

from cnnkit.errors import check_number
from cnnkit.models.building import (
    convolution,
    counts,
    dense_block,
    known,
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


def fast_cnn(
    *,
    input_shape: Sequence[int] = (28, 28, 1),
    num_classes: int = 10,
    filters: Sequence[int] = (24, 48),
    kernel_size: int = 5,
    strides: int = 2,
    padding: str = "valid",
    pooling: str = "max",
    dense_units: int | None = None,
    activation: str = "relu",
    dropout: float = 0.0,
    kernel_initializer: str = "he_normal",
    name: str = "fast_cnn",
) -> keras.Sequential:
    """A network that learns fast: whatever is dear is done where maps are small.

    The stride of the first convolution leaves a quarter of the places, and the
    pooling right behind it a quarter of those. Pooling comes before the
    activation, which has a quarter of the numbers left to bend; for max pooling
    and ReLU the order makes no difference. Batch normalisation keeps the numbers
    of each map around 0 with a spread of 1, which stands high learning rates.
    The first maps, the largest, do without it. With the defaults:
    28 → 12 → 6 → 4, 18,874 parameters.

    Args:
        input_shape: `(H, W, C)` of one image. Default: (28, 28, 1).
        num_classes: size of the output, at least 2. Default: 10.
        filters: of each convolution; 2×2 pooling follows each but the last,
            batch normalisation each but the first. Default: (24, 48).
        kernel_size: side of the first kernels; the others are 3×3. Default: 5.
        strides: of the first convolution. Default: 2.
        padding: `"same"` or `"valid"`, of all but the first. Default: "valid".
        pooling: `"max"`, `"average"` or `"l2"`. Default: "max".
        dense_units: width of a hidden dense layer. Default: None, there is none.
        activation: of all hidden layers. Default: "relu".
        dropout: share of the numbers before the last layer that are silenced in
            training, in [0, 1). Default: 0, no dropout layer.
        kernel_initializer: of all weights, as Keras names it. Default:
            "he_normal".
        name: name of the model. Default: "fast_cnn".

    Returns:
        A built, uncompiled `keras.Sequential`: `(N, H, W, C)` →
        `(N, num_classes)`.

    Raises:
        TypeError: a number is none.
        ValueError: an argument is out of range, or the image is too small; the
            error names the layer at which it breaks.

    Example:
        >>> fast_cnn().count_params()
        18874

    Source: S. Ioffe and C. Szegedy, «Batch normalization: accelerating deep network
    training by reducing internal covariate shift», 2015, arXiv:1502.03167.
    Taught in: notebooks/16_fast_training.ipynb
    """
    rate = check_number("dropout", dropout, minimum=0, below=1)
    numbers, stack = counts("filters", filters), []
    for index, count in enumerate(numbers, start=1):
        first, last = index == 1, index == len(numbers)
        stack.append(
            convolution(
                f"conv{index}",
                count,
                kernel_size if first else 3,
                strides=strides if first else 1,
                padding="valid" if first else padding,
                activation=None,
                kernel_initializer=kernel_initializer,
                use_bias=first,  # the normalisation has one
            )
        )
        if not last:
            stack.append(pooling_layer(f"pool{index}", pooling))
        if not first:
            # Its averages must keep up with a training of a few hundred steps.
            stack.append(layers.BatchNormalization(momentum=0.9, name=f"norm{index}"))
        bend = known("activation", activation, keras.activations)
        stack.append(layers.Activation(bend, name=f"activation{index}"))
    stack.append(layers.Flatten(name="flatten"))
    if dense_units is not None:
        stack += dense_block("dense", dense_units, activation, 0, kernel_initializer)
    if rate:
        stack.append(layers.Dropout(rate, name="dropout"))
    return sequential(name, input_shape, stack, num_classes, "glorot_uniform")
