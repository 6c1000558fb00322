"""Check a filled-in notebook without opening it: for teachers."""

import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from cnnkit.errors import expected

_IMPORT = re.compile(r"from cnnkit\.exercises import (\w+) as (\w+)")
_FIRST_LINE = re.compile(r"^([a-z_]+\.\w+): (.+)$")


@dataclass(frozen=True)
class Result:
    """How one exercise stands in one notebook."""

    notebook: str
    exercise: str
    state: str
    """As on the card; "not run" where a check has no output, "error" where its
    cell raised."""
    says: str


@dataclass(frozen=True, repr=False)
class Results:
    """How all exercises of one or more notebooks stand."""

    rows: tuple[Result, ...]
    notebooks: tuple[str, ...]
    """Every notebook that was read, also where no exercise is checked."""

    @property
    def right(self) -> int:
        """How many are right."""
        return sum(row.state == "right" for row in self.rows)

    @property
    def sums(self) -> dict[str, tuple[int, int]]:
        """For each notebook, how many are right, and how many there are."""
        sums = dict.fromkeys(self.notebooks, (0, 0))
        for row in self.rows:
            right, count = sums[row.notebook]
            sums[row.notebook] = (right + (row.state == "right"), count + 1)
        return sums

    def to_json(self) -> str:
        """All rows, and the sums of each notebook and of all, as JSON."""
        rows = [asdict(row) for row in self.rows]
        sums = [
            {"notebook": name, "right": right, "exercises": count}
            for name, (right, count) in self.sums.items()
        ]
        whole = {"right": self.right, "exercises": len(rows)}
        whole |= {"notebooks": sums, "results": rows}
        return json.dumps(whole, indent=2, ensure_ascii=False)

    def __repr__(self) -> str:
        if not self.rows:
            return "No exercise is checked here."
        cells = [(row.notebook, row.exercise, row.state) for row in self.rows]
        cells.insert(0, ("notebook", "exercise", "state"))
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [
            "  ".join(
                f"{cell:{w}}" for cell, w in zip(row, widths, strict=True)
            ).rstrip()
            for row in cells
        ]
        sums = {name: f"{right} of {n} right" for name, (right, n) in self.sums.items()}
        if len(sums) > 1:
            lines += ["", *(f"{name:{widths[0]}}  {sums[name]}" for name in sums), ""]
        return "\n".join([*lines, f"{self.right} of {len(self.rows)} right"])


def check_all(
    *notebooks: str | Path, execute: bool = False, timeout: int = 600
) -> Results:
    """Read how the exercises of filled-in notebooks stand.

    Without `execute` nothing of the learner's runs: what is read are the cards that
    the notebook holds since it ran last. A card can be forged or old; with
    `execute` a copy of the notebook is run from top to bottom first.

    Args:
        *notebooks: paths. Where two files have the same name, their folders tell
            them apart.
        execute: run the learner's code. Only where you would run it by hand.
            Default: False.
        timeout: the longest that one cell may run, in seconds. Default: 600.

    Returns:
        The results: print them, or take their `rows`, `sums` or `to_json()`.

    Raises:
        FileNotFoundError, ValueError: a path is no notebook.

    Example:
        >>> check_all("handed_in/03_padding.ipynb")
        notebook          exercise           state
        03_padding.ipynb  padding.same_size  right
        1 of 1 right
    """
    # The same file twice counts once.
    paths = {Path(os.path.abspath(path)).parts: Path(path) for path in notebooks}
    rows, names = [], []
    for place, path in paths.items():
        if not path.is_file():
            raise expected(f"a notebook at {path}", "no file", error=FileNotFoundError)
        book = _executed(path, timeout) if execute else _read(path)
        names.append(_shortest_name(place, paths))
        rows += _results(names[-1], book)
    return Results(tuple(rows), tuple(names))


def _shortest_name(place: tuple, places: Iterable[tuple]) -> str:
    """The file's name, behind as many folders as tell it from the other places."""
    for length in range(1, len(place) + 1):
        if sum(other[-length:] == place[-length:] for other in places) == 1:
            break
    return Path(*place[-length:]).as_posix()


def _read(path: Path) -> nbformat.NotebookNode:
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:  # nbformat raises what JSON and its schema raise
        raise expected(f"{path} to be a notebook", error) from error


def _executed(path: Path, timeout: int) -> nbformat.NotebookNode:
    """A copy that ran from top to bottom; a cell that raises stops no other."""
    book = _read(path)
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    folder = {"metadata": {"path": str(path.parent.resolve())}}
    client = NotebookClient(book, timeout=timeout, allow_errors=True, resources=folder)
    client.execute()
    return book


def _results(name: str, book: nbformat.NotebookNode) -> Iterator[Result]:
    """The last state of each exercise, in the order in which they come."""
    cells = [cell for cell in book.cells if cell.cell_type == "code"]
    topics = {}
    for cell in cells:
        topics |= {alias: topic for topic, alias in _IMPORT.findall(cell.source)}
    found: dict[str, Result] = {}
    for cell in cells:
        asked = _checks(cell.source, topics)
        for output in cell.outputs:
            text = output.get("data", {}).get("text/plain", output.get("text", ""))
            first, _, rest = text.partition("\n")
            match = _FIRST_LINE.match(first)
            if match and not match[2].startswith(("hint", "question", "solution")):
                found[match[1]] = Result(name, match[1], match[2], rest)
                asked.discard(match[1])
        raised = any(output.output_type == "error" for output in cell.outputs)
        for exercise in sorted(asked):
            state = "error" if raised else "not run"
            found.setdefault(exercise, Result(name, exercise, state, ""))
    yield from found.values()


def _checks(source: str, topics: dict[str, str]) -> set[str]:
    """The exercises that a cell checks, as `padding.same_size`."""
    calls = re.findall(r"\b(\w+)\.(\w+)\.check\(", source)
    return {f"{topics[alias]}.{name}" for alias, name in calls if alias in topics}
