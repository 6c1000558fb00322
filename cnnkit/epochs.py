"""A table of training, one row an epoch, with a bar while the epoch runs."""

import sys
from collections.abc import Mapping

from tqdm import tqdm

from cnnkit.bars import is_watched


class EpochTable:
    """A bar over the batches of the running epoch, then one row of results.

    Both go to stdout, so a notebook's stderr stays empty. Where no one watches
    (a log file, a pipe) only the rows are printed.

    Args:
        epochs: how many there will be.
        batches: of one epoch; `None` when it is not known.
        shown: false for no output at all. Default: True.

    Example:
        >>> table = EpochTable(epochs=1, batches=1)
        >>> table.start(0)
        >>> table.finish({"loss": 0.25, "accuracy": 0.93})
          epoch      loss  accuracy
            1/1    0.2500   93.00 %
    """

    def __init__(self, epochs: int, batches: int | None, *, shown: bool = True) -> None:
        self._epochs, self._batches, self._shown = epochs, batches, shown
        self._columns: list[str] = []

    def start(self, epoch: int) -> None:
        """Open the bar of an epoch, counted from 0."""
        self._label = f"{epoch + 1}/{self._epochs}"
        self._bar = tqdm(
            total=self._batches,
            desc=f"epoch {self._label}",
            file=sys.stdout,
            leave=False,
            disable=not (self._shown and is_watched()),
            mininterval=0.5,
            ncols=79,
            bar_format="{desc} |{bar}| batch {n_fmt}/{total_fmt}, {remaining} left",
        )

    def advance(self, batches: int) -> None:
        """Move the bar on to this many batches of the epoch."""
        self._bar.update(batches - self._bar.n)

    def finish(self, results: Mapping[str, float]) -> None:
        """Replace the bar by one row of results."""
        self.close()
        if not self._shown:
            return
        if not self._columns:
            self._columns = sorted(results, key=_place)
            print("  ".join(["  epoch", *(f"{name:>8}" for name in self._columns)]))
        cells = [
            f"{_as_text(name, results.get(name)):>{max(8, len(name))}}"
            for name in self._columns
        ]
        print("  ".join([f"{self._label:>7}", *cells]), flush=True)

    def close(self) -> None:
        """Remove the bar, as after an interruption."""
        self._bar.close()


def _place(name: str) -> tuple[bool, bool, bool, str]:
    """Loss before metrics, training before validation, the rate last."""
    is_rate = name == "learning_rate"
    return is_rate, name.startswith("val_"), not name.endswith("loss"), name


def _as_text(name: str, value: float | None) -> str:
    if value is None:  # not measured in this epoch
        return ""
    if "accuracy" in name:
        return f"{value:.2%}".replace("%", " %")
    return f"{value:.2g}" if name == "learning_rate" else f"{value:.4f}"
