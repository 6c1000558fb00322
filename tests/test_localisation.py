"""A digit is pasted into a corner: do the attributions look there?"""

import numpy as np
import pytest

from cnnkit import models, set_seed
from cnnkit.features import grad_cam, grad_cam_plus_plus, occlusion

SIDE = 56
CORNERS = np.array([(0, 0), (0, 28), (28, 0), (28, 28)])


def pasted(digits, corners):
    """Each digit in an empty picture, from (row, column) on."""
    pictures = np.zeros((len(digits), SIDE, SIDE, 1), np.float32)
    for picture, digit, (row, column) in zip(pictures, digits, corners, strict=True):
        picture[row : row + 28, column : column + 28] = digit
    return pictures


@pytest.fixture(scope="module")
def finder(mnist):
    """A network that has read digits anywhere in a picture of 56×56."""
    set_seed(0)
    anywhere = np.random.default_rng(0).integers(0, SIDE - 27, (4000, 2))
    model = models.simple_cnn(input_shape=(SIDE, SIDE, 1))
    model.compile("adam", "sparse_categorical_crossentropy")
    pictures = pasted(mnist.train.images[:4000], anywhere)
    model.fit(pictures, mnist.train.labels[:4000], epochs=2, batch_size=32, verbose=0)
    return model


@pytest.mark.parametrize("method", [grad_cam, grad_cam_plus_plus, occlusion])
def test_they_look_where_the_digit_is(method, finder, mnist):
    corners = CORNERS[np.arange(200) % 4]
    heat = np.maximum(method(finder, pasted(mnist.test.images[:200], corners)), 0)
    inside = pasted(np.ones((200, 28, 28, 1)), corners)[..., 0] > 0
    share = (heat * inside).sum(axis=(1, 2)) / heat.sum(axis=(1, 2))
    hottest = heat.reshape(200, -1).argmax(axis=1)
    assert inside.reshape(200, -1)[np.arange(200), hottest].mean() > 0.95
    # A heat that knew nothing would leave a quarter in the corner.
    assert np.median(share) > 0.8 and share.mean() > 0.8
