"""The cast of a rehearsal: copies of callbacks that write nothing."""

import copy
import os
from collections.abc import Iterable

import numpy as np

from cnnkit.callbacks.stage import Stage, direction_of
from cnnkit.callbacks.templates import split_template
from cnnkit.errors import expected
from cnnkit.runtime import keras

SLASH = "\ue000"  # stands for a slash while no folder must be made
_ONLY_WRITE = ("BackupAndRestore", "CSVLogger", "OrbaxCheckpoint", "ProgbarLogger")
_ONLY_WRITE += ("RemoteMonitor", "TensorBoard")


def copies(callbacks: object, stage: Stage) -> list[keras.callbacks.Callback]:
    """Copy the callbacks, without the models that they may hold from an earlier fit.

    Raises:
        TypeError: something is no callback, or cannot be copied.
    """
    kind = keras.callbacks.Callback
    listed = list(callbacks) if isinstance(callbacks, Iterable) else [callbacks]
    memo: dict = {}
    for callback in listed:
        if isinstance(callbacks, str) or not isinstance(callback, kind):
            raise expected(
                "`callbacks` to be a Keras callback or a list of them",
                f"{callbacks!r}" if isinstance(callbacks, str) else f"{callback!r}",
                error=TypeError,
            )
        model = getattr(callback, "_model", None)
        for held in (model, getattr(model, "_wrapped", None)):
            if held is not None:
                memo[id(held)] = stage
    silent = tuple(getattr(keras.callbacks, name, Stage) for name in _ONLY_WRITE)
    return [_copy(each, memo) for each in listed if not isinstance(each, silent)]


def _copy(callback: keras.callbacks.Callback, memo: dict) -> keras.callbacks.Callback:
    try:
        twin = copy.deepcopy(callback, memo)
    except Exception as error:  # an open file, a lock, a thread
        raise expected(
            "`callbacks` that can be copied, so that the rehearsal leaves them unused",
            f"{callback!r} ({error})",
            error=TypeError,
        ) from error
    if isinstance(twin, keras.callbacks.ModelCheckpoint):
        name = split_template(os.fspath(twin.filepath))[1]
        twin.filepath = name.replace(os.sep, SLASH).replace("/", SLASH)
    _settle_direction(twin)
    return twin


def _settle_direction(twin: keras.callbacks.Callback) -> None:
    """Choose the comparison that Keras would choose after the first epoch.

    In a run the compiled metrics tell the direction; here, the name does. Keras
    compares through a tensor of float32, NumPy a hundred times as fast.
    """
    by_batch = getattr(twin, "save_freq", "epoch") != "epoch"
    ours = getattr(getattr(twin, "_set_monitor_op", None), "__module__", "")
    if by_batch or not ours.startswith("keras."):
        return
    direction = twin.mode if twin.mode != "auto" else direction_of(twin.monitor)
    if twin.monitor_op is None and direction is not None:
        twin.monitor_op = _less if direction == "min" else _greater
        twin.min_delta *= -1 if direction == "min" else 1
    elif twin.monitor_op is not None:
        twin.monitor_op = _less if twin.monitor_op == keras.ops.less else _greater


def _less(first: float, second: float) -> bool:
    with np.errstate(over="ignore"):
        return bool(np.float32(first) < np.float32(second))


def _greater(first: float, second: float) -> bool:
    return _less(second, first)
