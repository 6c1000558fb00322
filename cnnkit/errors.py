"""Errors that say what was expected and what came instead.

Every check in the kit raises through these helpers, so that every message has
the same form: «Expected `stride` to be a positive integer. Received: stride=0».
"""

import difflib
import math
import numbers
from collections.abc import Iterable


def expected(
    requirement: str,
    received: object,
    *,
    advice: str = "",
    error: type[Exception] = ValueError,
) -> Exception:
    """Build an error to raise: what was expected, what came, what to do.

    Args:
        requirement: the end of the sentence «Expected …», without a full stop.
        received: what came instead; shown as it prints.
        advice: whole sentences on what to do. Default: none.
        error: the exception class. Default: `ValueError`.

    Returns:
        The exception; the caller raises it.

    Example:
        >>> raise expected("`stride` to be a positive integer", "stride=0")
        Traceback (most recent call last):
        ValueError: Expected `stride` to be a positive integer. Received: stride=0.
    """
    message = f"Expected {requirement}. Received: {received}."
    return error(f"{message} {advice}" if advice else message)


def check_integer(
    name: str, value: object, *, minimum: int, maximum: int | None = None
) -> int:
    """Return `value` as an int, or raise when it is none or out of range.

    Booleans and floats are refused, also whole ones; NumPy integers pass.

    Raises:
        TypeError: `value` is not an integer.
        ValueError: it is below `minimum` or above `maximum`.
    """
    upper = "" if maximum is None else f" and at most {maximum:,}"
    requirement = f"`{name}` to be an integer of at least {minimum:,}{upper}"
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise expected(requirement, f"{name}={value!r}", error=TypeError)
    if value < minimum or (maximum is not None and value > maximum):
        raise expected(requirement, f"{name}={value!r}")
    return int(value)


def check_number(
    name: str,
    value: object,
    *,
    minimum: float,
    below: float = math.inf,
    exclusive: bool = False,
) -> float:
    """Return `value` as a float in `[minimum, below)`, or raise.

    With `exclusive`, the minimum itself is refused too. NaN always is.

    Raises:
        TypeError: `value` is not a real number.
        ValueError: it is out of range.
    """
    lower = f"above {minimum:g}" if exclusive else f"at least {minimum:g}"
    upper = "" if below == math.inf else f" and below {below:g}"
    requirement = f"`{name}` to be a number {lower}{upper}"
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise expected(requirement, f"{name}={value!r}", error=TypeError)
    above = value > minimum if exclusive else value >= minimum
    if not (above and value < below):
        raise expected(requirement, f"{name}={value!r}")
    return float(value)


def check_choice(name: str, value: object, choices: Iterable[str]) -> str:
    """Return `value` when it is among `choices`; else offer the nearest one.

    Raises:
        ValueError: `value` is not one of `choices`.
    """
    choices = list(choices)
    if isinstance(value, str) and value in choices:
        return value
    listed = ", ".join(repr(choice) for choice in choices)
    near = difflib.get_close_matches(str(value), choices, n=1)
    advice = f"Did you mean {near[0]!r}?" if near else ""
    raise expected(
        f"`{name}` to be one of {listed}", f"{name}={value!r}", advice=advice
    )
