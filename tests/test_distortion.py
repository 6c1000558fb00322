"""Distortion: places worked by hand, the mixing of pixels beside Keras's own."""

import doctest

import numpy as np
import pytest

from cnnkit import RandomDistortion, distortion
from cnnkit.runtime import keras

STILL = {"rotation": 0, "shear": 0, "zoom": 0, "translation": 0, "elastic": 0}
RNG = np.random.default_rng(0)


def places(count=1, height=5, width=5, draws=None, monkeypatch=None, **options):
    """Where the layer looks, as `(N, H, W, 2)`: with `draws`, not at random."""
    if draws is not None:
        row = np.tile(np.float32(draws), (count, 1))
        monkeypatch.setattr(keras.random, "uniform", lambda *_, **__: row)
    layer = RandomDistortion(**{**STILL, **options}, seed=0)
    both = layer._places(count, height, width)
    both = [np.broadcast_to(np.asarray(part), (count, height * width)) for part in both]
    return np.stack(both, axis=-1).reshape(count, height, width, 2)


def test_with_nothing_to_change_the_image_stays():
    images = RNG.random((3, 6, 8, 2), dtype="float32")
    found = RandomDistortion(**STILL)(images, training=True)
    np.testing.assert_allclose(found, images, atol=1e-6)


def test_outside_training_the_image_stays():
    images = RNG.random((3, 6, 8, 2), dtype="float32")
    assert np.array_equal(RandomDistortion()(images), images)


@pytest.mark.parametrize(
    ("options", "draw", "place", "looks_at"),
    [
        # Turned by a quarter: the pixel above the middle looks to its right.
        ({"rotation": 0.25}, 0, (1, 2), (2, 3)),
        # Slanted by half a column a row: two rows up, one column to the left.
        ({"shear": 0.5}, 1, (0, 2), (0, 1)),
        # Half as far again from the middle, down or across.
        ({"zoom": 0.5}, 2, (4, 4), (5, 4)),
        ({"zoom": 0.5}, 3, (4, 4), (4, 5)),
        # A fifth of five pixels.
        ({"translation": 0.2}, 4, (1, 1), (2, 1)),
        ({"translation": 0.2}, 5, (1, 1), (1, 2)),
    ],
)
def test_a_pixel_looks_where_the_hand_says(monkeypatch, options, draw, place, looks_at):
    draws = np.eye(6)[draw]  # the largest of one change, nothing of the others
    found = places(draws=draws, monkeypatch=monkeypatch, **options)[0]
    np.testing.assert_allclose(found[place], looks_at, atol=1e-5)


def test_the_pixels_are_mixed_as_keras_mixes_them():
    images = RNG.random((4, 7, 9, 3), dtype="float32")
    rows = RNG.uniform(-3, 10, (4, 63)).astype("float32")
    columns = RNG.uniform(-3, 12, (4, 63)).astype("float32")
    found = np.asarray(distortion._read(images, rows, columns))
    for image, row, column, mine in zip(images, rows, columns, found, strict=True):
        for channel in range(3):
            # A ring of zeros is nearest to all that lies outside. (`"constant"` is
            # wrong in Keras 3.10: one place outside, and nothing counts.)
            framed = np.pad(image[..., channel], 1)
            theirs = keras.ops.image.map_coordinates(
                framed, np.stack([row + 1, column + 1]), order=1, fill_mode="nearest"
            )
            np.testing.assert_allclose(mine[..., channel].ravel(), theirs, atol=1e-5)


def test_the_arrows_have_the_spread_asked_for_and_are_smooth():
    found = places(2_000, 12, 20, elastic=0.7, smoothness=4)
    arrows = found - np.moveaxis(np.indices((12, 20)), 0, -1)
    spread = arrows.std(axis=0)
    assert np.abs(spread / 0.7 - 1).max() < 0.1
    step = np.diff(arrows, axis=2).std()
    assert step < 0.7 / 2  # neighbours move alike
    corners = np.corrcoef(arrows[:, 0, 0, 0], arrows[:, -1, -1, 0])[0, 1]
    assert abs(corners) < 0.1  # and what is far apart does not


def test_a_larger_smoothness_is_smoother():
    def step(smoothness):
        found = places(200, 28, 28, elastic=1, smoothness=smoothness)
        return np.diff(found, n=2, axis=2).std()

    assert step(8) < step(4) < step(2)


def test_every_image_is_changed_in_its_own_way_and_the_seed_repeats_it():
    images = np.repeat(RNG.random((1, 8, 8, 1), dtype="float32"), 3, axis=0)
    first, second = (
        np.asarray(RandomDistortion(seed=5)(images, training=True)) for _ in range(2)
    )
    assert np.array_equal(first, second)
    assert not np.allclose(first[0], first[1])
    other = RandomDistortion(seed=6)(images, training=True)
    assert not np.allclose(first, other)


def test_it_is_saved_and_read_back(tmp_path):
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), RandomDistortion(0.1, elastic=2.0, name="bent")]
    )
    model.save(tmp_path / "model.keras")
    layer = keras.saving.load_model(tmp_path / "model.keras").get_layer("bent")
    assert (layer.rotation, layer.elastic, layer.smoothness) == (0.1, 2.0, 4.0)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"rotation": 1}, ValueError, "rotation=1"),
        ({"zoom": -0.1}, ValueError, "zoom=-0.1"),
        ({"elastic": "much"}, TypeError, "elastic='much'"),
        ({"smoothness": 0.5}, ValueError, "smoothness=0.5"),
    ],
)
def test_a_number_out_of_range_is_told(options, error, message):
    with pytest.raises(error, match=message):
        RandomDistortion(**options)


def test_what_is_no_batch_of_images_is_told():
    with pytest.raises(ValueError, match=r"images of shape \(N, H, W, C\)"):
        RandomDistortion()(np.zeros((8, 8, 1)), training=True)


def test_the_example_runs():
    assert doctest.testmod(distortion, extraglobs={"keras": keras}).failed == 0
