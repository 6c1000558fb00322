"""Activations: functions that bend each number on its own, between two layers.

Without them several layers would be no more than one: sums of sums are sums. They
work on arrays of any shape. (Softmax, which looks at several numbers together,
has a file of its own.)
"""

import numpy as np

from cnnkit.errors import check_number
from cnnkit.scratch.checks import as_floats, check_same_shape, in_common_type


def relu(x: np.ndarray) -> np.ndarray:
    """ReLU: negative numbers become 0, the others stay.

        y = max(x, 0)

    Args:
        x: numbers, any shape.

    Returns:
        The shape of `x`.

    Raises:
        TypeError: `x` does not hold real numbers.
        ValueError: `x` is empty.

    Example:
        >>> relu([-2.0, 0.0, 3.0])
        array([0., 0., 3.])

    Source: V. Nair and G. Hinton, «Rectified linear units improve restricted
    Boltzmann machines», 2010.
    Taught in: notebooks/07_activations.ipynb
    """
    return np.maximum(as_floats("x", x), 0)


def relu_backward(grad: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The gradient of ReLU: passed on where x > 0, stopped elsewhere.

        dx = grad where x > 0, else 0

    At exactly 0 there is a corner and no slope; 0 is taken, as TensorFlow does.

    Args:
        grad: gradient of the loss with respect to the output, the shape of `x`.
        x: what `relu` took.

    Returns:
        The shape of `x`.

    Raises:
        TypeError: an array does not hold real numbers.
        ValueError: the shapes differ, or an array is empty.

    Example:
        >>> relu_backward([5.0, 5.0, 5.0], [-2.0, 0.0, 3.0])
        array([0., 0., 5.])

    Taught in: notebooks/07_activations.ipynb
    """
    grad, x = _pair(grad, x)
    return grad * (x > 0)  # six times faster than np.where


def leaky_relu(x: np.ndarray, *, negative_slope: float = 0.2) -> np.ndarray:
    """Leaky ReLU: negative numbers are multiplied by a small slope, and not lost.

        y = x where x > 0, else negative_slope · x

    Args:
        x: numbers, any shape.
        negative_slope: 0 or more. Default: 0.2, as for Keras's
            `activation="leaky_relu"` (its layer `LeakyReLU` has 0.3, PyTorch
            0.01).

    Returns:
        The shape of `x`.

    Raises:
        TypeError: `x` does not hold real numbers.
        ValueError: `x` is empty, or `negative_slope` is negative.

    Example:
        >>> leaky_relu([-2.0, 3.0], negative_slope=0.5)
        array([-1.,  3.])

    Source: A. Maas, A. Hannun and A. Ng, «Rectifier nonlinearities improve neural
    network acoustic models», 2013.
    Taught in: notebooks/07_activations.ipynb
    """
    slope = check_number("negative_slope", negative_slope, minimum=0)
    x = as_floats("x", x)
    return np.where(x > 0, x, slope * x)


def leaky_relu_backward(
    grad: np.ndarray, x: np.ndarray, *, negative_slope: float = 0.2
) -> np.ndarray:
    """The gradient of leaky ReLU: passed on where x > 0, times the slope elsewhere.

        dx = grad where x > 0, else negative_slope · grad

    Args:
        grad: gradient of the loss with respect to the output, the shape of `x`.
        x: what `leaky_relu` took.
        negative_slope: that it took. Default: 0.2.

    Returns:
        The shape of `x`.

    Raises:
        TypeError: an array does not hold real numbers.
        ValueError: the shapes differ, an array is empty, or `negative_slope` is
            negative.

    Example:
        >>> leaky_relu_backward([5.0, 5.0], [-2.0, 3.0])
        array([1., 5.])

    Taught in: notebooks/07_activations.ipynb
    """
    slope = check_number("negative_slope", negative_slope, minimum=0)
    grad, x = _pair(grad, x)
    return np.where(x > 0, grad, slope * grad)


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Sigmoid: squeezes every number into 0 to 1.

        y = 1 / (1 + e^−x)

    For large negative x, e^−x is larger than a float can be; e^x / (1 + e^x) is
    the same number and safe there. Both are written with e^−|x| below.

    Args:
        x: numbers, any shape.

    Returns:
        The shape of `x`, from 0 to 1.

    Raises:
        TypeError: `x` does not hold real numbers.
        ValueError: `x` is empty.

    Example:
        >>> sigmoid([-1e4, 0.0, 1e4])
        array([0. , 0.5, 1. ])

    Taught in: notebooks/07_activations.ipynb
    """
    x = as_floats("x", x)
    small = np.exp(-np.abs(x))  # at most 1
    return np.where(x >= 0, 1, small) / (1 + small)  # 1/(1 + e^−x), e^x/(1 + e^x)


def sigmoid_backward(grad: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The gradient of the sigmoid: at most a quarter passes, far out nothing.

        dx = grad · y · (1 − y), where y = sigmoid(x) and 1 − y = sigmoid(−x)

    Args:
        grad: gradient of the loss with respect to the output, the shape of `x`.
        x: what `sigmoid` took.

    Returns:
        The shape of `x`.

    Raises:
        TypeError: an array does not hold real numbers.
        ValueError: the shapes differ, or an array is empty.

    Example:
        >>> sigmoid_backward([1.0, 1.0], [0.0, 50.0]).round(2)
        array([0.25, 0.  ])

    Taught in: notebooks/07_activations.ipynb
    """
    grad, x = _pair(grad, x)
    return grad * sigmoid(x) * sigmoid(-x)  # 1 − y, without losing digits near 1


def tanh(x: np.ndarray) -> np.ndarray:
    """Hyperbolic tangent: squeezes every number into −1 to 1.

        y = (e^x − e^−x) / (e^x + e^−x) = 2 · sigmoid(2x) − 1

    Args:
        x: numbers, any shape.

    Returns:
        The shape of `x`, from −1 to 1.

    Raises:
        TypeError: `x` does not hold real numbers.
        ValueError: `x` is empty.

    Example:
        >>> tanh([-1e4, 0.0, 1e4])
        array([-1.,  0.,  1.])

    Taught in: notebooks/07_activations.ipynb
    """
    return np.tanh(as_floats("x", x))


def tanh_backward(grad: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The gradient of tanh: all passes at 0, far out nothing.

        dx = grad · (1 − y²), where y = tanh(x)

    Args:
        grad: gradient of the loss with respect to the output, the shape of `x`.
        x: what `tanh` took.

    Returns:
        The shape of `x`.

    Raises:
        TypeError: an array does not hold real numbers.
        ValueError: the shapes differ, or an array is empty.

    Example:
        >>> tanh_backward([1.0, 1.0], [0.0, 50.0])
        array([1., 0.])

    Taught in: notebooks/07_activations.ipynb
    """
    grad, x = _pair(grad, x)
    return grad * (1 - np.tanh(x) ** 2)


def _pair(grad: np.ndarray, x: np.ndarray) -> list[np.ndarray]:
    grad, x = in_common_type(as_floats("grad", grad), as_floats("x", x))
    check_same_shape("grad", grad, x.shape, "`x`")
    return [grad, x]
