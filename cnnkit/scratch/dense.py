"""Dense layers and what stands around them: flatten, dense, dropout."""

import numpy as np

from cnnkit.errors import check_number, expected
from cnnkit.scratch.checks import (
    as_floats,
    as_generator,
    check_same_shape,
    in_common_type,
)


def dense(
    x: np.ndarray, kernel: np.ndarray, bias: np.ndarray | None = None
) -> np.ndarray:
    """A dense layer: every unit takes a weighted sum of all inputs.

    One unit multiplies each input by a weight of its own, adds the products up,
    and adds a bias. All units together are a matrix product:

        y[n, u] = bias[u] + Σ_d x[n, d] · kernel[d, u]        y = x @ kernel + bias

    Args:
        x: `(N, D)`: D numbers for each example.
        kernel: the weights, `(D, units)`.
        bias: `(units,)`. Default: none.

    Returns:
        `(N, units)`.

    Raises:
        TypeError: an array does not hold real numbers.
        ValueError: shapes do not belong together, or an array is empty.

    Example:
        >>> dense([[1.0, 2.0]], [[10.0], [100.0]], [5.0])
        array([[215.]])

    Taught in: notebooks/01_why_convolution.ipynb
    """
    x, kernel = _checked(x, kernel)
    if bias is not None:
        bias = as_floats("bias", bias)
        if bias.shape != kernel.shape[1:]:
            raise expected(
                f"`bias` to have one number for each of the {kernel.shape[1]} units",
                f"bias of shape {bias.shape}",
            )
        x, kernel, bias = in_common_type(x, kernel, bias)
    y = x @ kernel  # (N, units)
    return y if bias is None else y + bias


def dense_backward(
    grad: np.ndarray, x: np.ndarray, kernel: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The gradients of a dense layer: of its input, its weights and its bias.

    The slope of a product «input times weight» with respect to the weight is the
    input, with respect to the input it is the weight. Times `grad`, and added up
    over all products in which they take part:

        dkernel[d, u] = Σ_n x[n, d] · grad[n, u]        dkernel = xᵀ @ grad
        dx[n, d] = Σ_u grad[n, u] · kernel[d, u]        dx = grad @ kernelᵀ
        dbias[u] = Σ_n grad[n, u]

    where ᵀ swaps rows and columns.

    Args:
        grad: gradient of the loss with respect to the output, `(N, units)`.
        x: what `dense` took, `(N, D)`.
        kernel: the weights that it took, `(D, units)`.

    Returns:
        `(dx, dkernel, dbias)`, in the shapes of `x`, `kernel` and `(units,)`.

    Raises:
        TypeError: an array does not hold real numbers.
        ValueError: shapes do not belong together, or an array is empty.

    Example:
        >>> x, kernel = [[1.0, 2.0]], [[10.0], [100.0]]
        >>> dx, dkernel, dbias = dense_backward([[1.0]], x, kernel)
        >>> dx, dkernel.T, dbias
        (array([[ 10., 100.]]), array([[1., 2.]]), array([1.]))

    Taught in: notebooks/08_backpropagation.ipynb
    """
    x, kernel = _checked(x, kernel)
    grad, x, kernel = in_common_type(as_floats("grad", grad), x, kernel)
    check_same_shape("grad", grad, (len(x), kernel.shape[1]), "the output")
    return grad @ kernel.T, x.T @ grad, grad.sum(axis=0)


def flatten(x: np.ndarray) -> np.ndarray:
    """Lay each example out as one row of numbers.

    Nothing is lost, but the next layer no longer knows which were neighbours.

    Args:
        x: `(N, …)`, two axes or more.

    Returns:
        `(N, product of the rest)`: the same memory, seen in another shape.

    Raises:
        TypeError: `x` does not hold real numbers.
        ValueError: `x` is empty or has fewer than two axes.

    Example:
        >>> flatten(np.zeros((8, 4, 4, 20))).shape
        (8, 320)

    Taught in: notebooks/01_why_convolution.ipynb
    """
    x = as_floats("x", x)
    if x.ndim < 2:
        raise expected("`x` to have the shape (N, …)", f"x of shape {x.shape}")
    return x.reshape(len(x), -1)


def flatten_backward(grad: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The gradient of flatten: the same numbers, in the shape of the input.

    Args:
        grad: gradient of the loss with respect to the output,
            `(N, product of the rest)`.
        x: what `flatten` took.

    Returns:
        The shape of `x`.

    Raises:
        TypeError: an array does not hold real numbers.
        ValueError: shapes do not belong together, or an array is empty.

    Example:
        >>> flatten_backward(np.zeros((8, 320)), np.zeros((8, 4, 4, 20))).shape
        (8, 4, 4, 20)

    Taught in: notebooks/08_backpropagation.ipynb
    """
    grad, x = in_common_type(as_floats("grad", grad), as_floats("x", x))
    check_same_shape("grad", grad, flatten(x).shape, "the output")
    return grad.reshape(x.shape)


def dropout(
    x: np.ndarray, rate: float, *, seed: int | np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Dropout: in training, silence each number with the same probability.

        y = x · mask, where mask is 0 with probability rate, else 1 / (1 − rate)

    Those that stay are made larger, so that the mean stays what it was, and
    nothing need be done when the network is used.

    Args:
        x: numbers, any shape.
        rate: the share to silence, in [0, 1).
        seed: an integer for the same mask each time, or a generator of NumPy
            for a new one each time.

    Returns:
        `(y, mask)`, both in the shape of `x`; the mask holds 0 and 1 / (1 − rate).
        Keep it for the way back.

    Raises:
        TypeError: `x` does not hold real numbers, or `rate` is no number.
        ValueError: `x` is empty, or `rate` is out of range.

    Example:
        >>> dropout(np.ones(6, np.float32), 0.5, seed=0)[0]
        array([2., 0., 0., 0., 2., 2.], dtype=float32)

    Source: N. Srivastava et al., «Dropout: a simple way to prevent neural networks
    from overfitting», 2014.
    Taught in: notebooks/14_overfitting.ipynb
    """
    x, rate = as_floats("x", x), check_number("rate", rate, minimum=0, below=1)
    stays = as_generator(seed).random(x.shape) >= rate
    mask = stays / x.dtype.type(1 - rate)
    return x * mask, mask


def dropout_backward(grad: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The gradient of dropout: silenced numbers learn nothing this time.

        dx = grad · mask

    Args:
        grad: gradient of the loss with respect to the output.
        mask: the one that `dropout` gave, the same shape.

    Returns:
        The same shape.

    Raises:
        TypeError: an array does not hold real numbers.
        ValueError: the shapes differ, or an array is empty.

    Example:
        >>> dropout_backward([1.0, 1.0], [2.0, 0.0])
        array([2., 0.])

    Taught in: notebooks/14_overfitting.ipynb
    """
    grad, mask = in_common_type(as_floats("grad", grad), as_floats("mask", mask))
    check_same_shape("grad", grad, mask.shape, "`mask`")
    return grad * mask


def _checked(x: np.ndarray, kernel: np.ndarray) -> list[np.ndarray]:
    x = as_floats("x", x, "(N, D)")
    kernel = as_floats("kernel", kernel, "(D, units)")
    if x.shape[1] != len(kernel):
        raise expected(
            f"`kernel` to have a row for each of the {x.shape[1]} inputs",
            f"kernel of shape {kernel.shape}, x of shape {x.shape}",
        )
    return in_common_type(x, kernel)
