"""What each layer costs, as bars."""

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cnnkit.errors import expected
from cnnkit.plots.style import BLUE, ORANGE, on_paper, readable

if TYPE_CHECKING:  # Keras is not needed to draw
    from cnnkit.tracing import Row, Trace


@on_paper
def costs(trace: "Trace") -> Figure:
    """Draw how many parameters and multiply-adds each layer of a model has.

    At each bar stand the number and its share of the whole model. Convolutions
    tend to have few parameters and much work, dense layers the reverse.

    Args:
        trace: what `trace(model)` returned.

    Returns:
        The Figure: an Axes for the parameters, one for the multiply-adds. Layers
        that have neither are left out; a line below names them.

    Raises:
        TypeError: it is no trace.
        ValueError: no layer has either.

    Example:
        >>> costs(trace(models.simple_cnn()))  # 38,390 parameters

    Taught in: notebooks/15_architectures.ipynb
    """
    if not hasattr(trace, "rows"):
        raise expected(
            "a trace of a model",
            f"{type(trace).__name__}",
            advice="Give what cnnkit.trace(model) returns.",
            error=TypeError,
        )
    rows = [row for row in trace.rows if _costs_something(row)]
    idle = [row.name for row in trace.rows if not _costs_something(row)]
    if not rows:
        raise expected("a layer with parameters or multiply-adds", "none")
    figure = plt.figure(
        figsize=(9.5, 0.27 * len(rows) + 1.2), facecolor="white", layout="constrained"
    )
    left, right = figure.subplots(1, 2, sharey=True)
    _draw_bars(left, rows, "parameters", trace.parameters, BLUE)
    _draw_bars(right, rows, "multiply_adds", trace.multiply_adds, ORANGE)
    unknown = "≥ " if any(row.multiply_adds is None for row in rows) else ""
    left.set_title(f"parameters: {trace.parameters:,}", fontsize=10)
    right.set_title(
        f"multiply-adds for one example: {unknown}{trace.multiply_adds:,}", fontsize=10
    )
    left.set_yticks(range(len(rows)), [readable(row.name) for row in rows])
    left.set_ylim(len(rows) - 0.4, -0.6)  # the first layer on top
    if idle:
        figure.supxlabel(
            f"no parameters, no multiply-adds: {_listed(idle)}", fontsize=8
        )
    return figure


def _costs_something(row: "Row") -> bool:
    return row.parameters > 0 or row.multiply_adds != 0  # None: unknown


def _draw_bars(ax: Axes, rows: list["Row"], what: str, total: int, colour: str) -> None:
    numbers = [getattr(row, what) for row in rows]
    bars = ax.barh(range(len(rows)), [n or 0 for n in numbers], 0.7, color=colour)
    for bar, row, number in zip(bars, rows, numbers, strict=True):
        if number is None:
            text = "unknown"
        elif row.shared and what == "parameters":
            text = "counted above"
            bar.set(facecolor="none", edgecolor=colour, hatch="///")
        else:
            text = f"{number:,} ({_share(number, total)})" if number else "0"
        middle = bar.get_y() + bar.get_height() / 2
        ax.annotate(
            *(text, (bar.get_width(), middle), (4, 0)),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    # Room for the number behind the longest bar.
    ax.set_xlim(0, 1.75 * max(max(n or 0 for n in numbers), 1))
    ax.set_xticks([])
    ax.tick_params(axis="y", length=0, labelsize=9)
    ax.spines[["top", "right", "bottom"]].set_visible(False)


def _share(number: int, total: int) -> str:
    share = number / max(total, 1)
    return "<0.1%" if share < 0.0005 else f"{share:.1%}"


def _listed(names: list[str]) -> str:
    names = [readable(name) for name in names]
    if len(names) <= 8:
        return ", ".join(names)
    return f"{', '.join(names[:7])} and {len(names) - 7} more layers"
