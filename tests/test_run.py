import re
import subprocess

import nbformat
import pytest
from conftest import PYTHON
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from cnnkit.__main__ import main
from cnnkit.report import write_page

PROGRESS = """\
import sys, time
from tqdm import tqdm
for _ in tqdm(range(3), file=sys.stdout, leave=False):
    time.sleep(0.01)
print("epoch 1 done")"""


def notebook(path, *cells):
    made = [
        new_markdown_cell(cell[3:]) if cell.startswith("md ") else new_code_cell(cell)
        for cell in cells
    ]
    nbformat.write(new_notebook(cells=made), path)
    return path


def run(*arguments, cwd):
    return subprocess.run(
        [PYTHON, "-m", "cnnkit", "run", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
    )


def test_a_run_writes_copy_and_page_and_shows_what_was_printed(tmp_path):
    path = notebook(tmp_path / "good.ipynb", "md # Title", PROGRESS, "2 + 3")
    made = nbformat.read(path, 4)
    made.cells[1].metadata.tags = ["result"]
    nbformat.write(made, path)
    before = path.read_bytes()

    result = run("good.ipynb", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "cell 2/2" in result.stderr  # the bar
    lines = result.stdout.splitlines()
    assert lines.count("epoch 1 done") == 2  # while it ran, and as its result
    assert "Report: build/good.html" in lines
    executed = nbformat.read(tmp_path / "build" / "good.ipynb", 4)
    assert executed.cells[1].outputs[0].text == "epoch 1 done\n"
    assert executed.cells[2].outputs[0].data["text/plain"] == "5"
    assert "epoch 1 done" in (tmp_path / "build" / "good.html").read_text("utf-8")
    assert path.read_bytes() == before


def test_a_failing_cell_is_told_and_the_others_still_run(tmp_path):
    notebook(tmp_path / "bad.ipynb", "x = 1", "def f():\n    return 1 / 0", "f()")
    notebook(tmp_path / "good.ipynb", "print('fine')")
    result = run("bad.ipynb", "gone.ipynb", "good.ipynb", cwd=tmp_path)
    assert result.returncode == 1
    assert "bad.ipynb, code cell 3 of 3:" in result.stderr
    assert "ZeroDivisionError" in result.stderr and "return 1 / 0" in result.stderr
    assert "Expected gone.ipynb to be a notebook" in result.stderr
    assert "2 of 3 failed: bad.ipynb, gone.ipynb" in result.stderr
    assert "fine" in result.stdout
    assert "\x1b" not in result.stderr  # no colours into a file
    assert (tmp_path / "build" / "bad.html").exists()


def test_in_place_writes_the_normalised_notebook(tmp_path):
    path = notebook(tmp_path / "mine.ipynb", "print('a')", "print('b')")
    assert main(["run", "--in-place", str(path), "--output", str(tmp_path / "b")]) == 0
    written = nbformat.read(path, 4)
    assert [cell.execution_count for cell in written.cells] == [1, 2]
    assert written.cells[0].id == "cell-01"
    first = path.read_bytes()
    assert main(["run", "--in-place", str(path), "--output", str(tmp_path / "b")]) == 0
    assert path.read_bytes() == first


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("import sys; print('oh', file=sys.stderr)", "code cell 1 wrote to stderr"),
        ("raise KeyError('no')", "KeyError"),
    ],
)
def test_in_place_keeps_the_old_file_when_something_is_wrong(
    tmp_path, capsys, cell, message
):
    path = notebook(tmp_path / "mine.ipynb", cell)
    before = path.read_bytes()
    output = str(tmp_path / "build")
    assert main(["run", "--in-place", str(path), "--output", output]) == 1
    assert path.read_bytes() == before
    assert message in capsys.readouterr().err


def test_a_cell_that_takes_too_long(tmp_path, capsys):
    path = notebook(tmp_path / "slow.ipynb", "import time; time.sleep(60)")
    output = str(tmp_path / "build")
    assert main(["run", str(path), "--output", output, "--timeout", "1"]) == 1
    assert "slow.ipynb, code cell 1 of 1" in capsys.readouterr().err


def test_a_kernel_that_dies(tmp_path, capsys):
    path = notebook(tmp_path / "dead.ipynb", "import os; os._exit(1)")
    assert main(["run", str(path), "--output", str(tmp_path / "build")]) == 1
    assert "dead.ipynb" in capsys.readouterr().err


def test_cells_run_where_the_notebook_lies(tmp_path):
    folder = tmp_path / "deep"
    folder.mkdir()
    (folder / "beside.txt").write_text("here")
    path = notebook(folder / "a.ipynb", "assert open('beside.txt').read() == 'here'")
    assert main(["run", str(path), "--output", str(tmp_path / "build")]) == 0


def test_figures_are_shown_whatever_the_backend_of_the_shell(tmp_path, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "Agg")
    code = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
    path = notebook(tmp_path / "a.ipynb", code)
    assert main(["run", str(path), "--output", str(tmp_path / "build")]) == 0
    executed = nbformat.read(tmp_path / "build" / "a.ipynb", 4)
    assert "image/png" in executed.cells[0].outputs[0].data


FORMULAS = r"""# Sizes $a_i$

$$\frac{H + 2P - F}{S} + 1$$

$$
\begin{aligned} x &= 1 \\ y &= 2 \end{aligned}
$$

\begin{equation} e^{x} \end{equation}

A price of 3\$ and `$code$` stay."""


def test_the_page_needs_no_network(tmp_path):
    made = new_notebook(cells=[new_markdown_cell(FORMULAS), new_code_cell("1")])
    assert write_page(made, tmp_path / "page.html", folder=tmp_path) == []
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "<script" not in page
    assert not re.findall(r"<link\b[^>]*>", page)
    assert not re.findall(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", page)
    assert not re.findall(r"""(?:url\(|@import)\s*["']?(?:https?:)?//""", page)


def test_the_page_draws_formulas_as_mathml(tmp_path):
    made = new_notebook(cells=[new_markdown_cell(FORMULAS)])
    write_page(made, tmp_path / "page.html", folder=tmp_path)
    page = (tmp_path / "page.html").read_text("utf-8")
    assert page.count("<math") == 4
    assert "<mfrac>" in page and "<msub>" in page and "<mtable" in page
    assert "\\frac" not in page and "$code$" in page
    assert "<mi>&amp;</mi>" not in page  # an alignment mark that was not understood


def test_the_page_keeps_folded_text_links_and_spaces(tmp_path):
    text = """# 7 · Folds

<details><summary>Solution</summary>

```python
print(1)
```
</details>

Then $2 \\ln 2$, [words](glossary.md), [next](08_next.ipynb), [site](https://a.b)."""
    made = new_notebook(cells=[new_markdown_cell(text)])
    folder = tmp_path / "notebooks"
    folder.mkdir()
    write_page(made, tmp_path / "build" / "7.html", folder=folder)
    page = (tmp_path / "build" / "7.html").read_text("utf-8")
    assert "<title>7 · Folds</title>" in page
    page = page[page.index("<main>") :]
    assert page.index("<details>") < page.index("print") < page.index("</details>")
    space = '<mspace width="0.17em"></mspace>'
    assert f"<mn>2</mn>{space}<mi>ln</mi>{space}<mn>2</mn>" in page
    for link in ("../notebooks/glossary.md", "08_next.html", "https://a.b"):
        assert f'href="{link}"' in page


def test_a_run_never_replaces_the_notebook_itself(tmp_path, capsys):
    path = notebook(tmp_path / "mine.ipynb", "1")
    before = path.read_bytes()
    assert main(["run", str(path), "--output", str(tmp_path)]) == 1
    assert path.read_bytes() == before
    assert "another output folder than the notebook's own" in capsys.readouterr().err


def test_two_notebooks_of_one_name_do_not_share_a_copy(tmp_path, capsys):
    paths = []
    for name in "ab":
        (tmp_path / name).mkdir()
        paths.append(str(notebook(tmp_path / name / "x.ipynb", f"print('{name}')")))
    assert main(["run", *paths, "--output", str(tmp_path / "build")]) == 1
    assert "Expected notebooks of different names" in capsys.readouterr().err
    made = nbformat.read(tmp_path / "build" / "x.ipynb", 4)
    assert made.cells[0].outputs[0].text == "a\n"


def test_a_missing_kernel_does_not_stop_the_others(tmp_path, capsys):
    path = notebook(tmp_path / "bad.ipynb", "1")
    made = nbformat.read(path, 4)
    made.metadata.kernelspec = {"name": "julia-9", "display_name": "Julia"}
    nbformat.write(made, path)
    good = notebook(tmp_path / "good.ipynb", "print('fine')")
    assert main(["run", str(path), str(good), "--output", str(tmp_path / "b")]) == 1
    captured = capsys.readouterr()
    assert "Expected the kernel of" in captured.err and "julia-9" in captured.err
    assert "fine" in captured.out


def test_the_failing_cell_is_named_behind_empty_and_intended_ones(tmp_path, capsys):
    path = notebook(tmp_path / "a.ipynb", "", "1 / 0", "missing")
    made = nbformat.read(path, 4)
    made.cells[1].metadata.tags = ["raises-exception"]
    nbformat.write(made, path)
    assert main(["run", str(path), "--output", str(tmp_path / "build")]) == 1
    told = capsys.readouterr().err
    assert "code cell 2 of 2" in told and "NameError" in told


def test_a_timeout_is_a_number_of_seconds(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["run", "a.ipynb", "--timeout", "-3"])
    assert "Expected a whole number of seconds" in capsys.readouterr().err


def test_what_the_page_would_load_is_told_and_bad_formulas_are_shown(tmp_path):
    cell = new_markdown_cell("![](https://a.b/c.png) and $\\left( x$")
    page = tmp_path / "page.html"
    loads = write_page(new_notebook(cells=[cell]), page, folder=tmp_path)
    assert loads == ["https://a.b/c.png"]
    assert "\\left( x" in page.read_text("utf-8")
