"""WinogradConv2D: four products worked by hand, then Conv2D to the last digits."""

import doctest

import numpy as np
import pytest

from cnnkit import models
from cnnkit.models import WinogradConv2D, winograd
from cnnkit.runtime import keras, set_seed, tensorflow

# (H, W), kernel size, padding: one tile, several, tiles that stand out, 1×1 maps.
CASES = [
    ((12, 12), 3, "same"),
    ((6, 6), 3, "same"),
    ((6, 6), 3, "valid"),
    ((1, 1), 3, "same"),
    ((3, 3), 3, "valid"),
    ((13, 7), 3, "same"),
    ((13, 7), 3, "valid"),
    ((5, 16), (3, 5), "same"),
    ((9, 8), (5, 2), "valid"),
    ((8, 9), 4, "same"),
    ((4, 4), 1, "valid"),
    ((10, 10), 7, "same"),
    ((7, 11), 7, "valid"),
]


def pair(sizes, kernel_size, padding, dtype="float64", **options):
    """A Conv2D, a WinogradConv2D with the same weights, and an input."""
    rng = np.random.default_rng(0)
    options = {"padding": padding, "dtype": dtype, **options}
    layers = [
        kind(5, kernel_size, **options)
        for kind in (keras.layers.Conv2D, WinogradConv2D)
    ]
    images = rng.normal(size=(4, *sizes, 3)).astype(dtype)
    for layer in layers:
        layer.build(images.shape)
    plain, quick = layers
    quick.set_weights([rng.normal(size=w.shape) for w in plain.get_weights()])
    plain.set_weights(quick.get_weights())
    return plain, quick, images


def test_two_sums_of_four_products_by_hand():
    # a = (1 − 3)·1 = −2, b = (2 + 3)·6/2 = 15, c = (3 − 2)·2/2 = 1,
    # d = (2 − 4)·3 = −6: a + b + c = 14 = 1 + 4 + 9, b − c − d = 20 = 2 + 6 + 12.
    to_map, to_kernel, back = winograd._toom_cook(2, 3)
    products = (to_map @ [1, 2, 3, 4]) * (to_kernel @ [1, 2, 3])
    assert np.abs(products).tolist() == pytest.approx([2, 15, 1, 6])
    assert back @ products == pytest.approx([14, 20])


@pytest.mark.parametrize(
    ("size", "padding", "products"),
    [(12, "same", 16), (6, "same", 8), (6, "valid", 6), (7, "same", 12)],
)
def test_the_tiles_are_those_with_the_fewest_products(size, padding, products):
    # 12 = 2·6 sums and 6 = 1·6 from tiles of 8; 4 sums from one of 6; 7 = 2·4 − 1.
    assert len(winograd._matrices(size, 3, padding)[0]) == products


@pytest.mark.parametrize(("sizes", "kernel_size", "padding"), CASES)
def test_the_sums_are_those_of_conv2d(sizes, kernel_size, padding):
    plain, quick, images = pair(sizes, kernel_size, padding)
    expected = np.asarray(plain(images))
    received = np.asarray(quick(images, training=True))
    np.testing.assert_allclose(received, expected, atol=1e-11)
    plain, quick, images = pair(sizes, kernel_size, padding, "float32")
    expected = np.asarray(plain(images))
    largest = np.abs(expected).max()
    received = np.asarray(quick(images, training=True))
    assert received.dtype == np.float32
    np.testing.assert_allclose(received, expected, atol=3e-5 * largest)


@pytest.mark.parametrize(("sizes", "kernel_size", "padding"), CASES)
def test_the_gradients_are_those_of_conv2d(sizes, kernel_size, padding):
    tf = tensorflow()
    found = []
    *layers, images = pair(sizes, kernel_size, padding, activation="tanh")
    for layer in layers:
        given = tf.constant(images)
        with tf.GradientTape() as tape:
            tape.watch(given)
            sums = layer(given, training=True)
            loss = tf.reduce_sum(sums * tf.cos(tf.range(0, 1, 1 / 5, sums.dtype)))
        weights = [variable.value for variable in layer.trainable_variables]
        found.append(tape.gradient(loss, [given, *weights]))
    for plain, quick in zip(*found, strict=True):
        assert np.abs(plain).max() > 1e-3
        np.testing.assert_allclose(quick, plain, atol=1e-10)


@pytest.mark.parametrize(
    ("sizes", "dtype", "training"),
    [
        ((6, 6), "float32", False),
        ((6, 6), "float32", None),
        ((6, 17), "float32", True),
        ((6, 6), "bfloat16", True),
        ((6, 6), "float16", True),
    ],
)
def test_what_it_leaves_to_conv2d_is_the_same_to_the_last_bit(sizes, dtype, training):
    images = np.random.default_rng(0).normal(size=(2, *sizes, 3)).astype("float32")
    plain, quick = (
        kind(4, 3, dtype=dtype) for kind in (keras.layers.Conv2D, WinogradConv2D)
    )
    plain.build(images.shape)
    quick.build(images.shape)
    quick.set_weights(plain.get_weights())
    results = plain(images), quick(images, training=training)
    results = [np.asarray(keras.ops.cast(result, "float32")) for result in results]
    np.testing.assert_array_equal(*results)


def test_maps_of_unknown_size_and_count_pass():
    quick = WinogradConv2D(4, 3, padding="same", use_bias=False)
    model = keras.Sequential([keras.Input((None, None, 2)), quick])
    assert model.output_shape == (None, None, None, 4)
    images = np.random.default_rng(0).normal(size=(3, 6, 8, 2)).astype("float32")
    usual = model(images)
    tf = tensorflow()
    signature = [tf.TensorSpec((None, None, None, 2))]  # no size is known
    traced = tf.function(lambda x: quick(x, training=True), input_signature=signature)
    np.testing.assert_array_equal(traced(images), usual)
    found = np.asarray(quick(images, training=True))
    np.testing.assert_allclose(found, np.asarray(usual), atol=1e-5)
    none = np.zeros((0, 6, 8, 2), "float32")
    assert quick(none, training=True).shape == (0, 6, 8, 4)


def test_a_saved_model_is_read_back(tmp_path):
    quick = WinogradConv2D(4, (3, 2), padding="same", activation="relu", name="quick")
    model = keras.Sequential([keras.Input((6, 6, 2)), quick])
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert type(again.get_layer("quick")) is WinogradConv2D
    assert again.get_layer("quick").get_config() == quick.get_config()
    images = np.random.default_rng(0).normal(size=(3, 6, 6, 2)).astype("float32")
    np.testing.assert_array_equal(again(images), model(images))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"strides": 2}, r"`strides` of WinogradConv2D to be \(1, 1\)"),
        ({"dilation_rate": 2}, r"`dilation_rate` of WinogradConv2D to be \(1, 1\)"),
        ({"groups": 2}, "`groups` of WinogradConv2D to be 1"),
        ({"data_format": "channels_first"}, "to be channels_last"),
        ({"kernel_size": (3, 8)}, "at most 7 places a side"),
    ],
)
def test_what_it_cannot_do_is_told(options, told):
    with pytest.raises(ValueError, match=f"Expected .*{told}"):
        WinogradConv2D(**{"filters": 4, "kernel_size": 3, **options})


def test_a_map_that_is_too_small_is_told_as_by_conv2d():
    images = np.zeros((1, 2, 6, 1), "float32")
    for kind in (keras.layers.Conv2D, WinogradConv2D):
        with pytest.raises(ValueError, match="output size"):
            kind(4, 3)(images)


def test_the_accurate_network_is_the_same_with_and_without():
    digits = np.random.default_rng(0).random((8, 28, 28, 1), "float32")
    networks = []
    for quick in (True, False):
        set_seed(0)
        networks.append(models.accurate_cnn(winograd=quick, dropout=0, stage_dropout=0))
    kinds = [[type(layer).__name__ for layer in net.layers] for net in networks]
    assert [names.count("WinogradConv2D") for names in kinds] == [4, 0]
    assert kinds[0][0] == "Conv2D"  # it has a stride
    for ours, plain in zip(*(net.get_weights() for net in networks), strict=True):
        np.testing.assert_array_equal(ours, plain)
    ours, plain = (net.predict(digits, verbose=0) for net in networks)
    np.testing.assert_array_equal(ours, plain)
    ours, plain = (np.asarray(net(digits, training=True)) for net in networks)
    assert 0 < np.abs(ours - plain).max() < 1e-4  # another way, to the same end


def test_the_example_runs():
    assert doctest.testmod(winograd, extraglobs={"keras": keras}).failed == 0
