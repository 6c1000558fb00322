"""Layers: a function, its gradient, and a memory for the way back.

Each is one of this package's pairs `f`, `f_backward`. In training `forward` is
given a generator of random numbers, `rng`, and remembers what `backward` needs;
otherwise `rng` is None. Names and arguments are Keras's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from cnnkit.errors import check_number, expected
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
    """Of the loss, with respect to each of the weights; set by `backward`."""
    taken = False
    """Whether the layer belongs to a network already."""
    _memory: np.ndarray | None = None

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
        """Set `gradients`; return that of the input, or None when not `to_input`."""
        raise NotImplementedError

    def remembered(self) -> np.ndarray:
        """What `forward` kept.

        Raises:
            ValueError: it has not been called in training.
        """
        if self._memory is None:
            raise expected(
                "forward(x, rng) before backward(grad), with a generator as rng",
                f"no such call of {self}",
            )
        return self._memory


class _Plain(Layer):
    """A layer without weights: a function and its gradient."""

    function = backward_function = None

    def forward(
        self, x: np.ndarray, rng: np.random.Generator | None = None
    ) -> np.ndarray:
        if rng is not None:
            self._memory = x
        return self.function(x, **self.options)

    def backward(self, grad: np.ndarray, *, to_input: bool = True) -> np.ndarray | None:
        if not to_input:
            return None
        return self.backward_function(grad, self.remembered(), **self.options)


@dataclass
class ReLU(_Plain):
    """Negative numbers become 0. See `scratch.relu`."""

    function = staticmethod(activations.relu)
    backward_function = staticmethod(activations.relu_backward)


@dataclass
class LeakyReLU(_Plain):
    """Negative numbers are made small. See `scratch.leaky_relu`.

    The slope is 0.3 by default, as in Keras's layer of this name.
    """

    negative_slope: float = 0.3

    def __post_init__(self) -> None:
        check_number("negative_slope", self.negative_slope, minimum=0)

    function = staticmethod(activations.leaky_relu)
    backward_function = staticmethod(activations.leaky_relu_backward)


@dataclass
class Sigmoid(_Plain):
    """Numbers are squeezed into 0 to 1. See `scratch.sigmoid`."""

    function = staticmethod(activations.sigmoid)
    backward_function = staticmethod(activations.sigmoid_backward)


@dataclass
class Tanh(_Plain):
    """Numbers are squeezed into −1 to 1. See `scratch.tanh`."""

    function = staticmethod(activations.tanh)
    backward_function = staticmethod(activations.tanh_backward)


@dataclass
class _Pooling2D(_Plain):
    """What all poolings with a window are made with."""

    pool_size: int | Sequence[int] = 2
    strides: int | Sequence[int] | None = None
    padding: str | int | Sequence[int] = "valid"


@dataclass
class MaxPooling2D(_Pooling2D):
    """The greatest number under each window. See `scratch.max_pool2d`."""

    function = staticmethod(pool.max_pool2d)
    backward_function = staticmethod(pool.max_pool2d_backward)


@dataclass
class AveragePooling2D(_Pooling2D):
    """The mean of each window. See `scratch.avg_pool2d`."""

    function = staticmethod(pool.avg_pool2d)
    backward_function = staticmethod(pool.avg_pool2d_backward)


@dataclass
class LpPooling2D(_Pooling2D):
    """The p-norm of each window. See `scratch.lp_pool2d`."""

    p: float = 2.0
    function = staticmethod(lp_pool.lp_pool2d)
    backward_function = staticmethod(lp_pool.lp_pool2d_backward)


@dataclass
class GlobalAveragePooling2D(_Plain):
    """The mean of each feature map. See `scratch.global_avg_pool2d`."""

    function = staticmethod(global_avg_pool2d)
    backward_function = staticmethod(global_avg_pool2d_backward)


@dataclass
class Flatten(_Plain):
    """One row for each example. See `scratch.flatten`."""

    function = staticmethod(flatten)
    backward_function = staticmethod(flatten_backward)


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
        y, self._memory = dropout(x, self.rate, seed=rng)
        return y

    def backward(self, grad: np.ndarray, *, to_input: bool = True) -> np.ndarray | None:
        """Pass the gradient on to those that were not silenced."""
        return dropout_backward(grad, self.remembered()) if to_input else None
