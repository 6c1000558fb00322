"""Every exercise: right answers pass, wrong ones get the diagnosis meant for them."""

import ast
import importlib.util

import numpy as np
import pytest
from conftest import ROOT

from cnnkit.exercises import TOPICS
from cnnkit.exercises.engine import Exercise
from cnnkit.exercises.functions import Function
from cnnkit.exercises.predictions import Prediction

WRITTEN = [
    topic for topic in TOPICS if importlib.util.find_spec(f"cnnkit.exercises.{topic}")
]
GIVEN = {topic: importlib.import_module(f"answers_{topic}").GIVEN for topic in WRITTEN}


def exercises_of(topic):
    module = importlib.import_module(f"cnnkit.exercises.{topic}")
    return {n: x for n, x in vars(module).items() if isinstance(x, Exercise)}


ALL = {
    exercise.name: (topic, name, exercise)
    for topic in WRITTEN
    for name, exercise in exercises_of(topic).items()
}


def each(of=Exercise, form=object):
    """Over all exercises of one kind."""
    some = {
        name: row
        for name, row in ALL.items()
        if isinstance(row[2], of) and isinstance(row[2].form, form)
    }
    return pytest.mark.parametrize(
        ("topic", "name", "exercise"), some.values(), ids=list(some)
    )


each_exercise = each()


def checked(exercise, answer, given):
    if isinstance(exercise, Prediction):
        return exercise.check(answer, given.happened)
    return exercise.check(answer)


def test_every_topic_is_written():
    assert WRITTEN == list(TOPICS)


@pytest.mark.parametrize("topic", WRITTEN)
def test_a_topic_has_three_to_six_exercises_with_answers(topic):
    names = exercises_of(topic)
    assert 3 <= len(names) <= 6
    assert set(names) == set(GIVEN[topic])
    for name, exercise in names.items():
        assert exercise.name == f"{topic}.{name}"


@each_exercise
def test_right_answers_pass(topic, name, exercise):
    given = GIVEN[topic][name]
    assert len(given.right) >= 2
    for answer in given.right:
        card = checked(exercise, answer, given)
        assert card.is_right, card
        assert exercise.right in card.text


@each_exercise
def test_wrong_answers_get_their_diagnosis(topic, name, exercise):
    given = GIVEN[topic][name]
    says = {mistake.name: mistake.says for mistake in exercise.mistakes}
    assert set(given.wrong) == set(says), "every diagnosis is reached"
    count = len(given.other)
    for mistake, answers in given.wrong.items():
        for answer in answers if isinstance(answers, list) else [answers]:
            card = checked(exercise, answer, given)
            assert card.state == "wrong" and says[mistake] in card.text, card
            count += 1
    for answer, part in given.other:
        card = checked(exercise, answer, given)
        assert card.state == "wrong" and part in f"{card.text}\n{card.code}", card
    assert count >= 3


def raises(*_):
    raise KeyError("oops")


NONSENSE = [
    *(None, "x", "", float("nan"), float("inf"), 10**30, -1, 0.5, True, object(), {}),
    *([], (), [None], np.zeros(0), np.zeros((2, 3, 4)), np.array(["a"]), [[1], [2, 3]]),
    *(np.full(3, np.nan), raises, lambda *_: None, lambda: 1, int, {1, 2}, 1j),
]


@each_exercise
def test_nonsense_is_answered_kindly(topic, name, exercise):
    assert checked(exercise, ..., GIVEN[topic][name]).state == "not answered yet"
    for answer in NONSENSE:
        card = checked(exercise, answer, GIVEN[topic][name])
        assert card.state == "wrong" and card.text, answer
        assert "cnnkit" not in card.code


@each(form=Function)
def test_an_endless_function_is_stopped(topic, name, exercise):
    def endless(*_):
        while True:
            pass

    object.__setattr__(exercise.form, "seconds", 0.1)
    assert "still running" in exercise.check(endless).text


@each_exercise
def test_the_solution_passes_its_own_check(topic, name, exercise):
    tree = ast.parse(exercise.solved.code)
    *before, last = tree.body
    assert isinstance(last, ast.Expr), "the last line is the answer"
    names = {"np": np}
    exec(compile(ast.Module(before, []), "solution", "exec"), names)
    answer = eval(compile(ast.Expression(last.value), "solution", "eval"), names)
    card = checked(exercise, answer, GIVEN[topic][name])
    assert card.is_right, card
    assert exercise.solution().code == exercise.solved.code


@each_exercise
def test_answers_of_the_others_fail(topic, name, exercise):
    """A check that accepts anything is found out."""
    for other, given in GIVEN[topic].items():
        if other != name:
            for answer in given.right:
                same = any(_alike(answer, mine) for mine in GIVEN[topic][name].right)
                card = checked(exercise, answer, GIVEN[topic][name])
                assert same or card.state == "wrong", (other, answer)
    for constant in (0, 1, "", (), np.zeros((1, 1)), lambda *_: 0, lambda *x: x[0]):
        same = any(_alike(constant, mine) for mine in GIVEN[topic][name].right)
        assert same or not checked(exercise, constant, GIVEN[topic][name]).is_right


def _alike(one, other):
    try:
        return type(one) is type(other) and bool(np.all(one == other))
    except Exception:
        return False


@each_exercise
def test_the_words(topic, name, exercise):
    assert exercise.question.rstrip().endswith(("?", ".", "`", ":"))
    assert len(set(exercise.hints)) == len(exercise.hints) >= 2
    words = [exercise.question, exercise.right, *exercise.hints, exercise.solved.reason]
    words += [mistake.says for mistake in exercise.mistakes]
    assert len(set(words)) == len(words) and all(len(text) > 20 for text in words)
    assert exercise._repr_html_() == exercise._repr_html_()
    assert [exercise.hint().text for _ in exercise.hints] == list(exercise.hints)
    assert exercise.hint().text.startswith(exercise.hints[-1])
    if isinstance(exercise, Prediction):
        assert (
            exercise.measured.endswith(".")
            and exercise.measured in exercise._question().text
        )


NO_MEASUREMENT = [
    *(None, "x", "", -1, -0.5, float("nan"), float("inf"), 10**400, object(), [], {}),
    *((10, 30), [-1, -1], {"mlp": (97, 96), "cnn": (98, 95)}, [None, None], [[], []]),
]


@each(Prediction)
def test_what_cannot_have_happened_is_refused(topic, name, exercise):
    for happened in NO_MEASUREMENT:
        card = exercise.check(exercise.form.right, happened)
        assert card.state == "wrong" and exercise.measured in card.text, happened


def test_the_readme_counts_them():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"There are {len(ALL)} of them" in text
