"""Deskew: a slant worked by hand, undone; what is upright or empty stays."""

import doctest

import numpy as np
import pytest

from cnnkit import load_mnist, models, train
from cnnkit.models import Deskew, deskew
from cnnkit.runtime import keras


def deskewed(images, **options):
    return np.asarray(Deskew(**options)(np.float32(images)))


def slant(image):
    """Columns a row, by NumPy's own weighted least squares."""
    rows, columns = np.indices(image.shape)
    weights = np.sqrt(image.ravel())
    return np.polyfit(rows.ravel(), columns.ravel(), 1, w=weights)[0]


def diagonal(size=7, column=lambda row: row):
    image = np.zeros((1, size, size, 1))
    for row in range(size):
        image[0, row, column(row), 0] = 1
    return image


def test_a_diagonal_becomes_a_column():
    # Slant 1, and the centre is in row 3: row 0 moves by -3, row 6 by 3.
    upright = diagonal(column=lambda row: 3)
    np.testing.assert_allclose(deskewed(diagonal(), limit=2), upright, atol=1e-5)


def test_half_a_column_is_shared_by_two_pixels():
    # Two rows, the lower one two columns further right: slant 2, limited to 1, so
    # row 0 looks half a column to the left, row 1 half a column to the right.
    image = np.zeros((1, 2, 6, 1))
    image[0, 0, 1], image[0, 1, 3] = 1, 1
    found = deskewed(image, limit=1)[0, ..., 0]
    by_hand = [[0, 0.5, 0.5, 0, 0, 0], [0, 0, 0.5, 0.5, 0, 0]]
    np.testing.assert_allclose(found, by_hand, atol=1e-5)


def test_the_limit_holds():
    kept = deskewed(diagonal(), limit=0)
    np.testing.assert_allclose(kept, diagonal(), atol=1e-6)
    half = deskewed(diagonal(), limit=0.5)[0, ..., 0]
    assert slant(half) == pytest.approx(0.5, abs=0.02)


def test_digits_stand_upright_afterwards():
    digits = load_mnist().test.images[:200]
    before = np.array([slant(image[..., 0]) for image in digits])
    after = np.array([slant(image[..., 0]) for image in deskewed(digits, limit=3)])
    assert before.std() > 0.2
    assert np.abs(after).max() < 0.05
    limited = np.array([slant(image[..., 0]) for image in deskewed(digits)])
    beyond = np.sign(before) * np.maximum(np.abs(before) - 0.5, 0)
    np.testing.assert_allclose(limited, beyond, atol=0.05)


def test_the_brightness_of_each_row_is_kept():
    digits = load_mnist().test.images[:50]
    np.testing.assert_allclose(
        deskewed(digits).sum(axis=2), digits.sum(axis=2), atol=1e-2
    )


@pytest.mark.parametrize("image", [np.zeros((1, 5, 4, 2)), np.ones((1, 5, 4, 2))])
def test_what_has_no_slant_stays(image):
    np.testing.assert_allclose(deskewed(image), image, atol=1e-5)


def test_a_single_row_stays():
    image = np.zeros((1, 5, 5, 1))
    image[0, 2, 1:4] = 1
    np.testing.assert_allclose(deskewed(image), image, atol=1e-5)


def test_all_channels_move_together():
    digit = load_mnist().test.images[:1]
    both = np.concatenate([digit, 0.5 * digit], axis=-1)
    alone = deskewed(digit)
    np.testing.assert_allclose(deskewed(both)[..., :1], alone, atol=1e-5)
    np.testing.assert_allclose(deskewed(both)[..., 1:], 0.5 * alone, atol=1e-5)


def test_each_image_is_moved_by_its_own_slant():
    digits = load_mnist().test.images[:4]
    apart = np.concatenate([deskewed(digits[i : i + 1]) for i in range(4)])
    np.testing.assert_allclose(deskewed(digits), apart, atol=1e-5)


def test_it_is_saved_and_read_back(tmp_path):
    layers = [keras.Input((8, 8, 1)), Deskew(0.3, 1, name="upright")]
    keras.Sequential(layers).save(tmp_path / "model.keras")
    model = keras.saving.load_model(tmp_path / "model.keras")
    assert model.get_layer("upright").limit == 0.3
    assert model.output_shape == (None, 8, 6, 1)


@pytest.mark.parametrize("crop", [1, 3])
def test_columns_are_cut_off_after_the_move(crop):
    digits = load_mnist().test.images[:8]
    whole = deskewed(digits)
    cropped = deskewed(digits, crop=crop)
    assert cropped.shape == (8, 28, 28 - 2 * crop, 1)
    np.testing.assert_array_equal(cropped, whole[:, :, crop:-crop])


def test_fast_cnn_begins_with_it_when_asked():
    plain = models.fast_cnn(input_shape=(28, 24, 1))
    upright = models.fast_cnn(deskew=True)
    names = [layer.name for layer in upright.layers]
    assert names == ["deskew", *(layer.name for layer in plain.layers)]
    upright.set_weights(plain.get_weights())
    digits = load_mnist().test.images[:8]
    expected = plain(deskewed(digits, crop=2))
    np.testing.assert_allclose(upright(digits), expected, atol=1e-5)


def test_fast_cnn_names_the_layer_that_finds_no_columns():
    with pytest.raises(ValueError, match="deskew would receive 28×4×1"):
        models.fast_cnn(input_shape=(28, 4, 1), deskew=True)


def test_one_epoch_of_some_digits_is_enough():
    mnist = load_mnist()
    few = (mnist.train.images[:20_000], mnist.train.labels[:20_000]), mnist.validation
    keras.utils.set_random_seed(0)
    model = models.fast_cnn(deskew=True)
    history = train(model, few, recipe="fastest", progress=False, seed=0)
    assert history.epoch == [0]
    assert history.history["val_accuracy"][0] > 0.96


@pytest.mark.parametrize(("limit", "error"), [(-0.1, ValueError), ("much", TypeError)])
def test_a_limit_out_of_range_is_told(limit, error):
    with pytest.raises(error, match="limit="):
        Deskew(limit)


@pytest.mark.parametrize(("crop", "error"), [(-1, ValueError), (0.5, TypeError)])
def test_a_crop_out_of_range_is_told(crop, error):
    with pytest.raises(error, match="crop="):
        Deskew(crop=crop)


def test_images_of_which_nothing_would_be_left_are_told():
    with pytest.raises(ValueError, match="wider than 8 columns"):
        Deskew(crop=4)(np.zeros((1, 8, 8, 1), "float32"))


def test_a_limit_beyond_all_columns_moves_rows_out_of_sight():
    # Slant 9: row 0 looks 9 columns to the left, where nothing is, and so on.
    image = np.zeros((1, 3, 20, 1))
    image[0, [0, 1, 2], [1, 10, 19]] = 1
    upright = np.zeros((1, 3, 20, 1))
    upright[0, :, 10] = 1
    np.testing.assert_allclose(deskewed(image, limit=100), upright, atol=1e-5)
    narrow = np.zeros((1, 60, 3, 1))
    narrow[0, :30, 0], narrow[0, 30:, 2] = 1, 1
    assert np.isfinite(deskewed(narrow, limit=100)).all()


def test_what_is_no_number_spoils_its_own_image_alone():
    digits = load_mnist().test.images[:2].copy()
    digits[0, 0, 0] = np.nan
    np.testing.assert_allclose(deskewed(digits)[1], deskewed(digits[1:])[0], atol=1e-6)


def test_what_is_no_batch_of_images_is_told():
    with pytest.raises(ValueError, match=r"images of shape \(N, H, W, C\)"):
        Deskew()(np.zeros((8, 8, 1), "float32"))


def test_the_example_runs():
    assert doctest.testmod(deskew, extraglobs={"keras": keras}).failed == 0
