"""Softmax: scores become probabilities; and the loss that judges them."""

import numpy as np

from cnnkit.errors import check_integer, expected
from cnnkit.scratch.checks import (
    as_floats,
    check_labels,
    check_same_shape,
    in_common_type,
)


def softmax(x: np.ndarray, *, axis: int = -1) -> np.ndarray:
    """Softmax: scores of any size become probabilities that add up to 1.

        y_i = e^x_i / Σ_j e^x_j

    The greatest score is subtracted first. That changes nothing in the quotient,
    and no power can overflow.

    Args:
        x: scores, any shape with at least one axis; usually `(N, classes)`.
        axis: along which the probabilities add up to 1. Default: −1, the last.

    Returns:
        The shape of `x`.

    Raises:
        TypeError: `x` does not hold real numbers.
        ValueError: `x` is empty or a single number, or has no such axis.

    Example:
        >>> softmax([2.0, 1.0, 0.0]).round(3)  # e², e and 1, by their sum
        array([0.665, 0.245, 0.09 ])

    Source: J. Bridle, «Probabilistic interpretation of feedforward classification
    network outputs», 1990.
    Taught in: notebooks/07_activations.ipynb
    """
    x, axis = _with_axis(x, axis)
    with np.errstate(over="ignore", invalid="ignore"):  # ±∞, and near it
        powers = np.exp(x - x.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def softmax_backward(grad: np.ndarray, x: np.ndarray, *, axis: int = -1) -> np.ndarray:
    """The gradient of softmax: what one probability gains, the others lose.

        dx_i = y_i · (grad_i − Σ_j grad_j · y_j), where y = softmax(x)

    Args:
        grad: gradient of the loss with respect to the output, the shape of `x`.
        x: the scores that `softmax` took.
        axis: that it took. Default: −1.

    Returns:
        The shape of `x`; along `axis` it adds up to 0.

    Raises:
        TypeError: an array does not hold real numbers.
        ValueError: the shapes differ, or as for `softmax`.

    Example:
        >>> softmax_backward([1.0, 0.0], [0.0, 0.0])
        array([ 0.25, -0.25])

    Taught in: notebooks/07_activations.ipynb
    """
    x, axis = _with_axis(x, axis)
    grad, x = in_common_type(as_floats("grad", grad), x)
    check_same_shape("grad", grad, x.shape, "`x`")
    y = softmax(x, axis=axis)
    return y * (grad - (grad * y).sum(axis=axis, keepdims=True))


def softmax_cross_entropy(logits: np.ndarray, labels: np.ndarray) -> np.floating:
    """The mean of −ln p over the batch, p being the right class's probability.

        loss = mean over n of −ln(softmax(logits[n])[labels[n]])
             = mean over n of (ln Σ_j e^logits[n, j] − logits[n, labels[n]])

    Logits are the scores before softmax. The second form takes no logarithm of a
    number that has been rounded to 0; the greatest score is subtracted first, as
    in `softmax`. A network that knows nothing about C classes has the loss ln C.
    Keras has it as `SparseCategoricalCrossentropy(from_logits=True)`.

    Args:
        logits: scores `(N, classes)`, before softmax.
        labels: the right classes, integers `(N,)` from 0.

    Returns:
        One number, 0 or more, in the type of the logits.

    Raises:
        TypeError: `logits` are not real numbers, or `labels` not integers.
        ValueError: shapes do not belong together, a label is out of range, or
            the batch is empty.

    Example:
        >>> float(softmax_cross_entropy(np.zeros((4, 10)), [3, 1, 4, 1]).round(3))
        2.303

    Source: I. Goodfellow, Y. Bengio and A. Courville, Deep Learning, 2016, 6.2.2.
    Taught in: notebooks/08_backpropagation.ipynb
    """
    logits, labels = _checked_scores(logits, labels)
    with np.errstate(over="ignore", invalid="ignore"):  # ±∞, and near it
        shifted = logits - logits.max(axis=1, keepdims=True)
    right = shifted[np.arange(len(labels)), labels]  # (N,)
    return (np.log(np.exp(shifted).sum(axis=1)) - right).mean()


def softmax_cross_entropy_backward(
    grad: float, logits: np.ndarray, labels: np.ndarray
) -> np.ndarray:
    """The gradient for the logits: probabilities, minus 1 at the right class.

        dlogits[n, j] = grad · (softmax(logits[n])[j] − t) / N
        where t is 1 for j = labels[n], else 0

    Args:
        grad: gradient of what is minimised for this loss; 1.0 when it is the
            loss itself.
        logits: the scores that `softmax_cross_entropy` took, `(N, classes)`.
        labels: the labels that it took, `(N,)`.

    Returns:
        `(N, classes)`; every row adds up to 0.

    Raises:
        TypeError: as for `softmax_cross_entropy`.
        ValueError: as for `softmax_cross_entropy`, or `grad` is not one number.

    Example:
        >>> softmax_cross_entropy_backward(1.0, [[0.0, 0.0]], [1])
        array([[ 0.5, -0.5]])

    Taught in: notebooks/08_backpropagation.ipynb
    """
    logits, labels = _checked_scores(logits, labels)
    grad = as_floats("grad", grad)
    check_same_shape("grad", grad, (), "the loss")
    dlogits = softmax(logits)
    dlogits[np.arange(len(labels)), labels] -= 1
    return dlogits * logits.dtype.type(grad / len(labels))


def _with_axis(x: np.ndarray, axis: int) -> tuple[np.ndarray, int]:
    x = as_floats("x", x)
    if x.ndim == 0:
        raise expected("`x` to have at least one axis", f"x={x}")
    axis = check_integer("axis", axis, minimum=-x.ndim, maximum=x.ndim - 1)
    return x, axis


def _checked_scores(
    logits: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    logits = as_floats("logits", logits, "(N, classes)")
    return logits, check_labels(labels, *logits.shape)
