"""Functions from learners: run with a time limit, compared case by case."""

import copy
import re
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cnnkit.exercises.forms import Form, as_array, kind_of, short

_HERE = str(Path(__file__).resolve().parent)


class OutOfTime(Exception):
    """A learner's function ran for too long."""


@dataclass(frozen=True)
class Function(Form):
    """A function that answers as another one does.

    Args:
        reference: the right one, a function of `cnnkit.scratch`, say.
        cases: the arguments of each call, the smallest first.
        signature: how it is called, for the text, as `shrink(image)`.
        tolerance: how far off each number may be. Default: 1e-5.
        seconds: how long a call may take, where the platform can tell. Default: 5.
    """

    reference: Callable
    cases: Sequence[tuple]
    signature: str
    tolerance: float = 1e-5
    seconds: float = 5.0

    @property
    def wanted(self) -> str:
        """What kind of answer."""
        return f"The answer is a function, `{self.signature}`, not what it returns."

    def problem(self, answer: object) -> str:
        """Why it is no function."""
        return "" if callable(answer) else f"{self.wanted} This is {kind_of(answer)}."

    def evidence(self, answer: object) -> tuple[str, object]:
        """Run it on every case: what it returned, or what went wrong."""
        problem = self.problem(answer)
        if problem:
            return problem, None
        found = []
        for case in self.cases:
            given = copy.deepcopy(case)
            try:
                with time_limit(self.seconds):
                    found.append(answer(*given))
            except OutOfTime:
                return (
                    f"With {self._shown(case)} your function was still running after "
                    f"{self.seconds:g} seconds. Does a loop never end?"
                ), None
            except Exception as error:
                lines = own_lines(error)
                return f"With {self._shown(case)} your function raised:\n{lines}", None
            if not all(map(_unchanged, given, case)):
                return (
                    f"With {self._shown(case)} your function changed its input. "
                    "Whoever calls it may need that again: work on a copy."
                ), None
        return "", list(zip(self.cases, found, strict=True))

    def verdict(self, evidence: list[tuple]) -> str:
        """Compare it with the reference; the first case that fails is shown."""
        for case, found in evidence:
            wrong = self._difference(found, self.reference(*copy.deepcopy(case)))
            if wrong:
                return f"With {self._shown(case)} {wrong}"
        return ""

    def _shown(self, case: tuple) -> str:
        """The arguments of a call by their names, small enough to be read."""
        names = re.findall(r"(\w+)(?: *=[^,)]*)?[,)]", self.signature)
        return ", ".join(
            f"{name} = {numbers(one)}" for name, one in zip(names, case, strict=False)
        )

    def _difference(self, found: object, right: np.ndarray) -> str:
        array, right = as_array(found), np.asarray(right, np.float64)
        if found is None:
            return "your function returned nothing. Does it lack its `return`?"
        pieces = isinstance(found, list) and any(hasattr(x, "shape") for x in found)
        if array is None or (pieces and np.ndim(found[0])):
            what = "an array" if right.ndim else "a number"
            returned = f"What it returned is {kind_of(found)}."
            return f"your function should return {what}. {returned}"
        if array.shape != right.shape:
            return (
                f"the shape should be {right.shape}, and your function returned one of "
                f"{array.shape}."
            )
        if not np.allclose(array, right, atol=self.tolerance, equal_nan=True):
            return f"the answer should be {numbers(right)}, and was {numbers(array)}."
        return ""


def answers_as(wrong: Callable) -> Callable[[list[tuple]], bool]:
    """For a `Mistake`: whether a function answered each case as this wrong one does."""

    def seen_in(evidence: list[tuple]) -> bool:
        for case, found in evidence:
            array = as_array(found)
            like = np.asarray(wrong(*copy.deepcopy(case)), np.float64)
            same = array is not None and array.shape == like.shape
            if not (same and np.allclose(array, like, equal_nan=True)):
                return False
        return True

    return seen_in


def _unchanged(given: object, case: object) -> bool:
    if isinstance(case, np.ndarray):
        return isinstance(given, np.ndarray) and np.array_equal(
            given, case, equal_nan=True
        )
    return given == case


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `OutOfTime` in the block when it takes longer.

    By the alarm of Unix, in the main thread; elsewhere there is no limit.
    """
    main = threading.current_thread() is threading.main_thread()
    if not (hasattr(signal, "setitimer") and main):
        yield
        return

    def stop(*_: object) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def own_lines(error: BaseException) -> str:
    """The lines of a traceback that are the learner's, and the error itself."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith(_HERE)
        and "site-packages" not in frame.filename
    ]
    lines = [f"line {frame.lineno}: {frame.line}" for frame in frames if frame.line]
    return "\n".join([*lines[-3:], f"{type(error).__name__}: {error}"])


def numbers(value: object) -> str:
    """An array as nested lists when it is small; else its shape."""
    if not isinstance(value, np.ndarray):
        return short(value)
    if value.size > 25:
        return f"an array of shape {value.shape}"
    small = np.round(value, 4) if value.dtype.kind == "f" else value
    return np.array2string(small, separator=", ", prefix="").replace("\n", "")
