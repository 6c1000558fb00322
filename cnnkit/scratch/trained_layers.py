"""The layers that learn: those with a kernel and a bias."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cnnkit.errors import check_integer, expected
from cnnkit.scratch.conv import conv2d
from cnnkit.scratch.conv_backward import (
    bias_gradient,
    conv2d_backward,
    kernel_gradient,
)
from cnnkit.scratch.dense import dense, dense_backward
from cnnkit.scratch.layers import Layer
from cnnkit.scratch.windows import grid, pair


@dataclass
class Conv2D(Layer):
    """Kernels slide over the picture. See `scratch.conv2d`."""

    filters: int
    kernel_size: int | Sequence[int] = 3
    strides: int | Sequence[int] = 1
    padding: str | int | Sequence[int] = "valid"
    dilation_rate: int | Sequence[int] = 1

    def __post_init__(self) -> None:
        check_integer("filters", self.filters, minimum=1)

    @property
    def _sliding(self) -> dict:
        names = ("strides", "padding", "dilation_rate")
        return {name: getattr(self, name) for name in names}

    def build(
        self, shape: tuple[int, ...], rng: np.random.Generator, dtype: np.dtype
    ) -> None:
        """Make `[kernel, bias]`: `(kh, kw, Cin, filters)` and `(filters,)`."""
        if len(shape) != 3:
            raise expected("the input of Conv2D to be (H, W, C)", shape)
        size = pair("kernel_size", self.kernel_size)
        kernel = (*size, shape[-1], self.filters)
        self.weights = [
            _glorot_uniform(kernel, rng, dtype),
            np.zeros(self.filters, dtype),
        ]

    def forward(
        self, x: np.ndarray, rng: np.random.Generator | None = None
    ) -> np.ndarray:
        """`(N, H, W, Cin)` → `(N, H', W', filters)`."""
        if rng is not None:
            self._memory = x
        return conv2d(x, *_built(self), **self._sliding)

    def backward(self, grad: np.ndarray, *, to_input: bool = True) -> np.ndarray | None:
        """Set the gradients of kernel and bias; pass the rest on."""
        x, kernel = self.remembered(), self.weights[0]
        if to_input:
            dx, *self.gradients = conv2d_backward(grad, x, kernel, **self._sliding)
            return dx
        places = grid(x.shape[1:3], kernel.shape[:2], **self._sliding)
        self.gradients = [kernel_gradient(grad, x, places), bias_gradient(grad)]
        return None


@dataclass
class Dense(Layer):
    """Every unit adds up all inputs. See `scratch.dense`."""

    units: int

    def __post_init__(self) -> None:
        check_integer("units", self.units, minimum=1)

    def build(
        self, shape: tuple[int, ...], rng: np.random.Generator, dtype: np.dtype
    ) -> None:
        """Make `[kernel, bias]`: `(D, units)` and `(units,)`."""
        if len(shape) != 1:
            raise expected(
                "the input of Dense to be one row for each example",
                shape,
                advice="Put a Flatten() before it.",
            )
        kernel = (shape[0], self.units)
        self.weights = [
            _glorot_uniform(kernel, rng, dtype),
            np.zeros(self.units, dtype),
        ]

    def forward(
        self, x: np.ndarray, rng: np.random.Generator | None = None
    ) -> np.ndarray:
        """`(N, D)` → `(N, units)`."""
        if rng is not None:
            self._memory = x
        return dense(x, *_built(self))

    def backward(self, grad: np.ndarray, *, to_input: bool = True) -> np.ndarray | None:
        """Set the gradients of kernel and bias; pass the rest on."""
        dx, *self.gradients = dense_backward(grad, self.remembered(), self.weights[0])
        return dx


def _built(layer: Layer) -> list[np.ndarray]:
    if not layer.weights:
        raise expected(
            f"{layer} to have weights",
            "none",
            advice="A Network makes them, or layer.build(shape, rng, dtype).",
        )
    return layer.weights


def _glorot_uniform(
    shape: tuple[int, ...], rng: np.random.Generator, dtype: np.dtype
) -> np.ndarray:
    """Random weights, small enough that signals neither grow nor fade.

    Uniform in ±√(6 / (inputs + outputs)), counted for one place of the window.

    Source: X. Glorot and Y. Bengio, «Understanding the difficulty of training deep
    feedforward neural networks», 2010; Keras's default.
    """
    area = int(np.prod(shape[:-2]))
    limit = (6 / (area * (shape[-2] + shape[-1]))) ** 0.5
    return rng.uniform(-limit, limit, shape).astype(dtype)
