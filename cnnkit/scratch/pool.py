"""Pooling: each window of a picture becomes one number.

A window slides over every channel on its own, so the channels stay as many as
they were, and there is nothing to learn. Padding is never read: of a window that
hangs over the edge, only the pixels inside the picture count.

In the formulas, i and j run over the rows and columns of the window, and
(R, C) = (r · stride + i − zeros above, c · stride + j − zeros on the left) is the
pixel there. In the code, `places.taps()` gives for each (i, j) which outputs
there are, and which pixels they read: all of them at once, as two slices.
"""

from collections.abc import Sequence

import numpy as np

from cnnkit.errors import expected
from cnnkit.scratch.checks import IMAGES, as_floats, check_same_shape, in_common_type
from cnnkit.scratch.windows import Grid, grid, pair

Size = int | Sequence[int]


def max_pool2d(
    x: np.ndarray,
    pool_size: Size = 2,
    *,
    strides: Size | None = None,
    padding: str | Size = "valid",
) -> np.ndarray:
    """Max pooling: the greatest number under each window.

        y[n, r, c, k] = max over i, j of x[n, R, C, k]

    Args:
        x: pictures `(N, H, W, C)`.
        pool_size: of the window, one number or (height, width). Default: 2.
        strides: how far the window moves, one number or (down, right). Default:
            `pool_size`, so that windows touch and do not overlap.
        padding: `"valid"`, `"same"` (the output has ⌈size / stride⌉ positions),
            or the positions by which windows may hang over each side, less than
            the window. Default: "valid".

    Returns:
        `(N, H', W', C)`; NaN wherever the window holds one.

    Raises:
        TypeError: `x` does not hold real numbers, or an option is no integer.
        ValueError: `x` is empty or not 4-D, an option is out of range, or the
            window does not fit.

    Example:
        >>> x = np.arange(16.0).reshape(1, 4, 4, 1)
        >>> max_pool2d(x)[0, :, :, 0]
        array([[ 5.,  7.],
               [13., 15.]])

    Source: J. Weng, N. Ahuja and T. Huang, «Cresceptron», 1992; in CNNs:
    D. Scherer, A. Müller and S. Behnke, 2010.
    Taught in: notebooks/06_pooling.ipynb
    """
    x, places = prepared(x, pool_size, strides, padding)
    y = np.full(output_shape(x, places), -np.inf, x.dtype)
    for _, _, outputs, inputs in places.taps():
        np.maximum(y[outputs], x[inputs], out=y[outputs])
    return y  # (N, H', W', C)


def max_pool2d_backward(
    grad: np.ndarray,
    x: np.ndarray,
    pool_size: Size = 2,
    *,
    strides: Size | None = None,
    padding: str | Size = "valid",
) -> np.ndarray:
    """The gradient of max pooling: all of it goes to the pixel that won.

        dx[n, R, C, k] = grad[n, r, c, k] for the greatest pixel of the window,
                         0 for the others; overlapping windows add up

    The others could change a little without any effect. When several are the
    greatest, the first takes all, reading the window line by line: as TensorFlow
    does on a CPU.

    Args:
        grad: gradient of the loss with respect to the output, `(N, H', W', C)`.
        x: the pictures that `max_pool2d` took, `(N, H, W, C)`.
        pool_size: that it took. Default: 2.
        strides: that it took. Default: `pool_size`.
        padding: that it took. Default: "valid".

    Returns:
        `(N, H, W, C)`.

    Raises:
        TypeError: as for `max_pool2d`.
        ValueError: as for `max_pool2d`, or `grad` has not the output's shape.

    Example:
        >>> x = np.array([1.0, 3, 2, 3]).reshape(1, 2, 2, 1)
        >>> max_pool2d_backward(np.ones((1, 1, 1, 1)), x)[0, :, :, 0]
        array([[0., 1.],
               [0., 0.]])

    Taught in: notebooks/08_backpropagation.ipynb
    """
    grad, x, places = prepared_backward(grad, x, pool_size, strides, padding)
    y = max_pool2d(x, pool_size, strides=strides, padding=padding)
    dx = np.zeros_like(x)
    owed = np.ones(y.shape, bool)  # the windows whose winner is not found yet
    has_nan = bool(np.isnan(y).any())
    for _, _, outputs, inputs in places.taps():
        wins = x[inputs] == y[outputs]
        if has_nan:  # NaN == NaN is false
            wins |= np.isnan(x[inputs])
        wins &= owed[outputs]
        owed[outputs] &= ~wins
        dx[inputs] += np.where(wins, grad[outputs], 0)
    return dx


def avg_pool2d(
    x: np.ndarray,
    pool_size: Size = 2,
    *,
    strides: Size | None = None,
    padding: str | Size = "valid",
) -> np.ndarray:
    """Average pooling: the mean of the pixels under each window.

        y[n, r, c, k] = Σ_i Σ_j x[n, R, C, k] / pixels in the window

    A window that hangs over the edge has fewer pixels, and divides by fewer.

    Args:
        x: pictures `(N, H, W, C)`.
        pool_size: as for `max_pool2d`. Default: 2.
        strides: as for `max_pool2d`. Default: `pool_size`.
        padding: as for `max_pool2d`. Default: "valid".

    Returns:
        `(N, H', W', C)`.

    Raises:
        TypeError: as for `max_pool2d`.
        ValueError: as for `max_pool2d`.

    Example:
        >>> x = np.arange(16.0).reshape(1, 4, 4, 1)
        >>> avg_pool2d(x)[0, :, :, 0]
        array([[ 2.5,  4.5],
               [10.5, 12.5]])

    Source: Y. LeCun et al., «Gradient-based learning applied to document
    recognition», 1998 (there with a weight and a bias).
    Taught in: notebooks/06_pooling.ipynb
    """
    x, places = prepared(x, pool_size, strides, padding)
    y = np.zeros(output_shape(x, places), x.dtype)
    for _, _, outputs, inputs in places.taps():
        y[outputs] += x[inputs]
    return y / _pixels(places, x.dtype)


def avg_pool2d_backward(
    grad: np.ndarray,
    x: np.ndarray,
    pool_size: Size = 2,
    *,
    strides: Size | None = None,
    padding: str | Size = "valid",
) -> np.ndarray:
    """The gradient of average pooling: every pixel of the window gets its share.

        dx = Σ over the windows that read the pixel of grad / pixels in it

    Args:
        grad: gradient of the loss with respect to the output, `(N, H', W', C)`.
        x: the pictures that `avg_pool2d` took, `(N, H, W, C)`.
        pool_size: that it took. Default: 2.
        strides: that it took. Default: `pool_size`.
        padding: that it took. Default: "valid".

    Returns:
        `(N, H, W, C)`.

    Raises:
        TypeError: as for `max_pool2d`.
        ValueError: as for `max_pool2d`, or `grad` has not the output's shape.

    Example:
        >>> x = np.zeros((1, 2, 2, 1))
        >>> avg_pool2d_backward(np.ones((1, 1, 1, 1)), x)[0, :, :, 0]
        array([[0.25, 0.25],
               [0.25, 0.25]])

    Taught in: notebooks/08_backpropagation.ipynb
    """
    grad, x, places = prepared_backward(grad, x, pool_size, strides, padding)
    share, dx = grad / _pixels(places, x.dtype), np.zeros_like(x)
    for _, _, outputs, inputs in places.taps():
        dx[inputs] += share[outputs]
    return dx


def prepared(
    x: np.ndarray, pool_size: Size, strides: Size | None, padding: str | Size
) -> tuple[np.ndarray, Grid]:
    """Return `x` as floats, and where its windows lie.

    Raises:
        TypeError: as for `max_pool2d`.
        ValueError: as for `max_pool2d`.
    """
    x, size = as_floats("x", x, IMAGES), pair("pool_size", pool_size)
    if not isinstance(padding, str):
        padding = pair("padding", padding, minimum=0)
        if padding[0] >= size[0] or padding[1] >= size[1]:
            raise expected(
                "`padding` to be less than `pool_size`, so that no window is empty",
                f"padding={padding}, pool_size={size}",
            )
    strides = size if strides is None else strides
    return x, grid(x.shape[1:3], size, strides, padding, name="pool_size")


def prepared_backward(
    grad: np.ndarray,
    x: np.ndarray,
    pool_size: Size,
    strides: Size | None,
    padding: str | Size,
) -> tuple[np.ndarray, np.ndarray, Grid]:
    """Return `grad` and `x` in one type, and where the windows lie.

    Raises:
        TypeError: as for `max_pool2d`.
        ValueError: as for `max_pool2d`, or `grad` has not the output's shape.
    """
    x, places = prepared(x, pool_size, strides, padding)
    grad, x = in_common_type(as_floats("grad", grad), x)
    check_same_shape("grad", grad, output_shape(x, places), "the output")
    return grad, x, places


def output_shape(x: np.ndarray, places: Grid) -> tuple[int, int, int, int]:
    """`(N, H', W', C)`."""
    return len(x), places.rows.outputs, places.columns.outputs, x.shape[-1]


def _pixels(places: Grid, dtype: np.dtype) -> np.ndarray:
    """How many pixels each window holds: `(H', W', 1)`."""
    count = np.zeros((1, places.rows.outputs, places.columns.outputs, 1), dtype)
    for _, _, outputs, _ in places.taps():
        count[outputs] += 1
    return count[0]
