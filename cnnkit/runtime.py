"""The one place that imports Keras: quietly, with its seeds and its determinism.

    from cnnkit.runtime import keras

TensorFlow writes start-up lines to file descriptor 2 whatever its log level
says. Here the descriptor is turned aside while Keras is imported and while the
device is touched for the first time. When either fails, what was written is
shown after all. TensorFlow's warning that several models were traced is left
out. On another backend no device is touched: JAX must not be before several
processes of it have met (`cnnkit.worker`).
"""

import gc
import importlib
import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from cnnkit.errors import check_integer, expected


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Hold back what is written to file descriptor 2; show it on failure."""
    try:
        saved = os.dup(2)
    except OSError:  # there is no descriptor 2: nothing can be written to it
        yield
        return
    with tempfile.TemporaryFile() as aside:
        if sys.stderr is not None:
            sys.stderr.flush()
        os.dup2(aside.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(saved, 2)
            aside.seek(0)
            os.write(2, aside.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Let the garbage lie meanwhile: an import is a seventh quicker without.

    Then freeze what is there. TensorFlow brings half a million objects that live
    as long as the process; each full collection would look through them all.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        if was_on:
            gc.enable()


os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
with _quiet_stderr(), _no_collection():
    import keras

    # The first touch of the device. JAX's has to wait until its processes have met.
    if keras.backend.backend() == "tensorflow":
        keras.ops.convert_to_numpy(keras.ops.zeros(1))


def _is_no_retracing(record: logging.LogRecord) -> bool:
    """Whether a warning is other than that several models were traced, one each.

    Keras traces each model anew, so whoever compares five of them is told to
    define a function elsewhere that is not theirs.
    """
    return "triggered tf.function retracing" not in record.getMessage()


logging.getLogger("tensorflow").addFilter(_is_no_retracing)


def set_seed(seed: int = 0, *, deterministic: bool = False) -> None:
    """Seed Python, NumPy and Keras, so that a notebook gives the same run twice.

    On one machine and its CPU, the same seed gives the same losses to the last
    bit. Another processor, or another version of TensorFlow, rounds differently:
    the first digits agree, the last do not. Draws straight from `keras.random`
    without a seed of their own start anew with Keras 3.15, but not with 3.12.

    Args:
        seed: from 0 to 2³² − 1. Default: 0.
        deterministic: also ask TensorFlow for repeatable operations on a GPU.
            They are slower, XLA is switched off, and it stays so until the
            process ends. Default: False.

    Raises:
        ValueError: `seed` is out of range, or `deterministic` is asked of a
            backend other than TensorFlow.

    Example:
        >>> set_seed(7)

    Taught in: notebooks/11_mnist_pipeline.ipynb
    """
    keras.utils.set_random_seed(
        check_integer("seed", seed, minimum=0, maximum=2**32 - 1)
    )
    if deterministic:
        tensorflow("`deterministic=True`").config.experimental.enable_op_determinism()


def tensorflow(purpose: str = "gradients") -> ModuleType:
    """Return TensorFlow, which Keras runs on; what it is for goes into the error.

    Raises:
        ValueError: Keras runs on another backend.
    """
    if keras.backend.backend() != "tensorflow":
        received = f"the backend {keras.backend.backend()}"
        raise expected(f"the TensorFlow backend for {purpose}", received)
    return importlib.import_module("tensorflow")
