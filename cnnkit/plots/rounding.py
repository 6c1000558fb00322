"""How many decimals to show, and rounded numbers that still add up."""

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction

import numpy as np

_MOST = 10


def as_written(values: np.ndarray) -> np.ndarray:
    """Return float64 numbers that print as these do.

    The float32 nearest to 0.1 is 0.100000001…; it prints as 0.1, and is 0.1 here.

    Example:
        >>> as_written(np.float32([0.1, 2])).tolist()
        [0.1, 2.0]
    """
    values = np.asarray(values)
    if values.dtype.kind == "f" and values.itemsize < 8:
        return np.array([float(str(v)) for v in values.ravel()]).reshape(values.shape)
    return values.astype(np.float64)


def exactly(value: float) -> Fraction:
    """The number that the float prints as, as a fraction.

    Example:
        >>> exactly(0.1)
        Fraction(1, 10)
    """
    return Fraction(repr(float(value)))


def exact_decimals(values: Iterable[Fraction], *, most: int) -> int | None:
    """How many decimals write every one of the numbers in full.

    Args:
        values: the numbers.
        most: how many there may be.

    Returns:
        0 to `most`; None when one of the numbers needs more.

    Example:
        >>> exact_decimals([Fraction(1, 4), Fraction(3)], most=3)
        2
    """
    needed = 0
    for value in set(values):
        while (value * 10**needed).denominator != 1:
            needed += 1
            if needed > most:
                return None
    return needed


def decimals_for(values: Iterable[Fraction], *, most: int = 2) -> int:
    """How many decimals to show of each of these numbers.

    As many as write all of them in full, when `most` are enough; else 2, or
    so many that two digits are left of the greatest, when all are small.

    Args:
        values: the numbers.
        most: how many are shown for the sake of a number in full. Default: 2.

    Returns:
        The decimals.

    Example:
        >>> decimals_for([Fraction(1, 3), Fraction(2)])
        2
    """
    values = set(values)
    needed = exact_decimals(values, most=most)
    if needed is not None:
        return needed
    largest = math.floor(math.log10(max(abs(value) for value in values)))
    return min(max(2, 1 - largest), _MOST)


def written(value: Fraction, decimals: int) -> str:
    """Write a number with so many decimals, and never as «−0».

    Example:
        >>> written(Fraction(-1, 8), 2), written(Fraction(-1, 8), 0)
        ('−0.12', '0')
    """
    units = round(value * 10**decimals)
    whole, rest = divmod(abs(units), 10**decimals)
    sign = "−" if units < 0 else ""
    return f"{sign}{whole}.{rest:0{decimals}d}" if decimals else f"{sign}{whole}"


def adding_up(
    terms: Sequence[Fraction], decimals: int, *, total: Fraction | None = None
) -> list[Fraction]:
    """Round the terms of a sum so that they add up to the rounded sum.

    Each on its own, 0.4 + 0.4 + 0.4 = 1.2 would become 0 + 0 + 0 = 1. The method of
    the largest remainders rounds all terms down first. The units that are then
    lacking go to the terms that lost most.

    Args:
        terms: what is added up.
        decimals: how many each of them, and the sum, is to have.
        total: the sum as computed elsewhere, but for its rounding errors.
            Default: the exact sum of the terms.

    Returns:
        The rounded terms in the same order, each less than one unit of the last
        place off. Their sum is the rounded total.

    Example:
        >>> [str(term) for term in adding_up([Fraction(2, 5)] * 3, 0)]
        ['1', '0', '0']
    """
    scale = 10**decimals
    scaled = [term * scale for term in terms]
    units = [math.floor(term) for term in scaled]
    total = sum(terms, Fraction(0)) if total is None else total
    lacking = round(total * scale) - sum(units)
    by_loss = sorted(range(len(terms)), key=lambda i: units[i] - scaled[i])
    for index in by_loss[: max(lacking, 0)]:
        units[index] += 1
    return [Fraction(unit, scale) for unit in units]
