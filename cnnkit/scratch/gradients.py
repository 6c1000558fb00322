"""Is a gradient right? Move each number a little, and see what happens."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cnnkit.errors import check_integer, check_number, expected
from cnnkit.scratch.checks import as_floats, check_same_shape


@dataclass(frozen=True)
class GradientCheck:
    """What `check_gradient` found. It is true when the gradient agrees."""

    passed: bool
    places: int
    """How many places were compared."""
    wrong: int
    """How many of them disagree."""
    worst: tuple[int, ...]
    """The place with the greatest difference."""
    claimed: float
    """What the gradient says there."""
    measured: float
    """What finite differences say there."""
    hint: str = ""
    """What may be the reason, when it is wrong."""

    def __bool__(self) -> bool:
        return self.passed

    def __repr__(self) -> str:
        places = "1 place" if self.places == 1 else f"{self.places:,} places"
        if self.passed:
            return f"✓ the gradient agrees with finite differences at {places}"
        text = (
            f"✗ the gradient is wrong at {self.wrong:,} of {places}. At {self.worst} "
            f"it says {self.claimed:.6g}, finite differences say {self.measured:.6g}."
        )
        return f"{text} {self.hint}".rstrip()


def numerical_gradient(
    function: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    *,
    grad: np.ndarray | None = None,
    step: float = 1e-5,
) -> np.ndarray:
    """The gradient by finite differences: slow, simple, and hard to get wrong.

    Every number of `x` in turn is moved by `step` up and down:

        gradient[i] ≈ Σ grad · (function(x + step at i) − function(x − step at i))
                      / (2 · step), added up over all outputs

    The error shrinks with step², until rounding takes over; hence float64.

    Args:
        function: takes an array like `x` in float64, gives an array or a number.
            It must give the same for the same `x`: no random draws.
        x: where the gradient is wanted, any shape.
        grad: gradient of the loss with respect to the function's output, in the
            shape of that output. Default: ones; the loss is then the sum.
        step: above 0. Default: 1e-5.

    Returns:
        The shape of `x`, float64.

    Raises:
        TypeError: an array does not hold real numbers.
        ValueError: `grad` has not the shape of the output, the function does not
            compute in float64, `step` is not above 0, or an array is empty.

    Example:
        >>> numerical_gradient(lambda x: x**2, [1.0, 2.0, 3.0]).round(6)
        array([2., 4., 6.])

    Taught in: notebooks/08_backpropagation.ipynb
    """
    x = as_floats("x", x).astype(np.float64)
    gradient = np.empty(x.shape)
    for place in np.ndindex(x.shape):
        gradient[place] = np.mean(_slopes(function, x, place, grad, step))
    return gradient


def check_gradient(
    function: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    gradient: np.ndarray,
    *,
    grad: np.ndarray | None = None,
    step: float = 1e-5,
    tolerance: float = 1e-6,
    samples: int | None = None,
    seed: int = 0,
) -> GradientCheck:
    """Compare a gradient with finite differences, and say where it is wrong.

    Near a corner (ReLU at 0, two equal pixels in max pooling) the two sides have
    different slopes, and finite differences mix them: choose other numbers.

    Args:
        function: takes an array like `x` in float64, gives an array or a number.
        x: where the gradient was taken, any shape.
        gradient: the one to check, the shape of `x`.
        grad: gradient of the loss with respect to the function's output: what
            the `_backward` took. Default: ones.
        step: how far numbers are moved, above 0. Default: 1e-5.
        tolerance: difference allowed, as a share of the greatest number in the
            gradient. Default: 1e-6.
        samples: compare this many places only, drawn at random. Default: all;
            each costs three calls of the function.
        seed: of that draw. Default: 0.

    Returns:
        A `GradientCheck`: true when all agree; it prints as one line.

    Raises:
        TypeError: an array does not hold real numbers.
        ValueError: shapes do not belong together, a number is out of range, or
            the function gives two results for the same `x`.

    Example:
        >>> x, kernel = np.ones((1, 4, 4, 1)), np.ones((3, 3, 1, 1))
        >>> grad = np.ones((1, 2, 2, 1))
        >>> dx, dkernel, dbias = conv2d_backward(grad, x, kernel)
        >>> check_gradient(lambda kernel: conv2d(x, kernel), kernel, dkernel, grad=grad)
        ✓ the gradient agrees with finite differences at 9 places
        >>> check_gradient(lambda x: (x**2).sum(), [1.0, 2.0], [2.0, 3.0])
        ✗ the gradient is wrong at 1 of 2 places. At (1,) it says 3, finite \
differences say 4.

    Source: A. Karpathy, CS231n, «Gradient checks».
    Taught in: notebooks/08_backpropagation.ipynb
    """
    x, gradient = as_floats("x", x), as_floats("gradient", gradient)
    check_same_shape("gradient", gradient, x.shape, "`x`")
    tolerance = check_number("tolerance", tolerance, minimum=0)
    x, places = x.astype(np.float64), list(np.ndindex(x.shape))
    if samples is not None:
        samples = check_integer("samples", samples, minimum=1)
        order = np.random.default_rng(seed).permutation(len(places))[:samples]
        places = [places[index] for index in order]
    claimed = np.array([gradient[place] for place in places], np.float64)
    slopes = np.array([_slopes(function, x, at, grad, step) for at in places])
    measured = slopes.mean(axis=1)
    difference = np.abs(claimed - measured)
    scale = max(np.abs(claimed).max(), np.abs(measured).max())
    right = difference <= tolerance * scale  # false for NaN
    worst = int(np.where(np.isnan(difference), np.inf, difference).argmax())
    passed = bool(right.all())
    return GradientCheck(
        passed=passed,
        places=len(places),
        wrong=int((~right).sum()),
        worst=tuple(places[worst]),
        claimed=float(claimed[worst]),
        measured=float(measured[worst]),
        hint="" if passed else _hint(function, x, grad, claimed, slopes, worst),
    )


def _slopes(
    function: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    place: tuple[int, ...],
    grad: np.ndarray | None,
    step: float,
) -> tuple[float, float]:
    """How fast the loss grows below and above `x`, when one number is moved."""
    step = check_number("step", step, minimum=0, exclusive=True)
    above, below = x.copy(), x.copy()
    above[place] += step
    below[place] -= step
    low, middle, high = (_result(function, at) for at in (below, x.copy(), above))
    grad = np.ones(middle.shape) if grad is None else as_floats("grad", grad)
    check_same_shape("grad", grad, middle.shape, "the function's output")
    return (
        float((grad * (middle - low)).sum() / (x[place] - below[place])),
        float((grad * (high - middle)).sum() / (above[place] - x[place])),
    )


def _result(function: Callable[[np.ndarray], np.ndarray], x: np.ndarray) -> np.ndarray:
    result = np.asarray(function(x))
    if result.dtype != np.float64:
        raise expected(
            "`function` to give numbers in float64; float32 is too coarse for this",
            f"a result of type {result.dtype}",
        )
    return result


def _hint(
    function: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    grad: np.ndarray | None,
    claimed: np.ndarray,
    slopes: np.ndarray,
    worst: int,
) -> str:
    """What may be the reason that a gradient is wrong, in one sentence."""
    first, again = _result(function, x.copy()), _result(function, x.copy())
    if not np.array_equal(first, again, equal_nan=True):
        raise expected(
            "`function` to give the same for the same `x`", "two different results"
        )
    below, above = slopes[worst]
    if abs(above - below) > 1e-3 * np.abs(slopes).max():
        return (
            f"Just below, the slope is {below:.3g}, just above {above:.3g}: this is a "
            "corner. Choose other numbers."
        )
    measured = slopes.mean(axis=1)
    strong = np.abs(measured) > 1e-3 * np.abs(measured).max()
    factors = claimed[strong] / measured[strong]
    if len(factors) > 1 and np.allclose(factors, factors[0], rtol=1e-4, atol=0):
        if abs(factors[0] + 1) < 1e-3:
            return "It has the wrong sign everywhere."
        if factors[0]:
            return f"It is {factors[0]:.4g} times what it should be, everywhere."
    if grad is None and first.size > 1:
        return "Was it taken with a `grad` other than ones? Then pass that as grad=."
    return ""
