"""Early stopping, and a lower learning rate on a plateau: Keras's, checked."""

import math

from cnnkit.callbacks.watch import MODES, Watch
from cnnkit.errors import check_choice, check_integer, check_number, expected
from cnnkit.runtime import keras


class _Watching:
    """Checks once in each `fit` that the monitored number is logged."""

    def on_train_begin(self, logs: dict | None = None) -> None:
        self._watch = Watch({"monitor": [self.monitor]})
        self._watch.start(self)
        super().on_train_begin(logs)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self._watch.see(self, logs)
        super().on_epoch_end(epoch, logs)


class EarlyStopping(_Watching, keras.callbacks.EarlyStopping):
    """Keras's EarlyStopping; refuses a monitor that `fit` does not log."""


class ReduceLROnPlateau(_Watching, keras.callbacks.ReduceLROnPlateau):
    """Keras's ReduceLROnPlateau; refuses a monitor that `fit` does not log."""


def check_monitor(monitor: object) -> str:
    """Return `monitor` when it is a name; else raise a TypeError."""
    if not isinstance(monitor, str):
        message = "`monitor` to be the name of a log, such as 'val_loss'"
        raise expected(message, f"monitor={monitor!r}", error=TypeError)
    return monitor


def check_flag(name: str, value: object) -> bool:
    """Return `value` when it is True or False; else raise a TypeError."""
    if not isinstance(value, bool):
        raise expected(f"`{name}` to be True or False", repr(value), error=TypeError)
    return value


def check_verbose(verbose: object) -> int:
    """Return 0 or 1, from a number or from False and True; else raise."""
    number = int(verbose) if isinstance(verbose, bool) else verbose
    return check_integer("verbose", number, minimum=0, maximum=1)


def check_optional_number(name: str, value: object) -> float | None:
    """Return `value` as a float, or None as it is; else raise."""
    return None if value is None else check_number(name, value, minimum=-math.inf)


def early_stopping(
    monitor: str = "val_loss",
    *,
    patience: int = 4,
    min_delta: float = 0.0,
    mode: str = "auto",
    restore_best_weights: bool = True,
    baseline: float | None = None,
    start_from_epoch: int = 0,
    verbose: int = 0,
) -> keras.callbacks.EarlyStopping:
    """Stop when the monitored number has not improved for `patience` epochs.

    Keras's callback with Keras's keywords. Two defaults differ: `patience` is 4
    instead of 0, and the best weights come back instead of the last.

    Args:
        monitor: the number to watch, as `fit` logs it. A name that `fit` does not
            log is refused when training starts, or, where that cannot be known
            yet, after the first epoch. Default: "val_loss".
        patience: epochs without improvement before it stops. Default: 4.
        min_delta: the least change that counts as an improvement. Default: 0.
        mode: "min", "max", or "auto", which tells from the metric. Default:
            "auto".
        restore_best_weights: bring back the weights of the best epoch when
            training ends. Default: True.
        baseline: a value that must be beaten. Default: None.
        start_from_epoch: epochs to wait before watching. Default: 0.
        verbose: 1 prints when it acts. Default: 0.

    Returns:
        A `keras.callbacks.EarlyStopping`.

    Raises:
        TypeError, ValueError: an argument is out of range.

    Example:
        >>> early_stopping(patience=3).patience
        3

    Taught in: notebooks/12_callbacks.ipynb
    """
    return EarlyStopping(
        monitor=check_monitor(monitor),
        patience=check_integer("patience", patience, minimum=0),
        min_delta=check_number("min_delta", min_delta, minimum=0),
        mode=check_choice("mode", mode, MODES),
        restore_best_weights=check_flag("restore_best_weights", restore_best_weights),
        baseline=check_optional_number("baseline", baseline),
        start_from_epoch=check_integer("start_from_epoch", start_from_epoch, minimum=0),
        verbose=check_verbose(verbose),
    )


def reduce_lr_on_plateau(
    monitor: str = "val_loss",
    *,
    factor: float = 0.3,
    patience: int = 1,
    min_delta: float = 1e-4,
    mode: str = "auto",
    cooldown: int = 0,
    min_lr: float = 1e-5,
    verbose: int = 0,
) -> keras.callbacks.ReduceLROnPlateau:
    """Multiply the learning rate by `factor` after `patience` epochs of no gain.

    Keras's callback with Keras's keywords. Three defaults differ: `factor` is
    0.3 instead of 0.1, `patience` 1 instead of 10, `min_lr` 1e-5 instead of 0.

    Args:
        monitor: the number to watch, as `fit` logs it. A name that `fit` does not
            log is refused when training starts, or, where that cannot be known
            yet, after the first epoch. Default: "val_loss".
        factor: what the rate is multiplied by, between 0 and 1, both excluded.
            Default: 0.3.
        patience: epochs without improvement before it acts. Keep it below the
            patience of early stopping, or the rate never drops. Default: 1.
        min_delta: the least change that counts as an improvement. Default: 1e-4.
        mode: "min", "max" or "auto". Default: "auto".
        cooldown: epochs to wait after a drop. Default: 0.
        min_lr: the rate never goes below. Default: 1e-5.
        verbose: 1 prints when it acts. Default: 0.

    Returns:
        A `keras.callbacks.ReduceLROnPlateau`.

    Raises:
        TypeError, ValueError: an argument is out of range.

    Example:
        >>> reduce_lr_on_plateau(factor=0.5).factor
        0.5

    Taught in: notebooks/12_callbacks.ipynb
    """
    return ReduceLROnPlateau(
        monitor=check_monitor(monitor),
        factor=check_number("factor", factor, minimum=0, below=1, exclusive=True),
        patience=check_integer("patience", patience, minimum=0),
        min_delta=check_number("min_delta", min_delta, minimum=0),
        mode=check_choice("mode", mode, MODES),
        cooldown=check_integer("cooldown", cooldown, minimum=0),
        min_lr=check_number("min_lr", min_lr, minimum=0),
        verbose=check_verbose(verbose),
    )
