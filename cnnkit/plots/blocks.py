"""What a drawing of a chain of layers shows: its volumes, and the steps between."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cnnkit.errors import expected
from cnnkit.plots.style import readable
from cnnkit.shapes import ReceptiveField
from cnnkit.tracing import Trace, trace
from cnnkit.tracing.chain import links
from cnnkit.tracing.show import times
from cnnkit.tracing.sizes import (
    CONVOLUTIONS,
    GLOBAL_POOLINGS,
    POOLINGS,
    axes,
    family,
    spatial,
)

if TYPE_CHECKING:
    from cnnkit.runtime import keras

_WORDS = {
    "Conv": "convolution",
    "DepthwiseConv": "depthwise\nconvolution",
    "SeparableConv": "separable\nconvolution",
    "ConvTranspose": "transposed\nconvolution",
    "AveragePooling": "average\npooling",
    "GlobalMaxPooling": "global\nmax pooling",
    "GlobalAveragePooling": "global\naverage\npooling",
    "BatchNormalization": "batch\nnormalisation",
    "LocalResponseNormalization": "local response\nnormalisation",
    "LayerNormalization": "layer\nnormalisation",
}
_ACTIVATIONS = {"relu": "ReLU", "leaky_relu": "leaky ReLU", "linear": ""}
_FILTERING = (*CONVOLUTIONS, "ConvTranspose")
_ALWAYS_DRAWN = (*_FILTERING, *POOLINGS, "Dense")


@dataclass(frozen=True)
class Block:
    """One volume of numbers, and the layer that it comes from."""

    name: str
    kind: str
    """`input`, `convolution`, `pooling`, `dense` or `other`."""
    sizes: tuple[int, int] | None
    """Height and width; None for a row of units."""
    count: int
    """Channels, or units."""
    shape: str
    """As it is written, `24×24×10`, thousands with a comma."""
    step: str = ""
    """What happened on the way here, in lines."""
    fields: tuple[ReceptiveField, ReceptiveField] | None = None
    """What one number here reads of the volume before, down and across."""
    notes: tuple[str, ...] = ()
    """The activation of the layer, then each layer that is joined, «then softmax»."""

    @property
    def heading(self) -> str:
        """All that is written above the volume, the name first."""
        return "\n".join([self.name, self.shape, *self.notes])


def volumes_of(
    model: "keras.Model", input_shape: Sequence[int] | None
) -> tuple[Trace, list[Block]]:
    """The trace of the model, and its volumes from the input to the last layer.

    Layers that leave the shape as it is and read one position only are notes of
    the volume before them.

    Raises:
        TypeError: as `trace`.
        ValueError: as `trace`, or a volume is neither (H, W, C) nor (units,).
    """
    told, chain = trace(model, input_shape), links(model)
    layout = _layout([link.layer for link in chain])
    before = told.input_shape
    found = [_volume("input", "input", before, layout)]
    for row, link in zip(told.rows, chain, strict=True):
        kind, after = family(link.layer), row.output_shape
        if after == before and kind not in _ALWAYS_DRAWN:
            note = f"then {_words(link.layer, kind)}"
            found[-1] = replace(found[-1], notes=(*found[-1].notes, note))
            continue
        step = _step(link.layer, kind, row.padding)
        told_axes = axes(link.layer, before, after)
        fields = _fields(kind, told_axes, found[-1].sizes)
        activation = _activation(link.layer)
        found.append(
            replace(
                _volume(readable(row.name), _kind(kind), after, layout),
                step=step,
                fields=fields,
                notes=(activation,) if activation else (),
            )
        )
        before = after
    return told, found


def _volume(name: str, kind: str, shape: tuple, layout: str) -> Block:
    if len(shape) not in (1, 3) or None in shape:
        raise expected(
            "a model whose volumes are (H, W, C) or (units,), all sizes known",
            f"{times(shape)} after {name}",
        )
    if len(shape) == 1:
        return Block(name, kind, None, shape[0], _commas(shape))
    channels = shape[0] if layout == "channels_first" else shape[-1]
    return Block(name, kind, spatial(shape, layout), channels, _commas(shape))


def _commas(shape: tuple[int, ...]) -> str:
    return "×".join(f"{size:,}" for size in shape)


def _layout(layers: list) -> str:
    known = [getattr(layer, "data_format", None) for layer in layers]
    return next(filter(None, known), "channels_last")


def _kind(kind: str) -> str:
    if kind in _FILTERING:
        return "convolution"
    if kind in (*POOLINGS, *GLOBAL_POOLINGS):
        return "pooling"
    return "dense" if kind == "Dense" else "other"


def _fields(kind: str, told: tuple | None, sizes: tuple | None) -> tuple | None:
    """The window of one output; the whole of a map for global pooling."""
    if kind in GLOBAL_POOLINGS and sizes is not None:
        return tuple(ReceptiveField(size, 1, 0) for size in sizes)
    if kind in (*CONVOLUTIONS, *POOLINGS) and told is not None and len(told) == 2:
        return tuple(axis.field for axis in told)
    return None


def _step(layer: object, kind: str, padding: tuple) -> str:
    """The layer in words, with the size of its window and what is unusual in it."""
    window = getattr(layer, "pool_size", getattr(layer, "kernel_size", None))
    lines = [times(tuple(window))] if window is not None else []
    lines.append(_words(layer, kind))
    strides = tuple(getattr(layer, "strides", None) or (1, 1))
    if strides != (1, 1):
        lines.append(f"stride {_once(strides)}")
    if window is not None and any(map(any, padding)):
        lines.append(f"{layer.padding} padding")
    dilation = tuple(getattr(layer, "dilation_rate", None) or (1, 1))
    if dilation != (1, 1):
        lines.append(f"dilation {_once(dilation)}")
    if getattr(layer, "groups", 1) != 1:
        lines.append(f"{layer.groups} groups")
    return "\n".join(lines)


def _once(pair: tuple[int, ...]) -> str:
    return times(pair if len(set(pair)) > 1 else pair[:1])


def _words(layer: object, kind: str) -> str:
    """What a layer does, in the words of the course."""
    if kind == "Activation":
        return _activation(layer) or "linear"
    if kind == "LpPooling":
        return f"L{layer.p:g} pooling"
    if kind in ("ReLU", "PReLU", "ELU"):
        return kind
    if kind == "LeakyReLU":
        return "leaky ReLU"
    if kind in _WORDS:
        return _WORDS[kind]
    name = kind or type(layer).__name__
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower()
    rate = getattr(layer, "rate", None)
    return f"{words} {rate:g}" if isinstance(rate, float) else words


def _activation(layer: object) -> str:
    name = getattr(getattr(layer, "activation", None), "__name__", "")
    return _ACTIVATIONS.get(name, name.replace("_", " "))
