"""The same convolution with fewer multiplications, as products of matrices."""

import math

import numpy as np

from cnnkit.errors import expected
from cnnkit.runtime import keras
from cnnkit.shapes import padding_amounts

ops = keras.ops

# Small numbers at which polynomials are looked up: the smaller, the less is rounded.
_POINTS = (0, 1, -1, 0.5, -0.5, 2, -2)
_LONGEST = len(_POINTS) + 1  # of a tile; one point more lies at infinity
_WIDEST_MAP = 16
_EXACT = ("float32", "float64")


@keras.saving.register_keras_serializable(package="cnnkit")
class WinogradConv2D(keras.layers.Conv2D):
    """`Conv2D` with stride 1 that trains with fewer multiplications (Winograd).

    Two neighbouring sums of a row of four numbers, x₀ … x₃, under a kernel of
    three, g₀ … g₂, need six products. Four are enough:

        a = (x₀ − x₂) · g₀                      y₀ = a + b + c
        b = (x₁ + x₂) · (g₀ + g₁ + g₂) / 2      y₁ = b − c − d
        c = (x₂ − x₁) · (g₀ − g₁ + g₂) / 2
        d = (x₁ − x₃) · g₂

    What is done to the kernel counts little, for it serves every image. In two
    directions, with six sums from each eight numbers, 64 products do the work of
    324. The products of all images and channels at one place of the tile are one
    product of matrices.

    Weights, sizes and results are those of `Conv2D`. The sums are rounded in
    another order, so they differ by about a hundred-thousandth of the largest.
    Next to the noise of a batch that is nothing. Otherwise it computes as `Conv2D`
    does, so whatever looks into the network finds the very same numbers; and also
    on maps of more than 16 places a side, of unknown size, or in 16-bit numbers.
    To read a saved model with it, import `cnnkit.models` first.

    Args:
        *args, **kwargs: of `keras.layers.Conv2D`, without strides, dilation and
            groups, and with kernels of at most 7 places a side.

    Returns:
        `(N, H, W, C)` → `(N, H', W', filters)`.

    Raises:
        ValueError: an argument that it cannot do.

    Example:
        >>> tuple(WinogradConv2D(8, 3)(keras.ops.ones((1, 6, 6, 4))).shape)
        (1, 4, 4, 8)

    Source: A. Lavin and S. Gray, «Fast algorithms for convolutional neural
    networks», 2015, arXiv:1509.09308.
    Taught in: notebooks/16_fast_training.ipynb
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        plain = {
            "strides": (1, 1),
            "dilation_rate": (1, 1),
            "groups": 1,
            "data_format": "channels_last",
        }
        for option, value in plain.items():
            if getattr(self, option) != value:
                raise expected(
                    f"`{option}` of WinogradConv2D to be {value}",
                    f"{option}={getattr(self, option)!r}",
                    advice="Conv2D takes others.",
                )
        if max(self.kernel_size) >= _LONGEST:
            raise expected(
                f"kernels of at most {_LONGEST - 1} places a side",
                f"kernel_size={self.kernel_size}",
            )

    def call(self, inputs: object, training: bool | None = None) -> object:
        """The maps; in training from fewer products."""
        sizes = inputs.shape[1:3]
        exact = keras.backend.standardize_dtype(inputs.dtype) in _EXACT
        if not training or not exact or None in sizes or max(sizes) > _WIDEST_MAP:
            return super().call(inputs)
        sums = self._sums(inputs)
        if self.use_bias:
            sums = sums + self.bias
        return sums if self.activation is None else self.activation(sums)

    def _sums(self, inputs: object) -> object:
        sizes, channels = inputs.shape[1:3], inputs.shape[3]
        down, across = (
            _matrices(size, length, self.padding)
            for size, length in zip(sizes, self.kernel_size, strict=True)
        )
        # Places first, (H, W, N, C): then every step is a product of two matrices.
        maps = ops.transpose(inputs, (1, 2, 0, 3))
        maps = _along_both(down[0], across[0], maps)
        kernel = _along_both(down[1], across[1], self.kernel)
        *places, _, filters = kernel.shape
        count = math.prod(places)
        sums = ops.matmul(
            ops.reshape(maps, (count, -1, channels)),
            ops.reshape(kernel, (count, channels, filters)),
        )
        sums = ops.reshape(sums, (*places, -1, filters))
        sums = _along_both(down[2], across[2], sums)
        return ops.transpose(sums, (2, 0, 1, 3))


def _along_both(down: np.ndarray, across: np.ndarray, values: object) -> object:
    """Multiply the first two axes of `(H, W, …, C)`, each by its matrix."""
    height, width, _, channels = values.shape
    values = ops.matmul(
        ops.convert_to_tensor(down, values.dtype), ops.reshape(values, (height, -1))
    )
    values = ops.reshape(values, (len(down), width, -1))
    values = ops.matmul(ops.convert_to_tensor(across, values.dtype), values)
    return ops.reshape(values, (len(down), len(across), -1, channels))


def _matrices(size: int, length: int, padding: str) -> tuple[np.ndarray, ...]:
    """The matrices for one axis: to the map, to the kernel, and back to the sums.

        sums = back · ((to_map · x) ∘ (to_kernel · g))

    The axis is cut into tiles that overlap, as long as makes the fewest products.
    """
    before, after = padding_amounts(size, length, padding=padding)
    outputs = before + size + after - length + 1
    gains = range(1, min(outputs, _LONGEST - length + 1) + 1)
    gain = min(gains, key=lambda gain: -(-outputs // gain) * (gain + length - 1))
    tile, tiles = gain + length - 1, -(-outputs // gain)
    to_map, to_kernel, back = _toom_cook(gain, length)
    # All tiles as one matrix; columns of the padding, and sums beyond the map, go.
    row = np.zeros((tiles, tile, tiles * gain + length - 1))
    sums = np.zeros((tiles * gain, tiles, tile))
    for index in range(tiles):
        start = index * gain
        row[index, :, start : start + tile] = to_map
        sums[start : start + gain, index] = back
    return (
        row[:, :, before : before + size].reshape(tiles * tile, size),
        np.tile(to_kernel, (tiles, 1)),
        sums[:outputs].reshape(outputs, tiles * tile),
    )


def _toom_cook(outputs: int, length: int) -> tuple[np.ndarray, ...]:
    """The three matrices of one tile: `outputs` sums under a kernel of `length`.

    A product of two polynomials is known by its values at as many points as it has
    coefficients, and each value is one product. That gives the convolution that is
    spread over more places; transposed, it gives the one that gathers.
    """
    tile = outputs + length - 1
    to_map = np.linalg.inv(_values_at(tile)).T
    largest = np.abs(to_map).max(axis=1, keepdims=True)  # evens out what is rounded
    to_kernel = _values_at(tile, length) * largest
    return to_map / largest, to_kernel, _values_at(tile, outputs).T


def _values_at(points: int, coefficients: int | None = None) -> np.ndarray:
    """From a polynomial's coefficients to its values, the last one at infinity."""
    count = points if coefficients is None else coefficients
    finite = np.vander(_POINTS[: points - 1], count, increasing=True)
    return np.vstack([finite, np.eye(count)[-1]])
