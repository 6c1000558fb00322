import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from cnnkit.normalise import as_seen, complaints, normalised


@pytest.mark.parametrize(
    ("printed", "seen"),
    [
        ("plain\n", "plain\n"),
        ("10 %\r99 %\n", "99 %\n"),
        ("10 %\r99 %\r    \rdone\n", "done\n"),
        ("abcdef\rxy\n", "xycdef\n"),
        ("a  \nb\r\n", "a  \nb\n"),
        ("", ""),
    ],
)
def test_as_seen(printed, seen):
    assert as_seen(printed) == seen


def stream(text, name="stdout"):
    return new_output("stream", name=name, text=text)


@pytest.fixture
def notebook():
    result = new_output(
        "execute_result",
        {"text/plain": "2"},
        execution_count=9,
        metadata={"image/png": {"width": 1}},
    )
    cells = [
        new_markdown_cell("# Title\n"),
        new_code_cell(
            "1 + 1\n\n",
            execution_count=9,
            outputs=[stream("1/2\r"), stream("2/2\n"), result],
            metadata={
                "execution": {"iopub.status.idle": "now"},
                "tags": ["result"],
                "nbgrader": {"points": 2},
            },
        ),
        new_code_cell(""),
        new_code_cell("pass", execution_count=12, outputs=[stream("\r  \r")]),
    ]
    return new_notebook(
        cells=cells,
        metadata={
            "widgets": {"x": 1},
            "title": "Kept",
            "kernelspec": {"name": "python3", "display_name": "mine"},
            "language_info": {"name": "python", "version": "3.11.7"},
        },
    )


def test_what_differs_between_runs_goes(notebook):
    clean = normalised(notebook)
    nbformat.validate(clean)
    assert [cell.id for cell in clean.cells] == [f"cell-{n:02d}" for n in range(1, 5)]
    assert "widgets" not in clean.metadata
    assert clean.metadata.title == "Kept"
    assert clean.metadata.kernelspec.display_name == "Python 3 (ipykernel)"
    assert clean.metadata.language_info == {"name": "python"}
    code = clean.cells[1]
    assert code.metadata == {"tags": ["result"], "nbgrader": {"points": 2}}
    assert code.source == "1 + 1"
    assert [cell.get("execution_count") for cell in clean.cells[1:]] == [1, None, 2]
    assert [output.get("text") for output in code.outputs] == ["2/2\n", None]
    assert code.outputs[1].execution_count == 1 and code.outputs[1].metadata == {
        "image/png": {"width": 1}
    }
    assert clean.cells[3].outputs == []


def test_normalising_twice_changes_nothing(notebook):
    once = normalised(notebook)
    assert normalised(once) == once


def test_the_original_stays_as_it_was(notebook):
    before = nbformat.writes(notebook)
    normalised(notebook)
    assert nbformat.writes(notebook) == before


def test_complaints_name_the_cell(notebook):
    notebook.cells[1].outputs = [stream("careful", name="stderr")]
    notebook.cells[3].execution_count = None
    notebook.cells[3].outputs = [
        new_output("error", ename="KeyError", evalue="", traceback=[]),
        new_output("display_data", {"application/vnd.jupyter.widget-view+json": {}}),
    ]
    assert complaints(notebook) == [
        "code cell 1 wrote to stderr: 'careful'",
        "code cell 3 was not executed",
        "code cell 3 failed: KeyError",
        "code cell 3 shows a widget",
    ]


def test_an_error_that_is_meant_is_no_complaint(notebook):
    notebook.cells[1].metadata.tags = ["raises-exception"]
    error = new_output("error", ename="KeyError", evalue="", traceback=[])
    notebook.cells[1].outputs = [error]
    assert complaints(notebook) == []
