"""Predictions: noted before the fact, compared with what happened."""

from collections.abc import Callable
from dataclasses import dataclass

from cnnkit.exercises.cards import Card
from cnnkit.exercises.engine import Exercise
from cnnkit.exercises.forms import short


@dataclass(frozen=True, repr=False)
class Prediction(Exercise):
    """An exercise whose right answer the notebook finds out.

        ex.shifted.check("a")                 # noted
        ex.shifted.check("a", happened=0.42)  # compared with what was measured

    Its form is a `Choice`; the letter that it holds is what usually happens, and
    the one that the solution gives.

    Args:
        outcome: from what was measured to the letter that it proves right; a
            ValueError says that it is no measurement.
        measured: what `happened` has to be: form and unit, as the end of a sentence.
    """

    outcome: Callable[[object], str] | None = None
    measured: str = ""

    def check(self, answer: object = ..., happened: object = ...) -> Card:
        """Note a prediction; with what happened, compare the two.

        Args:
            answer: your letter. `...` is «not answered yet». Default: `...`.
            happened: what was measured. Default: nothing yet.

        Returns:
            A card: "noted", or as for every exercise.
        """
        if answer is ... or self.form.problem(answer):
            return super().check(answer)
        letter = answer.strip().lower()
        if happened is ...:
            text = f"You say: {self.form.options[letter]} Now see what happens."
            return self._card("noted", text)
        try:
            found = self.outcome(happened)
        except (ValueError, TypeError, LookupError, ArithmeticError):
            text = f"`happened` is {self.measured} This is {short(happened)}."
            return self._card("wrong", text)
        what = self.form.options[found]
        usual = found == self.form.right
        if found == letter:
            more = self.right if usual else "That is not what usually happens."
            return self._card("right", f"So it was: {what} {more}")
        more = "That is not what usually happens, and not what you said."
        if usual:
            more = self._diagnosis(letter) or self.solved.reason
        return self._card("wrong", f"It was: {what} {more}")

    def _question(self) -> Card:
        then = "When you have measured it, add what happened: `.check(…, happened=…)`."
        text = f"{self.question}\n{then} It is {self.measured}"
        return Card(self.name, "question", text, code=self.shows)
