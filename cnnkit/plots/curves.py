"""Curves of a training run."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from cnnkit.errors import check_choice, expected
from cnnkit.plots.style import BLUE, GREEN, GREY, ORANGE, on_paper


@on_paper
def training_curves(history: object, *, monitor: str = "val_loss") -> Figure:
    """Draw loss and accuracy after each epoch, for training and validation.

    The best epoch by `monitor` is marked by a green line; a grey dotted line
    stands wherever the learning rate changed, with the new rate.

    Args:
        history: what `train` or `fit` returned, or its `history` dict.
        monitor: the number that decides which epoch was best: the least of a loss
            or an error, the greatest of anything else. Default: "val_loss".

    Returns:
        The Figure: one Axes for the loss, and one for each metric.

    Raises:
        ValueError: the history is empty, or `monitor` is not in it.

    Example:
        >>> training_curves(train(model, load_mnist()))

    Taught in: notebooks/11_mnist_pipeline.ipynb
    """
    logs = getattr(history, "history", history)
    if not isinstance(logs, dict) or len(logs.get("loss", ())) == 0:
        raise expected("a history with the loss of at least one epoch", repr(logs))
    values = np.asarray(logs[check_choice("monitor", monitor, logs)], float)
    is_loss = any(word in monitor for word in ("loss", "error", "mae", "mse"))
    worst = np.inf if is_loss else -np.inf
    values = np.where(np.isnan(values), worst, values)
    best = 1 + int(values.argmin() if is_loss else values.argmax())
    rates = np.asarray(logs.get("learning_rate", []))
    drops = {int(e) + 2: rates[e + 1] for e in np.flatnonzero(np.diff(rates))}
    names = [n for n in logs if not n.startswith("val_") and n != "learning_rate"]
    names.sort(key=lambda name: name != "loss")
    figure = plt.figure(
        figsize=(4.8 * len(names), 3.4), facecolor="white", layout="constrained"
    )
    axes = figure.subplots(1, len(names), squeeze=False)[0]
    for ax, name in zip(axes, names, strict=True):
        _draw_curve(ax, name, logs)
        _mark_epochs(ax, best, monitor, drops)
    lines, labels = axes[0].get_legend_handles_labels()
    figure.legend(lines, labels, loc="outside lower center", ncols=3, frameon=False)
    return figure


def _draw_curve(ax: Axes, name: str, logs: dict) -> None:
    epochs = range(1, len(logs[name]) + 1)
    ax.plot(epochs, logs[name], "o--", color=BLUE, markersize=4, label="training")
    if f"val_{name}" in logs:
        ax.plot(
            epochs,
            logs[f"val_{name}"],
            "o-",
            color=ORANGE,
            markersize=4,
            label="validation",
        )
    ax.set_xlabel("epoch")
    ax.set_ylabel(name.replace("_", " "))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.grid(alpha=0.25)


def _mark_epochs(ax: Axes, best: int, monitor: str, drops: dict[int, float]) -> None:
    ax.axvline(best, color=GREEN, linewidth=1.5, label=f"best {monitor}: epoch {best}")
    for epoch, rate in drops.items():
        # The rate fell between two epochs: after the one, before the other.
        ax.axvline(epoch - 0.5, color=GREY, linestyle=":", linewidth=1)
        ax.annotate(
            f"rate {rate:.2g}",
            (epoch - 0.5, 0.5),
            xycoords=("data", "axes fraction"),
            rotation=90,
            fontsize=8,
            color=GREY,
            ha="right",
            va="center",
        )
