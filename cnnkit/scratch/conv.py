"""Convolution: slide a small grid of weights over a picture.

What deep learning calls a convolution is, in mathematics, a cross-correlation:
the kernel is not turned round. Keras and PyTorch compute the same.
"""

from collections.abc import Sequence

import numpy as np

from cnnkit.errors import expected
from cnnkit.scratch.checks import IMAGES, KERNEL, as_floats, in_common_type
from cnnkit.scratch.unfold import padded, patch_blocks, unfolded
from cnnkit.scratch.windows import Grid, grid, pair


def conv2d_loops(
    x: np.ndarray,
    kernel: np.ndarray,
    bias: np.ndarray | None = None,
    *,
    strides: int | Sequence[int] = 1,
    padding: str | int | Sequence[int] = "valid",
    dilation_rate: int | Sequence[int] = 1,
) -> np.ndarray:
    """Convolution as its definition reads, one multiplication at a time.

    At each place of the window, multiply every pixel by the weight that lies on
    it, add all the products up, and add the bias:

        y[n, r, c, o] = bias[o] + Σ_i Σ_j Σ_k x[n, R, C, k] · kernel[i, j, k, o]

    where R = r · stride + i · dilation and C = c · stride + j · dilation are a row
    and a column of the padded picture.

    Read it to understand; run `conv2d`, which gives the same numbers hundreds of
    times faster.

    Args:
        x: pictures `(N, H, W, Cin)`.
        kernel: the weights, `(kh, kw, Cin, Cout)`: Cout kernels, each as deep as
            the picture has channels.
        bias: `(Cout,)`, added everywhere. Default: none.
        strides: how far the window moves, one number or (down, right). Default: 1.
        padding: `"valid"` (none), `"same"` (zeros around the picture, so that the
            output has size / stride positions, rounded up), or the number of zeros
            on each side, one number or (above and below, left and right).
            Default: "valid".
        dilation_rate: distance between neighbouring weights, one number or
            (down, right). Default: 1.

    Returns:
        `(N, H', W', Cout)`, in the type that `conv2d` describes.

    Raises:
        TypeError: an array does not hold real numbers, or an option is no integer.
        ValueError: shapes do not belong together, the kernel is larger than the
            padded input, or an array is empty.

    Example:
        >>> picture = np.arange(9.0).reshape(1, 3, 3, 1)
        >>> kernel = np.array([[1.0, 0], [0, -1]]).reshape(2, 2, 1, 1)
        >>> conv2d_loops(picture, kernel)[0, :, :, 0]  # 0 − 4, 1 − 5, …
        array([[-4., -4.],
               [-4., -4.]])

    Taught in: notebooks/02_convolution.ipynb
    """
    x, kernel, bias = checked(x, kernel, bias)
    rows, columns = grid(
        x.shape[1:3], kernel.shape[:2], strides, padding, dilation_rate
    )
    x = padded(x, Grid(rows, columns))
    kernel_height, kernel_width, channels, filters = kernel.shape
    y = np.zeros((len(x), rows.outputs, columns.outputs, filters), x.dtype)
    for n in range(len(x)):  # every picture
        for r in range(rows.outputs):  # every place of the window
            for c in range(columns.outputs):
                for o in range(filters):  # every kernel
                    total = 0.0 if bias is None else bias[o]
                    for i in range(kernel_height):  # every weight of the kernel
                        for j in range(kernel_width):
                            row = r * rows.stride + i * rows.dilation
                            column = c * columns.stride + j * columns.dilation
                            for k in range(channels):
                                total += x[n, row, column, k] * kernel[i, j, k, o]
                    y[n, r, c, o] = total
    return y


def conv2d(
    x: np.ndarray,
    kernel: np.ndarray,
    bias: np.ndarray | None = None,
    *,
    strides: int | Sequence[int] = 1,
    padding: str | int | Sequence[int] = "valid",
    dilation_rate: int | Sequence[int] = 1,
) -> np.ndarray:
    """Convolution as one matrix product.

    Copy what each window covers into one row of a matrix (as `im2col` does), and
    lay each kernel out as one column of another. A row times a column is the
    weighted sum under one window, so the product is all of them at once:

        y = patches @ weights + bias
        (N·H'·W', Cout) = (N·H'·W', kh·kw·Cin) @ (kh·kw·Cin, Cout)

    A large batch takes its patches block by block, so that they need some
    megabytes and not gigabytes.

    Args:
        x: pictures `(N, H, W, Cin)`.
        kernel: `(kh, kw, Cin, Cout)`.
        bias: `(Cout,)`, added everywhere. Default: none.
        strides: how far the window moves, one number or (down, right). Default: 1.
        padding: `"valid"` (none), `"same"` (the output has size / stride
            positions, rounded up), or the number of zeros on each side, one
            number or (above and below, left and right). Default: "valid".
        dilation_rate: distance between neighbouring weights, one number or
            (down, right). Default: 1.

    Returns:
        `(N, H', W', Cout)`: float64 when an argument is, else float32 (integers
        are converted). NaN is carried to every output that reads it. Padding is
        zeros that are multiplied like others: with an infinite weight they give
        NaN.

    Raises:
        TypeError: an array does not hold real numbers, or an option is no integer.
        ValueError: shapes do not belong together, the kernel is larger than the
            padded input, or an array is empty.

    Example:
        >>> picture = np.arange(9.0).reshape(1, 3, 3, 1)
        >>> conv2d(picture, np.ones((2, 2, 1, 1)), [100])[0, :, :, 0]  # 0 + 1 + 3 + 4
        array([[108., 112.],
               [120., 124.]])
        >>> conv2d(np.zeros((8, 28, 28, 1)), np.zeros((5, 5, 1, 10))).shape
        (8, 24, 24, 10)

    Source: K. Chellapilla, S. Puri and P. Simard, «High performance convolutional
    neural networks for document processing», 2006.
    Taught in: notebooks/02_convolution.ipynb
    """
    x, kernel, bias = checked(x, kernel, bias)
    places = grid(x.shape[1:3], kernel.shape[:2], strides, padding, dilation_rate)
    windows = unfolded(x, places)  # (N, H', W', kh, kw, Cin)
    weights = kernel.reshape(-1, kernel.shape[-1])  # (kh·kw·Cin, Cout)
    y = np.empty((*windows.shape[:3], kernel.shape[-1]), x.dtype)
    # All at once, when they are few; «out» writes the product straight into y.
    for block, patches in patch_blocks(windows):
        np.matmul(patches, weights, out=y[block].reshape(-1, len(weights[0])))
    if bias is not None:
        y += bias
    return y  # (N, H', W', Cout)


def im2col(
    x: np.ndarray,
    kernel_size: int | Sequence[int],
    *,
    strides: int | Sequence[int] = 1,
    padding: str | int | Sequence[int] = "valid",
    dilation_rate: int | Sequence[int] = 1,
) -> np.ndarray:
    """Unfold pictures: one row for each window, with all numbers under it.

    Neighbouring windows overlap, so most pixels are copied several times, with
    stride 1 about kh·kw times. That is the price of turning a convolution into
    one matrix product.

    Args:
        x: pictures `(N, H, W, Cin)`.
        kernel_size: of the window, one number or (kh, kw).
        strides: as for `conv2d`. Default: 1.
        padding: as for `conv2d`. Default: "valid".
        dilation_rate: as for `conv2d`. Default: 1.

    Returns:
        `(N·H'·W', kh·kw·Cin)`. The whole of it, however large.

    Raises:
        TypeError: as for `conv2d`.
        ValueError: as for `conv2d`.

    Example:
        >>> im2col(np.arange(9).reshape(1, 3, 3, 1), 2)
        array([[0., 1., 3., 4.],
               [1., 2., 4., 5.],
               [3., 4., 6., 7.],
               [4., 5., 7., 8.]], dtype=float32)

    Source: as for `conv2d`.
    Taught in: notebooks/02_convolution.ipynb
    """
    x, size = as_floats("x", x, IMAGES), pair("kernel_size", kernel_size)
    places = grid(
        x.shape[1:3], size, strides, padding, dilation_rate, name="kernel_size"
    )
    windows = unfolded(x, places)
    return np.array(windows).reshape(-1, size[0] * size[1] * x.shape[-1])


def checked(
    x: np.ndarray, kernel: np.ndarray, bias: np.ndarray | None = None
) -> list[np.ndarray | None]:
    """Return `x`, `kernel` and `bias` in one type, when they belong together.

    Raises:
        TypeError: an array does not hold real numbers.
        ValueError: shapes do not belong together, or an array is empty.
    """
    x, kernel = as_floats("x", x, IMAGES), as_floats("kernel", kernel, KERNEL)
    if x.shape[-1] != kernel.shape[2]:
        raise expected(
            f"`kernel` to have the {x.shape[-1]} input channels of `x`, as {KERNEL}",
            f"kernel of shape {kernel.shape}, x of shape {x.shape}",
        )
    if bias is not None:
        bias = as_floats("bias", bias)
        if bias.shape != kernel.shape[-1:]:
            raise expected(
                f"`bias` to have one number for each of the {kernel.shape[-1]} kernels",
                f"bias of shape {bias.shape}",
            )
    return in_common_type(x, kernel, bias)
