"""The gradients of a convolution: how its kernels learn."""

from collections.abc import Sequence

import numpy as np

from cnnkit.scratch.checks import as_floats, check_same_shape, in_common_type
from cnnkit.scratch.conv import checked
from cnnkit.scratch.unfold import BLOCK_BYTES, patch_blocks, unfolded
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
    """The gradients of a convolution: of its input, its kernel and its bias.

    An output is a sum of products «pixel times weight», plus the bias. The slope
    of one product with respect to the weight is the pixel, with respect to the
    pixel it is the weight; the slope with respect to the bias is 1. Multiply by
    `grad` at that output, and add up over all products in which the weight (the
    pixel, the bias) takes part:

        dkernel[i, j, k, o] = Σ_n Σ_r Σ_c  x[n, R, C, k] · grad[n, r, c, o]
        dx[n, a, b, k] = Σ  kernel[i, j, k, o] · grad[n, r, c, o],
                         over all (r, c, i, j, o) with R = a and C = b
        dbias[o] = Σ_n Σ_r Σ_c  grad[n, r, c, o]

    where R = r · stride + i · dilation − zeros above, and C likewise with the
    zeros on the left; where (R, C) is outside the picture, x counts as 0.

    Args:
        grad: gradient of the loss with respect to the output, `(N, H', W', Cout)`.
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
    """`(kh, kw, Cin, Cout)`: each weight collects the pixels that it met.

    In matrices: patchesᵀ @ grad, where ᵀ swaps rows and columns.
    """
    windows, filters = unfolded(x, places), grad.shape[-1]
    shape = (*windows.shape[3:], filters)
    dkernel = np.zeros((windows[0, 0, 0].size, filters), x.dtype)
    for block, patches in patch_blocks(windows):  # (n·H'·W', kh·kw·Cin)
        dkernel += patches.T @ grad[block].reshape(-1, filters)
    return dkernel.reshape(shape)


def input_gradient(grad: np.ndarray, kernel: np.ndarray, places: Grid) -> np.ndarray:
    """`(N, H, W, Cin)`: each weight sends its share back to the pixels it met.

    In matrices the shares are weights @ gradᵀ. They are as many numbers as the
    patches of the way forward, and taken block by block like those: as many
    pictures as fit, or of one large picture as many places (i, j) of the kernel.
    """
    rows, columns = places
    channels, filters = kernel.shape[2:]
    dx = np.empty((len(grad), rows.size, columns.size, channels), grad.dtype)
    taps = list(places.taps())
    share_bytes = channels * rows.outputs * columns.outputs * grad.itemsize
    pictures = max(1, BLOCK_BYTES // (len(kernel) * kernel.shape[1] * share_bytes))
    many = max(1, BLOCK_BYTES // (pictures * share_bytes))
    for start in range(0, len(grad), pictures):
        part = grad[start : start + pictures]  # (n, H', W', Cout)
        # Channel by channel, as NumPy adds long runs faster than short ones.
        block = np.zeros((channels, len(part), rows.size, columns.size), grad.dtype)
        block = block.transpose(1, 2, 3, 0)  # (n, H, W, Cin)
        for group in (
            taps[first : first + many] for first in range(0, len(taps), many)
        ):
            weights = np.concatenate([kernel[i, j] for i, j, _, _ in group])
            shares = weights @ part.reshape(-1, filters).T  # (places·Cin, n·H'·W')
            shares = shares.reshape(len(group), channels, *part.shape[:3])
            for share, (_, _, outputs, inputs) in zip(shares, group, strict=True):
                block[inputs] += share.transpose(1, 2, 3, 0)[outputs]
        dx[start : start + pictures] = block
    return dx


def bias_gradient(grad: np.ndarray) -> np.ndarray:
    """`(Cout,)`: the sum over pictures and places, here by a product with ones.

    (`grad.sum(axis=(0, 1, 2))` gives the same, at a fifth of the speed.)
    """
    flat = grad.reshape(-1, grad.shape[-1])
    return np.ones(len(flat), grad.dtype) @ flat
