"""Exercises: a question, a check that knows the usual mistakes, hints, a solution.

    ex.same_size                # shows the question
    ex.same_size.check(answer)  # right, or what is wrong and why
    ex.same_size.hint()         # the next hint
    ex.same_size.solution()     # code and reason

An exercise takes the answer as an argument and returns a card. It looks at no
variable of the notebook and changes none.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cnnkit.errors import expected
from cnnkit.exercises.cards import Card

_RECORD: dict[str, str] = {}


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that people give, and what it tells about their thinking."""

    name: str
    """For the tests, as `without_padding`."""
    says: str
    """What the learner reads: what they did, and where it goes wrong."""
    seen_in: Callable[[object], bool]
    """Whether this answer is that mistake."""


@dataclass(frozen=True)
class Solution:
    """An answer that passes its own check, and the reason."""

    code: str
    """Python; its last line is the answer."""
    reason: str


@dataclass(frozen=True, repr=False)
class Exercise:
    """One question that can be answered, checked and explained.

    Args:
        name: `topic.name`, as `padding.same_size`.
        question: what is asked, in whole sentences.
        form: what kind of answer it takes: one of `cnnkit.exercises.forms`.
        mistakes: the usual ones, the most telling first.
        right: one sentence that adds something, for whoever got it.
        hints: at least two, each a step further.
        solved: the solution.
        shows: code that the question speaks of, shown below it. Default: none.
    """

    name: str
    question: str
    form: object
    mistakes: Sequence[Mistake]
    right: str
    hints: Sequence[str]
    solved: Solution
    shows: str = ""
    _shown: list[int] = field(default_factory=lambda: [0], compare=False)

    def __post_init__(self) -> None:
        if len(self.hints) < 2:
            raise expected(f"at least two hints in {self.name}", len(self.hints))

    def check(self, answer: object = ...) -> Card:
        """Say whether an answer is right, or what is wrong with it and why.

        Args:
            answer: yours. `...` is «not answered yet». Default: `...`.

        Returns:
            A card with the `state` "right", "wrong" or "not answered yet". No
            answer makes it raise.
        """
        if answer is ...:
            text = f"{self.form.wanted} Put your answer in the place of the dots."
            return self._card("not answered yet", text)
        problem, evidence = self.form.evidence(answer)
        if problem:
            return self._card("wrong", problem)
        wrong = self._diagnosis(evidence) or self.form.verdict(evidence)
        return self._card("wrong", wrong) if wrong else self._card("right", self.right)

    def _diagnosis(self, evidence: object) -> str:
        """What the first mistake says that is seen in it; "" when there is none."""
        seen = (mistake.says for mistake in self.mistakes if _sees(mistake, evidence))
        return next(seen, "")

    def _card(self, state: str, text: str) -> Card:
        if state != "not answered yet" or self.name not in _RECORD:
            _RECORD[self.name] = state
        text, _, code = text.partition("\n")
        return Card(self.name, state, text, code)

    def hint(self) -> Card:
        """Show the next hint; after the last one, that one again, and say so."""
        number, count = self._shown[0], len(self.hints)
        self._shown[0] = min(number + 1, count)
        if number == count:
            text = f"{self.hints[-1]} There is no further hint: see `.solution()`."
            return Card(self.name, f"hint {count} of {count}", text)
        return Card(self.name, f"hint {number + 1} of {count}", self.hints[number])

    def solution(self) -> Card:
        """Show the solution: code that passes the check, and the reason."""
        return Card(self.name, "solution", self.solved.reason, code=self.solved.code)

    def __repr__(self) -> str:
        return repr(self._question())

    def _repr_html_(self) -> str:
        return self._question()._repr_html_()

    def _question(self) -> Card:
        return Card(self.name, "question", self.question, code=self.shows)


def _sees(mistake: Mistake, evidence: object) -> bool:
    try:
        return bool(mistake.seen_in(evidence))
    except Exception:  # the answer may be of a kind that no one thought of
        return False


def progress() -> Card:
    """List what has been answered in this kernel, and how it stands."""
    lines = [f"{state:16} {name}" for name, state in sorted(_RECORD.items())]
    right = sum(state == "right" for state in _RECORD.values())
    text = f"{right} of {len(_RECORD)} right." if lines else "No exercise was checked."
    return Card("exercises", "progress", text, code="\n".join(lines))
