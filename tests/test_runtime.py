import os
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


@pytest.mark.parametrize("given, there", [(None, "1"), ("0", "0")])
def test_fast_convolutions_are_on_unless_switched_off(given, there):
    environment = {k: v for k, v in os.environ.items() if k != "TF_ENABLE_ONEDNN_OPTS"}
    if given is not None:
        environment["TF_ENABLE_ONEDNN_OPTS"] = given
    code = "import os, cnnkit.runtime; print(os.environ['TF_ENABLE_ONEDNN_OPTS'])"
    result = subprocess.run(
        [PYTHON, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == there


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
