"""Filled-in notebooks, checked without opening them."""

import json
import re

import nbformat
import pytest

from cnnkit.__main__ import main
from cnnkit.exercises import check_all

SETUP = "from cnnkit.exercises import padding as ex"


def write(path, *sources, outputs=()):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    for cell, text in zip(cells[1:], outputs, strict=False):
        data = {"text/plain": text}
        cell.outputs = [nbformat.v4.new_output("execute_result", data)]
    book = nbformat.v4.new_notebook(cells=cells)
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(book, path)
    return path


@pytest.fixture
def stored(tmp_path):
    return write(
        *(tmp_path / "03_padding.ipynb", SETUP, "ex.same_size.check(2)"),
        *("ex.one_filter.check((28, 28, 3))", "ex.lopsided.check(...)"),
        "ex.ring_of_zeros.hint()",
        outputs=[
            "padding.same_size: right\nWell.",
            "padding.one_filter: wrong\nThat is\nwhat the note says.",
            "",
            "padding.ring_of_zeros: hint 1 of 2\nHow large?",
        ],
    )


def test_what_is_stored_is_read_and_nothing_runs(stored):
    before = stored.read_bytes()
    results = check_all(stored)
    states = {row.exercise: row.state for row in results.rows}
    assert states == {
        "padding.same_size": "right",
        "padding.one_filter": "wrong",
        "padding.lopsided": "not run",
    }
    assert results.rows[1].says == "That is\nwhat the note says."
    assert results.right == 1 and stored.read_bytes() == before
    assert repr(results).splitlines()[-1] == "1 of 3 right"


def test_the_json_holds_every_row(stored):
    whole = json.loads(check_all(stored).to_json())
    assert (whole["right"], whole["exercises"]) == (1, 3)
    assert whole["notebooks"] == [
        {"notebook": "03_padding.ipynb", "right": 1, "exercises": 3}
    ]
    assert whole["results"][0] == {
        "notebook": "03_padding.ipynb",
        "exercise": "padding.same_size",
        "state": "right",
        "says": "Well.",
    }


def test_files_of_one_name_are_told_apart_by_their_folders(stored, tmp_path):
    for learner in ("kim", "lee"):
        folder = tmp_path / "class" / learner / "week_3"
        folder.mkdir(parents=True)
        (folder / stored.name).write_bytes(stored.read_bytes())
    empty = write(tmp_path / "class" / "empty.ipynb", "1 + 1")
    paths = [*sorted((tmp_path / "class").rglob("*.ipynb")), stored, stored]
    results = check_all(*paths)
    assert results.sums == {
        "empty.ipynb": (0, 0),
        "kim/week_3/03_padding.ipynb": (1, 3),
        "lee/week_3/03_padding.ipynb": (1, 3),
        f"{tmp_path.name}/03_padding.ipynb": (1, 3),
    }
    assert empty.name in results.notebooks
    lines = repr(results).splitlines()
    assert re.search(
        r"^kim/week_3/03_padding.ipynb +1 of 3 right$", "\n".join(lines), re.M
    )
    assert re.search(r"^empty.ipynb +0 of 0 right$", "\n".join(lines), re.M)
    assert lines[-1] == "3 of 9 right"


def test_execution_runs_the_learners_code(tmp_path):
    path = write(
        *(tmp_path / "a.ipynb", SETUP, "ex.same_size.check(1 + 1)"),
        *("print(ex.one_filter.check((28, 28, 3)))", "ex.lopsided.check(1 / 0)"),
        outputs=["padding.same_size: wrong\nForged or old."],
    )
    before = path.read_bytes()
    results = check_all(path, execute=True)
    assert {row.exercise: row.state for row in results.rows} == {
        "padding.same_size": "right",
        "padding.one_filter": "wrong",
        "padding.lopsided": "error",
    }
    assert path.read_bytes() == before


def test_the_command_line(stored, tmp_path, capsys):
    assert main(["check", str(stored), "--json", str(tmp_path / "out.json")]) == 0
    assert "03_padding.ipynb  padding.same_size   right" in capsys.readouterr().out
    assert json.loads((tmp_path / "out.json").read_text())["right"] == 1


def test_what_is_no_notebook(tmp_path, capsys):
    with pytest.raises(FileNotFoundError, match="Expected a notebook at"):
        check_all(tmp_path / "none.ipynb")
    (tmp_path / "text.ipynb").write_text("no JSON")
    with pytest.raises(ValueError, match="to be a notebook"):
        check_all(tmp_path / "text.ipynb")
    assert main(["check", str(tmp_path / "none.ipynb")]) == 1
    assert "Expected a notebook" in capsys.readouterr().err


def test_a_notebook_without_exercises(tmp_path):
    results = check_all(write(tmp_path / "a.ipynb", "1 + 1"))
    assert repr(results) == "No exercise is checked here."
