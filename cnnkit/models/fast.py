"""Two models for digits: one made for speed, one to be right as often as can be."""

import itertools
from collections.abc import Sequence

from cnnkit.errors import check_number, expected
from cnnkit.models.building import (
    convolution,
    counts,
    dense_block,
    known,
    layers,
    pooling_layer,
    sequential,
)
from cnnkit.models.deskew import Deskew
from cnnkit.models.winograd import WinogradConv2D
from cnnkit.runtime import keras


def fast_cnn(
    *,
    input_shape: Sequence[int] = (28, 28, 1),
    num_classes: int = 10,
    filters: Sequence[int] = (24, 48),
    kernel_size: int = 6,
    strides: int = 2,
    padding: str = "valid",
    pooling: str = "max",
    dense_units: int | None = None,
    activation: str = "relu",
    dropout: float = 0.0,
    deskew: bool = False,
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
    28 → 12 → 6 → 4, 19,138 parameters.

    Args:
        input_shape: `(H, W, C)` of one image. Default: (28, 28, 1).
        num_classes: size of the output, at least 2. Default: 10.
        filters: of each convolution; 2×2 pooling follows each but the last,
            batch normalisation each but the first. Default: (24, 48).
        kernel_size: side of the first kernels; the others are 3×3. Default: 6,
            which leaves out no column of 28, as 28 − 6 is a multiple of 2.
        strides: of the first convolution. Default: 2.
        padding: `"same"` or `"valid"`, of all but the first. Default: "valid".
        pooling: `"max"`, `"average"` or `"l2"`. Default: "max".
        dense_units: width of a hidden dense layer. Default: None, there is none.
        activation: of all hidden layers. Default: "relu".
        dropout: share of the numbers before the last layer that are silenced in
            training, in [0, 1). Default: 0, no dropout layer.
        deskew: begin with `Deskew(crop=2)`, for writing that may be slanted.
            Default: False.
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
        19138

    Source: S. Ioffe and C. Szegedy, «Batch normalization: accelerating deep network
    training by reducing internal covariate shift», 2015, arXiv:1502.03167.
    Taught in: notebooks/16_fast_training.ipynb
    """
    rate = check_number("dropout", dropout, minimum=0, below=1)
    numbers = counts("filters", filters)
    last = len(numbers) - 1
    upright = [Deskew(crop=2, name="deskew")] if deskew else []
    stack = upright + _normalised(
        numbers,
        kernel_size,
        strides,
        paddings=["valid", *[padding] * last],
        pooled=range(last),
        pooling=pooling,
        activation=activation,
        kernel_initializer=kernel_initializer,
        # Averages that keep up with a training of a few hundred steps.
        momentum=0.9,
    )
    stack.append(layers.Flatten(name="flatten"))
    if dense_units is not None:
        stack += dense_block("dense", dense_units, activation, 0, kernel_initializer)
    if rate:
        stack.append(layers.Dropout(rate, name="dropout"))
    return sequential(name, input_shape, stack, num_classes, "glorot_uniform")


def accurate_cnn(
    *,
    input_shape: Sequence[int] = (28, 28, 1),
    num_classes: int = 10,
    filters: Sequence[Sequence[int]] = ((48, 48, 96), (192, 192)),
    kernel_size: int = 6,
    strides: int = 2,
    pooling: str = "max",
    activation: str = "relu",
    dropout: float = 0.5,
    stage_dropout: float = 0.3,
    winograd: bool = True,
    kernel_initializer: str = "he_normal",
    name: str = "accurate_cnn",
) -> keras.Sequential:
    """A deeper network, made to be right after ten minutes on two quick cores.

    The first convolution jumps, as in `fast_cnn`; what that saves goes into depth.
    Stages of 3×3 convolutions follow, with pooling between two stages, and batch
    normalisation behind each convolution but the first. The very last keeps to
    places where its kernel fits, so that fewer numbers reach the logits. With the
    defaults: 28 → 12 → 6 → 4, 594,490 parameters. With `filters=((32, 32, 64),
    (128, 128))` a step has less than half the work.

    Args:
        input_shape: `(H, W, C)` of one image. Default: (28, 28, 1).
        num_classes: size of the output, at least 2. Default: 10.
        filters: of each convolution, stage by stage; 2×2 pooling ends each stage
            but the last. Default: ((48, 48, 96), (192, 192)).
        kernel_size: side of the first kernels; the others are 3×3. Default: 6,
            which leaves out no column of 28.
        strides: of the first convolution. Default: 2.
        pooling: `"max"`, `"average"` or `"l2"`. Default: "max".
        activation: of all hidden layers. Default: "relu".
        dropout: share of the numbers before the last layer that are silenced in
            training, in [0, 1). Default: 0.5; with 0 there is no dropout layer.
        stage_dropout: the same behind each stage but the last. Default: 0.3.
        winograd: train the 3×3 convolutions as `WinogradConv2D` does, a step in
            three fifths to three quarters of the time. A saved model is then read
            back only where `cnnkit.models` is imported. The weights are the same
            either way, so `get_weights` and `set_weights` lead from one to the
            other. Default: True.
        kernel_initializer: of all convolutions, as Keras names it. Default:
            "he_normal".
        name: name of the model. Default: "accurate_cnn".

    Returns:
        A built, uncompiled `keras.Sequential`: `(N, H, W, C)` →
        `(N, num_classes)`.

    Raises:
        TypeError: a number is none.
        ValueError: an argument is out of range, or the image is too small; the
            error names the layer at which it breaks.

    Example:
        >>> accurate_cnn().count_params()
        594490

    Source: K. Simonyan and A. Zisserman, «Very deep convolutional networks for
    large-scale image recognition», 2014, arXiv:1409.1556, for the 3×3 stages.
    Taught in: notebooks/16_fast_training.ipynb
    """
    rate = check_number("dropout", dropout, minimum=0, below=1)
    stages = _stages(filters)
    numbers = [count for stage in stages for count in stage]
    ends = list(itertools.accumulate(len(stage) for stage in stages))
    stack = _normalised(
        numbers,
        kernel_size,
        strides,
        paddings=["valid", *["same"] * (len(numbers) - 2), "valid"],
        pooled=[end - 1 for end in ends[:-1]],
        pooling=pooling,
        activation=activation,
        kernel_initializer=kernel_initializer,
        momentum=0.99,
        dropout=check_number("stage_dropout", stage_dropout, minimum=0, below=1),
        kind=WinogradConv2D if winograd else layers.Conv2D,
    )
    stack.append(layers.Flatten(name="flatten"))
    if rate:
        stack.append(layers.Dropout(rate, name="dropout"))
    return sequential(name, input_shape, stack, num_classes, "glorot_uniform")


def _stages(filters: Sequence[Sequence[int]]) -> list[list[int]]:
    wrong = isinstance(filters, str) or not isinstance(filters, Sequence) or not filters
    if wrong or any(not isinstance(stage, Sequence) for stage in filters):
        raise expected(
            "`filters` to be a sequence of stages, each a sequence of numbers",
            f"filters={filters!r}",
            advice="Write ((32, 64), (96,)) for two stages.",
        )
    return [counts("filters", stage) for stage in filters]


def _normalised(
    numbers: Sequence[int],
    kernel_size: int,
    strides: int,
    *,
    paddings: Sequence[str],
    pooled: Sequence[int],
    pooling: str,
    activation: str,
    kernel_initializer: str,
    momentum: float,
    dropout: float = 0.0,
    kind: type[keras.layers.Conv2D] = layers.Conv2D,
) -> list[keras.Layer]:
    """Convolutions, each followed by pooling (if listed), normalisation, activation.

    The first has `kernel_size` and `strides` and no normalisation; the others are
    of `kind`. `momentum` says how slowly the averages follow. `dropout` follows
    those that are pooled.
    """
    bend, stack = known("activation", activation, keras.activations), []
    for index, count in enumerate(numbers):
        first, number = index == 0, index + 1
        stack.append(
            convolution(
                f"conv{number}",
                count,
                kernel_size if first else 3,
                strides=strides if first else 1,
                padding=paddings[index],
                activation=None,
                kernel_initializer=kernel_initializer,
                use_bias=first,  # the normalisation has one
                kind=layers.Conv2D if first else kind,
            )
        )
        if index in pooled:
            stack.append(pooling_layer(f"pool{number}", pooling))
        if not first:
            norm = layers.BatchNormalization(momentum=momentum, name=f"norm{number}")
            stack.append(norm)
        stack.append(layers.Activation(bend, name=f"activation{number}"))
        if index in pooled and dropout:
            stack.append(layers.Dropout(dropout, name=f"dropout{number}"))
    return stack
