"""Progress of `fit` that reads well in a notebook, a terminal and a log file."""

import sys

from tqdm import tqdm

from cnnkit.runtime import keras


class Progress(keras.callbacks.Callback):
    """A bar over the batches of the running epoch, then one row of results.

    Both go to stdout, so a notebook's stderr stays empty. Where no one watches
    (a log file, a pipe) only the rows are printed.
    """

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Forget the columns of an earlier run."""
        self._columns: list[str] = []

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Open the bar of this epoch."""
        epochs = self.params["epochs"]
        self._label = f"{epoch + 1}/{epochs}"
        in_notebook = "ipykernel" in type(sys.stdout).__module__
        self._bar = tqdm(
            total=self.params["steps"],
            desc=f"epoch {self._label}",
            file=sys.stdout,
            leave=False,
            disable=not (in_notebook or sys.stdout.isatty()),
            mininterval=0.5,
            ncols=79,
            bar_format="{desc} |{bar}| batch {n_fmt}/{total_fmt}, {remaining} left",
        )

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Move the bar on."""
        self._bar.update(batch + 1 - self._bar.n)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Replace the bar by one row of results."""
        self._bar.close()
        if not self._columns:
            self._columns = sorted(logs, key=_place)
            print("  ".join(["  epoch", *(f"{name:>8}" for name in self._columns)]))
        cells = [
            f"{_as_text(name, logs[name]):>{max(8, len(name))}}"
            for name in self._columns
            if name in logs
        ]
        print("  ".join([f"{self._label:>7}", *cells]), flush=True)


def _place(name: str) -> tuple[bool, bool, bool, str]:
    """Loss before metrics, training before validation, the rate last."""
    is_rate = name == "learning_rate"
    return is_rate, name.startswith("val_"), not name.endswith("loss"), name


def _as_text(name: str, value: float) -> str:
    if "accuracy" in name:
        return f"{value:.2%}".replace("%", " %")
    return f"{value:.2g}" if name == "learning_rate" else f"{value:.4f}"
