"""Snapshots of a training run: all that it takes to go on after a crash.

A snapshot is one npz file, written whole or not at all after each epoch. It
holds every variable of the model and of the optimiser, what the callbacks had
counted, the history, and the settings of the run. Nothing in it is pickled.
"""

import csv
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cnnkit.arrays import read_npz
from cnnkit.errors import expected
from cnnkit.files import whole_file
from cnnkit.runtime import keras

FILE = "snapshot.npz"
HISTORY = "history.csv"
# `min_delta` is an argument whose sign Keras turns when it chooses `monitor_op`;
# a resumed callback does so again by itself.
_NOT_STATE = {"params", "model", "_model", "monitor_op", "min_delta"}


class Snapshot(NamedTuple):
    """What a run was when an epoch ended."""

    settings: dict  # what must not change between the runs
    epochs_done: int
    stopped: bool  # a callback had ended the run
    history: dict  # {name: one number an epoch}
    callbacks: list  # [class name, {attribute: value}] of each
    variables: list  # arrays: those of the model, then of the optimiser


def read_snapshot(run_dir: Path) -> Snapshot | None:
    """Read the snapshot of a run folder; None when there is none.

    Raises:
        ValueError: the file is damaged or was written by something else.
    """
    path = run_dir / FILE
    if not path.is_file():
        return None
    advice = "Remove it and train from the start, or restore it."
    content = read_npz(path, advice=advice)
    try:
        record = json.loads(str(content.pop("record")))
        arrays = [content[f"array_{i}"] for i in range(len(content))]
        return Snapshot(*_unpacked(record, arrays))
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise expected(
            f"{path} to be a snapshot of a training run",
            f"another npz file ({error})",
            advice=advice,
        ) from error


def write_snapshot(run_dir: Path, snapshot: Snapshot) -> None:
    """Write a snapshot into its run folder, whole or not at all."""
    arrays: list[np.ndarray] = []
    record = json.dumps(_packed(list(snapshot), arrays))
    named = {f"array_{i}": array for i, array in enumerate(arrays)}
    with whole_file(run_dir / FILE) as partial, partial.open("wb") as file:
        np.savez(file, record=np.array(record), **named)


def write_history(run_dir: Path, history: dict[str, list[float]]) -> None:
    """Write the numbers of all epochs as a table, whole or not at all."""
    epochs = range(len(next(iter(history.values()), [])))
    with whole_file(run_dir / HISTORY) as partial:
        with partial.open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(["epoch", *history])
            for epoch in epochs:
                cells = [column[epoch : epoch + 1] for column in history.values()]
                table.writerow(
                    [epoch + 1, *(cell[0] if cell else "" for cell in cells)]
                )


def variables_of(model: keras.Model) -> list:
    """Every variable that a run changes: the model's, seeds too, and Adam's own."""
    return [*model.variables, *model.optimizer.variables]


class TakeSnapshots(keras.callbacks.Callback):
    """Writes a snapshot after each epoch, and puts the last one back first.

    It must be the last callback of the list: it runs when the others have
    counted the epoch, and after they have reset themselves at the start.

    Args:
        run_dir: the folder of the run.
        others: the other callbacks of the run, in their order.
        settings: what a later run must have in common with this one.
        snapshot: where to go on from. Default: None, from the start.
    """

    def __init__(
        self,
        run_dir: Path,
        others: list,
        settings: dict,
        snapshot: Snapshot | None = None,
    ) -> None:
        super().__init__()
        self._run_dir, self._others, self._settings = run_dir, others, settings
        self._resumed = snapshot
        self.logs = dict(snapshot.history) if snapshot else {}

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Note what the callbacks are before they count; restore what they had."""
        self._fresh = [_packed_state(callback) for callback in self._others]
        if self._resumed is None:  # in the place of an earlier run's
            self._write(epochs_done=0)
            return
        pairs = zip(variables_of(self.model), self._resumed.variables, strict=True)
        for variable, value in pairs:
            variable.assign(value)
        states = (state for _, state in self._resumed.callbacks)
        for callback, state in zip(self._others, states, strict=True):
            vars(callback).update(state)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Write what the run is now."""
        for name, value in (logs or {}).items():
            self.logs[name] = [*self.logs.get(name, []), float(value)]
        write_history(self._run_dir, self.logs)
        self._write(epochs_done=epoch + 1)

    def _write(self, epochs_done: int) -> None:
        states = [
            [type(callback).__name__, _changed_state(callback, fresh)]
            for callback, fresh in zip(self._others, self._fresh, strict=True)
        ]
        variables = [np.asarray(v) for v in variables_of(self.model)]
        stopped = epochs_done > 0 and bool(self.model.stop_training)
        snapshot = (self._settings, epochs_done, stopped, self.logs, states, variables)
        write_snapshot(self._run_dir, Snapshot(*snapshot))


def _packed_state(callback: keras.callbacks.Callback) -> dict:
    """`{attribute: (packed, arrays)}` of all attributes that a file can hold."""
    state = {}
    for name, value in vars(callback).items():
        arrays: list[np.ndarray] = []
        try:
            packed = _packed(value, arrays)
        except TypeError:  # a function, a model, an open file: not state
            continue
        if name not in _NOT_STATE:
            state[name] = (packed, arrays)
    return state


def _changed_state(callback: keras.callbacks.Callback, fresh: dict) -> dict:
    """What training has changed in a callback.

    What is as it was at the start is left out, so that an argument of the
    resumed run (a longer patience, say) counts, and not that of the first.
    """
    return {
        name: vars(callback)[name]
        for name, (packed, arrays) in _packed_state(callback).items()
        if arrays or name not in fresh or fresh[name][0] != packed
    }


def _packed(value: object, arrays: list) -> object:
    """Return the value as JSON can hold it; arrays go to the list, in their order.

    Raises:
        TypeError: there is something in it that no file can hold.
    """
    if isinstance(value, np.ndarray) and value.dtype != object:
        arrays.append(value.copy())
        return {"array": len(arrays) - 1}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list):
        return [_packed(entry, arrays) for entry in value]
    if isinstance(value, tuple):
        return {"tuple": [_packed(entry, arrays) for entry in value]}
    if isinstance(value, dict):
        return {"dict": [_packed(list(pair), arrays) for pair in value.items()]}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"cannot be written: {value!r}")


def _unpacked(value: object, arrays: list) -> object:
    """The reverse of `_packed`."""
    if isinstance(value, list):
        return [_unpacked(entry, arrays) for entry in value]
    if isinstance(value, dict):
        ((kind, inside),) = value.items()
        if kind == "array":
            return arrays[inside]
        entries = [_unpacked(entry, arrays) for entry in inside]
        return tuple(entries) if kind == "tuple" else {k: v for k, v in entries}
    return value
