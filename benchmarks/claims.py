"""Do the claims of the notebooks hold elsewhere: other arithmetic, threads, seeds?

    python -m benchmarks.claims                        # all notebooks, hours
    python -m benchmarks.claims notebooks/14*.ipynb    # one of them
    python -m benchmarks.claims --only "seed 3" "one thread"

Each notebook is executed once for each condition, in a folder of its own, so
nothing is read from an earlier run. With another seed, a hundred or more is added
to every seed that `set_seed` and `train` are given. oneDNN is on unless the condition
says otherwise: `cnnkit.runtime` switches it on. All cells run, also behind one
that failed; what failed is listed, and the exit code tells whether anything did.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from benchmarks.timing import table

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
# Runs before a notebook: whatever seed it sets, another is set.
OTHER_SEEDS = """\
import cnnkit.runtime

def _set_seed(seed=0, *, _set=cnnkit.runtime.set_seed, **options):
    _set(seed + {shift}, **options)

cnnkit.runtime.set_seed = _set_seed
"""
# Environment variables, and what is added to every seed.
CONDITIONS = {
    "as committed": ({}, 0),
    "oneDNN off": ({"TF_ENABLE_ONEDNN_OPTS": "0"}, 0),
    "oneDNN up to AVX2": ({"ONEDNN_MAX_CPU_ISA": "AVX2"}, 0),
    "one thread": (
        {
            "TF_NUM_INTRAOP_THREADS": "1",
            "TF_NUM_INTEROP_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        },
        0,
    ),
    **{f"seed {number}": ({}, 100 * number) for number in range(1, 5)},
}


def execute(path: Path, settings: dict[str, str], shift: int) -> list[str]:
    """Execute one notebook under a condition; return the errors of its cells."""
    notebook = nbformat.read(path, as_version=4)
    if shift:
        cell = nbformat.v4.new_code_cell(OTHER_SEEDS.format(shift=shift))
        notebook.cells.insert(0, cell)
    environment = {**os.environ, **settings}
    environment.pop("MPLBACKEND", None)
    with tempfile.TemporaryDirectory() as folder:
        beside = Path(folder) / "notebooks"  # with `../data`, as they lie here
        beside.mkdir()
        (Path(folder) / "data").symlink_to(NOTEBOOKS.parent / "data")
        client = NotebookClient(
            notebook,
            timeout=None,
            allow_errors=True,
            extra_arguments=["--log-level=ERROR"],
            resources={"metadata": {"path": str(beside)}},
        )
        client.execute(env=environment)
    return [
        f"{output.ename}: {output.evalue.splitlines()[0] if output.evalue else ''}"
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "error"
    ]


def main() -> int:
    """Execute what was asked for; print a table."""
    told = __doc__.split("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.claims",
        description=told[0],
        epilog="\n\n".join(told[1:]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("notebooks", nargs="*", type=Path)
    parser.add_argument("--only", nargs="+", choices=CONDITIONS, metavar="CONDITION")
    given = parser.parse_args()
    chosen = given.only or list(CONDITIONS)
    rows, failed = [], False
    for path in given.notebooks or sorted(NOTEBOOKS.glob("*.ipynb")):
        row = [path.stem]
        for name in chosen:
            started = time.perf_counter()
            errors = execute(path, *CONDITIONS[name])
            seconds = time.perf_counter() - started
            for error in errors:
                print(f"{path.stem}, {name}: {error}", file=sys.stderr, flush=True)
            row.append("failed" if errors else f"{seconds:.0f} s")
            print(f"{path.stem}, {name}: {row[-1]}", file=sys.stderr, flush=True)
            failed |= bool(errors)
        rows.append(row)
    print(table(["notebook", *chosen], rows))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
