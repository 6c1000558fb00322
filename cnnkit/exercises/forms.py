"""Kinds of answers: what is wanted, what cannot be one, whether it is right.

Each form has `wanted`, a sentence; `problem(answer)`, a friendly sentence when the
answer is of another kind, else ""; and `verdict(evidence)`, "" when it is right. The
evidence is what is judged: the answer itself, or what a function answered.
"""

import math
import numbers
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

_NOT_YET = "That is not it yet. A hint is a call away: `.hint()`."


class Form:
    """What all kinds of answers share."""

    wanted: str
    """One sentence: what kind of answer."""

    def problem(self, answer: object) -> str:
        """Why it is of another kind; "" when it is not."""
        return ""

    def evidence(self, answer: object) -> tuple[str, object]:
        """The problem, and what is judged when there is none."""
        return self.problem(answer), answer

    def verdict(self, evidence: object) -> str:
        """What is wrong with it; "" when it is right."""
        raise NotImplementedError


@dataclass(frozen=True)
class Number(Form):
    """A number; whole, or up to a tolerance.

    Args:
        value: the right one.
        tolerance: how far off it may be. Default: 0, exactly.
        unit: what is counted, for the text. Default: none.
    """

    value: float
    tolerance: float = 0.0
    unit: str = ""

    @property
    def wanted(self) -> str:
        """What kind of answer."""
        whole = isinstance(self.value, int) and not self.tolerance
        kind = "a whole number" if whole else "a number"
        return f"The answer is {kind}{f' ({self.unit})' if self.unit else ''}."

    def problem(self, answer: object) -> str:
        """Why it is no number."""
        number = as_number(answer)
        if number is None:
            return f"{self.wanted} This is {kind_of(answer)}."
        if not math.isfinite(number):
            return f"{self.wanted} This is {number}, which no count or size can be."
        return ""

    def verdict(self, answer: object) -> str:
        """Whether it is the right one."""
        off = abs(as_number(answer) - self.value)
        return "" if off <= self.tolerance else _NOT_YET


@dataclass(frozen=True)
class Shape(Form):
    """A shape, or a pair: a tuple or list of whole numbers."""

    value: tuple[int, ...]

    wanted = "The answer is a tuple of whole numbers, as `(7, 5)`."

    def problem(self, answer: object) -> str:
        """Why it is no shape."""
        sizes = as_shape(answer)
        if sizes is None:
            return f"{self.wanted} This is {kind_of(answer)}."
        if len(sizes) != len(self.value):
            return (
                f"The answer has {len(self.value)} numbers, and this has {len(sizes)}: "
                f"{sizes}. Ask yourself what each of them counts."
            )
        return ""

    def verdict(self, answer: object) -> str:
        """Whether it is the right one; else at which axis it parts."""
        sizes = as_shape(answer)
        wrong = [
            i for i, (a, b) in enumerate(zip(sizes, self.value, strict=True)) if a != b
        ]
        if not wrong:
            return ""
        which = " and ".join(f"number {index}" for index in wrong)
        return f"Not right yet, counted from 0: {which}."


@dataclass(frozen=True)
class Choice(Form):
    """One of several statements, each under a letter.

    Args:
        right: the letter of the right one.
        options: `{letter: statement}`.
    """

    right: str
    options: Mapping[str, str]

    @property
    def wanted(self) -> str:
        """What kind of answer."""
        return f"The answer is one of {', '.join(repr(x) for x in self.options)}."

    def problem(self, answer: object) -> str:
        """Why it is none of the letters."""
        if not isinstance(answer, str):
            return f"{self.wanted} This is {kind_of(answer)}."
        if answer.strip().lower() not in self.options:
            return f"{self.wanted} This is {short(answer)}."
        return ""

    def verdict(self, answer: str) -> str:
        """Whether it is the right one."""
        return "" if answer.strip().lower() == self.right else _NOT_YET


@dataclass(frozen=True)
class Array(Form):
    """An array of numbers.

    Args:
        value: the right one.
        tolerance: how far off each number may be. Default: 1e-6.
    """

    value: np.ndarray
    tolerance: float = 1e-6

    @property
    def wanted(self) -> str:
        """What kind of answer."""
        return f"The answer is an array of shape {np.shape(self.value)}."

    def problem(self, answer: object) -> str:
        """Why it is no such array."""
        array = as_array(answer)
        if array is None:
            return f"{self.wanted} This is {kind_of(answer)}."
        if array.shape != np.shape(self.value):
            return f"{self.wanted} This one has shape {array.shape}."
        if not np.isfinite(array).all():
            where = tuple(map(int, np.argwhere(~np.isfinite(array))[0]))
            return f"At {where} stands {array[where]}, which is no finite number."
        return ""

    def verdict(self, answer: object) -> str:
        """Whether it is the right one; else where it first parts."""
        off = np.abs(as_array(answer) - self.value) > self.tolerance
        if not off.any():
            return ""
        where = tuple(map(int, np.argwhere(off)[0]))
        return (
            f"{off.sum()} of {off.size} numbers are not right yet; the first stands "
            f"at {where}."
        )


def chose(letter: str) -> Callable[[str], bool]:
    """For a `Mistake` of a `Choice`: whether the answer is this letter."""
    return lambda answer: answer.strip().lower() == letter


def near(*values: float, within: float) -> Callable[[object], bool]:
    """For a `Mistake`: whether the answer is these numbers, but for rounding."""
    return lambda answer: np.allclose(as_array(answer), values, rtol=0, atol=within)


def listed(options: Mapping[str, str]) -> str:
    """The options as they stand in the question, a line each: «a) …»."""
    return "\n" + "\n".join(f"{letter}) {text}" for letter, text in options.items())


def as_number(answer: object) -> float | None:
    """The answer as a number; None when it is none. Truth values are none."""
    if isinstance(answer, np.ndarray) and answer.ndim == 0:
        answer = answer[()]
    if isinstance(answer, (bool, np.bool_)) or not isinstance(answer, numbers.Real):
        return None
    return float(answer)


def as_shape(answer: object) -> tuple[int, ...] | None:
    """The answer as a tuple of whole numbers; None when it is none."""
    if isinstance(answer, np.ndarray) and answer.ndim == 1:
        answer = answer.tolist()
    if isinstance(answer, str) or not isinstance(answer, Sequence):
        return None
    sizes = [as_number(size) for size in answer]
    if any(size is None or not size.is_integer() for size in sizes):
        return None
    return tuple(int(size) for size in sizes)


def as_array(answer: object) -> np.ndarray | None:
    """The answer as floats; None when it holds what is no number."""
    try:
        array = np.asarray(answer)
    except (ValueError, TypeError):  # rows of different lengths, say
        return None
    return array.astype(np.float64) if array.dtype.kind in "fiu" else None


def kind_of(answer: object) -> str:
    """What an answer is, in words: «a text», «nothing (None)»."""
    if answer is None:
        return "nothing, `None`"
    if isinstance(answer, (bool, np.bool_)):
        return f"a truth value, {answer}"
    if isinstance(answer, str):
        return f"a text, {short(answer)}"
    if isinstance(answer, np.ndarray):
        return f"an array of shape {answer.shape} and type {answer.dtype}"
    if callable(answer):
        return "a function, not what it returns"
    return f"of type {type(answer).__name__}, {short(answer)}"


def short(answer: object) -> str:
    """How an answer prints, cut off when it is long."""
    text = repr(answer)
    return text if len(text) <= 60 else f"{text[:57]}…"


@dataclass(frozen=True)
class Judged(Form):
    """Anything else: an object of a certain kind, judged by a function.

    Args:
        wanted: what kind of answer, one sentence.
        is_kind: whether an answer is of that kind.
        judge: "" when it is right, else what is wrong with it.
    """

    wanted: str
    is_kind: Callable[[object], bool]
    judge: Callable[[object], str]

    def problem(self, answer: object) -> str:
        """Why it is of another kind."""
        return (
            "" if self.is_kind(answer) else f"{self.wanted} This is {kind_of(answer)}."
        )

    def verdict(self, answer: object) -> str:
        """Whether it is right."""
        return self.judge(answer)
