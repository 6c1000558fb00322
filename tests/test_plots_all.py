"""What holds for every public figure."""

import inspect

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cnnkit import early_stopping, feature_maps, models, plots, rehearse, trace
from cnnkit.features import top_activations
from cnnkit.plots.animating import Animation
from cnnkit.shapes import ReceptiveField

GRID = np.arange(25.0).reshape(5, 5)
KERNEL = np.array([[1.0, 0, -1]] * 3)
PHOTO = np.random.default_rng(0).random((12, 12, 3))
LABELS = np.array([0, 1, 1, 0])
HISTORY = {"loss": [2.0, 1.0], "val_loss": [2.0, 1.5]}


def small():
    return models.simple_cnn(filters=(2, 2), dense_units=4)


def digit():
    return np.ones((1, 28, 28, 1), np.float32)


CALLS = {
    "activations": lambda p, ax: p(),
    "architecture": lambda p, ax: p(small(), ax=ax),
    "attributions": lambda p, ax: p(PHOTO, {"mine": PHOTO[..., 0]}),
    "channels": lambda p, ax: p(PHOTO, ax=ax),
    "class_shares": lambda p, ax: p({"train": LABELS}, ax=ax),
    "confusion_matrix": lambda p, ax: p(LABELS, LABELS, ax=ax),
    "convolution_animation": lambda p, ax: p(GRID, KERNEL),
    "convolution_step": lambda p, ax: p(GRID, KERNEL),
    "convolution_strip": lambda p, ax: p(GRID, KERNEL, frames=3),
    "costs": lambda p, ax: p(trace(small())),
    "digits": lambda p, ax: p(digit(), [7]),
    "feature_maps": lambda p, ax: p(PHOTO),
    "filters": lambda p, ax: p(np.ones((3, 3, 1, 4))),
    "gradient_norms": lambda p, ax: p({"a": 1.0, "b": 0.1}, ax=ax),
    "network_maps": lambda p, ax: p(feature_maps(small(), digit())),
    "padding": lambda p, ax: p(5, 3, ax=ax),
    "pictures": lambda p, ax: p({"photo": PHOTO, "grid": GRID}),
    "pixel_values": lambda p, ax: p(KERNEL, ax=ax),
    "pooling": lambda p, ax: p(GRID[:4, :4]),
    "preparation": lambda p, ax: p([PHOTO]),
    "receptive_field": lambda p, ax: p(PHOTO, ReceptiveField(3, 1, 0), ax=ax),
    "rehearsal": lambda p, ax: p(rehearse(early_stopping(), [2, 1]), ax=ax),
    "spread": lambda p, ax: p({"plain": [0.1, 0.2]}, ax=ax),
    "strides": lambda p, ax: p(5, 3, ax=ax),
    "top_activations": lambda p, ax: p(top_activations(small(), "conv1", digit())),
    "trade_off": lambda p, ax: p({"small": (10, 0.5), "large": (90, 0.7)}, ax=ax),
    "training_curves": lambda p, ax: p(HISTORY),
    "worst_mistakes": lambda p, ax: p(PHOTO[None], [0], np.array([[0.2, 0.8]])),
}


def test_every_figure_is_called_here():
    assert set(CALLS) == set(plots.__all__)


@pytest.mark.parametrize("name", plots.__all__)
def test_one_figure_comes_back_and_none_is_left_over(name):
    function = getattr(plots, name)
    result = CALLS[name](function, None)
    kind = inspect.signature(function).return_annotation
    assert isinstance(result, kind) and kind in (Axes, Figure, Animation)
    numbers = plt.get_fignums()
    if kind is Animation:
        assert not numbers
    else:
        assert numbers == [result.figure.number]
        result.figure.canvas.draw()
        words = [text.get_text() for text in result.figure.findobj(plt.Text)]
        assert any(words)  # each says what is to be seen


@pytest.mark.parametrize("name", plots.__all__)
def test_axes_of_the_caller_are_drawn_on(name):
    function = getattr(plots, name)
    takes = "ax" in inspect.signature(function).parameters
    assert takes == (inspect.signature(function).return_annotation is Axes)
    if takes:
        _, (mine, other) = plt.subplots(1, 2, figsize=(16, 6))
        assert CALLS[name](function, mine) is mine
        assert plt.get_fignums() == [1]
        assert not (other.lines or other.images or other.texts or other.patches)


@pytest.mark.parametrize("name", plots.__all__)
def test_the_docstring_says_it_all(name):
    text = getattr(plots, name).__doc__
    for part in ("Args:", "Returns:", "Example:", "Taught in: notebooks/"):
        assert part in text, part
