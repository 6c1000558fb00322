import numpy as np
import pytest
import tensorflow as tf

from cnnkit import feature_maps, models, scratch
from cnnkit.features import filters
from cnnkit.features.images import block_size
from cnnkit.runtime import keras

layers = keras.layers


@pytest.fixture
def digits(few):
    return few.test.images[:3]


def by_hand(model, images):
    """Every layer called on the answer of the one before."""
    answers = {}
    for layer in model.layers:
        images = layer(images, training=False)
        answers[layer.name] = keras.ops.convert_to_numpy(images)
    return answers


def same(ours, theirs):
    assert list(ours) == list(theirs)
    for name, answer in theirs.items():
        assert ours[name] == pytest.approx(answer, abs=1e-6), name


@pytest.mark.parametrize("factory", [models.simple_cnn, models.mlp])
def test_maps_of_a_sequential_model(factory, digits):
    model = factory()
    same(feature_maps(model, digits), by_hand(model, digits))


def test_shapes_are_those_of_the_notes(digits):
    maps = feature_maps(models.simple_cnn(), digits)
    assert maps["conv1"].shape == (3, 24, 24, 10)
    assert maps["pool2"].shape == (3, 4, 4, 20)
    assert maps["probabilities"].shape == (3, 10)


@pytest.mark.parametrize("name", ["conv1", "pool1", "conv2", "dense", "logits"])
def test_maps_are_what_keras_predicts_up_to_a_layer(name, digits):
    model = models.simple_cnn()
    upto = keras.Model(model.inputs, model.get_layer(name).output)
    predicted = upto.predict(digits, verbose=0)
    assert feature_maps(model, digits)[name] == pytest.approx(predicted, abs=1e-6)


def test_a_nested_model_that_ends_in_an_operation(digits):
    image = keras.Input((28, 28, 1))
    same_size = layers.Conv2D(1, 3, padding="same", name="c")(image)
    inner = keras.Model(image, same_size + image, name="residual")
    outer = keras.Sequential(
        [keras.Input((28, 28, 1)), inner, layers.Flatten(name="flat")]
    )
    predicted = outer.predict(digits, verbose=0)
    assert feature_maps(outer, digits)["flat"] == pytest.approx(predicted, abs=1e-6)


def test_photos_of_whole_numbers(rng):
    photos = rng.integers(0, 256, (2, 8, 8, 3), dtype=np.uint8)
    model = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(2, 3, name="c")])
    predicted = model.predict(photos, verbose=0)
    assert feature_maps(model, photos)["c"] == pytest.approx(predicted, rel=1e-4)


def test_a_layer_used_by_two_models(digits):
    base = models.simple_cnn()
    for _ in range(2):
        image = keras.Input((28, 28, 1))
        model = keras.Model(image, base(image), name="mine")
    maps, alone = feature_maps(model, digits), feature_maps(base, digits)
    assert np.array_equal(maps["simple_cnn/conv2"], alone["conv2"])


def test_a_layer_that_runs_twice_answers_twice(digits):
    image, twice = keras.Input((28, 28, 1)), layers.Conv2D(1, 3, name="twice")
    model = keras.Model(image, twice(twice(image)))
    maps = feature_maps(model, digits)
    assert list(maps) == ["twice", "twice#2"]
    again = feature_maps(model, digits, layers="twice#2")
    assert np.array_equal(again["twice#2"], maps["twice#2"])
    kernel, bias = twice.get_weights()
    by_scratch = scratch.conv2d(maps["twice"], kernel, bias)
    assert maps["twice#2"] == pytest.approx(by_scratch, abs=1e-5)


def test_the_last_answer_is_the_prediction(digits):
    model = models.simple_cnn()
    maps = feature_maps(model, digits)
    predicted = model.predict(digits, verbose=0)
    assert maps["probabilities"] == pytest.approx(predicted, abs=1e-6)


def test_one_image_is_a_batch_of_one(digits):
    model = models.simple_cnn()
    same(feature_maps(model, digits[0]), feature_maps(model, digits[:1]))


def test_layers_can_be_chosen(digits):
    maps = feature_maps(models.simple_cnn(), digits, layers=["logits", "conv1"])
    assert list(maps) == ["logits", "conv1"]
    assert list(feature_maps(models.mlp(), digits, "dense2")) == ["dense2"]


def test_many_images_go_in_batches(mnist):
    model = models.mlp()
    images = mnist.test.images[:600]  # two whole batches and a part of one
    same(feature_maps(model, images), by_hand(model, images))


def test_a_sequential_model_without_input_or_weights(digits):
    model = keras.Sequential(
        [layers.Conv2D(2, 3, name="a"), layers.Flatten(name="b")], name="late"
    )
    maps = feature_maps(model, digits)
    assert maps["a"].shape == (3, 26, 26, 2)
    same(maps, by_hand(model, digits))


def test_a_functional_model_with_a_branch(digits):
    image = keras.Input((28, 28, 1), name="image")
    left = layers.Conv2D(2, 3, padding="same", name="left")(image)
    right = layers.Conv2D(2, 1, name="right")(image)
    model = keras.Model(image, layers.Add(name="sum")([left, right]))
    maps = feature_maps(model, digits)
    assert set(maps) == {"left", "right", "sum"}
    assert maps["sum"] == pytest.approx(maps["left"] + maps["right"], abs=1e-6)


@pytest.mark.parametrize("kind", ["sequential", "functional"])
def test_a_model_inside_a_model(kind, digits):
    inner = models.simple_cnn(name="inner")
    last = layers.Reshape((2, 5), name="pairs")
    if kind == "sequential":
        outer = keras.Sequential([keras.Input((28, 28, 1)), inner, last])
    else:
        image = keras.Input((28, 28, 1))
        outer = keras.Model(image, last(inner(image)))
    maps = feature_maps(outer, digits)
    alone = feature_maps(inner, digits)
    assert list(maps) == [f"inner/{name}" for name in alone] + ["pairs"]
    assert maps["inner/conv2"] == pytest.approx(alone["conv2"], abs=1e-6)
    assert maps["pairs"].reshape(3, 10) == pytest.approx(alone["probabilities"])


def test_dropout_rests_and_the_model_stays_as_it_was(digits):
    model = models.simple_cnn(dropout=0.5)
    before, output = model.get_weights(), model.get_layer("conv1").output
    first, second = (feature_maps(model, digits) for _ in range(2))
    assert np.array_equal(first["dropout"], first["dense"])
    assert np.array_equal(first["logits"], second["logits"])
    assert model.get_layer("conv1").output is output
    assert all(map(np.array_equal, before, model.get_weights()))


def test_a_loaded_model(digits, tmp_path):
    model = models.simple_cnn()
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    same(feature_maps(loaded, digits), feature_maps(model, digits))


@pytest.mark.parametrize(
    "shape", [(28, 28), (3, 28, 28), (3, 14, 28, 1), (0, 28, 28, 1)]
)
def test_images_of_another_shape(shape):
    with pytest.raises(ValueError, match=r"`images` of shape \(N, 28, 28, 1\)"):
        feature_maps(models.simple_cnn(), np.zeros(shape, "float32"))


def test_a_layer_that_is_not_there(digits):
    with pytest.raises(ValueError, match="'conv1', 'pool1'.*Did you mean 'conv2'"):
        feature_maps(models.simple_cnn(), digits, layers=["conv22"])


class Subclassed(keras.Model):
    """Two layers and an operation, in a `call` of its own."""

    def __init__(self, **keywords):
        super().__init__(**keywords)
        self.conv = layers.Conv2D(2, 3, name="conv")
        self.inner = models.mlp(input_shape=(26, 26, 2), name="inner")

    def call(self, images):
        return self.inner(keras.ops.abs(self.conv(images)))


@pytest.mark.parametrize("built", [True, False])
def test_a_subclassed_model(built, digits):
    model = Subclassed(name="mine")
    if built:
        model(digits)
    maps = feature_maps(model, digits)
    assert list(maps)[:2] == ["conv", "inner/flatten"]
    assert maps["conv"].min() < 0
    assert np.array_equal(maps["inner/flatten"], np.abs(maps["conv"]).reshape(3, -1))
    said = keras.ops.convert_to_numpy(model(digits))
    assert np.array_equal(maps["inner/probabilities"], said)


def test_the_layers_are_exactly_those_called_one_by_one(digits):
    for factory in (models.simple_cnn, models.lenet5, models.gap_cnn, models.fast_cnn):
        model = factory()
        ours, theirs = feature_maps(model, digits), by_hand(model, digits)
        assert list(ours) == list(theirs)
        assert all(np.array_equal(ours[name], theirs[name]) for name in theirs)


def test_half_precision_comes_as_float32(digits):
    model = keras.Sequential(
        [keras.Input((28, 28, 1)), layers.Conv2D(2, 3, name="c", dtype="mixed_float16")]
    )
    maps = feature_maps(model, digits)["c"]
    assert maps.dtype == np.float32 and filters(model, "c").dtype == np.float32
    half = keras.ops.convert_to_numpy(model(digits))
    assert half.dtype == np.float16 and np.array_equal(maps, half.astype("float32"))


def test_preprocessing_layers_take_part(rng):
    photos = rng.integers(0, 256, (2, 8, 8, 3), dtype=np.uint8)
    stack = [layers.Rescaling(1 / 255, name="scale"), layers.Resizing(4, 4, name="s")]
    maps = feature_maps(keras.Sequential([keras.Input((8, 8, 3)), *stack]), photos)
    assert maps["scale"] == pytest.approx(photos / 255, abs=1e-6)
    assert maps["s"].shape == (2, 4, 4, 3)


def test_the_taps_are_taken_off_again(digits):
    model = models.simple_cnn()
    feature_maps(model, digits)
    with pytest.raises(ValueError, match="`images`"):
        feature_maps(model, digits[:, :5])
    assert all("call" not in vars(layer) for layer in model.layers)


def test_what_is_no_model_is_refused(digits):
    with pytest.raises(TypeError, match="`model` to be a Keras model. Received: int"):
        feature_maps(3, digits)
    with pytest.raises(ValueError, match="a model with layers"):
        feature_maps(keras.Sequential(name="empty"), digits)


def test_channels_first_are_refused(digits):
    stack = [layers.Conv2D(2, 3, data_format="channels_first", name="first")]
    model = keras.Sequential([keras.Input((1, 28, 28)), *stack])
    with pytest.raises(ValueError, match="channels last.*Received: first"):
        feature_maps(model, digits.reshape(3, 1, 28, 28))


def test_images_that_are_no_numbers(digits):
    with pytest.raises(TypeError, match="`images` to be an array of numbers"):
        feature_maps(models.simple_cnn(), np.full((3, 28, 28, 1), "a"))


def test_several_inputs_are_refused(digits):
    left, right = keras.Input((28, 28, 1)), keras.Input((28, 28, 1))
    model = keras.Model([left, right], layers.Add()([left, right]), name="two")
    with pytest.raises(TypeError, match="one input. Received: two, which has 2"):
        feature_maps(model, digits)


def test_filters_are_the_kernels():
    model = models.simple_cnn()
    kernels = filters(model, "conv2")
    assert np.array_equal(kernels, model.get_layer("conv2").get_weights()[0])
    kernels[:] = 0  # a copy
    assert filters(model, "conv2").any()


def test_filters_inside_a_model_and_depthwise():
    inner = keras.Sequential(
        [keras.Input((8, 8, 3)), layers.DepthwiseConv2D(3, name="deep")], name="inner"
    )
    assert filters(keras.Sequential([inner]), "inner/deep").shape == (3, 3, 3, 1)


def test_layers_without_kernels_are_refused():
    model = models.simple_cnn()
    with pytest.raises(ValueError, match="conv1, conv2. Received: dense, a Dense"):
        filters(model, "dense")
    with pytest.raises(ValueError, match="Did you mean 'conv2'"):
        filters(model, "convl")
    unbuilt = keras.Sequential([layers.Conv2D(2, 3, name="c")])
    with pytest.raises(ValueError, match="a built layer with kernels"):
        filters(unbuilt, "c")


def test_layers_inside_a_layer_of_ones_own(digits):
    class Block(layers.Layer):
        def __init__(self, **keywords):
            super().__init__(**keywords)
            self.conv = layers.Conv2D(2, 3, padding="same", name="conv")

        def call(self, x):
            return keras.ops.relu(self.conv(x))

    model = keras.Sequential(
        [keras.Input((28, 28, 1)), Block(name="a"), Block(name="b")]
    )
    maps = feature_maps(model, digits)
    assert list(maps) == ["a/conv", "a", "b/conv", "b"]
    assert np.array_equal(maps["a"], np.maximum(maps["a/conv"], 0))
    assert filters(model, "b/conv").shape == (3, 3, 2, 2)


def test_equal_names_are_told_apart(digits):
    class Twins(keras.Model):
        def __init__(self):
            super().__init__()
            self.pair = [layers.Conv2D(1, 3, name="conv") for _ in range(2)]

        def call(self, x):
            return self.pair[1](self.pair[0](x))

    maps = feature_maps(Twins(), digits)
    assert list(maps) == ["conv", "conv (2)"]
    assert maps["conv (2)"].shape == (3, 24, 24, 1)


def test_a_layer_in_two_models_runs_under_its_first_name(digits):
    shared = layers.Conv2D(1, 3, padding="same", name="c")
    shapes = keras.Input((28, 28, 1))
    a = keras.Sequential([keras.Input((28, 28, 1)), shared], name="a")
    b = keras.Sequential([keras.Input((28, 28, 1)), shared], name="b")
    maps = feature_maps(keras.Model(shapes, b(keras.ops.abs(a(shapes)))), digits)
    assert list(maps) == ["a/c", "a/c#2"]
    first = keras.ops.convert_to_numpy(shared(digits))
    second = keras.ops.convert_to_numpy(shared(np.abs(first)))
    assert np.array_equal(maps["a/c#2"], second)


def test_layers_made_when_the_model_is_built(digits):
    class Late(keras.Model):
        def build(self, shape):
            self.conv = layers.Conv2D(1, 3, name="conv")
            self.conv.build(shape)

        def call(self, x):
            return self.conv(x)

    assert list(feature_maps(Late(), digits)) == ["conv"]


def test_compiled_calls_are_heard(digits):
    class Compiled(keras.Model):
        def __init__(self):
            super().__init__()
            self.conv = layers.Conv2D(1, 3, name="conv")

        @tf.function
        def call(self, x):
            return self.conv(x)

    model = Compiled()
    assert feature_maps(model, digits)["conv"].shape == (3, 26, 26, 1)
    assert not tf.config.functions_run_eagerly()


def test_what_does_not_answer_each_image_is_left_out(digits):
    class Split(keras.Model):
        def __init__(self):
            super().__init__()
            self.table = layers.Embedding(9, 4, name="table")
            self.rest = layers.Dropout(0.5, name="rest")
            self.aux = layers.Dense(2, name="aux")
            self.aux.build((None, 784))
            self.flat = layers.Flatten(name="flat")

        def call(self, x, training=False):
            x = self.flat(x) + keras.ops.sum(self.table(keras.ops.arange(9)))
            return self.aux(x) if training else self.rest(x)

    model = Split()
    assert list(feature_maps(model, digits)) == ["flat", "rest"]
    for name in ("aux", "table"):
        with pytest.raises(ValueError, match=f"in inference. Received: {name}"):
            feature_maps(model, digits, name)


def test_without_an_input_one_image_is_no_batch(rng):
    model = keras.Sequential([layers.Conv2D(2, 3, name="c")])
    with pytest.raises(ValueError, match="no Input that says what an image is"):
        feature_maps(model, rng.random((10, 28, 28)))
    assert not model.built


@pytest.mark.parametrize(
    ("layers", "error", "message"),
    [
        (3, TypeError, "`layers` to be the name"),
        ([], ValueError, "at least one of `layers`"),
        ("conv1#2", ValueError, "`layers` to be one of"),
    ],
)
def test_layers_that_are_no_names(layers, error, message, digits):
    with pytest.raises(error, match=message):
        feature_maps(models.simple_cnn(), digits, layers)


def test_large_images_go_in_smaller_blocks(rng):
    small, large = (
        block_size(
            models.gap_cnn(input_shape=(side, side, 3)), np.zeros((9, side, side, 3))
        )
        for side in (32, 400)
    )
    assert small == 256 and large < 8
