"""The engine alone: cards, states, hints, functions, predictions."""

import threading

import numpy as np
import pytest

from cnnkit.exercises import engine, progress
from cnnkit.exercises.cards import Card
from cnnkit.exercises.engine import Exercise, Mistake, Solution
from cnnkit.exercises.forms import Array, Choice, Judged, Number, Shape, as_number
from cnnkit.exercises.functions import Function, OutOfTime, answers_as, time_limit
from cnnkit.exercises.predictions import Prediction

SOLVED = Solution("2", "Because 1 and 1 make 2.")


@pytest.fixture(autouse=True)
def no_record(monkeypatch):
    monkeypatch.setattr(engine, "_RECORD", {})


def exercise(form, *mistakes, name="topic.name"):
    return Exercise(
        name, "How many?", form, mistakes, "Well counted.", ["One", "Two"], SOLVED
    )


def test_the_four_states():
    three = Mistake("three", "That is one too many.", lambda answer: answer == 3)
    two = exercise(Number(2), three)
    for answer, state, part in (
        (..., "not answered yet", "a whole number"),
        (2, "right", "Well counted."),
        (3, "wrong", "That is one too many."),
        (4, "wrong", "not it yet"),
    ):
        card = two.check(answer)
        assert (card.state, card.is_right) == (state, state == "right")
        assert part in card.text and card.name == "topic.name"
    assert two.check().state == "not answered yet"


def test_hints_come_one_by_one_and_the_last_stays():
    one = exercise(Number(2))
    states = [(one.hint().state, one.hint().text) for _ in range(1)]
    assert states == [("hint 1 of 2", "Two")]
    assert one.hint().state == "hint 2 of 2"
    assert "see `.solution()`" in one.hint().text


def test_two_hints_are_the_least():
    with pytest.raises(ValueError, match="at least two hints in a.b. Received: 1"):
        Exercise("a.b", "?", Number(1), (), "", ["only one"], SOLVED)


def test_progress_lists_what_was_checked():
    assert "No exercise" in progress().text
    exercise(Number(2), name="a.one").check(2)
    exercise(Number(2), name="a.two").check(7)
    exercise(Number(2), name="a.three").check(...)
    card = progress()
    assert card.text == "1 of 3 right."
    assert card.code.splitlines() == [
        "right            a.one",
        "not answered yet a.three",
        "wrong            a.two",
    ]
    exercise(Number(2), name="a.one").check(...)  # what was right stays right
    assert progress().text == "1 of 3 right."


def test_a_mistake_that_chokes_on_an_answer_is_passed_over():
    odd = Mistake("odd", "Odd.", lambda answer: answer[7])
    assert exercise(Number(2), odd).check(2).is_right


def test_cards_are_the_same_text_twice_and_safe_html():
    card = Card("a.b", "wrong", "Use `<b>` & think", "x < 1")
    assert repr(card) == repr(card) == "a.b: wrong\nUse `<b>` & think\n    x < 1"
    page = card._repr_html_()
    assert "<code>&lt;b&gt;</code> &amp; think" in page and "x &lt; 1" in page
    assert " id=" not in page and "http" not in page


@pytest.mark.parametrize(
    ("form", "answer", "part"),
    [
        (Number(2), "2", "a text, '2'"),
        (Number(2), True, "a truth value"),
        (Number(2), None, "nothing"),
        (Number(2), np.array([2]), "an array of shape (1,)"),
        (Number(2.5, 0.1), float("nan"), "no count or size can be"),
        (Shape((2, 3)), 5, "a tuple of whole numbers"),
        (Shape((2, 3)), (2, 3, 1), "has 2 numbers, and this has 3"),
        (Shape((2, 3)), (2.5, 3), "a tuple of whole numbers"),
        (Shape((2, 3)), (2, 4), "Not right yet, counted from 0: number 1."),
        (Choice("a", {"a": "A", "b": "B"}), 1, "one of 'a', 'b'"),
        (Choice("a", {"a": "A", "b": "B"}), "c", "This is 'c'"),
        (Array(np.eye(2)), [[1, 0]], "This one has shape (1, 2)"),
        (Array(np.eye(2)), [[1, 0], [0, np.nan]], "At (1, 1) stands nan"),
        (Array(np.eye(2)), [[1, 0], [1, 1]], "1 of 4 numbers"),
        (Array(np.eye(2)), [["a"]], "The answer is an array"),
        (Judged("A list.", lambda x: isinstance(x, list), lambda x: ""), 3, "A list."),
    ],
)
def test_forms_say_what_is_wrong(form, answer, part):
    card = exercise(form).check(answer)
    assert card.state == "wrong" and part in card.text


@pytest.mark.parametrize(
    ("form", "answer"),
    [
        (Number(2), np.float32(2)),
        (Number(2), np.array(2)),
        (Number(0.5, 0.01), 0.505),
        (Shape((2, 3)), np.array([2, 3])),
        (Choice("a", {"a": "A", "b": "B"}), " A "),
        (Array(np.eye(2)), [[1, 0], [0, 1.0000001]]),
    ],
)
def test_forms_take_what_is_right(form, answer):
    assert exercise(form).check(answer).is_right


DOUBLE = Function(
    lambda x: 2 * x, cases=((np.arange(3.0),), (np.ones((9, 9)),)), signature="f(x)"
)


def shout(x):
    raise ValueError(f"no {x.shape}")


def change(x):
    x += 1
    return 2 * (x - 1)


@pytest.mark.parametrize(
    ("answer", "part"),
    [
        (3, "a function, `f(x)`"),
        (shout, "ValueError: no (3,)"),
        (change, "changed its input"),
        (lambda x: None, "Does it lack its `return`?"),
        (lambda x: [2 * x], "What it returned is of type list"),
        (lambda x: x[:1], "the shape should be (3,)"),
        (lambda x: 3 * x, "With x = [0., 1., 2.] the answer should be [0., 2., 4.]"),
        (lambda x: 2 * x[:3], "With x = an array of shape (9, 9) the shape should be"),
        (lambda: 1, "TypeError"),
    ],
)
def test_functions_are_run_case_by_case(answer, part):
    card = exercise(DOUBLE).check(answer)
    assert card.state == "wrong" and part in f"{card.text}\n{card.code}"


def test_the_traceback_is_the_learners_own():
    code = exercise(DOUBLE).check(shout).code
    assert 'raise ValueError(f"no {x.shape}")' in code and "exercises" not in code


def test_a_function_that_answers_as_a_mistake():
    half = Mistake("half", "That halves it.", answers_as(lambda x: x / 2))
    assert exercise(DOUBLE, half).check(lambda x: 0.5 * x).text == "That halves it."
    assert exercise(DOUBLE, half).check(lambda x: x + x).is_right


def test_the_time_limit_stops_only_its_block():
    with pytest.raises(OutOfTime), time_limit(0.05):
        while True:
            pass
    with time_limit(0.05):
        pass
    threading.Event().wait(0.1)  # no alarm is left over


def test_there_is_no_limit_in_another_thread():
    found = []

    def run():
        with time_limit(0.01):
            threading.Event().wait(0.05)
            found.append("done")

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == ["done"]


def test_predictions_are_noted_then_compared():
    options = {"a": "It falls.", "b": "It rises."}
    says = "Think of the slope."
    guess = Prediction(
        *("a.guess", "What will it do?", Choice("a", options)),
        *((Mistake("rises", says, lambda x: x == "b"),), "As expected.", ["1", "2"]),
        Solution("'a'", "It usually falls."),
        outcome=lambda change: "a" if change + 0 < 0 else "b",
        measured="the change of the loss.",
    )
    assert guess.check().state == "not answered yet"
    assert guess.check("c").state == "wrong"
    noted = guess.check("b")
    assert noted.state == "noted" and "It rises." in noted.text
    assert guess.check("a", happened=-1).text == "So it was: It falls. As expected."
    assert guess.check("b", happened=-1).text == f"It was: It falls. {says}"
    unusual = guess.check("b", happened=1)  # what happened counts
    assert unusual.is_right and "not what usually happens" in unusual.text
    assert "not what you said" in guess.check("a", happened=1).text
    assert (
        "`happened` is the change of the loss." in guess.check("a", happened="x").text
    )


def test_numbers_of_all_kinds():
    assert [as_number(x) for x in (1, 1.5, np.int8(3), np.array(2.0))] == [1, 1.5, 3, 2]
    assert [as_number(x) for x in ("1", True, None, 1j, [1])] == [None] * 5
