"""Layers: a function, its gradient, and the weights between them.

Each layer is one of this package's pairs `f`, `f_backward`, with a memory for
what the way back needs. Names and arguments are Keras's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from cnnkit.errors import check_number
from cnnkit.scratch import activations, lp_pool, pool
from cnnkit.scratch.dense import dropout, dropout_backward, flatten, flatten_backward
from cnnkit.scratch.global_pool import (
    global_avg_pool2d,
    global_avg_pool2d_backward,
)


class Layer:
    """One step of a network. The subclasses are dataclasses of their options."""

    weights: Sequence[np.ndarray] = ()
    """What training adjusts: nothing, or `[kernel, bias]`, as in Keras."""
    gradients: Sequence[np.ndarray] = ()
    """Of the loss, for each of the weights; set by `backward`."""
    taken = False
    """Whether the layer belongs to a network already."""

    @property
    def options(self) -> dict:
        """The arguments that the layer was made with."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def build(
        self, shape: tuple[int, ...], rng: np.random.Generator, dtype: np.dtype
    ) -> None:
        """Make the weights for inputs of `shape`, without the batch."""

    def forward(
        self, x: np.ndarray, rng: np.random.Generator | None = None
    ) -> np.ndarray:
        """Compute the output; in training (`rng` is given) remember the input."""
        raise NotImplementedError

    def backward(self, grad: np.ndarray, *, to_input: bool = True) -> np.ndarray | None:
        """Set `gradients`; return the gradient for the input, if it is wanted."""
        raise NotImplementedError


class _Plain(Layer):
    """A layer without weights: a function and its gradient."""

    function = gradient = None

    def forward(
        self, x: np.ndarray, rng: np.random.Generator | None = None
    ) -> np.ndarray:
        if rng is not None:
            self._x = x
        return self.function(x, **self.options)

    def backward(self, grad: np.ndarray, *, to_input: bool = True) -> np.ndarray | None:
        return self.gradient(grad, self._x, **self.options) if to_input else None


@dataclass
class ReLU(_Plain):
    """Negative numbers become 0. See `scratch.relu`."""

    function = staticmethod(activations.relu)
    gradient = staticmethod(activations.relu_backward)


@dataclass
class LeakyReLU(_Plain):
    """Negative numbers are made small. See `scratch.leaky_relu`."""

    negative_slope: float = 0.2
    function = staticmethod(activations.leaky_relu)
    gradient = staticmethod(activations.leaky_relu_backward)


@dataclass
class Sigmoid(_Plain):
    """Numbers are squeezed into 0 to 1. See `scratch.sigmoid`."""

    function = staticmethod(activations.sigmoid)
    gradient = staticmethod(activations.sigmoid_backward)


@dataclass
class Tanh(_Plain):
    """Numbers are squeezed into −1 to 1. See `scratch.tanh`."""

    function = staticmethod(activations.tanh)
    gradient = staticmethod(activations.tanh_backward)


@dataclass
class MaxPooling2D(_Plain):
    """The greatest number under each window. See `scratch.max_pool2d`."""

    pool_size: int | Sequence[int] = 2
    strides: int | Sequence[int] | None = None
    padding: str | int | Sequence[int] = "valid"
    function = staticmethod(pool.max_pool2d)
    gradient = staticmethod(pool.max_pool2d_backward)


@dataclass
class AveragePooling2D(MaxPooling2D):
    """The mean of each window. See `scratch.avg_pool2d`."""

    function = staticmethod(pool.avg_pool2d)
    gradient = staticmethod(pool.avg_pool2d_backward)


@dataclass
class LpPooling2D(MaxPooling2D):
    """The length of each window as a vector. See `scratch.lp_pool2d`."""

    p: float = 2.0
    function = staticmethod(lp_pool.lp_pool2d)
    gradient = staticmethod(lp_pool.lp_pool2d_backward)


@dataclass
class GlobalAveragePooling2D(_Plain):
    """The mean of each feature map. See `scratch.global_avg_pool2d`."""

    function = staticmethod(global_avg_pool2d)
    gradient = staticmethod(global_avg_pool2d_backward)


@dataclass
class Flatten(_Plain):
    """One row for each example. See `scratch.flatten`."""

    function = staticmethod(flatten)
    gradient = staticmethod(flatten_backward)


@dataclass
class Dropout(Layer):
    """A random share of the numbers is silenced in training. See `scratch.dropout`."""

    rate: float = 0.5

    def __post_init__(self) -> None:
        check_number("rate", self.rate, minimum=0, below=1)

    def forward(
        self, x: np.ndarray, rng: np.random.Generator | None = None
    ) -> np.ndarray:
        """Silence some in training; otherwise pass `x` on."""
        if rng is None:
            return x
        y, self._mask = dropout(x, self.rate, seed=rng)
        return y

    def backward(self, grad: np.ndarray, *, to_input: bool = True) -> np.ndarray | None:
        """Pass the gradient on to those that were not silenced."""
        return dropout_backward(grad, self._mask) if to_input else None
