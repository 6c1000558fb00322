"""Activations by name and number, so that Python and the page bend alike."""

import math
from collections.abc import Callable

import numpy as np

from cnnkit.runtime import keras
from cnnkit.scratch.activations import leaky_relu, sigmoid, tanh

Bend = dict  # {"name": …} and its numbers
LINEAR, UNKNOWN = {"name": "linear"}, {"name": "?"}
_SELU = {"alpha": 1.6732632423543772, "scale": 1.0507009873554805}


def bend_of(activation: Callable | None) -> Bend:
    """What a layer's `activation` does; unknown when it is not one of Keras's."""
    if activation is None:
        return LINEAR
    name = getattr(activation, "__name__", "")
    if activation is not getattr(keras.activations, name, None):
        return UNKNOWN
    defaults = {"elu": {"alpha": 1.0}, "leaky_relu": {"negative_slope": 0.2}}
    known = name in _FORMULAS or name == "softmax"
    return {"name": name, **defaults.get(name, {})} if known else UNKNOWN


def bend_of_layer(layer: keras.Layer) -> Bend:
    """The same for a layer that does nothing else."""
    kind = type(layer).__name__
    if kind == "Activation":
        return bend_of(layer.activation)
    if kind == "ReLU":
        return {
            "name": "relu",
            "max_value": None if layer.max_value is None else float(layer.max_value),
            "negative_slope": float(layer.negative_slope),
            "threshold": float(layer.threshold),
        }
    if kind == "LeakyReLU":
        return {"name": "leaky_relu", "negative_slope": float(layer.negative_slope)}
    if kind == "ELU":
        return {"name": "elu", "alpha": float(layer.alpha)}
    if kind == "Softmax" and layer.axis == -1:
        return {"name": "softmax"}
    return UNKNOWN


def bent(bend: Bend, x: float) -> float:
    """The activation of one number; NaN stays NaN.

    Softmax looks at several, and has a place of its own.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return float(_FORMULAS[bend["name"]](np.float64(x), bend))


def is_known(bend: Bend) -> bool:
    """Whether `bent` can work it out."""
    return bend["name"] in _FORMULAS


def _relu(x: float, bend: Bend) -> float:
    threshold, most = bend.get("threshold", 0.0), bend.get("max_value")
    if most is not None and x >= most:
        return most
    below = bend.get("negative_slope", 0.0) * (x - threshold)
    return below if x < threshold else x  # so that NaN stays


def _elu(x: float, bend: Bend) -> float:
    return bend["alpha"] * np.expm1(x) if x < 0 else x


def _softplus(x: float, _: Bend) -> float:
    return max(x, 0.0) + np.log1p(np.exp(-abs(x))) if x == x else x


def _hard_sigmoid(x: float, _: Bend) -> float:
    return min(max(x / 6 + 0.5, 0.0), 1.0) if x == x else x


_FORMULAS: dict[str, Callable[[float, Bend], float]] = {
    "linear": lambda x, _: x,
    "relu": _relu,
    "relu6": lambda x, _: _relu(x, {"max_value": 6.0}),
    "leaky_relu": lambda x, bend: leaky_relu(x, negative_slope=bend["negative_slope"]),
    "elu": _elu,
    "selu": lambda x, _: _SELU["scale"] * _elu(x, _SELU),
    "gelu": lambda x, _: x * (1 + math.erf(x / math.sqrt(2))) / 2,
    "silu": lambda x, _: x * sigmoid(x),
    "sigmoid": lambda x, _: sigmoid(x),
    "hard_sigmoid": _hard_sigmoid,
    "tanh": lambda x, _: tanh(x),
    "softplus": _softplus,
    "softsign": lambda x, _: x / (1 + abs(x)),
    "exponential": lambda x, _: np.exp(x),
}
