"""What a study found: spread over seeds, and score against cost."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from cnnkit.errors import expected
from cnnkit.plots.style import BLUE, ORANGE, on_paper, one_axes, readable


@on_paper
def spread(
    groups: Mapping[str, Sequence[float]],
    *,
    xlabel: str | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw each group of results as a row of dots, with its mean.

    One dot is one run, so you see at once whether two groups differ by more than
    their runs do. The upright line is the mean, which stands at the right, and the
    pale bar reaches from the least to the greatest.

    Args:
        groups: `{name: results}`; the first group is drawn on top.
        xlabel: what the numbers are. Default: none.
        title: above the figure. Default: none.
        ax: where to draw. Default: a new figure.

    Returns:
        The Axes.

    Raises:
        ValueError: there is no group, a group is empty, or a result is not finite.

    Example:
        >>> spread({"plain": [0.86, 0.88], "dropout": [0.90, 0.91]})

    Taught in: notebooks/14_overfitting.ipynb
    """
    named = {readable(name): _scores(name, group) for name, group in groups.items()}
    if not named:
        raise expected("at least one group of results", repr(groups))
    ax = one_axes(ax, size=(7.0, 0.38 * len(named) + 0.9))
    for row, scores in enumerate(named.values()):
        ax.hlines(row, scores.min(), scores.max(), color=BLUE, alpha=0.25, lw=8)
        ax.plot(scores, [row] * len(scores), "o", color=BLUE, ms=6, mec="white")
        mean = scores.mean()
        ax.vlines(mean, row - 0.32, row + 0.32, color=ORANGE, lw=2.5)
        ax.text(
            *(1.015, row, f"{mean:#.4g}".rstrip(".")),
            transform=ax.get_yaxis_transform(),
            va="center",
            fontsize=9,
        )
    ax.set_yticks(range(len(named)), named)
    ax.set_ylim(len(named) - 0.45, -0.55)
    ax.text(1.015, -0.75, "mean", transform=ax.get_yaxis_transform(), fontsize=8)
    ax.grid(axis="x", alpha=0.3)
    ax.set(xlabel=readable(xlabel or ""), title=readable(title or ""))
    return ax


@on_paper
def trade_off(
    points: Mapping[str, tuple[float, float | Sequence[float]]],
    *,
    cost: str = "parameters",
    score: str = "test accuracy",
    ax: Axes | None = None,
) -> Axes:
    """Draw what each model scores against what it costs.

    The cost grows by factors from left to right, so models of very different size
    fit on one figure. The best place is the upper left. With several scores a line
    reaches from the least to the greatest, and the mark stands at their mean.

    Args:
        points: `{name: (cost, score)}` or `{name: (cost, scores)}`.
        cost: what the cost is. Default: "parameters".
        score: what the score is. Default: "test accuracy".
        ax: where to draw. Default: a new figure.

    Returns:
        The Axes; the cost is on a logarithmic axis.

    Raises:
        ValueError: there is no point, a cost is not above 0, or a number is not
            finite.

    Example:
        >>> trade_off({"lenet5": (61_706, 0.95), "gap_cnn": (93_000, [0.96, 0.97])})

    Taught in: notebooks/15_architectures.ipynb
    """
    if not points:
        raise expected("at least one point", repr(points))
    ax = one_axes(ax, size=(5.4, 3.4))
    ax.set_xscale("log")
    costs = [price for price, _ in points.values()]
    middle = math.sqrt(min(costs)) * math.sqrt(max(costs)) if min(costs) > 0 else 0
    for index, (name, (price, scores)) in enumerate(points.items()):
        scores = _scores(name, np.atleast_1d(scores))
        if not (np.isfinite(price) and price > 0):
            raise expected(f"a cost above 0 for {name}", f"{price!r}")
        ax.vlines(price, scores.min(), scores.max(), color=BLUE, alpha=0.4, lw=3)
        ax.plot(price, scores.mean(), "osD^vPX"[index % 7], color=BLUE, ms=8)
        to_the_right = price <= middle
        ax.annotate(
            *(readable(name), (price, scores.mean()), (9 if to_the_right else -9, 0)),
            textcoords="offset points",
            ha="left" if to_the_right else "right",
            va="center",
            fontsize=9,
        )
    few_factors = max(costs) < 100 * min(costs)
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if few_factors else (1,)))
    ax.xaxis.set_major_formatter(FuncFormatter(_short))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.margins(x=0.15, y=0.2)
    ax.grid(alpha=0.3)
    ax.set(xlabel=f"{readable(cost)} (logarithmic)", ylabel=readable(score))
    return ax


def _short(value: float, _: int | None = None) -> str:
    """A tick: 5,000, then 50k, 2M or 1G."""
    for unit, sign in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= max(unit, 1e4):
            return f"{value / unit:,.10g}{sign}"
    return f"{value:,.10g}"


def _scores(name: object, group: Sequence[float]) -> np.ndarray:
    scores = np.asarray(group)
    if scores.ndim != 1 or scores.size == 0 or scores.dtype.kind not in "iuf":
        raise expected(f"one number or more for {name!r}", f"{group!r}")
    if not np.isfinite(scores).all():
        raise expected(f"finite numbers for {name!r}", f"{group!r}")
    return scores.astype(float)
