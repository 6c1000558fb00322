"""What the kit itself costs: importing it, starting a kernel, running a notebook."""

import subprocess
import sys
from datetime import datetime

import nbformat
from nbclient import NotebookClient

from benchmarks.timing import ROOT, as_text, in_turns, seconds, summary, table

IMPORTS = {
    "`python -c pass`": "pass",
    "`import cnnkit`": "import cnnkit",
    "`import numpy`": "import numpy",
    "`from cnnkit import scratch`": "from cnnkit import scratch",
    "`from cnnkit import plots`": "from cnnkit import plots; plots.pictures",
    "`import keras`": "import keras",
    "`from cnnkit import models`": "from cnnkit import models; models.simple_cnn",
}


def imports(rounds: int) -> dict[str, object]:
    """Seconds from the start of Python to the end of an import, in turns."""
    jobs = {
        name: lambda code=code: subprocess.run(
            [sys.executable, "-c", code], check=True, stderr=subprocess.DEVNULL
        )
        for name, code in IMPORTS.items()
    }
    times = in_turns(jobs, rounds)
    rows = [[name, as_text(taken, 2)] for name, taken in times.items()]
    print(table(["what", "seconds"], rows), flush=True)
    return {name.strip("`"): summary(taken) for name, taken in times.items()}


def notebooks(rounds: int) -> dict[str, object]:
    """Run each notebook once; tell its seconds, and the ten slowest cells of all."""
    del rounds  # a notebook takes half a minute: once is what there is time for
    numbers, cells = {}, []
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        client = NotebookClient(
            notebook, resources={"metadata": {"path": str(path.parent)}}
        )
        total = seconds(client.execute)
        timed = [
            (_seconds_of(cell), index, cell.source)
            for index, cell in enumerate(notebook.cells)
            if cell.cell_type == "code"
        ]
        first = timed[0][0]
        numbers[path.stem] = {
            "seconds": round(total, 2),
            "cells": round(sum(cell[0] for cell in timed), 2),
            "first_cell": round(first, 2),
        }
        cells += [(taken, path.stem, index, code) for taken, index, code in timed]
    rows = [
        [name, f"{n['seconds']:.1f}", f"{n['first_cell']:.1f}"]
        for name, n in numbers.items()
    ]
    print(table(["notebook", "seconds", "its first cell"], rows), end="\n\n")
    slowest = sorted(cells, reverse=True)[:10]
    rows = [
        [name, str(index), f"{taken:.1f}", f"`{_first_line(code)}`"]
        for taken, name, index, code in slowest
    ]
    print(table(["slowest cells", "cell", "seconds", "begins"], rows), flush=True)
    return {
        "notebooks": numbers,
        "slowest_cells": [
            {"notebook": name, "cell": index, "seconds": round(taken, 2)}
            for taken, name, index, _ in slowest
        ],
    }


def _seconds_of(cell: nbformat.NotebookNode) -> float:
    """From the kernel's «busy» to its «idle», as nbclient notes them."""
    marks = cell.metadata.get("execution", {})
    ends = [marks.get(f"iopub.status.{state}") for state in ("busy", "idle")]
    if None in ends:
        return 0.0
    busy, idle = (datetime.fromisoformat(end.replace("Z", "+00:00")) for end in ends)
    return (idle - busy).total_seconds()


def _first_line(code: str) -> str:
    line = code.strip().splitlines()[0]
    return (line if len(line) <= 50 else f"{line[:49]}…").replace("|", "\\|")
