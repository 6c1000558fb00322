"""The stored answers of PyTorch, beside the course's own layers in NumPy."""

import numpy as np
import pytest
from conftest import ROOT

from cnnkit import scratch


@pytest.fixture(scope="module")
def stored():
    with np.load(ROOT / "data" / "pytorch_layers.npz") as file:
        return dict(file)


def last(array):
    """From channels first to channels last."""
    return array.transpose(0, 2, 3, 1)


def near(ours, theirs):
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_the_convolutions(stored):
    kernel, bias = stored["conv.weight"].transpose(2, 3, 1, 0), stored["conv.bias"]
    x = last(stored["x"])
    near(scratch.conv2d(x, kernel, bias, padding="same"), last(stored["Conv2d"]))
    ringed = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    answer = scratch.conv2d(ringed, kernel, bias, strides=2)
    near(answer, last(stored["Conv2d, stride 2"]))


def test_the_poolings(stored):
    x = last(stored["x"])
    near(scratch.max_pool2d(x, 2), last(stored["MaxPool2d"]))
    near(scratch.avg_pool2d(x, 2), last(stored["AvgPool2d"]))
    near(x.mean(axis=(1, 2)), stored["AdaptiveAvgPool2d"][:, :, 0, 0])


def test_what_has_no_window(stored):
    x = stored["x"]
    near(np.maximum(x, 0), stored["ReLU"])
    near(scratch.softmax(last(x)), last(stored["Softmax"]))
    near(x.reshape(2, -1), stored["Flatten"])
    near(x, stored["Dropout"])
    factors = np.unique((stored["Dropout, training"] / x).round(4) + 0.0)
    assert factors.tolist() == [0, 2]


def test_batch_normalisation(stored):
    x, shift = last(stored["x"]), stored["norm.bias"]
    mean, variance = stored["norm.running_mean"], stored["norm.running_var"]
    for name, m, v in (
        ("BatchNorm2d", mean, variance),
        ("BatchNorm2d, training", x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))),
    ):
        near(
            (x - m) / np.sqrt(v + 1e-5) * stored["norm.weight"] + shift,
            last(stored[name]),
        )
    near(0.9 * mean + 0.1 * x.mean(axis=(0, 1, 2)), stored["running mean"])


def test_the_dense_layer_and_the_loss(stored):
    flat = stored["x"].reshape(2, -1)
    scores = flat @ stored["linear.weight"].T + stored["linear.bias"]
    near(scores, stored["Flatten, Linear"])
    of_truth = scratch.softmax(scores)[[0, 1], stored["labels"]]
    near(-np.log(of_truth).mean(), stored["CrossEntropyLoss"])


def test_the_file_is_small():
    assert (ROOT / "data" / "pytorch_layers.npz").stat().st_size < 20_000
