"""A progress bar for `fit` that works in a notebook, a terminal and a log file."""

import sys

from tqdm import tqdm

from cnnkit.runtime import keras


class Progress(keras.callbacks.Callback):
    """A bar over the batches of the running epoch, then one line of results.

    Both go to stdout, so a notebook's stderr stays empty. Where no one watches
    (a log file, a pipe) only the lines are printed.
    """

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Open the bar of this epoch."""
        epochs = self.params["epochs"]
        self._label = f"epoch {epoch + 1:>{len(str(epochs))}}/{epochs}"
        in_notebook = "ipykernel" in type(sys.stdout).__module__
        self._bar = tqdm(
            total=self.params["steps"],
            desc=self._label,
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
        """Replace the bar by one line of results."""
        self._bar.close()
        shown = [f"{name} {_as_text(name, value)}" for name, value in logs.items()]
        print("  ".join([self._label, *shown]), flush=True)


def _as_text(name: str, value: float) -> str:
    if "accuracy" in name:
        return f"{value:.2%}".replace("%", " %")
    return f"{value:.2g}" if name == "learning_rate" else f"{value:.4f}"
