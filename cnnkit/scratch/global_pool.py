"""Global average pooling: each feature map becomes one number."""

import numpy as np

from cnnkit.scratch.checks import IMAGES, as_floats, check_same_shape, in_common_type


def global_avg_pool2d(x: np.ndarray, *, keepdims: bool = False) -> np.ndarray:
    """Global average pooling: the mean of each feature map, one number a channel.

        y[n, k] = (Σ over all of x[n, ·, ·, k]) / (H · W)

    Args:
        x: feature maps `(N, H, W, C)`.
        keepdims: keep height and width as 1. Default: False.

    Returns:
        `(N, C)`, or `(N, 1, 1, C)` with `keepdims`.

    Raises:
        TypeError: `x` does not hold real numbers.
        ValueError: `x` is empty or not 4-D.

    Example:
        >>> global_avg_pool2d(np.ones((8, 7, 7, 64))).shape
        (8, 64)

    Source: M. Lin, Q. Chen and S. Yan, «Network in network», 2013,
    arXiv:1312.4400.
    Taught in: notebooks/06_pooling.ipynb
    """
    return as_floats("x", x, IMAGES).mean(axis=(1, 2), keepdims=bool(keepdims))


def global_avg_pool2d_backward(grad: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The gradient of global average pooling: the same share for every pixel.

    Args:
        grad: gradient of the loss with respect to the output, `(N, C)` or
            `(N, 1, 1, C)`.
        x: the feature maps that `global_avg_pool2d` took, `(N, H, W, C)`.

    Returns:
        `(N, H, W, C)`, each grad / (H · W).

    Raises:
        TypeError: an array does not hold real numbers.
        ValueError: `x` is empty or not 4-D, or `grad` has another shape.

    Example:
        >>> dx = global_avg_pool2d_backward([[1.0]], np.zeros((1, 2, 2, 1)))
        >>> dx[0, :, :, 0]
        array([[0.25, 0.25],
               [0.25, 0.25]])

    Taught in: notebooks/08_backpropagation.ipynb
    """
    grad, x = in_common_type(as_floats("grad", grad), as_floats("x", x, IMAGES))
    pictures, height, width, channels = x.shape
    if grad.shape != (pictures, 1, 1, channels):
        check_same_shape("grad", grad, (pictures, channels), "the output")
    share = grad.reshape(pictures, 1, 1, channels) / x.dtype.type(height * width)
    return np.broadcast_to(share, x.shape).copy()
