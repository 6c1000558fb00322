"""What each layer of a model does to one image, as plain numbers.

A `Step` holds all that the arithmetic of a layer needs: sizes, options, weights.
Nothing of Keras is left in it.
"""

import collections
from dataclasses import dataclass, field

import numpy as np

from cnnkit.distortion import RandomDistortion
from cnnkit.explorer.bends import LINEAR, UNKNOWN, Bend, bend_of, bend_of_layer
from cnnkit.features.images import as_array
from cnnkit.features.taps import named_layers
from cnnkit.runtime import keras
from cnnkit.shapes import padding_amounts
from cnnkit.tracing.chain import Shape, links
from cnnkit.tracing.sizes import family

# At rest, or without effect, when the model is used.
_RESTING = (
    *("Dropout", "SpatialDropout", "GaussianDropout", "GaussianNoise", "AlphaDropout"),
    *("Identity", "ActivityRegularization"),
    *("RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom"),
    *("RandomContrast", "RandomBrightness"),
)
_POOLINGS = {"MaxPooling": "max", "AveragePooling": "average", "LpPooling": "lp"}
_GLOBAL = {"GlobalMaxPooling": "max", "GlobalAveragePooling": "average"}


@dataclass(frozen=True)
class Window:
    """How the window of a layer lies, down and across."""

    size: tuple[int, int]
    strides: tuple[int, int]
    dilation: tuple[int, int]
    zeros: tuple[int, int]
    """Rows of zeros above, columns of zeros on the left."""

    def rows(self, at: int) -> list[int]:
        """The rows that the window reads at a row of the answer."""
        return self._along(0, at)

    def columns(self, at: int) -> list[int]:
        """The columns that it reads at a column of the answer."""
        return self._along(1, at)

    def _along(self, axis: int, at: int) -> list[int]:
        start = at * self.strides[axis] - self.zeros[axis]
        return [start + i * self.dilation[axis] for i in range(self.size[axis])]


@dataclass(frozen=True)
class Step:
    """One layer: what it is given, what it does with it, what comes out."""

    name: str
    """As `feature_maps` names it."""
    label: str
    """The name of its class, such as «Conv2D»."""
    kind: str
    """Which arithmetic; «unknown» when the kit has none for it."""
    source: str | None
    """The layer before; None for the first, which reads the image."""
    before: tuple[int, ...]
    after: tuple[int, ...]
    window: Window | None = None
    bend: Bend = field(default_factory=lambda: LINEAR)
    options: dict[str, object] = field(default_factory=dict)
    weights: dict[str, np.ndarray] = field(default_factory=dict)


def steps_of(model: keras.Model, shapes: dict[str, Shape], image: Shape) -> list[Step]:
    """A step for each layer in the chain that answers.

    Args:
        model: a built model that is a chain.
        shapes: of what each layer answers to one image, by its name.
        image: the shape of one image.
    """
    steps, source, before = [], None, image
    names = {id(layer): name for name, layer in named_layers(model).items()}
    runs: collections.Counter[str] = collections.Counter()
    for link in links(model):
        name = names.get(id(link.layer), link.name)
        runs[name] += 1
        name = name if runs[name] == 1 else f"{name}#{runs[name]}"
        if name not in shapes:
            continue
        told = _told(link.layer, before, shapes[name])
        label = type(link.layer).__name__
        steps.append(
            Step(name, label, told.pop("kind"), source, before, shapes[name], **told)
        )
        source, before = name, shapes[name]
    return steps


def _told(layer: keras.Layer, before: Shape, after: Shape) -> dict[str, object]:
    """Kind, window, bend, options and weights of a layer."""
    kind, unknown = family(layer), {"kind": "unknown"}
    flat = len(before) == 3  # height, width, channels
    if kind in ("Conv", "DepthwiseConv") and flat:
        return _convolution(layer, kind, before)
    if kind in _POOLINGS and flat:
        options = {"pooling": _POOLINGS[kind], "p": float(getattr(layer, "p", 2.0))}
        return {"kind": "pool", "window": _window(layer, before), "options": options}
    if kind in _GLOBAL and flat:
        return {"kind": "global", "options": {"pooling": _GLOBAL[kind]}}
    if kind == "Dense":
        return {
            "kind": "dense",
            "bend": bend_of(layer.activation),
            "weights": _weights(layer, "kernel", "bias"),
        }
    if kind == "BatchNormalization" and layer.axis in (-1, len(before)):
        names = ("gamma", "beta", "moving_mean", "moving_variance")
        return {
            "kind": "norm",
            "weights": _weights(layer, *names),
            "options": {"epsilon": float(layer.epsilon)},
        }
    if kind == "Rescaling":
        return _rescaling(layer, before) or unknown
    if kind == "ZeroPadding" and flat:
        (above, _), (left, _) = layer.padding
        return {"kind": "zeros", "options": {"above": int(above), "left": int(left)}}
    if kind in ("Flatten", "Reshape"):
        return {"kind": "reshape"}
    at_rest = kind in _RESTING or isinstance(layer, RandomDistortion)
    if at_rest and before == after:
        return {"kind": "same"}
    bend = bend_of_layer(layer)
    return unknown if bend == UNKNOWN else {"kind": "activation", "bend": bend}


def _convolution(layer: keras.Layer, kind: str, before: Shape) -> dict[str, object]:
    return {
        "kind": "conv" if kind == "Conv" else "depthwise",
        "window": _window(layer, before),
        "bend": bend_of(layer.activation),
        "options": {"groups": int(getattr(layer, "groups", 1))},
        "weights": _weights(layer, "kernel", "bias"),
    }


def _window(layer: keras.Layer, before: Shape) -> Window:
    size = getattr(layer, "kernel_size", None) or layer.pool_size
    size, strides = tuple(map(int, size)), tuple(map(int, layer.strides))
    dilation = tuple(map(int, getattr(layer, "dilation_rate", (1, 1))))
    zeros = tuple(
        padding_amounts(n, k, stride=s, padding=layer.padding, dilation=d)[0]
        for n, k, s, d in zip(before[:2], size, strides, dilation, strict=True)
    )
    return Window(size, strides, dilation, zeros)


def _rescaling(layer: keras.Layer, before: Shape) -> dict[str, object] | None:
    """Scale and offset for each channel; None when they vary over the image."""
    channels = before[-1]
    try:
        pair = {
            name: np.broadcast_to(np.asarray(given, np.float64), (channels,))
            for name, given in (("scale", layer.scale), ("offset", layer.offset))
        }
    except (TypeError, ValueError):
        return None
    return {"kind": "rescale", "weights": pair}


def _weights(layer: keras.Layer, *names: str) -> dict[str, np.ndarray]:
    """Those that the layer has, by name."""
    there = {name: getattr(layer, name, None) for name in names}
    return {name: as_array(value) for name, value in there.items() if value is not None}
