import sys
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import settings

matplotlib.use("Agg")

# The same examples in every run, and no time limit: machines differ.
settings.register_profile("same", derandomize=True, deadline=None, database=None)
settings.load_profile("same")

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PYTHON = sys.executable


@pytest.fixture(scope="session")
def mnist():
    from cnnkit import load_mnist

    return load_mnist()


@pytest.fixture(scope="session")
def few(mnist):
    """A few hundred real digits in the shape of what `load_mnist` returns."""
    parts = [type(part)(part.images[:512], part.labels[:512]) for part in mnist]
    return type(mnist)(*parts)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(autouse=True)
def no_figures_left():
    yield
    plt.close("all")
