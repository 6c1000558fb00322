"""What every committed notebook must be, so that it can be trusted and diffed."""

import importlib
import re

import nbformat
import pytest
from conftest import NOTEBOOKS, ROOT

from cnnkit.exercises.engine import Exercise
from cnnkit.normalise import complaints, normalised
from cnnkit.report import write_page

GLOSSARY = ROOT / "notebooks" / "glossary.md"
IGNORED = "nbval-ignore-output"
ABSOLUTE = re.compile(r"/(?:home|Users|tmp|root|usr|opt|var)/|\b[A-Z]:\\")
BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
MOST_BYTES = 1_500_000


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


def code_of(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose_of(notebook):
    cells = [c.source for c in notebook.cells if c.cell_type == "markdown"]
    return re.sub(r"```.*?```", "", "\n\n".join(cells), flags=re.DOTALL)


def is_ignored(cell):
    return IGNORED in cell.metadata.get("tags", ())


def texts_of(cell):
    for output in cell.outputs:
        yield output.get("text", "")
        for kind, data in output.get("data", {}).items():
            if kind.startswith("text/"):
                yield data


def test_there_are_notebooks():
    assert NOTEBOOKS


def test_it_is_valid_and_normalised(path, notebook):
    nbformat.validate(notebook)
    assert normalised(notebook) == notebook, "run `make notebooks`"
    assert path.read_bytes().endswith(b"}\n") and b"\r" not in path.read_bytes()


def test_it_was_executed_from_top_to_bottom(notebook):
    counts = [cell.execution_count for cell in code_of(notebook)]
    assert counts == list(range(1, len(counts) + 1))


def test_nothing_went_wrong_in_it(notebook):
    assert complaints(notebook) == []


def test_it_stays_small(path):
    assert path.stat().st_size < MOST_BYTES


def test_its_title_carries_its_number(path, notebook):
    number = path.stem.split("_")[0]
    assert notebook.cells[0].source.startswith(f"# {number} · ")


def test_at_most_one_cell_in_five_is_ignored(notebook):
    code = code_of(notebook)
    assert sum(map(is_ignored, code)) <= len(code) / 5


def test_a_claim_follows_every_ignored_cell(notebook):
    code = code_of(notebook)
    for cell, following in zip(code, [*code[1:], None], strict=True):
        if is_ignored(cell):
            assert following is not None and "claim(" in following.source


def test_text_leads(notebook):
    """A sentence stands before each code cell, or the cell whose claim it makes."""
    cells = notebook.cells
    for before, cell in zip(cells, cells[1:], strict=False):
        if cell.cell_type == "code" and before.cell_type == "code":
            assert is_ignored(before), cell.source


def test_code_cells_are_short(notebook):
    for cell in code_of(notebook):
        lines = [line for line in cell.source.splitlines() if line.strip()]
        assert len(lines) <= 10, cell.source


def test_no_network_and_no_shell(notebook):
    for cell in code_of(notebook):
        assert not re.search(r"^\s*[!%]|https?://|pip install", cell.source, re.M)


def test_no_paths_of_a_machine_and_no_addresses(notebook):
    for cell in notebook.cells:
        shown = [cell.source, *(texts_of(cell) if cell.cell_type == "code" else ())]
        for text in shown:
            assert not ABSOLUTE.search(text), text
            assert not re.search(r"0x[0-9a-f]{6,}", text), text


def test_every_exercise_of_its_topic_is_asked(notebook):
    code = "\n".join(cell.source for cell in code_of(notebook))
    topic = re.search(r"^from cnnkit\.exercises import (\w+) as ex$", code, re.M)[1]
    exercises = vars(importlib.import_module(f"cnnkit.exercises.{topic}"))
    names = {name for name, one in exercises.items() if isinstance(one, Exercise)}
    assert set(re.findall(r"\bex\.(\w+)\.check\(", code)) == names
    assert set(re.findall(r"^display\(ex\.(\w+)\)$", code, re.M)) == names


def test_no_exercise_is_answered_in_advance(notebook):
    cards = [text for cell in code_of(notebook) for text in texts_of(cell)]
    states = set(re.findall(r"^\w+\.\w+: ([a-z ]+)$", "\n".join(cards), re.M))
    assert states == {"question", "not answered yet"}


def test_one_picture_stands_for_it(path, notebook):
    tagged = [c for c in code_of(notebook) if "picture" in c.metadata.get("tags", ())]
    assert len(tagged) == 1
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"docs/images/{path.stem}.png" in readme
    assert f"](notebooks/{path.name})" in readme
    assert (ROOT / "docs" / "images" / f"{path.stem}.png").stat().st_size > 5_000


def test_links_lead_somewhere(path, notebook):
    for link in LINK.findall(prose_of(notebook)):
        if "://" not in link and not link.startswith("#"):
            assert (path.parent / link.split("#")[0]).exists(), link


def test_every_formula_can_be_drawn(notebook, tmp_path):
    write_page(notebook, tmp_path / "page.html", folder=tmp_path)
    page = (tmp_path / "page.html").read_text("utf-8")
    formulas = re.findall(r"<math.*?</math>", page, re.DOTALL)
    assert all("\\" not in f and "<mi>&amp;</mi>" not in f for f in formulas)


def glossary():
    rows = re.findall(
        r"^\| (.+?) \| (.+?) \| (.+?) \| \[(\d\d)\]",
        GLOSSARY.read_text(encoding="utf-8"),
        re.M,
    )
    return {term: (korean, meaning, number) for term, korean, meaning, number in rows}


def test_the_glossary_holds_every_bold_term_and_nothing_else():
    introduced = [
        (term.casefold(), path.stem[:2])
        for path in NOTEBOOKS
        for term in BOLD.findall(prose_of(nbformat.read(path, as_version=4)))
    ]
    terms = [term for term, _ in introduced]
    assert sorted(set(terms)) == sorted(terms), "each is introduced once"
    assert {t.casefold(): row[2] for t, row in glossary().items()} == dict(introduced)


def test_the_glossary_is_sorted_and_korean():
    terms = [term.casefold() for term in glossary()]
    assert terms == sorted(terms)
    for term, (korean, meaning, _) in glossary().items():
        assert re.search("[가-힣]", korean), term
        assert meaning[0].islower() or meaning.startswith("−"), term
