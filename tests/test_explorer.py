"""The arithmetic of single numbers, against Keras: every kind of layer."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnkit import load_mnist, models, set_seed
from cnnkit.explorer import explore
from cnnkit.models.layers import LocalResponseNormalization, LpPooling2D
from cnnkit.runtime import keras

layers = keras.layers
few = settings(max_examples=12, deadline=None)
ACTIVATIONS = (
    *("linear", "relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "silu"),
    *("sigmoid", "hard_sigmoid", "tanh", "softplus", "softsign", "exponential"),
    "softmax",
)


@pytest.fixture(scope="module")
def digits():
    return load_mnist().test.images[:2]


def one_layer(layer, shape, seed=0):
    """A model of this layer alone, with random weights, and two random images."""
    set_seed(seed)
    model = keras.Sequential([keras.Input(shape), layer])
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        drawn = rng.normal(size=weight.shape)
        weight.assign(np.abs(drawn) if "variance" in weight.path else drawn)
    return model, rng.normal(size=(2, *shape)).astype("float32")


def check_all(model, images, kinds=None):
    """Every number of every layer is worked out, and agrees with Keras."""
    explorer = explore(model, images)
    answers = keras.ops.convert_to_numpy(model(images))
    last = explorer.layers[-1]
    for image in range(len(images)):
        for place in np.ndindex(*answers.shape[1:]):
            told = explorer.explain(last, place, image=image)
            assert told.value == pytest.approx(answers[image][place], abs=1e-6)
            assert told.agrees, str(told)
            if kinds:
                assert told.kind == kinds
    return explorer


@few
@given(st.data())
def test_convolutions_agree_with_keras_at_every_place(data):
    draw = data.draw
    groups = draw(st.integers(1, 3))
    dilation = draw(st.integers(1, 2))
    stride = 1 if dilation > 1 else draw(st.integers(1, 3))  # Keras allows one of both
    layer = layers.Conv2D(
        groups * draw(st.integers(1, 2)),
        (draw(st.integers(1, 3)), draw(st.integers(1, 3))),
        strides=stride,
        dilation_rate=dilation,
        padding=draw(st.sampled_from(["valid", "same"])),
        groups=groups,
        activation=draw(st.sampled_from(ACTIVATIONS)),
        use_bias=draw(st.booleans()),
    )
    shape = draw(st.integers(5, 7)), draw(st.integers(5, 7))
    channels = groups * draw(st.integers(1, 2))
    check_all(*one_layer(layer, (*shape, channels), draw(st.integers(0, 99))), "conv")


@few
@given(
    st.integers(1, 3),
    st.integers(1, 2),
    st.sampled_from(["valid", "same"]),
    st.integers(1, 2),
)
def test_depthwise_convolutions_agree(kernel, stride, padding, multiplier):
    layer = layers.DepthwiseConv2D(
        kernel, strides=stride, padding=padding, depth_multiplier=multiplier
    )
    check_all(*one_layer(layer, (5, 6, 3)), "depthwise")


@few
@given(
    st.sampled_from([layers.MaxPooling2D, layers.AveragePooling2D, LpPooling2D]),
    st.integers(1, 3),
    st.integers(1, 3),
    st.sampled_from(["valid", "same"]),
)
def test_poolings_agree(kind, size, stride, padding):
    layer = kind(size, strides=stride, padding=padding)
    check_all(*one_layer(layer, (5, 7, 2)), "pool")


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize(
    "kind", [layers.GlobalMaxPooling2D, layers.GlobalAveragePooling2D]
)
def test_global_poolings_agree(kind, keepdims):
    check_all(*one_layer(kind(keepdims=keepdims), (3, 4, 2)), "global")


@pytest.mark.parametrize("shape", [(7,), (3, 2, 4)])
@pytest.mark.parametrize("activation", ["tanh", "softmax"])
def test_dense_layers_agree_on_rows_and_at_each_place(shape, activation):
    check_all(*one_layer(layers.Dense(3, activation=activation), shape), "dense")


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations_agree(activation):
    model, images = one_layer(layers.Activation(activation), (3, 3, 4))
    check_all(model, 4 * images, "activation")


@pytest.mark.parametrize(
    "layer",
    [
        layers.ReLU(max_value=1.0, negative_slope=0.1, threshold=0.2),
        layers.LeakyReLU(0.3),
        layers.ELU(0.5),
        layers.Softmax(),
    ],
)
def test_layers_of_activation_agree(layer):
    check_all(*one_layer(layer, (3, 3, 4)), "activation")


@pytest.mark.parametrize(
    ("layer", "kind"),
    [
        (layers.BatchNormalization(), "norm"),
        (layers.BatchNormalization(center=False, scale=False, epsilon=0.1), "norm"),
        (layers.Rescaling(1 / 255, offset=-0.5), "rescale"),
        (layers.Rescaling([1.0, 2.0, 3.0]), "rescale"),
        (layers.ZeroPadding2D(((1, 2), (0, 3))), "zeros"),
        (layers.Flatten(), "reshape"),
        (layers.Reshape((9, 2, 2)), "reshape"),
        (layers.Dropout(0.5), "same"),
        (layers.SpatialDropout2D(0.5), "same"),
    ],
)
def test_the_other_layers_agree(layer, kind):
    shape = (4, 3, 3)
    check_all(*one_layer(layer, shape), kind)


@pytest.mark.parametrize(
    "model",
    [
        models.simple_cnn(filters=(2, 3), dense_units=5),
        models.lenet5(),
        models.fast_cnn(filters=(2, 4)),
        models.accurate_cnn(filters=((2, 2), (3,))),
        models.gap_cnn(filters=(2, 3)),
    ],
    ids=lambda model: model.name,
)
def test_every_layer_of_the_models_agrees_from_the_pixels_on(model, digits):
    explorer = explore(model, digits[:1])
    rng = np.random.default_rng(0)
    for layer in explorer.layers:
        shape = explorer.shape(layer)
        for _ in range(40):
            told = explorer.explain(layer, [rng.integers(size) for size in shape])
            assert told.result is not None
            assert told.agrees, str(told)


@pytest.fixture
def bar():
    """The upper edge of a bar: worked by hand in notebook 13."""
    model = keras.Sequential([keras.Input((4, 4, 1))])
    model.add(layers.Conv2D(1, 2, activation="relu", name="edge"))
    kernel = np.array([[-1, -1], [1, 1]]).reshape(2, 2, 1, 1)
    model.get_layer("edge").set_weights([kernel, np.array([-1])])
    x = np.array([[0, 0, 0, 0], [2, 2, 2, 0], [0, 0, 2, 0], [0, 0, 2, 0]])
    return explore(model, x[:, :, None].astype("float32"))


def test_a_number_worked_by_hand(bar):
    told = bar.explain("edge", (0, 0, 0))
    assert told.inputs.tolist() == [0, 0, 2, 2]
    assert told.weights.tolist() == [-1, -1, 1, 1]
    assert told.terms.tolist() == [0, 0, 2, 2]
    assert told.places.tolist() == [[0, 0, 0], [0, 1, 0], [1, 0, 0], [1, 1, 0]]
    assert (told.bias, told.total, told.result, told.value) == (-1, 3, 3, 3)
    below = bar.explain("edge", (1, 0, 0))
    assert (below.total, below.result, below.value) == (-5, 0, 0)


def test_the_text_tells_the_same(bar):
    assert str(bar.explain("edge", (0, 0, 0))) == (
        "edge at (0, 0, 0), a number of Conv2D\n"
        "reads 4 numbers of the image, rows 0 to 1, columns 0 to 1\n"
        "  0·−1 + 0·−1 = 0\n"
        "  2·1 + 2·1 = 4\n"
        "  bias −1, together 3\n"
        "  relu: 3\n"
        "= 3; Keras says 3 ✓"
    )


def test_what_lies_in_the_padding_is_told():
    model, images = one_layer(layers.Conv2D(1, 3, padding="same"), (5, 5, 2))
    explorer = explore(model, images)
    told = explorer.explain(explorer.layers[0], (0, 0, 0))
    assert (~told.inside).sum() == 5 * 2  # a row and a column of 3×3, both channels
    assert told.places[0].tolist() == [-1, -1, 0]
    assert "10 of them in the padding" in str(told)
    assert told.channel_sums.sum() == pytest.approx(told.total - told.bias)


def test_all_winners_of_a_tie_are_told():
    model, images = one_layer(layers.MaxPooling2D(2, name="pool"), (2, 2, 1))
    images[0, :, :, 0] = [[1, 3], [3, 0]]
    told = explore(model, images).explain("pool", (0, 0, 0))
    assert (told.winners, told.result) == ((1, 2), 3)
    assert "(0, 1, 0)" in str(told) and "(1, 0, 0)" in str(told)


def test_the_padding_never_wins_nor_counts():
    for kind, expected in ((layers.MaxPooling2D, -4), (layers.AveragePooling2D, -4)):
        layer = kind(2, strides=2, padding="same", name="pool")
        model, images = one_layer(layer, (3, 3, 1))
        images[:] = -4
        told = explore(model, images).explain("pool", (1, 1, 0))
        assert told.result == told.value == expected
        assert told.inside.sum() == 1


def test_a_wrong_number_is_noticed(bar):
    told = bar.explain("edge", (0, 0, 0))
    wrong = dataclasses.replace(told, value=3.01)
    assert told.agrees and not wrong.agrees
    assert wrong.difference == pytest.approx(0.01)
    assert "✗, 0.01 apart" in str(wrong)


def test_a_wrong_weight_is_noticed():
    model, images = one_layer(layers.Dense(2, name="dense"), (4,))
    explorer = explore(model, images)
    explorer._steps["dense"].weights["kernel"][0, 0] += 0.1
    assert not explorer.explain("dense", 0).agrees
    assert explorer.explain("dense", 1).agrees


def test_what_the_kit_does_not_know_is_shown_as_such():
    model, images = one_layer(LocalResponseNormalization(name="old"), (3, 3, 5))
    told = explore(model, images).explain("old", (1, 1, 1))
    assert told.result is None and math.isnan(told.difference) and not told.agrees
    assert "does not know; Keras says" in str(told)


def test_an_activation_of_ones_own_is_not_guessed():
    layer = layers.Dense(2, activation=lambda x: x * 3, name="dense")
    model, images = one_layer(layer, (4,))
    told = explore(model, images).explain("dense", 1)
    assert told.result is None
    assert 3 * told.total == pytest.approx(told.value, rel=1e-5)
    relu = layers.Dense(2, activation=relu_of_ones_own, name="dense")
    model, images = one_layer(relu, (4,))
    assert explore(model, images).explain("dense", 1).result is None


def relu_of_ones_own(x):
    return -x


relu_of_ones_own.__name__ = "relu"


def test_nan_weights_give_nan_on_both_sides():
    model, images = one_layer(layers.Conv2D(1, 2, name="conv"), (3, 3, 1))
    kernel, bias = model.get_weights()
    kernel[0, 0] = np.nan
    model.set_weights([kernel, bias])
    told = explore(model, images).explain("conv", (0, 0, 0))
    assert math.isnan(told.value) and math.isnan(told.result) and told.agrees


def test_models_inside_and_layers_used_twice():
    relu = layers.ReLU(name="relu")
    inner = keras.Sequential([layers.Conv2D(2, 2, name="conv"), relu], name="inner")
    outer = [keras.Input((5, 5, 1)), inner, layers.Conv2D(1, 2, name="conv"), relu]
    model = keras.Sequential(outer)
    images = np.random.default_rng(0).normal(size=(1, 5, 5, 1)).astype("float32")
    explorer = explore(model, images)
    assert explorer.layers == ["inner/conv", "inner/relu", "conv", "inner/relu#2"]
    for layer in explorer.layers:
        assert explorer.explain(layer, (1, 1, 0)).agrees
    assert explorer.explain("conv", (0, 0, 0)).source == "inner/relu"


def test_one_image_and_whole_numbers_will_do(digits):
    model = models.simple_cnn()
    bytes_ = (digits[0] * 255).astype("uint8")
    assert explore(model, bytes_).explain("conv1", (12, 12, 0)).agrees


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("egde", (0, 0, 0)), "Did you mean 'edge'"),
        (("edge", (0, 0)), r"`place` in edge to be \(row, column, channel\)"),
        (("edge", (0, 3, 0)), "at most 2"),
        (("edge", (-1, 0, 0)), "at least 0"),
    ],
)
def test_places_that_are_not_there_are_refused(bar, arguments, message):
    with pytest.raises(ValueError, match=message):
        bar.explain(*arguments)


def test_other_refusals(bar, digits):
    with pytest.raises(TypeError, match="integer"):
        bar.explain("edge", (0.0, 0, 0))
    with pytest.raises(ValueError, match="`image`"):
        bar.explain("edge", (0, 0, 0), image=1)
    with pytest.raises(TypeError, match="Keras model"):
        explore("model", digits)
    with pytest.raises(ValueError, match=r"\(N, 28, 28, 1\)"):
        explore(models.simple_cnn(), np.zeros((1, 20, 20, 1)))
    start = keras.Input((4,))
    branch = keras.Model(start, layers.Add()([start, layers.Dense(4)(start)]))
    with pytest.raises(ValueError, match="branches"):
        explore(branch, np.zeros((1, 4)))
