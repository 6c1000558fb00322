"""The output-size formula of a layer with its numbers in, axis by axis."""

import re
from dataclasses import dataclass

from cnnkit.models import layers as own_layers
from cnnkit.runtime import keras
from cnnkit.shapes import (
    ReceptiveField,
    output_size,
    padding_amounts,
    receptive_field,
    unread_pixels,
)
from cnnkit.tracing.chain import Shape, is_kerass_own

CONVOLUTIONS = ("Conv", "DepthwiseConv", "SeparableConv")
POOLINGS = ("MaxPooling", "AveragePooling", "LpPooling")
GLOBAL_POOLINGS = ("GlobalMaxPooling", "GlobalAveragePooling")
POINTWISE = (
    *("Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax"),
    *("Dropout", "SpatialDropout", "GaussianDropout", "GaussianNoise", "AlphaDropout"),
    *("BatchNormalization", "Rescaling", "Identity", "ActivityRegularization"),
    "LocalResponseNormalization",  # its neighbours are channels
    # Augmentation, which rests in inference.
    *("RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom"),
    *("RandomContrast", "RandomBrightness"),
)
_AXES = {1: [""], 2: ["height: ", "width: "], 3: ["depth: ", "height: ", "width: "]}


@dataclass(frozen=True)
class Axis:
    """What a layer does along one axis."""

    formula: str
    size: int
    field: ReceptiveField | None = None  # of this layer alone
    padding: tuple[int, int] = (0, 0)
    unread: int = 0


def family(layer: object) -> str:
    """`Conv` for Keras's Conv1D, Conv2D and Conv3D, and so on; "" when unknown."""
    if not isinstance(layer, keras.Layer) or not is_kerass_own(layer):
        return ""
    for kind in type(layer).__mro__:
        homes = keras.layers, own_layers
        if any(kind is getattr(home, kind.__name__, None) for home in homes):
            return re.sub("[123]D", "", kind.__name__)
    return ""


def spatial(shape: Shape, layout: str) -> Shape:
    """The sizes of a shape without its channels."""
    return shape[1:] if layout == "channels_first" else shape[:-1]


def axes(layer: object, before: Shape, after: Shape) -> tuple[Axis, ...] | None:
    """What the layer does along each axis, or None when the kit does not know.

    A formula that does not meet Keras's own size is not shown.
    """
    layout = getattr(layer, "data_format", None)
    if layout is None or None in before or None in after:
        return None
    sizes = spatial(before, layout)
    kind = family(layer)
    if kind in CONVOLUTIONS or kind in POOLINGS:
        reckon = _window
    else:
        reckon = _OTHERS.get(kind)
    if reckon is None:
        return None
    told = [reckon(layer, size, axis) for axis, size in enumerate(sizes)]
    if None in told or tuple(part.size for part in told) != spatial(after, layout):
        return None
    return tuple(told)


def formula(layer: object, before: Shape, after: Shape, told: tuple | None) -> str:
    """The formula as text; one line, or one for each axis when they differ."""
    if told is not None:
        lines = [part.formula for part in told]
        if len(set(lines)) == 1:
            return lines[0]
        return "\n".join(map(str.__add__, _AXES[len(lines)], lines))
    kind, known = family(layer), None not in (*before, *after)
    if kind in POINTWISE:
        return "as its input"
    if kind == "Dense":
        return f"units = {after[-1]}"
    if kind == "Flatten" and known:
        return f"{product(before)} = {after[0]}"
    if kind == "Reshape" and known:
        return f"{product(before)} = {product(after)}"
    if kind in GLOBAL_POOLINGS and known:
        return f"{product(spatial(before, layer.data_format))} → 1 a channel"
    return f"no formula for {type(layer).__name__}"


def product(numbers: tuple[int, ...]) -> str:
    """The numbers with the dot of multiplication between them."""
    return "·".join(map(str, numbers)) or "1"


def _window(layer: keras.Layer, size: int, axis: int) -> Axis | None:
    if layer.padding not in ("valid", "same"):
        return None
    pool = not hasattr(layer, "kernel_size")
    kernel = int((layer.pool_size if pool else layer.kernel_size)[axis])
    options = {
        "stride": int(layer.strides[axis]),
        "padding": layer.padding,
        "dilation": 1 if pool else int(layer.dilation_rate[axis]),
    }
    outputs = output_size(size, kernel, **options)
    return Axis(
        _window_formula(size, kernel, outputs, **options),
        outputs,
        receptive_field([{"kernel": kernel, **options}], input_size=size)[0],
        padding_amounts(size, kernel, **options),
        unread_pixels(size, kernel, **options),
    )


def _window_formula(
    size: int, kernel: int, outputs: int, *, stride: int, padding: str, dilation: int
) -> str:
    if padding == "same":
        return f"⌈{size}/{stride}⌉ = {outputs}"
    span, said = dilation * (kernel - 1) + 1, ""
    if dilation > 1:
        said = f"span {dilation}·({kernel} − 1) + 1 = {span}: "
    ratio = f"({size} + 2·0 − {span})/{stride}"
    ratio = f"⌊{ratio}⌋" if (size - span) % stride else ratio
    return f"{said}{ratio} + 1 = {outputs}"


def _zeros_around(layer: keras.Layer, size: int, axis: int) -> Axis:
    before, after = _pair(layer.padding, axis)
    text = f"{size} + {before} + {after} = {size + before + after}"
    field = ReceptiveField(1, 1, -before)
    return Axis(text, size + before + after, field, (before, after))


def _cropped(layer: keras.Layer, size: int, axis: int) -> Axis:
    before, after = _pair(layer.cropping, axis)
    left = size - before - after
    text = f"{size} − {before} − {after} = {left}"
    return Axis(text, left, ReceptiveField(1, 1, before), unread=before + after)


def _pair(amounts: tuple, axis: int) -> tuple[int, int]:
    """Before and after; in one dimension Keras keeps the pair bare."""
    pair = amounts[axis] if isinstance(amounts[0], tuple | list) else amounts
    return int(pair[0]), int(pair[1])


def _enlarged(layer: keras.Layer, size: int, axis: int) -> Axis:
    factor = layer.size[axis] if isinstance(layer.size, tuple | list) else layer.size
    return Axis(f"{size}·{factor} = {size * factor}", size * factor)


def _transposed(layer: keras.Layer, size: int, axis: int) -> Axis | None:
    if layer.output_padding is not None:
        return None
    stride, kernel = int(layer.strides[axis]), int(layer.kernel_size[axis])
    span = int(layer.dilation_rate[axis]) * (kernel - 1) + 1
    if layer.padding == "same" or span <= stride:
        return Axis(f"{size}·{stride} = {size * stride}", size * stride)
    outputs = (size - 1) * stride + span
    return Axis(f"({size} − 1)·{stride} + {span} = {outputs}", outputs)


_OTHERS = {
    "ZeroPadding": _zeros_around,
    "Cropping": _cropped,
    "UpSampling": _enlarged,
    "ConvTranspose": _transposed,
}
