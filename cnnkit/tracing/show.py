"""A trace as text for a terminal and as a table for a notebook."""

import html
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnnkit.tracing.rows import Row, Trace

UNKNOWN = "–"
_SIZES = ["layer", "kind", "output", "size", "zeros", "unread", "field", "jump"]
_SIZES += ["offset"]
_COSTS = ["layer", "parameters", "", "multiply-adds", "", "bytes"]
_LEGEND = (
    "zeros: padding, before+after. unread: pixels that no window reads.",
    "field: what one output sees of the input. jump: to the next field. offset: "
    "the first one's start.",
)


def as_text(trace: "Trace") -> str:
    """Two tables, what each layer sees and what it costs, and the totals."""
    sizes = [[row.name, row.kind, *_size_cells(row)] for row in trace.rows]
    costs = [[row.name, *_cost_cells(row)] for row in trace.rows]
    costs.append(["total", *_total_cells(trace)])
    parts = [_headline(trace), "", _table(_SIZES, sizes, "<<<<>>>>>"), *_LEGEND, ""]
    return "\n".join([*parts, _table(_COSTS, costs, "<<><>>"), _trainable(trace)])


def as_html(trace: "Trace") -> str:
    """One table, with no script, colour or outside resource in it."""
    heads = ["layer", "kind", *_SIZES[2:]]
    heads += ["parameters", "count", "multiply-adds", "count", "bytes"]
    lines = [
        '<div style="overflow-x: auto">',
        "<table>",
        f"<caption>{html.escape(_headline(trace))}</caption>",
        _html_row(heads, "th", "thead"),
        "<tbody>",
    ]
    for row in trace.rows:
        cells = [row.name, row.kind, *_size_cells(row), *_cost_cells(row)]
        lines.append(_html_row(cells, "td"))
    total = ["total", *[""] * (len(_SIZES) - 1), *_total_cells(trace)]
    lines += ["</tbody>", _html_row(total, "th", "tfoot"), "</table>"]
    notes = "<br>".join(map(html.escape, [_trainable(trace), *_LEGEND]))
    return "\n".join([*lines, f"<small>{notes}</small>", "</div>"])


def _headline(trace: "Trace") -> str:
    last = trace.rows[-1].output_shape if trace.rows else trace.input_shape
    return f"{trace.name}: {times(trace.input_shape)} → {times(last)}"


def times(shape: tuple[int | None, ...]) -> str:
    """A shape in words, as 24×24×10."""
    return "×".join("?" if size is None else str(size) for size in shape) or "1"


def _size_cells(row: "Row") -> list[str]:
    zeros = [
        f"{before}+{after}" if before or after else "0" for before, after in row.padding
    ]
    cells = [times(row.output_shape), row.formula, _lines(zeros)]
    return [*cells, _lines(row.unread), *_field_cells(row)]


def _field_cells(row: "Row") -> list[str]:
    if row.receptive_field is None:
        return [UNKNOWN] * 3
    if row.sees_everything and not any(field.jump for field in row.receptive_field):
        return ["all", "", ""]
    if not row.receptive_field:
        return [UNKNOWN] * 3
    columns = zip(*row.receptive_field, strict=True)
    return [_lines(column).replace("-", "−") for column in columns]


def _lines(values: tuple | list) -> str:
    """One value when all axes agree, else a line for each axis."""
    lines = [f"{value:,}" if isinstance(value, int) else value for value in values]
    return lines[0] if len(set(lines)) == 1 else "\n".join(lines)


def _cost_cells(row: "Row") -> list[str]:
    count = "counted above" if row.shared else f"{row.parameters:,}"
    work, memory = (
        UNKNOWN if number is None else f"{number:,}"
        for number in (row.multiply_adds, row.activation_bytes)
    )
    return [row.parameter_formula, count, row.multiply_add_formula, work, memory]


def _total_cells(trace: "Trace") -> list[str]:
    def at_least(name: str) -> str:
        unknown = any(getattr(row, name) is None for row in trace.rows)
        return f"{'≥ ' if unknown else ''}{getattr(trace, name):,}"

    work, memory = at_least("multiply_adds"), at_least("activation_bytes")
    return ["", f"{trace.parameters:,}", "", work, memory]


def _trainable(trace: "Trace") -> str:
    return (
        f"{trace.trainable_parameters:,} parameters are trainable, "
        f"{trace.non_trainable_parameters:,} are not. multiply-adds and bytes are for "
        "one example."
    )


def _table(heads: list[str], rows: list[list[str]], sides: str) -> str:
    """Columns side by side; a cell of several lines makes its row higher."""
    cells = [[cell.split("\n") for cell in row] for row in [heads, *rows]]
    columns = zip(*cells, strict=True)
    widths = [max(len(line) for cell in column for line in cell) for column in columns]
    lines = []
    for row in cells:
        for at in range(max(map(len, row))):
            parts = [
                f"{cell[at] if at < len(cell) else '':{side}{width}}"
                for cell, side, width in zip(row, sides, widths, strict=True)
            ]
            lines.append("  ".join(parts).rstrip())
    return "\n".join([lines[0], "─" * max(map(len, lines)), *lines[1:]])


def _html_row(cells: list[str], tag: str, around: str = "") -> str:
    texts = (html.escape(cell).replace("\n", "<br>") for cell in cells)
    row = "".join(f'<{tag} style="text-align: left">{text}</{tag}>' for text in texts)
    row = f"<tr>{row}</tr>"
    return f"<{around}>{row}</{around}>" if around else row
