"""Notebooks made ready to be committed: the same run gives the same file."""

from nbformat import NotebookNode

# What a run, a machine or a screen leaves behind; all other metadata stays.
_LEFT_BEHIND = {"execution", "ExecuteTime", "collapsed", "scrolled", "widgets"}
_PYTHON = {"display_name": "Python 3 (ipykernel)", "language": "python"}
_PYTHON["name"] = "python3"
_LANGUAGE = ("file_extension", "name")


def normalised(notebook: NotebookNode) -> NotebookNode:
    """Return a copy without what differs between two runs or two machines.

    Timing metadata, widget state, execution counts of another session, random
    cell ids and the passing states of progress bars go. What the cells said and
    drew stays. Nothing on stderr is hidden: `complaints` finds it.

    Args:
        notebook: an executed notebook.

    Returns:
        A new notebook in format 4.5, code cells counted from 1.
    """
    metadata = _kept(notebook.metadata)
    if "language_info" in metadata:
        told = metadata.language_info.items()
        metadata.language_info = {k: v for k, v in told if k in _LANGUAGE}
    if metadata.get("kernelspec", {}).get("name") == "python3":
        metadata.kernelspec = dict(_PYTHON)
    copy = NotebookNode(
        cells=[], metadata=_as_node(metadata), nbformat=4, nbformat_minor=5
    )
    count = 0
    for index, cell in enumerate(notebook.cells, start=1):
        kept = NotebookNode(
            cell_type=cell.cell_type,
            id=f"cell-{index:02d}",
            metadata=_kept(cell.metadata),
            source=cell.source.rstrip(),
        )
        if cell.get("attachments"):
            kept.attachments = cell.attachments
        if cell.cell_type == "code":
            executed = bool(cell.source.strip()) and cell.execution_count is not None
            count += executed
            kept.execution_count = count if executed else None
            kept.outputs = _normalised_outputs(cell.outputs, kept.execution_count)
        copy.cells.append(kept)
    return copy


def complaints(notebook: NotebookNode) -> list[str]:
    """Say what keeps an executed notebook from being committed; [] for nothing."""
    found = []
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, start=1):
        if cell.source.strip() and cell.execution_count is None:
            found.append(f"code cell {number} was not executed")
        for output in cell.outputs:
            meant = "raises-exception" in cell.metadata.get("tags", ())
            if output.output_type == "error" and not meant:
                found.append(f"code cell {number} failed: {output.ename}")
            if output.get("name") == "stderr":
                found.append(f"code cell {number} wrote to stderr: {output.text!r}")
            if any("widget" in kind for kind in output.get("data", ())):
                found.append(f"code cell {number} shows a widget")
    return found


def as_seen(text: str) -> str:
    r"""Return what stands on the screen after the text was printed.

    A carriage return goes back to the start of the line, and what follows is
    written over it: of a progress bar, only the last state remains.

    Example:
        >>> as_seen("10 %\r99 %\rdone\n")
        'done\n'
    """
    return "\n".join(_line_as_seen(line) for line in text.split("\n"))


def _line_as_seen(line: str) -> str:
    seen = ""
    for part in line.split("\r"):
        seen = part + seen[len(part) :]
    return seen.rstrip() if "\r" in line else seen


def _normalised_outputs(outputs: list, count: int | None) -> list:
    result: list[NotebookNode] = []
    for output in outputs:
        output = _as_node(dict(output))
        last = result[-1] if result else {}
        if output.output_type == "stream" and last.get("name") == output.name:
            last.text += output.text
            continue
        if output.output_type == "execute_result":
            output.execution_count = count
        if "metadata" in output:
            output.metadata = _kept(output.metadata)
        result.append(output)
    for output in result:
        if output.output_type == "stream":
            output.text = as_seen(output.text)
    return [output for output in result if _says_something(output)]


def _says_something(output: NotebookNode) -> bool:
    """Whether anything is left: a bar has emptied its output at the end."""
    if output.output_type == "stream":
        return bool(output.text.strip())
    return output.output_type == "error" or bool(output.data)


def _kept(metadata: NotebookNode) -> NotebookNode:
    return NotebookNode({k: v for k, v in metadata.items() if k not in _LEFT_BEHIND})


def _as_node(value: object) -> object:
    if isinstance(value, dict):
        return NotebookNode({key: _as_node(entry) for key, entry in value.items()})
    return value
