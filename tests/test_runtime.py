import subprocess

import numpy as np
import pytest
from conftest import PYTHON

from cnnkit import set_seed
from cnnkit.runtime import keras


def test_importing_keras_writes_nothing():
    result = subprocess.run(
        [PYTHON, "-c", "from cnnkit.runtime import keras; keras.ops.ones((2, 2))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout == "" and result.stderr == ""


@pytest.fixture
def printed(tmp_path):
    """Run code with a Keras that is imported in no time; return what it prints."""
    (tmp_path / "keras.py").write_text(
        "import gc, os, types\n"
        "meanwhile = gc.isenabled(), os.environ['TF_ENABLE_ONEDNN_OPTS']\n"
        "backend = types.SimpleNamespace(backend=lambda: 'none')\n"
    )

    def run(code, **variables):
        result = subprocess.run(
            [PYTHON, "-c", code],
            env={"PYTHONPATH": str(tmp_path), **variables},
            capture_output=True,
            text=True,
            check=True,
        )
        return result.stdout.strip()

    return run


def test_fast_convolutions_are_on_unless_switched_off(printed):
    code = "from cnnkit.runtime import keras; print(keras.meanwhile[1])"
    assert printed(code) == "1"
    assert printed(code, TF_ENABLE_ONEDNN_OPTS="0") == "0"


@pytest.mark.parametrize("before", ["enable", "disable"])
def test_garbage_is_collected_as_before(printed, before):
    code = f"""
import gc
gc.{before}()
from cnnkit.runtime import keras
print(keras.meanwhile[0], gc.isenabled())
"""
    assert printed(code) == f"False {before == 'enable'}"


def test_five_models_are_no_reason_to_warn():
    code = """
import logging
import numpy as np
from cnnkit import models
for _ in range(6):
    models.fast_cnn().predict(np.zeros((2, 28, 28, 1), "float32"), verbose=0)
logging.getLogger("tensorflow").warning("something else")
"""
    result = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0
    assert result.stderr.strip().splitlines() == ["WARNING:tensorflow:something else"]


def test_a_failed_import_says_why(tmp_path):
    """What was held back comes out when the import does not succeed."""
    (tmp_path / "keras.py").write_text(
        "import os\nos.write(2, b'the reason')\nraise ImportError('no keras')"
    )
    result = subprocess.run(
        [PYTHON, "-c", "import cnnkit.runtime"],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(tmp_path)},
    )
    assert result.returncode == 1
    assert "the reason" in result.stderr and "no keras" in result.stderr


def test_set_seed_repeats_python_numpy_and_keras():
    import random

    def draw():
        dense = keras.layers.Dense(2)
        dense.build((None, 3))
        masked = keras.layers.Dropout(0.5)(np.ones((1, 64)), training=True)
        return (
            random.random(),
            np.random.rand(),
            dense.get_weights()[0].tolist(),
            keras.ops.convert_to_numpy(masked).tolist(),
        )

    set_seed(3)
    first = draw()
    assert all(a != b for a, b in zip(draw(), first, strict=True))
    set_seed(3)
    assert draw() == first


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_seeds_out_of_range(seed):
    with pytest.raises(ValueError, match="`seed` to be an integer of at least 0"):
        set_seed(seed)


def test_deterministic_operations_can_be_asked_for():
    code = (
        "from cnnkit import set_seed; set_seed(1, deterministic=True);"
        "from tensorflow.python.framework import config;"
        "print(config.is_op_determinism_enabled())"
    )
    result = subprocess.run(
        [PYTHON, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout == "True\n"
