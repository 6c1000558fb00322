"""How the answers of a topic are written down for the tests."""

from dataclasses import dataclass, field


@dataclass
class Given:
    """Answers to one exercise.

    Args:
        right: at least two different ones.
        wrong: `{name of the mistake: an answer that shows it}`; a list for several.
        other: wrong answers that no mistake knows: `(answer, part of what is said)`.
        happened: what was measured, for predictions.
    """

    right: list
    wrong: dict = field(default_factory=dict)
    other: list = field(default_factory=list)
    happened: object = ...
