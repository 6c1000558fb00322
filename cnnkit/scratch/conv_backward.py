"""How a convolution learns: what the loss wants changed, told back to its inputs."""

from collections.abc import Sequence

import numpy as np

from cnnkit.scratch.checks import as_floats, check_same_shape, in_common_type
from cnnkit.scratch.conv import checked
from cnnkit.scratch.unfold import BLOCK_BYTES, unfolded, unfolded_blocks
from cnnkit.scratch.windows import Grid, grid


def conv2d_backward(
    grad: np.ndarray,
    x: np.ndarray,
    kernel: np.ndarray,
    *,
    strides: int | Sequence[int] = 1,
    padding: str | int | Sequence[int] = "valid",
    dilation_rate: int | Sequence[int] = 1,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The gradients of a convolution: for its input, its kernel and its bias.

    Each output is a sum of products «pixel times weight», plus the bias. So the
    loss changes with a weight by the pixels that it met, with a pixel by the
    weights that met it, and with the bias by 1, each times the gradient of the
    output where they met:

        dkernel[i, j, k, o] = Σ_n Σ_r Σ_c x[n, R, C, k] · grad[n, r, c, o]
        dx[n, R, C, k]      = Σ over all (i, j, r, c) that read (R, C):
                              Σ_o grad[n, r, c, o] · kernel[i, j, k, o]
        dbias[o]            = Σ_n Σ_r Σ_c grad[n, r, c, o]

    Args:
        grad: gradient of the loss for the output, `(N, H', W', Cout)`.
        x: the pictures that `conv2d` took, `(N, H, W, Cin)`.
        kernel: the kernel that it took, `(kh, kw, Cin, Cout)`.
        strides: that it took. Default: 1.
        padding: that it took. Default: "valid".
        dilation_rate: that it took. Default: 1.

    Returns:
        `(dx, dkernel, dbias)`, in the shapes of `x`, `kernel` and `(Cout,)`.

    Raises:
        TypeError: as for `conv2d`.
        ValueError: as for `conv2d`, or `grad` has not the shape of the output.

    Example:
        >>> x, kernel = np.ones((1, 3, 3, 1)), np.ones((2, 2, 1, 1))
        >>> dx, dkernel, dbias = conv2d_backward(np.ones((1, 2, 2, 1)), x, kernel)
        >>> dx[0, :, :, 0]  # the pixel in the middle was read four times
        array([[1., 2., 1.],
               [2., 4., 2.],
               [1., 2., 1.]])

    Source: I. Goodfellow, Y. Bengio and A. Courville, Deep Learning, 2016, 9.5.
    Taught in: notebooks/08_backpropagation.ipynb
    """
    x, kernel, _ = checked(x, kernel)
    places = grid(x.shape[1:3], kernel.shape[:2], strides, padding, dilation_rate)
    grad, x, kernel = in_common_type(as_floats("grad", grad), x, kernel)
    output = (len(x), places.rows.outputs, places.columns.outputs, kernel.shape[-1])
    check_same_shape("grad", grad, output, "the output")
    return (
        input_gradient(grad, kernel, places),
        kernel_gradient(grad, x, places),
        bias_gradient(grad),
    )


def kernel_gradient(grad: np.ndarray, x: np.ndarray, places: Grid) -> np.ndarray:
    """`(kh, kw, Cin, Cout)`: the unfolded pictures, turned, times the gradient.

    dkernel = columnsᵀ · grad
    """
    windows, filters = unfolded(x, places), grad.shape[-1]
    shape = (*windows.shape[3:], filters)
    dkernel = np.zeros((windows[0, 0, 0].size, filters), x.dtype)
    for block, columns in unfolded_blocks(windows):  # (n·H'·W', kh·kw·Cin)
        dkernel += columns.T @ grad[block].reshape(-1, filters)
    return dkernel.reshape(shape)


def input_gradient(grad: np.ndarray, kernel: np.ndarray, places: Grid) -> np.ndarray:
    """`(N, H, W, Cin)`: every weight sends its share back to the pixels it read."""
    rows, columns = places
    channels, filters = kernel.shape[2:]
    dx = np.zeros((len(grad), rows.size, columns.size, channels), grad.dtype)
    picture_bytes = rows.outputs * columns.outputs * channels * grad.itemsize
    many = max(1, BLOCK_BYTES // picture_bytes)
    for start in range(0, len(grad), many):
        part = grad[start : start + many]  # (n, H', W', Cout)
        flat = part.reshape(-1, filters)
        for i, j, outputs, inputs in places.taps():
            share = (flat @ kernel[i, j].T).reshape(*part.shape[:3], channels)
            dx[start : start + many][inputs] += share[outputs]
    return dx


def bias_gradient(grad: np.ndarray) -> np.ndarray:
    """`(Cout,)`: the sum over pictures and places."""
    flat = grad.reshape(-1, grad.shape[-1])
    return np.ones(len(flat), grad.dtype) @ flat
