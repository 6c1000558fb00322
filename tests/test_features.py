import numpy as np
import pytest

from cnnkit import feature_maps, models
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


def test_a_layer_used_by_two_models_is_told(digits):
    base = models.simple_cnn()
    for _ in range(2):
        image = keras.Input((28, 28, 1))
        model = keras.Model(image, base(image), name="mine")
    with pytest.raises(ValueError, match="layers of mine to be used in this model"):
        feature_maps(model, digits)


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


def test_a_model_whose_layers_cannot_be_reached(digits):
    class Subclassed(keras.Model):
        def __init__(self):
            super().__init__(name="mine")
            self.flatten = layers.Flatten()

        def call(self, images):
            return self.flatten(images)

    model = Subclassed()
    model(digits)
    with pytest.raises(TypeError, match="Functional one with one input.*Subclassed"):
        feature_maps(model, digits)
