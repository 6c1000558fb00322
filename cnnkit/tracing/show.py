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
    sizes, costs = _cells(trace)
    parts = [_headline(trace), "", _table(_SIZES, sizes, "<<<<>>>>>"), *_LEGEND, ""]
    return "\n".join([*parts, _table(_COSTS, costs, "<<><>>"), _trainable(trace)])


def as_html(trace: "Trace") -> str:
    """The two tables, with no script, colour or outside resource in them."""
    sizes, (*costs, total) = _cells(trace)
    notes = [
        "<br>".join(map(html.escape, part)) for part in (_LEGEND, [_trainable(trace)])
    ]
    return "\n".join(
        [
            '<div style="overflow-x: auto">',
            *_html_table(_headline(trace), _SIZES, sizes, "llllrrrrr"),
            f"<small>{notes[0]}</small>",
            *_html_table("", _COSTS, costs, "llrlrr", total),
            f"<small>{notes[1]}</small>",
            "</div>",
        ]
    )


def _cells(trace: "Trace") -> tuple[list[list[str]], list[list[str]]]:
    """The cells of both tables, row by row; the totals end the second."""
    sizes = [[row.name, row.kind, *_size_cells(row)] for row in trace.rows]
    costs = [[row.name, *_cost_cells(row)] for row in trace.rows]
    return sizes, [*costs, ["total", *_total_cells(trace)]]


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


def _html_table(
    caption: str,
    heads: list[str],
    rows: list[list[str]],
    sides: str,
    total: list[str] | None = None,
) -> list[str]:
    """The lines of a table; `sides` has l or r for each column."""
    lines = ["<table>"]
    if caption:
        lines.append(f"<caption>{html.escape(caption)}</caption>")
    lines += [f"<thead>{_html_row(heads, 'th', sides)}</thead>", "<tbody>"]
    lines += [*(_html_row(cells, "td", sides) for cells in rows), "</tbody>"]
    if total is not None:
        lines.append(f"<tfoot>{_html_row(total, 'th', sides)}</tfoot>")
    return [*lines, "</table>"]


def _html_row(cells: list[str], tag: str, sides: str) -> str:
    parts = []
    for cell, side in zip(cells, sides, strict=True):
        style = f"text-align: {'left' if side == 'l' else 'right'}; white-space: nowrap"
        text = html.escape(cell).replace("\n", "<br>")
        parts.append(f'<{tag} style="{style}">{text}</{tag}>')
    return f"<tr>{''.join(parts)}</tr>"
