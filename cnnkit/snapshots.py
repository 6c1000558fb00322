"""Snapshots of a training run: all that it takes to go on after a crash.

A snapshot is one npz file, written whole or not at all after each epoch. It
holds every variable of the model and of the optimiser, what the callbacks had
counted, the history, and the settings of the run. Nothing in it is pickled.
"""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cnnkit.arrays import read_npz
from cnnkit.errors import expected
from cnnkit.files import whole_file
from cnnkit.runtime import keras

FILE = "snapshot.npz"
_NOT_STATE = {"params", "model", "_model", "monitor_op"}


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
        record = json.loads(str(content["record"]))
        arrays = [content[f"array_{i}"] for i in range(record.pop("arrays"))]
        record["callbacks"] = _put_arrays_back(record["callbacks"], arrays)
        count = record.pop("variables")
        return Snapshot(**record, variables=arrays[:count])
    except (ValueError, KeyError, TypeError) as error:
        raise expected(
            f"{path} to be a snapshot of a training run",
            f"another npz file ({error})",
            advice=advice,
        ) from error


def write_snapshot(run_dir: Path, snapshot: Snapshot) -> None:
    """Write a snapshot into its run folder, whole or not at all."""
    arrays = list(snapshot.variables)
    record = snapshot._asdict()
    record["callbacks"] = _take_arrays_out(snapshot.callbacks, arrays)
    record |= {"variables": len(snapshot.variables), "arrays": len(arrays)}
    with whole_file(run_dir / FILE) as partial:
        with partial.open("wb") as file:
            named = {f"array_{i}": array for i, array in enumerate(arrays)}
            np.savez(file, record=np.array(json.dumps(record)), **named)


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
        self._fresh = [dict(vars(callback)) for callback in self._others]
        if self._resumed is None:
            (self._run_dir / FILE).unlink(missing_ok=True)  # of an earlier run
            return
        pairs = zip(
            variables_of(self.model), self._resumed.variables, strict=True
        )  # their shapes were compared when the run was checked
        for variable, value in pairs:
            variable.assign(value)
        states = (state for _, state in self._resumed.callbacks)
        for callback, state in zip(self._others, states, strict=True):
            vars(callback).update(state)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Write what the run is now."""
        for name, value in (logs or {}).items():
            self.logs[name] = [*self.logs.get(name, []), float(value)]
        states = [
            [type(callback).__name__, _state_of(callback, fresh)]
            for callback, fresh in zip(self._others, self._fresh, strict=True)
        ]
        variables = [np.asarray(v) for v in variables_of(self.model)]
        stopped = bool(self.model.stop_training)
        write_snapshot(
            self._run_dir,
            Snapshot(self._settings, epoch + 1, stopped, self.logs, states, variables),
        )


def _state_of(callback: keras.callbacks.Callback, fresh: dict) -> dict:
    """What training has changed in a callback, of the kinds that a file can hold.

    What is as it was at the start is left out, so that a changed argument (a
    longer patience, say) is respected when the run goes on.
    """
    state = {}
    for name, value in vars(callback).items():
        value = value.item() if isinstance(value, np.generic) else value
        if name in _NOT_STATE or not (_is_plain(value) or _is_arrays(value)):
            continue
        if _is_arrays(value) or name not in fresh or fresh[name] != value:
            state[name] = value
    return state


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, (bool, int, float, str))


def _is_arrays(value: object) -> bool:
    """Whether it is a list of arrays, as the best weights are."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(entry, np.ndarray) for entry in value)
    )


def _take_arrays_out(callbacks: list, arrays: list) -> list:
    """Append the arrays of the callbacks' states to `arrays`; leave their places."""
    result = []
    for kind, state in callbacks:
        places = dict(state)
        for name, value in state.items():
            if _is_arrays(value):
                places[name] = {"from": len(arrays), "to": len(arrays) + len(value)}
                arrays.extend(value)
        result.append([kind, places])
    return result


def _put_arrays_back(callbacks: list, arrays: list) -> list:
    """The reverse of `_take_arrays_out`."""
    return [
        [
            kind,
            {
                name: arrays[value["from"] : value["to"]]
                if isinstance(value, dict)
                else value
                for name, value in state.items()
            },
        ]
        for kind, state in callbacks
    ]
