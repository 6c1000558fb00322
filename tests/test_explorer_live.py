"""The explorer as a widget, without a browser: what Python hands to the page."""

import subprocess

import numpy as np
import pytest
from conftest import PYTHON

from cnnkit import explore, explore_live, models, set_seed
from cnnkit.runtime import keras


@pytest.fixture
def small():
    set_seed(0)
    model = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            keras.layers.Conv2D(2, 3, activation="relu", name="conv"),
            keras.layers.Flatten(name="flatten"),
            keras.layers.Dense(3, activation="softmax", name="dense"),
        ],
        name="small",
    )
    return model, np.random.default_rng(0).random((5, 6, 6, 1), dtype="float32")


def test_only_the_image_that_is_looked_at_is_handed_over(small):
    model, images = small
    live = explore_live(model, images, classes=list("abc"), at=("conv", (1, 2, 0)))
    assert (live.count, live.caption) == (5, "image 0")
    live.index = 3
    assert live.caption == "image 3"
    alone = explore(
        *(model, images[3]),
        **{"classes": list("abc"), "captions": ["image 3"], "at": ("conv", (1, 2, 0))},
    )
    assert live.payload == alone.payload()
    with pytest.raises(ValueError, match="`index` to be an integer .* at most 4"):
        live.index = 5
    assert live.index == 3


def test_each_epoch_of_a_training_can_be_shown_again(small):
    model, images = small
    live = explore_live(model, images, captions=list("vwxyz"))
    before = live.payload
    sent = []
    live.observe(lambda change: sent.append((live.epochs[-1:], live.epoch)), "payload")
    model.compile(keras.optimizers.SGD(1.0), "sparse_categorical_crossentropy")
    labels = np.array([0, 1, 2, 0, 1])
    model.fit(images, labels, epochs=3, verbose=0, callbacks=[live.callback()])
    assert live.epochs == [0, 1, 2, 3] and live.epoch == 3
    assert live.payload == explore(model, images[0], captions=["v"]).payload()
    held = [weight.copy() for weight in model.get_weights()]
    live.epoch = 0
    assert live.payload == before
    assert all(
        np.array_equal(*pair) for pair in zip(held, model.get_weights(), strict=True)
    )
    live.epoch, live.index = 2, 4
    assert live.caption == "z" and live.payload["captions"] == ["z"]
    with pytest.raises(ValueError, match="at most 3"):
        live.epoch = 4
    live.refresh()
    assert (live.epochs, live.epoch) == ([], 0)
    model.fit(images, labels, epochs=1, verbose=0, callbacks=[live.callback()])
    assert live.epochs == [0, 1]


def test_weights_set_by_hand_are_shown_after_a_refresh(small):
    model, images = small
    live = explore_live(model, images[0])
    model.set_weights([0 * weight for weight in model.get_weights()])
    old = live.payload
    live.refresh()
    assert live.payload != old
    assert live.payload == explore(model, images[0]).payload()


@pytest.mark.parametrize("captions", ["vwxyz", ["v"]])
def test_wrong_captions_are_refused(small, captions):
    with pytest.raises(ValueError, match="`captions` to be 5 names"):
        explore_live(*small, captions=captions)


def test_what_no_explorer_takes_is_refused():
    with pytest.raises(TypeError, match="`model` to be a Keras model"):
        explore_live("model", np.zeros((1, 6, 6, 1)))
    with pytest.raises(ValueError, match="`images` of shape"):
        explore_live(models.simple_cnn(), np.zeros((1, 6, 6, 1)))


def test_without_anywidget_the_error_says_what_to_install():
    code = (
        "import sys; sys.modules['anywidget'] = None\n"
        "import cnnkit\n"
        "try: cnnkit.explore_live\n"
        "except ImportError as error: print(error)"
    )
    said = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True)
    assert 'pip install "cnnkit[widget]"' in said.stdout, said.stderr
    assert said.stdout.startswith("Expected anywidget to be installed")
