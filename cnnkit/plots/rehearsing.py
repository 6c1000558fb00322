"""A rehearsal of callbacks, drawn."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from cnnkit.plots.style import BLUE, GREEN, GREY, ORANGE, on_paper, one_axes

if TYPE_CHECKING:  # Keras is not needed to draw
    from cnnkit.callbacks import Rehearsal

_PURPLE = "#CC79A7"


@on_paper
def rehearsal(rehearsal: "Rehearsal", ax: Axes | None = None) -> Axes:
    """Draw what callbacks did on a scripted curve.

    Blue is the curve, dashed where training never came; crosses at the top are
    values that are no number. The grey steps are the learning rate, on the right
    and logarithmic. A green line marks the best epoch, an orange line the stop,
    a purple diamond the epoch whose weights came back. The squares below are the
    saved files: full when kept, hollow when overwritten later.

    Args:
        rehearsal: what `rehearse` returned.
        ax: Axes to draw on; the rate gets a second axis there. Default: new ones.

    Returns:
        The Axes of the curve.

    Example:
        >>> rehearsal(rehearse(early_stopping(patience=2), [3, 1, 2, 2, 2]))

    Taught in: notebooks/12_callbacks.ipynb
    """
    ax = one_axes(ax, size=(7, 3.8))
    rates = _draw_rates(ax, rehearsal.learning_rates)
    _draw_curve(ax, rehearsal)
    _mark_epochs(ax, rehearsal)
    _draw_files(ax, rehearsal.saved_files)
    ax.set_xlabel("epoch")
    ax.set_ylabel(rehearsal.monitor.replace("_", " "))
    ax.set_xlim(0.4, len(rehearsal.curve) + 0.6)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    ax.grid(alpha=0.25)
    handles, labels = ax.get_legend_handles_labels()
    ax.legend(
        [*handles, rates],
        [*labels, "learning rate"],
        loc="lower center",
        bbox_to_anchor=(0.5, 1.01),
        ncols=3,
        frameon=False,
        fontsize=8,
    )
    return ax


def _draw_rates(ax: Axes, rates: list[float]) -> object:
    """Draw the steps of the rate behind the curve; return their handle."""
    right = ax.twinx()
    right.set_zorder(ax.get_zorder() - 1)
    right.patch.set_visible(ax.patch.get_visible())
    ax.patch.set_visible(False)
    shown = np.array([rate if rate > 0 else np.nan for rate in rates])
    edges = np.arange(len(rates) + 1) + 0.5
    steps = right.stairs(shown, edges, baseline=None, color=GREY, linewidth=1.5)
    right.set_yscale("log")
    right.set_ylabel("learning rate", color=GREY)
    right.tick_params(axis="y", colors=GREY)
    known = shown[np.isfinite(shown)]
    low, high = (known.min(), known.max()) if known.size else (1e-3, 1e-3)
    room = max(np.log10(high / low), 0.5)
    right.set_ylim(low / 10 ** (0.45 * room), high * 10 ** (0.15 * room))
    right.yaxis.set_major_locator(FixedLocator(_far_apart(known, room)))
    right.yaxis.set_minor_locator(NullLocator())
    right.yaxis.set_major_formatter(FuncFormatter(lambda rate, _: f"{rate:.2g}"))
    return steps


def _far_apart(rates: np.ndarray, room: float) -> list[float]:
    """The rates in use, less those too close to be labelled side by side."""
    chosen: list[float] = []
    for rate in sorted(set(rates.tolist()), reverse=True):
        if not chosen or np.log10(chosen[-1] / rate) > 0.12 * room:
            chosen.append(rate)
    return chosen


def _draw_curve(ax: Axes, shown: "Rehearsal") -> None:
    values, ran = np.array(shown.curve), len(shown.learning_rates)
    values = np.where(np.isinf(values), np.nan, values)
    epochs = np.arange(1, len(values) + 1)
    size = 4 if len(values) <= 40 else 2
    ax.plot(
        *(epochs[:ran], values[:ran], "o-"),
        color=BLUE,
        markersize=size,
        label=shown.monitor,
    )
    if ran < len(values):
        ax.plot(
            *(epochs[ran - 1 :], values[ran - 1 :], "--"),
            color=BLUE,
            alpha=0.5,
            linewidth=1,
            label="never trained",
        )
    known = values[np.isfinite(values)]
    low, high = (known.min(), known.max()) if known.size else (0.0, 1.0)
    room = (high - low) or max(abs(high), 1.0)
    ax.set_ylim(low - 0.28 * room, high + 0.14 * room)
    missing = epochs[np.isnan(values)]
    if missing.size:
        ax.plot(
            *(missing, np.full(missing.size, 0.96), "x"),
            color=BLUE,
            transform=ax.get_xaxis_transform(),
            label="not a number",
        )


def _mark_epochs(ax: Axes, shown: "Rehearsal") -> None:
    best, stop, back = shown.best_epoch, shown.stopped_epoch, shown.restored_epoch
    rates = shown.learning_rates
    for index in np.flatnonzero(np.diff(rates) < 0)[:60]:
        ax.axvline(index + 1.5, color=GREY, linestyle=":", linewidth=0.8)
    if best is not None:
        label = f"best epoch: {best}"
        ax.axvline(best, color=GREEN, linewidth=1.5, label=label)
    if stop is not None:
        label = f"stopped after epoch {stop}"
        ax.axvline(stop, color=ORANGE, linewidth=1.5, linestyle="-.", label=label)
    if back is not None:
        value = shown.curve[back - 1]
        ax.plot(
            *([back], [value if np.isfinite(value) else np.nan], "D"),
            color=_PURPLE,
            markersize=9,
            markeredgecolor="black",
            zorder=4,
            label=f"weights restored: epoch {back}",
        )


def _draw_files(ax: Axes, files: list[tuple[int, str]]) -> None:
    """One square for each epoch that saved: full when a file of it is kept."""
    last = {name: epoch for epoch, name in files}
    kept = sorted(set(last.values()))
    gone = sorted({epoch for epoch, _ in files} - set(kept))
    groups = (("file kept", kept, "black"), ("file overwritten", gone, "none"))
    for label, epochs, inside in groups:
        if epochs:
            ax.plot(
                *(epochs, np.full(len(epochs), 0.06), "s"),
                transform=ax.get_xaxis_transform(),
                markersize=5,
                markerfacecolor=inside,
                markeredgecolor="black",
                label=label,
            )
