import json
import subprocess

import pytest
from conftest import PYTHON

import cnnkit

HEAVY = {"numpy", "keras", "tensorflow", "matplotlib", "nbclient"}


def loaded_after(code: str) -> set[str]:
    """The heavy packages that a fresh Python has loaded after the code."""
    report = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    output = subprocess.run(
        [PYTHON, "-c", report], capture_output=True, text=True, check=True
    ).stdout
    return HEAVY & set(json.loads(output.splitlines()[-1]))


def test_the_package_alone_loads_nothing_heavy():
    assert loaded_after("import cnnkit; dir(cnnkit)") == set()


def test_a_claim_loads_nothing_heavy():
    assert loaded_after("from cnnkit import claim; claim('1 = 1', True)") == set()


def test_data_needs_numpy_alone():
    assert loaded_after("from cnnkit import read_idx") == {"numpy"}


def test_plots_do_not_load_keras():
    assert loaded_after("from cnnkit import plots; dir(plots)") == set()
    code = "from cnnkit.plots import digits, pooling, filters, rehearsal, attributions"
    assert loaded_after(code) == {"numpy", "matplotlib"}


@pytest.mark.parametrize("name", cnnkit.__all__)
def test_every_public_name_is_there_and_documented(name):
    assert getattr(cnnkit, name).__doc__


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'convolve'"):
        _ = cnnkit.convolve
