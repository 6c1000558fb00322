"""Keep the model on the disk: Keras's ModelCheckpoint, checked, in whole files."""

import os

from cnnkit.callbacks.monitored import (
    check_flag,
    check_monitor,
    check_optional_number,
    check_verbose,
)
from cnnkit.callbacks.templates import check_filepath, check_folder, fields_of
from cnnkit.callbacks.watch import MODES, Watch
from cnnkit.errors import check_choice, check_integer, expected
from cnnkit.files import whole_file
from cnnkit.runtime import keras


class ModelCheckpoint(keras.callbacks.ModelCheckpoint):
    """Keras's ModelCheckpoint; a crash never leaves half a file behind.

    It refuses a monitor or a field of its template that `fit` does not log, and a
    folder that cannot be written to, before an epoch is spent where possible.
    """

    def set_model(self, model: keras.Model) -> None:
        """Take the model, and save it in whole files."""
        rehearsed = getattr(model, "only_rehearses", False)
        super().set_model(model if rehearsed else _SavesWholeFiles(model))

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Try the folder, and check the names where they are known."""
        if not getattr(self.model, "only_rehearses", False):
            check_folder(self.filepath)
        wanted = {"filepath": fields_of(self.filepath)}
        if self.save_best_only:
            wanted["monitor"] = [self.monitor]
        self._watch = Watch(wanted, each_batch=self.save_freq != "epoch")
        self._watch.start(self)
        super().on_train_begin(logs)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Save when the number of batches is reached."""
        if self.save_freq != "epoch":
            self._watch.see(self, logs)
            if self.save_best_only and self.monitor_op is None:
                # Keras sets it at the end of the first epoch, too late for a batch.
                self._set_monitor_op()
        super().on_train_batch_end(batch, logs)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Save when the epoch calls for it."""
        if self.save_freq == "epoch":
            self._watch.see(self, logs)
        if not self.save_best_only and self.monitor_op is None:
            self.monitor_op = keras.ops.less  # of no use, yet Keras asks for one
        super().on_epoch_end(epoch, logs)


class _SavesWholeFiles:
    """A model whose two ways of saving write the file whole or not at all."""

    def __init__(self, model: keras.Model) -> None:
        self._wrapped = model

    def __getattr__(self, name: str) -> object:
        if name == "_wrapped":  # a copy asks before it has one
            raise AttributeError(name)
        return getattr(self._wrapped, name)

    def save(self, filepath: str, overwrite: bool = True) -> None:
        with whole_file(filepath) as partial:
            self._wrapped.save(partial, overwrite=overwrite)

    def save_weights(self, filepath: str, overwrite: bool = True) -> None:
        with whole_file(filepath) as partial:
            self._wrapped.save_weights(partial, overwrite=overwrite)


def model_checkpoint(
    filepath: str | os.PathLike,
    *,
    monitor: str = "val_loss",
    save_best_only: bool = True,
    save_weights_only: bool = False,
    mode: str = "auto",
    save_freq: str | int = "epoch",
    initial_value_threshold: float | None = None,
    verbose: int = 0,
) -> keras.callbacks.ModelCheckpoint:
    """Save the model after an epoch, by default only when it is the best so far.

    Keras's callback with Keras's keywords, and each file is written whole or not
    at all. One default differs: `save_best_only` is True. When training starts,
    the folder is made and tried, and the names that `monitor` and the template
    ask for are compared with what `fit` logs; where that cannot be known yet,
    after the first epoch.

    Args:
        filepath: ends in `.keras` (or `.h5`) for a model, in `.weights.h5` for
            weights alone. May hold `{epoch:02d}`, any log such as
            `{val_loss:.4f}`, and `{batch:04d}` when `save_freq` is a number.
        monitor: the number to watch, as `fit` logs it; without effect unless
            `save_best_only`. Default: "val_loss".
        save_best_only: keep only improvements. Default: True.
        save_weights_only: leave the architecture out. Default:
            False.
        mode: "min", "max" or "auto". Default: "auto".
        save_freq: "epoch", or a number of batches. Then only the training's own
            logs are known, such as "loss". Default: "epoch".
        initial_value_threshold: what the first epoch must beat. Default: None.
        verbose: 1 prints when it acts. Default: 0.

    Returns:
        A `keras.callbacks.ModelCheckpoint`.

    Raises:
        TypeError, ValueError: the file name has another ending, the template is
            malformed or writes padding spaces, or an argument is out of range.

    Example:
        >>> model_checkpoint("run/best.keras").filepath
        'run/best.keras'

    Taught in: notebooks/12_callbacks.ipynb
    """
    check_flag("save_weights_only", save_weights_only)
    return ModelCheckpoint(
        filepath=check_filepath(filepath, save_weights_only=save_weights_only),
        monitor=check_monitor(monitor),
        save_best_only=check_flag("save_best_only", save_best_only),
        save_weights_only=save_weights_only,
        mode=check_choice("mode", mode, MODES),
        save_freq=_check_save_freq(save_freq),
        initial_value_threshold=check_optional_number(
            "initial_value_threshold", initial_value_threshold
        ),
        verbose=check_verbose(verbose),
    )


def _check_save_freq(save_freq: object) -> str | int:
    if isinstance(save_freq, str):
        if save_freq == "epoch":
            return save_freq
        message = "`save_freq` to be 'epoch' or a number of batches"
        raise expected(message, f"save_freq={save_freq!r}")
    return check_integer("save_freq", save_freq, minimum=1)
