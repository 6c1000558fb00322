"""Execute notebooks with a progress bar, and write what came out."""

import os
import re
import sys
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from tqdm import tqdm

from cnnkit.errors import expected
from cnnkit.files import whole_file
from cnnkit.normalise import as_seen, complaints, normalised
from cnnkit.report import write_page

_BAR = re.compile(r"\s*\|[^|]*\|\s*")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def run_notebooks(
    notebooks: list[Path],
    *,
    output: Path = Path("build"),
    in_place: bool = False,
    timeout: int | None = None,
) -> int:
    """Execute each notebook; a failing one does not keep the others from running.

    Args:
        notebooks: the files.
        output: folder for the executed copies and their HTML pages.
        in_place: also write the executed notebook back, normalised for
            committing. One that failed or wrote to stderr stays as it was.
        timeout: the longest that one cell may take, in seconds. Default: no
            limit.

    Returns:
        The exit code: 0, or 1 when a notebook failed.
    """
    failures, written = [], set()
    for path in notebooks:
        try:
            _check_output(path, output, written)
            done = _run(path, output=output, in_place=in_place, timeout=timeout)
        except Exception as error:  # whatever it was, the others still run
            print(f"{path}: {error}", file=sys.stderr)
            done = False
        if not done:
            failures.append(path)
    if failures:
        names = ", ".join(map(str, failures))
        print(f"\n{len(failures)} of {len(notebooks)} failed: {names}", file=sys.stderr)
    return 1 if failures else 0


def _check_output(path: Path, output: Path, written: set[str]) -> None:
    """Raise when the copies of a notebook would replace it, or another's copies."""
    if (output / path.name).resolve() == path.resolve():
        raise expected(
            "another output folder than the notebook's own",
            f"--output {output}",
            advice="To write a notebook back, use --in-place.",
        )
    if path.stem in written:
        raise expected("notebooks of different names", f"{path.stem} twice")
    written.add(path.stem)


def _run(path: Path, *, output: Path, in_place: bool, timeout: int | None) -> bool:
    """Execute one notebook and write its copies; return whether all went well."""
    notebook = _read(path)
    if notebook is None:
        return False
    print(f"Running {path}", flush=True)
    failure = _execute(notebook, path, timeout)
    executed, page = output / path.name, output / f"{path.stem}.html"
    ready = normalised(notebook)
    _write(ready, executed)
    for address in write_page(ready, page, folder=path.parent):
        print(f"{page} loads {address}: it is not whole without a network.")
    if failure:
        print(f"\n{failure}", file=sys.stderr)
    else:
        _print_results(ready)
    print(f"Report: {page}\nExecuted notebook: {executed}")
    if in_place and not failure:
        found = complaints(ready)
        for line in found:
            print(f"{path}: {line}. It was not written back.", file=sys.stderr)
        if not found:
            _write(ready, path)
        return not found
    return not failure


def _read(path: Path) -> NotebookNode | None:
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:  # nbformat raises what it meets in the file
        print(
            f"Expected {path} to be a notebook. Received: {error}",
            file=sys.stderr,
        )
        return None


def _write(notebook: NotebookNode, path: Path) -> None:
    with whole_file(path) as partial:
        nbformat.write(notebook, partial)


def _execute(notebook: NotebookNode, path: Path, timeout: int | None) -> str:
    """Execute the notebook where it lies; return what went wrong, or ''."""
    # With this variable set to Agg, a notebook shows no figures at all.
    os.environ.pop("MPLBACKEND", None)
    total = len(_code_cells(notebook))
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    watched = sys.stderr.isatty()
    with tqdm(
        total=total,
        desc=path.stem,
        dynamic_ncols=watched,
        mininterval=0.1 if watched else 10,
        bar_format="{desc} |{bar:14}| cell {n_fmt}/{total_fmt}, {elapsed}{postfix}",
    ) as bar:
        client = _Client(
            notebook,
            timeout=timeout,
            record_timing=False,
            extra_arguments=["--log-level=ERROR"],  # quiet, not deaf
            resources={"metadata": {"path": str(path.parent.resolve())}},
        )
        client.watch(bar)
        try:
            client.execute()
        except CellExecutionError:
            return _failed_cell(notebook, path)
        except (CellTimeoutError, DeadKernelError) as error:
            return f"{path}, code cell {client.started} of {total}: {error}"
        except NoSuchKernel as error:
            return str(expected(f"the kernel of {path} to be installed", error))
    return ""


def _failed_cell(notebook: NotebookNode, path: Path) -> str:
    """Tell which cell failed, with its traceback."""
    code = _code_cells(notebook)
    failed = [cell for cell in code if cell.execution_count is not None][-1]
    number = code.index(failed) + 1
    traces = ["\n".join(o.traceback) for o in failed.outputs if "traceback" in o]
    trace = "\n".join(traces)
    trace = trace if sys.stderr.isatty() else _ANSI.sub("", trace)
    return f"{path}, code cell {number} of {len(code)}:\n{trace}"


def _code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells that are executed: those with code in them."""
    return [c for c in notebook.cells if c.cell_type == "code" and c.source.strip()]


def _print_results(notebook: NotebookNode) -> None:
    """Repeat what the cells tagged `result` printed: the outcome in short."""
    for cell in notebook.cells:
        if "result" in cell.metadata.get("tags", ()):
            for output in cell.get("outputs", ()):
                if output.get("name") == "stdout":
                    print(output.text.rstrip())


class _Client(NotebookClient):
    """A client that shows what the notebook prints while it prints it."""

    def watch(self, bar: tqdm) -> None:
        """Move this bar with every finished cell, and print above it."""
        self._bar, self._line, self.started = bar, "", 0
        self.on_cell_execute = lambda **_: self._start_cell()
        self.on_cell_complete = lambda **_: self._finish_cell()

    def process_message(
        self, msg: dict, cell: NotebookNode, cell_index: int
    ) -> NotebookNode | None:
        if msg["msg_type"] == "stream":
            self._show(msg["content"]["text"])
        return super().process_message(msg, cell, cell_index)

    def _show(self, text: str) -> None:
        """Print whole lines; keep the last, unfinished one beside the bar."""
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            self._bar.write(as_seen(line))
        beside = _BAR.sub(", ", as_seen(self._line).strip())  # one bar is enough
        self._bar.set_postfix_str(beside, refresh=False)
        self._bar.update(0)

    def _start_cell(self) -> None:
        self.started += 1

    def _finish_cell(self) -> None:
        if self._line.strip():
            self._show("\n")
        self._bar.set_postfix_str("", refresh=False)
        self._bar.update()
