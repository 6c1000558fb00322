"""Exercises of notebook 07: why the line is bent."""

from collections.abc import Callable
from itertools import product

import numpy as np

from cnnkit.exercises.engine import Exercise, Mistake, Solution
from cnnkit.exercises.forms import (
    Array,
    Choice,
    Judged,
    Number,
    as_array,
    as_number,
    chose,
    listed,
)
from cnnkit.exercises.functions import Function, answers_as
from cnnkit.scratch import softmax

fading = Exercise(
    "activations.fading",
    question="Eight layers in a row have one unit each, the weight 1 and a sigmoid. "
    "The slope of a sigmoid is at most 0.25. On the way back a gradient of 1 arrives "
    "behind the last layer. How large can it be, at most, in front of the first? Two "
    "significant digits are enough, as in 0.00037.",
    form=Number(0.25**8, tolerance=5e-7),
    mistakes=(
        Mistake(
            "added",
            "2 = 8 · 0.25 adds the slopes. By the chain rule the gradient is "
            "multiplied by the slope of each layer that it passes.",
            lambda answer: as_number(answer) == 2,
        ),
        Mistake(
            "value_not_slope",
            "You multiplied by 0.5 eight times. That is the value of a sigmoid at 0; "
            "what the gradient is multiplied by is the slope.",
            lambda answer: np.allclose(as_array(answer), 0.5**8, rtol=0.02),
        ),
        Mistake(
            "one_off",
            "You multiplied by 0.25 seven or nine times. The gradient passes each of "
            "the eight sigmoids once, the first and the last too.",
            lambda answer: any(
                np.allclose(as_array(answer), 0.25**n, rtol=0.03) for n in (7, 9)
            ),
        ),
        Mistake(
            "one_layer",
            "That is what one layer leaves of it. There are eight.",
            lambda answer: as_number(answer) == 0.25,
        ),
        Mistake(
            "not_faded",
            "1 is what eight ReLUs leave where their inputs are above 0, as their "
            "slope there is 1. The slope of a sigmoid never is.",
            lambda answer: as_number(answer) == 1,
        ),
    ),
    right="About one in 65,000, at best: away from 0 the slopes are smaller still.",
    hints=(
        "How much is left behind the last layer, and how much behind the last two?",
        "Each layer multiplies it by 0.25 at most: 0.25 · 0.25 · …",
    ),
    solved=Solution(
        "0.25**8",
        "The chain rule multiplies the slopes: 0.25 to the power of 8, about 0.000015.",
    ),
)

one_layer = Exercise(
    "activations.one_layer",
    question="A row `x` of two numbers goes through two dense layers without bias and "
    "without activation. `A` and `B` are their weights. Which weights, 2×2, give the "
    "same `y` in one single layer?",
    shows="A = np.array([[1, 2],\n              [0, 1]])\n"
    "B = np.array([[3, 0],\n              [1, 1]])\n"
    "y = (x @ A) @ B",
    form=Array(np.array([[5.0, 2.0], [1.0, 1.0]])),
    mistakes=(
        Mistake(
            "other_order",
            "That is B @ A, as if the row met B first. With matrices the order counts.",
            lambda answer: np.allclose(as_array(answer), [[3, 6], [1, 3]], rtol=1e-3),
        ),
        Mistake(
            "place_by_place",
            "You multiplied place by place, `A * B`. A product of matrices adds up "
            "rows times columns.",
            lambda answer: np.allclose(as_array(answer), [[3, 0], [0, 1]], rtol=1e-3),
        ),
        Mistake(
            "added",
            "You added the weights. The second layer multiplies what the first gives.",
            lambda answer: np.allclose(as_array(answer), [[4, 2], [1, 2]], rtol=1e-3),
        ),
        Mistake(
            "transposed",
            "The right numbers, but rows and columns have changed places. `x` is a row "
            "and stands on the left.",
            lambda answer: np.allclose(as_array(answer), [[5, 1], [2, 1]], rtol=1e-3),
        ),
    ),
    right="Ten such layers would be one as well. With a ReLU between them, whose line "
    "has a bend at 0, no single layer can replace them.",
    hints=(
        "(x @ A) @ B = x @ (…): which product stands in the brackets?",
        "The upper left number is 1·3 + 2·1.",
    ),
    solved=Solution(
        "A = np.array([[1, 2], [0, 1]])\nB = np.array([[3, 0], [1, 1]])\nA @ B",
        "(x @ A) @ B = x @ (A @ B): two layers without an activation are one.",
    ),
)

_PETS = np.array([0.70, 0.25, 0.05])


def _judge_scores(answer: object) -> str:
    found = softmax(as_array(answer))
    if np.allclose(found, _PETS, atol=0.002):
        return ""
    return f"Softmax makes {np.round(found, 3).tolist()} of your scores."


pet_scores = Exercise(
    "activations.pet_scores",
    question="A network says dog 70 %, cat 25 %, pig 5 %. These come out of a softmax. "
    "Give three scores that may have gone in, in this order. What softmax makes of "
    "yours may be off by 0.002.",
    form=Judged(
        "The answer is three numbers, as `[2.0, 1.0, 0.0]`.",
        lambda answer: (
            as_array(answer) is not None
            and as_array(answer).shape == (3,)
            and bool(np.isfinite(as_array(answer)).all())
        ),
        _judge_scores,
    ),
    mistakes=(
        Mistake(
            "probabilities",
            "These are the probabilities. Of such small scores softmax would make "
            "46, 30 and 24 %: their powers of e are close to each other.",
            lambda answer: np.allclose(as_array(answer), _PETS, rtol=1e-3),
        ),
        Mistake(
            "percentages",
            "e⁷⁰ is so much more than e²⁵ that softmax would give the dog everything. "
            "What counts is the difference of two scores, and 45 is huge.",
            lambda answer: np.allclose(as_array(answer), 100 * _PETS, rtol=1e-3),
        ),
        Mistake(
            "powers",
            "These are the powers of e, whose shares are 70, 25 and 5 %. Softmax takes "
            "the powers itself: which scores have them?",
            lambda answer: np.allclose(as_array(answer), 40 * _PETS, rtol=1e-2),
        ),
        Mistake(
            "other_base",
            "You took the logarithm of another base. Softmax uses powers of e, so it "
            "is undone by the natural one, `np.log`.",
            lambda answer: any(
                np.allclose(np.diff(as_array(answer)), np.diff(log(_PETS)), atol=0.01)
                for log in (np.log2, np.log10)
            ),
        ),
    ),
    right="Yours is one answer of many: add the same number to all three scores, and "
    "the probabilities stay as they are.",
    hints=(
        "Softmax takes e to the power of each score, and divides these powers by their "
        "sum. So they must be to each other as 70 to 25 to 5.",
        "Which function undoes a power of e? NumPy has it.",
    ),
    solved=Solution(
        "np.log([0.70, 0.25, 0.05])",
        "The natural logarithm undoes the power; the sum is 1 already, so the "
        "division changes nothing.",
    ),
)


_ALL, _ROW, _COLUMN, _FLAT = {}, {"axis": 1, "keepdims": True}, {"axis": 0}, {"axis": 1}


def _like(top: dict | None, total: dict | None) -> Callable[[list[tuple]], bool]:
    """A softmax with these arguments of `max` and `sum`; None: left out."""

    def probabilities(scores: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            powers = np.exp(scores if top is None else scores - scores.max(**top))
            return powers if total is None else powers / powers.sum(**total)

    return answers_as(probabilities)


def _like_any(*pairs: tuple) -> Callable[[list[tuple]], bool]:
    wrong = [_like(*pair) for pair in pairs]
    return lambda evidence: any(seen_in(evidence) for seen_in in wrong)


stable = Exercise(
    "activations.stable",
    question="Write a function `probabilities(scores)` for scores `(N, classes)`: the "
    "softmax of each row. It must work for scores as large as 2,000 too, where e to "
    "the power of a score is more than a computer can hold. Use NumPy only.",
    form=Function(
        softmax,
        cases=(
            (np.array([[2.0, 1.0, 0.0]]),),
            (np.array([[1.0, 1.0], [3.0, -1.0]]),),
            (np.array([[2000.0, 1999.0], [1.0, 0.0]]),),
        ),
        signature="probabilities(scores)",
    ),
    mistakes=(
        Mistake(
            "overflow",
            "Your powers of e overflow at 2,000, and ∞/∞ is no number. A quotient "
            "does not change when both sides are divided by the same power.",
            _like(None, _ROW),
        ),
        Mistake(
            "one_maximum",
            "You subtract the greatest score of all rows. In a row far below it every "
            "power becomes 0, and 0/0 is no number. Each row has its own greatest.",
            _like(_ALL, _ROW),
        ),
        Mistake(
            "over_all_rows",
            "You divide by the sum over the whole array. Each row is one picture, and "
            "should add up to 1 by itself.",
            _like_any(*product((None, _ALL, _ROW), (_ALL,))),
        ),
        Mistake(
            "along_the_columns",
            "Your maxima or your sums, one for each row, have the shape `(N,)`. NumPy "
            "lays such an array along the columns: row 1 gets to column 1. Each number "
            "has to stay with its row. Which shape does that?",
            _like_any(*product((None, _ALL, _ROW, _FLAT), (_FLAT,)), (_FLAT, _ROW)),
        ),
        Mistake(
            "axis_0",
            "You add up along axis 0, from row to row, and so the columns add up to 1. "
            "Each row is one picture: along which axis do its classes lie?",
            _like_any(*product((None, _ALL, _ROW, _COLUMN), (_COLUMN,))),
        ),
        Mistake(
            "no_division",
            "You return the powers of e. They are no probabilities yet: what do those "
            "of a row add up to?",
            _like_any(*product((None, _ALL, _ROW), (None,))),
        ),
        Mistake(
            "no_powers",
            "You divide the scores themselves by their sum. They may be negative; "
            "their powers of e are not.",
            answers_as(lambda x: x / x.sum(axis=-1, keepdims=True)),
        ),
    ),
    right="Every library subtracts the greatest score first: `softmax(x - 7)` is the "
    "same as `softmax(x)`.",
    hints=(
        "Softmax does not change when the same number is taken from a whole row. "
        "Which number makes the greatest power e⁰ = 1?",
        "`scores.max(axis=1, keepdims=True)` holds the greatest score of each row, in "
        "the shape `(N, 1)`, so that row and number stay together. The sum of the "
        "powers needs the same.",
    ),
    solved=Solution(
        "def probabilities(scores):\n"
        "    powers = np.exp(scores - scores.max(axis=1, keepdims=True))\n"
        "    return powers / powers.sum(axis=1, keepdims=True)\n"
        "probabilities",
        "With the greatest of its row taken away, no score is above 0 and no power "
        "above 1.",
    ),
)

_FATES = {
    "a": "It gives negative numbers, and the next layer makes up for them.",
    "b": "Its weights stay as they are: no picture gives them a gradient.",
    "c": "Its error is large, so large gradients bring it back soon.",
}

dead_unit = Exercise(
    "activations.dead_unit",
    question="After too large a step, the sum in front of one ReLU of the first layer "
    "is negative for every training picture. Training goes on with plain gradient "
    "descent. What becomes of this unit? " + listed(_FATES),
    form=Choice("b", _FATES),
    mistakes=(
        Mistake(
            "negative_output",
            "The sum is negative, but the ReLU lets nothing below 0 out.",
            chose("a"),
        ),
        Mistake(
            "pulled_back",
            "However large the error: on its way back it is multiplied by the slope "
            "of the ReLU. How steep is that below 0?",
            chose("c"),
        ),
    ),
    right="A leaky ReLU keeps a slope below 0, so that such a unit can come back.",
    hints=(
        "What does a ReLU give for a negative sum, and how steep is it there?",
        "The gradient of a weight is a product, and that slope is one of its factors.",
    ),
    solved=Solution(
        '"b"',
        "Below 0 the slope is 0, so every gradient of its weights is 0. The pictures "
        "are the same in the next epoch, and so is the sum.",
    ),
)
