"""Lp pooling: between the sum of a window and its maximum, by one number p."""

import math

import numpy as np

from cnnkit.errors import check_number, expected
from cnnkit.scratch.pool import (
    Size,
    max_pool2d,
    max_pool2d_backward,
    output_shape,
    prepared,
    prepared_backward,
)

_GREATEST_POWER = 1_000


def lp_pool2d(
    x: np.ndarray,
    pool_size: Size = 2,
    *,
    p: float = 2.0,
    strides: Size | None = None,
    padding: str | Size = "valid",
) -> np.ndarray:
    """Lp pooling: the p-norm of each window.

        y[n, r, c, k] = (Σ_i Σ_j |x[n, R, C, k]|ᵖ)^(1/p)

    With p = 1 it is the sum of the absolute values, with p = 2 (L2 pooling) the
    root of the sum of squares, and the larger p, the nearer it comes to the
    greatest absolute value, which is `p=math.inf`. It is a sum and not a mean:
    four pixels of 3 give 6 with p = 2.

    Args:
        x: pictures `(N, H, W, C)`.
        pool_size: as for `max_pool2d`. Default: 2.
        p: from 1 to 1,000, or `math.inf`. Default: 2.
        strides: as for `max_pool2d`. Default: `pool_size`.
        padding: as for `max_pool2d`. Default: "valid".

    Returns:
        `(N, H', W', C)`. No power overflows, however large `x` and `p`.

    Raises:
        TypeError: as for `max_pool2d`.
        ValueError: as for `max_pool2d`, or `p` is out of range.

    Example:
        >>> x = np.array([3.0, 0, 0, 4]).reshape(1, 2, 2, 1)
        >>> lp_pool2d(x).item(), lp_pool2d(x, p=1).item()
        (5.0, 7.0)

    Source: P. Sermanet, S. Chintala and Y. LeCun, «Convolutional neural networks
    applied to house numbers digit classification», 2012, arXiv:1204.3968.
    Taught in: notebooks/06_pooling.ipynb
    """
    x, places = prepared(x, pool_size, strides, padding)
    options = {"strides": strides, "padding": padding}
    largest = max_pool2d(np.abs(x), pool_size, **options)
    p = _checked_power(p)
    if p == math.inf:
        return largest
    # Divide by the greatest first: powers of numbers up to 1 cannot overflow.
    scale = np.where((largest > 0) & (largest < np.inf), largest, 1)
    y = np.zeros(output_shape(x, places), x.dtype)
    for _, _, outputs, inputs in places.taps():
        y[outputs] += (np.abs(x[inputs]) / scale[outputs]) ** p
    return scale * y ** (1 / p)


def lp_pool2d_backward(
    grad: np.ndarray,
    x: np.ndarray,
    pool_size: Size = 2,
    *,
    p: float = 2.0,
    strides: Size | None = None,
    padding: str | Size = "valid",
) -> np.ndarray:
    """The gradient of Lp pooling: with p above 1, larger pixels get more of it.

        dx = grad · sign(x) · (|x| / y)^(p − 1), added up over the windows

    With p = 2 the share is x / y. A window of zeros has no slope there; 0 is
    taken for it.

    Args:
        grad: gradient of the loss with respect to the output, `(N, H', W', C)`.
        x: the pictures that `lp_pool2d` took, `(N, H, W, C)`.
        pool_size: that it took. Default: 2.
        p: that it took. Default: 2.
        strides: that it took. Default: `pool_size`.
        padding: that it took. Default: "valid".

    Returns:
        `(N, H, W, C)`.

    Raises:
        TypeError: as for `lp_pool2d`.
        ValueError: as for `lp_pool2d`, or `grad` has not the output's shape.

    Example:
        >>> x = np.array([3.0, 0, 0, 4]).reshape(1, 2, 2, 1)
        >>> lp_pool2d_backward(np.ones((1, 1, 1, 1)), x)[0, :, :, 0]
        array([[0.6, 0. ],
               [0. , 0.8]])

    Taught in: notebooks/08_backpropagation.ipynb
    """
    grad, x, places = prepared_backward(grad, x, pool_size, strides, padding)
    options = {"strides": strides, "padding": padding}
    p = _checked_power(p)
    if p == math.inf:
        winners = max_pool2d_backward(grad, np.abs(x), pool_size, **options)
        return winners * np.sign(x)
    y = lp_pool2d(x, pool_size, p=p, **options)
    length, dx = np.where(y == 0, 1, y), np.zeros_like(x)
    for _, _, outputs, inputs in places.taps():
        pixels = x[inputs]
        share = (np.abs(pixels) / length[outputs]) ** (p - 1)
        dx[inputs] += grad[outputs] * np.sign(pixels) * share
    return dx


def _checked_power(p: float) -> float:
    if isinstance(p, float) and p == math.inf:
        return p
    p = check_number("p", p, minimum=1)
    if p > _GREATEST_POWER:
        raise expected(f"`p` to be at most {_GREATEST_POWER}, or math.inf", f"p={p}")
    return p
