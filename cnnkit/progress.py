"""Progress of `fit` that reads well in a notebook, a terminal and a log file."""

from cnnkit.epochs import EpochTable
from cnnkit.runtime import keras


class Progress(keras.callbacks.Callback):
    """Keras's training told by an `EpochTable`, on stdout."""

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Start a new table."""
        self._table = EpochTable(self.params["epochs"], self.params["steps"])

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Open the bar of this epoch."""
        self._table.start(epoch)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Move the bar on.

        With several steps at a time, Keras counts the last ones past the end.
        """
        self._table.advance(min(batch + 1, self.params["steps"] or batch + 1))

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Replace the bar by one row of results."""
        self._table.finish(logs)
