"""Let callbacks act on a scripted curve, without training."""

import math
import numbers
from collections.abc import Iterable, Mapping

import numpy as np

from cnnkit.callbacks.cast import SLASH, copies
from cnnkit.callbacks.record import Rehearsal
from cnnkit.callbacks.stage import Stage
from cnnkit.errors import check_integer, check_number, expected
from cnnkit.runtime import keras


def rehearse(
    callbacks: keras.callbacks.Callback | Iterable[keras.callbacks.Callback],
    losses: Iterable[float] | Mapping[str, Iterable[float]],
    *,
    learning_rate: float = 1e-3,
    steps_per_epoch: int = 1,
) -> Rehearsal:
    """Show what callbacks would do on a curve, without training.

    Copies of the real callbacks are driven as `fit` drives them, so the answer is
    that of the installed Keras; the callbacks themselves stay unused and can go to
    `fit` afterwards. Nothing is written. Callbacks of Keras that only write
    (CSVLogger, TensorBoard …) are left out.

    Args:
        callbacks: one callback, or several in the order that `fit` gets them:
            Keras's, the kit's, or your own.
        losses: one number for each epoch, NaN allowed: then both `loss` and
            `val_loss` are that number. Or a dict of all logs, of equal lengths:
            `{"val_loss": […], "val_accuracy": […]}`.
        learning_rate: the rate before the first epoch. Default: 1e-3.
        steps_per_epoch: batches in an epoch, of interest to a callback that acts
            on batches, such as a checkpoint with `save_freq=100`. Each batch logs
            what its epoch logs, without validation. Default: 1.

    Returns:
        A `Rehearsal`; it prints as one line for each event. Epochs count from 1.

    Raises:
        TypeError: there is something else among the callbacks, or one that cannot
            be copied; or a loss is no number.
        ValueError: the curve is empty, its logs differ in length, or an argument
            is out of range. Callbacks raise what they raise in `fit`.

    Example:
        >>> rehearse(early_stopping(patience=2), [3, 1, 2, 2, 2])
        Rehearsal: 4 of 5 epochs ran, counted from 1
          epoch   1: learning rate 0.001
          epoch   2: best val_loss, 1
          epoch   4: training stopped
          epoch   4: weights of epoch 2 restored

    Taught in: notebooks/12_callbacks.ipynb
    """
    check_number("learning_rate", learning_rate, minimum=0, exclusive=True)
    steps = check_integer("steps_per_epoch", steps_per_epoch, minimum=1)
    script = _checked_losses(losses)
    stage = Stage(float(learning_rate))
    cast = copies(callbacks, stage)
    named = script if isinstance(script, dict) else {"loss": script, "val_loss": script}
    rates = _play(cast, stage, named, steps)
    watching = _first_watching(cast)
    fallback = "val_loss" if "val_loss" in named else next(iter(named))
    return Rehearsal(
        losses=script,
        learning_rates=rates,
        stopped_epoch=len(rates) if stage.stop_training else None,
        best_epoch=_best_epoch(watching, named, len(rates)),
        restored_epoch=stage.weight if stage.weight != len(rates) else None,
        saved_files=[(e, name.replace(SLASH, "/")) for e, name in stage.saved_files],
        monitor=getattr(watching, "monitor", fallback),
    )


def _play(
    cast: list[keras.callbacks.Callback], stage: Stage, script: dict, steps: int
) -> list[float]:
    """Call the callbacks as `fit` does; return the rate used in each epoch."""
    epochs = len(next(iter(script.values())))
    everyone = keras.callbacks.CallbackList(
        cast, add_history=True, model=stage, verbose=0, epochs=epochs, steps=steps
    )
    rates, logs = [], {}
    everyone.on_train_begin()
    for epoch in range(epochs):
        logs = {name: values[epoch] for name, values in script.items()}
        validation = {n: v for n, v in logs.items() if n.startswith("val_")}
        training = {n: v for n, v in logs.items() if n not in validation}
        everyone.on_epoch_begin(epoch)
        stage.start_epoch(epoch + 1)
        for step in range(steps):
            everyone.on_train_batch_begin(step)
            everyone.on_train_batch_end(step, training)
            if stage.stop_training:
                break
        rates.append(stage.learning_rate)
        if validation:
            everyone.on_test_begin()
            everyone.on_test_end({n[4:]: v for n, v in validation.items()})
        everyone.on_epoch_end(epoch, logs)
        if stage.stop_training:
            break
    everyone.on_train_end(logs)
    return rates


def _checked_losses(losses: object) -> list[float] | dict[str, list[float]]:
    if not isinstance(losses, Mapping):
        return _numbers("losses", losses)
    if not losses or not all(isinstance(name, str) for name in losses):
        raise expected("`losses` to hold at least one named log", f"losses={losses!r}")
    script = {name: _numbers(name, values) for name, values in losses.items()}
    lengths = {name: len(values) for name, values in script.items()}
    if len(set(lengths.values())) > 1:
        raise expected("logs of one length in `losses`", f"the lengths {lengths}")
    return script


def _numbers(name: str, values: object) -> list[float]:
    requirement = f"`{name}` to be a number for each epoch"
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise expected(requirement, f"{name}={values!r}", error=TypeError)
    listed = list(values)
    for value in listed:
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            raise expected(requirement, f"{value!r} in {name}", error=TypeError)
    if not listed:
        raise expected(f"{requirement}, and at least one", f"{name}={listed!r}")
    return [float(value) for value in listed]


def _first_watching(cast: list) -> keras.callbacks.Callback | None:
    """The callback whose monitor counts: early stopping before all others."""
    watching = [callback for callback in cast if hasattr(callback, "monitor")]
    stops = [c for c in watching if isinstance(c, keras.callbacks.EarlyStopping)]
    return next(iter(stops + watching), None)


def _best_epoch(watching: object, script: dict, ran: int) -> int | None:
    """Early stopping tells; else the least or greatest number of the epochs run."""
    if isinstance(watching, keras.callbacks.EarlyStopping):
        return None if watching.best is None else watching.best_epoch + 1
    name = getattr(watching, "monitor", "val_loss")
    values = np.array(script.get(name, [math.nan])[:ran])
    if np.isnan(values).all():
        return None
    compare = getattr(watching, "monitor_op", None)
    greatest = compare is not None and bool(compare(1e9, -1e9))
    return 1 + int(np.nanargmax(values) if greatest else np.nanargmin(values))
