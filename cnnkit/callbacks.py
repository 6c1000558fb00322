"""The three callbacks, checked, and the sets made of them."""

import os
from pathlib import Path

from cnnkit.errors import check_choice, check_integer, check_number, expected
from cnnkit.files import whole_file
from cnnkit.runtime import keras

_MODES = ("auto", "min", "max")

# Why these numbers: the rate drops after the first epoch that gains less than 0.01
# of validation loss, and so has several chances to help before four epochs
# without any gain end the run.
_PRESETS = {
    "standard": {
        "early_stopping": {"patience": 4},
        "reduce_lr_on_plateau": {"factor": 0.3, "patience": 1, "min_delta": 0.01},
        "model_checkpoint": {"save_best_only": True},
    },
}


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
        monitor: the number to watch, as `fit` logs it. Default: "val_loss".
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

    Taught in: notebooks/11_mnist_pipeline.ipynb
    """
    return keras.callbacks.EarlyStopping(
        monitor=monitor,
        patience=check_integer("patience", patience, minimum=0),
        min_delta=check_number("min_delta", min_delta, minimum=0),
        mode=check_choice("mode", mode, _MODES),
        restore_best_weights=restore_best_weights,
        baseline=baseline,
        start_from_epoch=check_integer("start_from_epoch", start_from_epoch, minimum=0),
        verbose=verbose,
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
        monitor: the number to watch, as `fit` logs it. Default: "val_loss".
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

    Taught in: notebooks/11_mnist_pipeline.ipynb
    """
    return keras.callbacks.ReduceLROnPlateau(
        monitor=monitor,
        factor=check_number("factor", factor, minimum=0, below=1, exclusive=True),
        patience=check_integer("patience", patience, minimum=0),
        min_delta=check_number("min_delta", min_delta, minimum=0),
        mode=check_choice("mode", mode, _MODES),
        cooldown=check_integer("cooldown", cooldown, minimum=0),
        min_lr=check_number("min_lr", min_lr, minimum=0),
        verbose=verbose,
    )


class _WholeFileCheckpoint(keras.callbacks.ModelCheckpoint):
    """Keras's ModelCheckpoint; a crash never leaves half a file behind."""

    def set_model(self, model: keras.Model) -> None:
        super().set_model(_SavesWholeFiles(model))


class _SavesWholeFiles:
    """A model whose two ways of saving write the file whole or not at all."""

    def __init__(self, model: keras.Model) -> None:
        self._wrapped = model

    def __getattr__(self, name: str) -> object:
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
    at all. One default differs: `save_best_only` is True.

    Args:
        filepath: ends in `.keras` (or `.h5`) for a model, in `.weights.h5` for
            weights alone. May hold `{epoch:02d}` and `{val_loss:.4f}`.
        monitor: the number to watch, as `fit` logs it. Default: "val_loss".
        save_best_only: keep only improvements. Default: True.
        save_weights_only: leave the architecture and optimiser out. Default:
            False.
        mode: "min", "max" or "auto". Default: "auto".
        save_freq: "epoch", or a number of batches. Default: "epoch".
        initial_value_threshold: what the first epoch must beat. Default: None.
        verbose: 1 prints when it acts. Default: 0.

    Returns:
        A `keras.callbacks.ModelCheckpoint`.

    Raises:
        ValueError: the file name has another ending, or an argument is out of
            range.

    Example:
        >>> model_checkpoint("run/best.keras").filepath
        'run/best.keras'

    Taught in: notebooks/11_mnist_pipeline.ipynb
    """
    ending = (".weights.h5",) if save_weights_only else (".keras", ".h5")
    named = os.fspath(filepath)
    if not named.endswith(ending):
        raise expected(
            f"`filepath` to end in {' or '.join(ending)}",
            f"filepath={named!r}",
            advice="Keras saves a model as .keras or .h5, weights as .weights.h5.",
        )
    if save_freq != "epoch":
        check_integer("save_freq", save_freq, minimum=1)
    return _WholeFileCheckpoint(
        filepath=named,
        monitor=monitor,
        save_best_only=save_best_only,
        save_weights_only=save_weights_only,
        mode=check_choice("mode", mode, _MODES),
        save_freq=save_freq,
        initial_value_threshold=initial_value_threshold,
        verbose=verbose,
    )


def callback_preset(
    name: str, run_dir: str | os.PathLike | None
) -> list[keras.callbacks.Callback]:
    """Return a ready-made list of callbacks that work together.

    | preset | stops after | lowers the rate | saves |
    | --- | --- | --- | --- |
    | `standard` | 4 epochs without gain | × 0.3, 1 epoch with gain < 0.01 | the best |

    All three watch `val_loss`. The rate drops sooner than training stops, so a
    lower rate always has a chance; it never goes below 1e-5.

    Args:
        name: the preset.
        run_dir: the folder in which `best.keras` is kept. None leaves the
            checkpoint out.

    Returns:
        New callbacks; one list serves one model.

    Raises:
        ValueError: there is no preset of that name.

    Example:
        >>> len(callback_preset("standard", "run"))
        3

    Taught in: notebooks/11_mnist_pipeline.ipynb
    """
    values = _PRESETS[check_choice("name", name, _PRESETS)]
    chosen = [
        early_stopping(**values["early_stopping"]),
        reduce_lr_on_plateau(**values["reduce_lr_on_plateau"]),
    ]
    if run_dir is not None:
        best = Path(run_dir) / "best.keras"
        chosen.append(model_checkpoint(best, **values["model_checkpoint"]))
    return chosen
