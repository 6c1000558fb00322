import collections
import dataclasses
import json
import textwrap

import numpy as np
import pytest

from cnnkit import study
from cnnkit.fingerprints import fingerprint
from cnnkit.recipes import Recipe

CALLS = collections.deque()  # a list would count as something that is read


def squared(seed, x=1.0):
    CALLS.append((seed, x))
    return {"square": x * x, "seed": seed}


@pytest.fixture(autouse=True)
def no_calls():
    CALLS.clear()


CASES = {"two": {"x": 2}, "one half": {"x": 0.5}}


def test_every_case_is_measured_with_every_seed(tmp_path):
    found = study(squared, CASES, seeds=(3, 4), folder=tmp_path)
    assert found == {
        "two": [{"square": 4, "seed": 3}, {"square": 4, "seed": 4}],
        "one half": [{"square": 0.25, "seed": 3}, {"square": 0.25, "seed": 4}],
    }
    assert list(CALLS) == [(3, 2), (4, 2), (3, 0.5), (4, 0.5)]


def test_nothing_is_measured_twice(tmp_path):
    first = study(squared, CASES, folder=tmp_path)
    assert study(squared, CASES, folder=tmp_path) == first
    assert len(CALLS) == 2


def test_what_is_new_alone_is_measured(tmp_path):
    study(squared, {"two": {"x": 2}}, folder=tmp_path)
    study(squared, CASES, seeds=(0, 1), folder=tmp_path)
    assert list(CALLS) == [(0, 2), (1, 2), (0, 0.5), (1, 0.5)]


def test_a_changed_case_is_measured_again(tmp_path):
    study(squared, {"case": {"x": 2}}, folder=tmp_path)
    assert study(squared, {"case": {"x": 3}}, folder=tmp_path)["case"][0]["square"] == 9


def test_an_interrupted_study_goes_on_where_it_was(tmp_path):
    done = []

    def stumbling(seed, x):
        if len(done) == 1:
            done.append("stumbled")
            raise KeyboardInterrupt
        done.append(x)
        return x

    with pytest.raises(KeyboardInterrupt):
        study(stumbling, CASES, folder=tmp_path)
    assert len(list(tmp_path.iterdir())) == 1


def in_a_notebook(source):
    """The function `measure` of a module with that source."""
    space = {"__name__": "a_notebook"}
    exec(textwrap.dedent(source), space)
    return space["measure"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def measure(seed): return 1", "def measure(seed): return 2"),
        (
            "RATE = 1\ndef measure(seed): return RATE",
            "RATE = 2\ndef measure(seed): return RATE",
        ),
        (
            "def half(x): return x / 2\ndef measure(seed): return half(8)",
            "def half(x): return x / 4\ndef measure(seed): return half(8)",
        ),
        (
            "import numpy as np\nD = np.zeros(3)\ndef measure(seed): return D.sum()",
            "import numpy as np\nD = np.ones(3)\ndef measure(seed): return D.sum()",
        ),
        (
            "def measure(seed): return (lambda: 1)()",
            "def measure(seed): return (lambda: 2)()",
        ),
        (
            "from functools import cache\n@cache\ndef half(x): return x / 2\n"
            "def measure(seed): return half(8)",
            "from functools import cache\n@cache\ndef half(x): return x / 4\n"
            "def measure(seed): return half(8)",
        ),
        ("def measure(seed, x=1): return x", "def measure(seed, x=2): return x"),
    ],
)
def test_whatever_the_code_reads_counts(before, after, tmp_path):
    first = study(in_a_notebook(before), {"case": {}}, folder=tmp_path)
    second = study(in_a_notebook(after), {"case": {}}, folder=tmp_path)
    assert first != second
    assert study(in_a_notebook(before), {"case": {}}, folder=tmp_path) == first
    assert len(list(tmp_path.iterdir())) == 2


def test_what_the_code_does_not_read_does_not_count(tmp_path):
    code = "x = 3\ndef measure(seed): return (1.5).real"
    first = study(in_a_notebook(code), {"case": {}}, folder=tmp_path)
    again = study(in_a_notebook("real = 7\n" + code), {"case": {}}, folder=tmp_path)
    assert first == again and len(list(tmp_path.iterdir())) == 1


def test_names_that_look_alike_are_kept_apart(tmp_path):
    cases = {"L 2": {"x": 2}, "l-2": {"x": 2}}
    study(squared, cases, folder=tmp_path)
    assert len(CALLS) == len(list(tmp_path.iterdir())) == 2


def test_what_it_returns_is_what_it_keeps(tmp_path):
    def measured(seed):
        return {"mean": np.float32(0.5), "all": np.arange(3), "tuple": (1, "a")}

    fresh = study(measured, {"case": {}}, folder=tmp_path)
    assert fresh == study(measured, {"case": {}}, folder=tmp_path)
    assert fresh == {"case": [{"mean": 0.5, "all": [0, 1, 2], "tuple": [1, "a"]}]}


def test_a_result_that_cannot_be_kept(tmp_path):
    with pytest.raises(TypeError, match="to return a number, a text"):
        study(lambda seed: {1, 2}, {"case": {}}, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_is_not_overwritten(tmp_path):
    study(squared, {"two": {"x": 2}}, folder=tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_text('{"result": ')
    with pytest.raises(ValueError, match="which is damaged. Delete it"):
        study(squared, {"two": {"x": 2}}, folder=tmp_path)


def test_the_files_can_be_read_by_people(tmp_path):
    study(squared, {"one half": {"x": 0.5}}, folder=tmp_path)
    (file,) = tmp_path.iterdir()
    assert file.name.startswith("one_half-0-")
    kept = json.loads(file.read_text())
    assert kept["case"] == "one half" and kept["result"]["square"] == 0.25


@pytest.mark.parametrize("cases", [{}, None, [{"x": 1}]])
def test_there_must_be_a_case(cases, tmp_path):
    with pytest.raises(ValueError, match="at least one case and one seed"):
        study(squared, cases, folder=tmp_path)


def test_bad_arguments(tmp_path):
    with pytest.raises(ValueError, match="at least one case and one seed"):
        study(squared, CASES, seeds=(), folder=tmp_path)
    with pytest.raises(ValueError, match="a seed"):
        study(squared, CASES, seeds=(-1,), folder=tmp_path)
    with pytest.raises(TypeError, match="`measure` to be a function"):
        study("squared", CASES, folder=tmp_path)
    with pytest.raises(TypeError, match="make it in the function"):
        study(squared, {"case": {"x": object()}}, folder=tmp_path)


@dataclasses.dataclass
class Point:
    x: int


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 2),
        (1, 1.0),
        (1, "1"),
        (True, 1),
        ([1, 2], [2, 1]),
        ({"a": 1}, {"a": 2}),
        (np.zeros(2), np.zeros(3)),
        (np.zeros(2), np.zeros(2, np.float32)),
        (np.zeros((2, 3)), np.zeros((3, 2))),
        (Point(1), Point(2)),
        (Recipe(), Recipe(epochs=7)),
        (int, float),
        (None, 0),
    ],
)
def test_fingerprints_tell_apart(one, other):
    assert fingerprint(one) == fingerprint(one) != fingerprint(other)


def test_a_function_that_calls_itself():
    space = {"__name__": "a_notebook"}
    exec("def count(n): return n and count(n - 1)", space)
    assert fingerprint(space["count"])
