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
    factor: float | None
    """Claimed by measured, when it is the same number at every place."""

    def __bool__(self) -> bool:
        return self.passed

    def __repr__(self) -> str:
        if self.passed:
            return (
                f"✓ the gradient agrees with finite differences at {self.places:,} "
                f"place{'s' * (self.places != 1)}"
            )
        text = (
            f"✗ the gradient is wrong at {self.wrong:,} of {self.places:,} places. "
            f"At {self.worst} it says {self.claimed:.6g}, finite differences say "
            f"{self.measured:.6g}."
        )
        if self.factor is None:
            return text
        if abs(self.factor + 1) < 1e-3:
            return f"{text} Its sign is turned everywhere."
        return f"{text} It is {self.factor:.4g} times what it should be, everywhere."


def numerical_gradient(
    function: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    *,
    upstream: np.ndarray | None = None,
    step: float = 1e-5,
) -> np.ndarray:
    """The gradient by finite differences: slow, simple, and hard to get wrong.

    Every number of `x` is moved by `step` up and down:

        gradient[i] ≈ Σ upstream · (f(x + step·e_i) − f(x − step·e_i)) / (2 · step)

    The error shrinks with step², until rounding takes over; hence float64.

    Args:
        function: takes an array like `x` in float64, gives an array or a number.
            It must give the same for the same `x`: no random draws.
        x: where the gradient is wanted, any shape.
        upstream: gradient of the loss for the function's output, the shape of
            that output. Default: ones, the gradient of the sum.
        step: above 0. Default: 1e-5.

    Returns:
        The shape of `x`, float64.

    Raises:
        TypeError: an array does not hold real numbers.
        ValueError: `upstream` has not the shape of the output, `step` is not
            above 0, or an array is empty.

    Example:
        >>> numerical_gradient(lambda x: x**2, [1.0, 2.0, 3.0]).round(6)
        array([2., 4., 6.])

    Taught in: notebooks/08_backpropagation.ipynb
    """
    x = as_floats("x", x).astype(np.float64)
    gradient = np.empty(x.shape)
    for place in np.ndindex(x.shape):
        gradient[place] = _slope(function, x, place, upstream, step)
    return gradient


def check_gradient(
    function: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    gradient: np.ndarray,
    *,
    upstream: np.ndarray | None = None,
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
        upstream: gradient of the loss for the function's output. Default: ones.
        step: how far numbers are moved, above 0. Default: 1e-5.
        tolerance: difference allowed, as a share of the greatest number in the
            gradient. Default: 1e-6.
        samples: compare this many places only, drawn at random. Default: all;
            each costs two calls of the function.
        seed: of that draw. Default: 0.

    Returns:
        A `GradientCheck`: true when all agree; it prints as one line.

    Raises:
        TypeError: an array does not hold real numbers.
        ValueError: shapes do not belong together, or a number is out of range.

    Example:
        >>> check_gradient(lambda x: x**2, [1.0, 2.0], [2.0, 4.0])
        ✓ the gradient agrees with finite differences at 2 places
        >>> check_gradient(lambda x: x**2, [1.0, 2.0], [1.0, 2.0])
        ✗ the gradient is wrong at 2 of 2 places. At (1,) it says 2, finite \
differences say 4. It is 0.5 times what it should be, everywhere.

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
    measured = np.array([_slope(function, x, at, upstream, step) for at in places])
    difference = np.abs(claimed - measured)
    scale = max(np.abs(claimed).max(), np.abs(measured).max())
    right = difference <= tolerance * scale  # false for NaN
    worst = int(np.where(np.isnan(difference), np.inf, difference).argmax())
    return GradientCheck(
        passed=bool(right.all()),
        places=len(places),
        wrong=int((~right).sum()),
        worst=tuple(places[worst]),
        claimed=float(claimed[worst]),
        measured=float(measured[worst]),
        factor=_constant_factor(claimed, measured),
    )


def _slope(
    function: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    place: tuple[int, ...],
    upstream: np.ndarray | None,
    step: float,
) -> float:
    step = check_number("step", step, minimum=0, exclusive=True)
    above, below = x.copy(), x.copy()
    above[place] += step
    below[place] -= step
    risen, fallen = np.asarray(function(above)), np.asarray(function(below))
    if risen.dtype != np.float64:
        raise expected(
            "`function` to compute in float64; float32 is too coarse for differences",
            f"a result of type {risen.dtype}",
        )
    change = (risen - fallen) / (above[place] - below[place])
    if upstream is None:
        return float(change.sum())
    upstream = as_floats("upstream", upstream)
    check_same_shape("upstream", upstream, change.shape, "the function's output")
    return float((upstream * change).sum())


def _constant_factor(claimed: np.ndarray, measured: np.ndarray) -> float | None:
    """Claimed by measured, when that is one number other than 0 everywhere."""
    strong = np.abs(measured) > 1e-3 * np.abs(measured).max()
    if strong.sum() < 2:
        return None
    factors = claimed[strong] / measured[strong]
    same = np.allclose(factors, factors[0], rtol=1e-4, atol=0)
    return float(factors[0]) if same and factors[0] else None
