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
        step: above 0; numbers above 1 are moved that many times as far.
            Default: 1e-5.

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
        gradient[place] = _Slopes(function, x, place, grad, step).middle
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
        step: how far numbers are moved, above 0; numbers above 1 that many times
            as far. Default: 1e-5.
        tolerance: difference allowed, as a share of the number itself, beside
            what rounding makes uncertain. Default: 1e-6.
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
    compared = [
        (float(gradient[at]), _Slopes(function, x, at, grad, step)) for at in places
    ]
    differences = np.array([abs(claim - found.middle) for claim, found in compared])
    allowed = np.array([found.allowed(claim, tolerance) for claim, found in compared])
    right = differences <= allowed  # false for NaN
    excess = np.where(np.isfinite(differences), differences - allowed, np.inf)
    worst = int(excess.argmax())
    hint = (
        "" if right.all() else _hint(function, x, places[worst], compared, grad, step)
    )
    return GradientCheck(
        passed=bool(right.all()),
        places=len(places),
        wrong=int((~right).sum()),
        worst=tuple(places[worst]),
        claimed=compared[worst][0],
        measured=compared[worst][1].middle,
        hint=hint,
    )


class _Slopes:
    """How fast the loss grows when one number of `x` is moved down and up."""

    def __init__(
        self,
        function: Callable[[np.ndarray], np.ndarray],
        x: np.ndarray,
        place: tuple[int, ...],
        grad: np.ndarray | None,
        step: float,
    ) -> None:
        step = check_number("step", step, minimum=0, exclusive=True)
        step *= max(1.0, abs(x[place]))
        low, high = x.copy(), x.copy()
        low[place] -= step
        high[place] += step
        down, up = x[place] - low[place], high[place] - x[place]
        below, here, above = (_result(function, at) for at in (low, x.copy(), high))
        grad = np.ones(here.shape) if grad is None else as_floats("grad", grad)
        check_same_shape("grad", grad, here.shape, "the function's output")
        self.below = float((grad * (here - below)).sum() / down)
        self.above = float((grad * (above - here)).sum() / up)
        self.middle = float((grad * (above - below)).sum() / (down + up))
        # The results are rounded in their 16th digit, and the difference divided.
        size = np.abs(grad * here).sum()
        self.rounding = float(8 * np.finfo(np.float64).eps * size / step)

    def allowed(self, claim: float, tolerance: float) -> float:
        """The difference that does not make a claim wrong; NaN when it is no number."""
        greatest = max(abs(claim), abs(self.middle))
        return tolerance * greatest + self.rounding if np.isfinite(greatest) else np.nan


def _result(function: Callable[[np.ndarray], np.ndarray], x: np.ndarray) -> np.ndarray:
    result = np.array(function(x))  # a copy: the function may use its array again
    if result.dtype != np.float64:
        raise expected(
            "`function` to give numbers in float64; float32 is too coarse for this",
            f"a result of type {result.dtype}",
        )
    return result


def _hint(
    function: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    worst: tuple[int, ...],
    compared: list[tuple[float, _Slopes]],
    grad: np.ndarray | None,
    step: float,
) -> str:
    """What may be the reason that a gradient is wrong, in one sentence."""
    first, again = _result(function, x.copy()), _result(function, x.copy())
    if not np.array_equal(first, again, equal_nan=True):
        raise expected(
            "`function` to give the same for the same `x`", "two different results"
        )
    near = _Slopes(function, x, worst, grad, step / 8)
    far = _Slopes(function, x, worst, grad, step)
    if (
        abs(near.above - near.below)
        > 0.9 * abs(far.above - far.below) + 2 * near.rounding
    ):
        return (  # a curve would have become straighter
            f"Just below, the slope is {near.below:.3g}, just above {near.above:.3g}: "
            "this is a corner. Choose other numbers."
        )
    claimed = np.array([claim for claim, _ in compared])
    measured = np.array([found.middle for _, found in compared])
    doubt = np.array([found.rounding for _, found in compared])
    greatest = np.abs(measured).argmax()
    factor = claimed[greatest] / measured[greatest] if measured[greatest] else 0.0
    if np.isfinite(claimed).all() and abs(factor) > 1e-3 and abs(factor - 1) > 1e-3:
        off = np.abs(claimed - factor * measured)
        if len(off) > 1 and (off <= 1e-4 * np.abs(claimed) + doubt).all():
            if abs(factor + 1) < 1e-3:
                return "It has the wrong sign everywhere."
            return f"It is {factor:.4g} times what it should be, everywhere."
    if grad is None and first.size > 1:
        return "Was it taken with a `grad` other than ones? Then pass that as grad=."
    return ""
