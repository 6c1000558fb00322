"""Bars are seen while work goes on, and leave nothing for nbval to stumble over."""

import io
import subprocess
import sys

import nbformat
import pytest
from conftest import PYTHON
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from cnnkit.bars import bar
from cnnkit.normalise import as_seen, normalised

SILENT = """\
from cnnkit.bars import bar
with bar(3, "squares", delay=0) as progress:
    for number in range(3):
        progress.update()"""
PRINTS = SILENT.replace("        progress", "        print(number)\n        progress")


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_sees_it_pass(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    with bar(4, "squares") as progress:
        progress.update(2)
        progress.refresh()
    assert "squares |" in terminal.getvalue() and "| 2/4" in terminal.getvalue()
    assert as_seen(terminal.getvalue()) == ""


def test_a_pipe_and_who_wants_none_see_nothing(monkeypatch, capsys):
    with bar(4, "squares") as progress:
        progress.update(4)
    assert capsys.readouterr() == ("", "")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    with bar(4, "squares", shown=False) as progress:
        progress.update(4)
    assert terminal.getvalue() == ""


def test_a_notebook_shows_it_and_keeps_nothing():
    messages = []

    class Client(NotebookClient):
        def process_message(self, msg, cell, cell_index):
            messages.append((msg["msg_type"], msg["content"].get("data")))
            return super().process_message(msg, cell, cell_index)

    made = new_notebook(cells=[new_code_cell(SILENT), new_code_cell(PRINTS)])
    Client(made).execute()
    shown = [data for kind, data in messages if kind == "update_display_data"]
    assert any("squares |" in data.get("text/plain", "") for data in shown)
    assert shown[-1] == {}
    silent, prints = normalised(made).cells
    assert silent.outputs == []
    assert [output.text for output in prints.outputs] == ["0\n1\n2\n"]


@pytest.mark.parametrize("delay", [0, 60])
def test_nbval_finds_the_same_whether_a_bar_was_shown_or_not(tmp_path, delay):
    cells = [new_code_cell(SILENT), new_code_cell(PRINTS)]
    made = new_notebook(cells=cells)
    NotebookClient(made).execute()
    made = normalised(made)
    for cell in made.cells:
        cell.source = cell.source.replace("delay=0", f"delay={delay}")
    path = tmp_path / "bars.ipynb"
    nbformat.write(made, path)
    result = subprocess.run(
        [PYTHON, "-m", "pytest", "--nbval", "--nbval-current-env", str(path)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert result.returncode == 0, result.stdout
    assert "2 passed" in result.stdout
