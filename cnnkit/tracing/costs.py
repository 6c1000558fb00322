"""What a layer costs: numbers to learn and multiplications to do."""

import math

from cnnkit.runtime import keras
from cnnkit.tracing.chain import Shape
from cnnkit.tracing.sizes import (
    CONVOLUTIONS,
    GLOBAL_POOLINGS,
    POINTWISE,
    POOLINGS,
    family,
    product,
    spatial,
)

_FREE = {
    *(*POINTWISE, *POOLINGS, *GLOBAL_POOLINGS),
    *("Flatten", "Reshape", "Permute", "ZeroPadding", "Cropping", "UpSampling"),
}
_MOST_TERMS = 6


def parameter_formula(layer: object) -> str:
    """The parameters as a sum of products, read off the shapes of the weights.

    `"5·5·10·20 + 20"`; equal terms are one, so batch normalisation is `"4·20"`.
    "" when there are none, or too many to be read.
    """
    shapes = [tuple(weight.shape) for weight in getattr(layer, "weights", ())]
    if not shapes:
        return ""
    terms = [product(shape) for shape in shapes]
    if len(terms) > 1 and len(set(terms)) == 1:
        return f"{len(terms)}·{terms[0]}"
    groups = layer.groups if family(layer) == "Conv" else 1
    if groups > 1:  # each kernel reads its group's share of the channels
        *window, share, filters = shapes[0]
        terms[0] = f"{product(tuple(window))}·({share * groups}/{groups})·{filters}"
    return " + ".join(terms) if len(terms) <= _MOST_TERMS else ""


def multiply_adds(layer: object, before: Shape, after: Shape) -> tuple[int | None, str]:
    """How many multiplications one example takes, and the product behind it.

    Convolutions and dense layers are counted, zeros of the padding included.
    Pooling, activations and normalisation count as 0; what the kit does not
    know is None.
    """
    kind = family(layer)
    if None in (*before, *after):
        return None, ""
    if kind in _FREE:
        return 0, ""
    if kind == "Dense":
        factors = [(*after[:-1], before[-1], after[-1])]
    elif kind in (*CONVOLUTIONS, "ConvTranspose"):
        factors = _convolution(layer, kind, before, after)
    else:
        return None, ""
    total = sum(math.prod(part) for part in factors)
    return total, " + ".join(product(part) for part in factors)


def _convolution(
    layer: keras.Layer, kind: str, before: Shape, after: Shape
) -> list[tuple[int, ...]]:
    """The factors: places, window, input channels, filters."""
    channel = 0 if layer.data_format == "channels_first" else -1
    inputs, outputs = before[channel], after[channel]
    places = spatial(after, layer.data_format)
    window = tuple(map(int, layer.kernel_size))
    if kind == "ConvTranspose":  # every input is spread over a window of the output
        return [(*spatial(before, layer.data_format), *window, inputs, outputs)]
    if kind == "Conv":
        return [(*places, *window, inputs // layer.groups, outputs)]
    deep = inputs * layer.depth_multiplier
    depthwise = (*places, *window, deep)
    return (
        [depthwise]
        if kind == "DepthwiseConv"
        else [depthwise, (*places, deep, outputs)]
    )
