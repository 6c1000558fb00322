import sys
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from browser import CHROMIUM
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


@pytest.fixture(scope="session")
def trained(mnist):
    """A `simple_cnn` that has seen 6,000 digits twice."""
    from cnnkit import models, set_seed

    set_seed(0)
    model = models.simple_cnn()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    images, labels = mnist.train.images[:6000], mnist.train.labels[:6000]
    model.fit(images, labels, epochs=2, batch_size=64, verbose=0)
    return model


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(autouse=True)
def no_figures_left():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        yield chromium
        chromium.close()
