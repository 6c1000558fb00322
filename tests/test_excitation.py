"""Top activations and maximised pictures."""

import tracemalloc

import numpy as np
import pytest

from cnnkit import feature_maps, models, set_seed
from cnnkit.features import maximise_filter, top_activations
from cnnkit.runtime import keras
from cnnkit.shapes import ReceptiveField

layers = keras.layers


@pytest.fixture
def digits(mnist):
    return mnist.test.images[:300]


def test_the_strongest_by_sorting_everything(trained, digits):
    top = top_activations(trained, "conv2", digits, k=5)
    maps = feature_maps(trained, digits, "conv2")["conv2"]
    strongest = maps.max(axis=(1, 2))  # (N, 20)
    assert top.values == pytest.approx(-np.sort(-strongest, axis=0)[:5].T, abs=1e-5)
    for unit, rank in np.ndindex(20, 5):
        row, column = top.places[unit, rank]
        answer = maps[top.indices[unit, rank], row, column, unit]
        assert answer == pytest.approx(top.values[unit, rank], abs=1e-5)
    assert all(len(set(row)) == 5 for row in top.indices.tolist())


def test_patches_are_what_the_place_sees(trained, digits):
    top = top_activations(trained, "conv2", digits, k=3, units=[4, 0])
    assert top.units.tolist() == [4, 0] and top.patches.shape == (2, 3, 14, 14, 1)
    for at in np.ndindex(2, 3):
        row, column = 2 * top.places[at]  # a jump of 2: one pooling
        image = digits[top.indices[at]]
        assert np.array_equal(
            top.patches[at], image[row : row + 14, column : column + 14]
        )
    assert np.array_equal(top.pictures, digits[top.indices])


def test_a_patch_alone_gives_the_same_answer(digits):
    """The layers up to there, run on the patch only."""
    model = models.simple_cnn()
    top = top_activations(model, "conv1", digits, k=2)
    kernel, bias = model.get_layer("conv1").get_weights()
    sums = np.einsum("fkhwc,hwcf->fk", top.patches, kernel) + bias[:, None]
    assert np.maximum(sums, 0) == pytest.approx(top.values, abs=1e-5)


def test_patches_that_reach_into_the_padding(rng):
    stack = [layers.Conv2D(1, 3, padding="same", name="c", kernel_initializer="ones")]
    model = keras.Sequential([keras.Input((4, 4, 1)), *stack])
    image = np.zeros((1, 4, 4, 1), np.float32)
    image[0, 0, 3] = 5
    top = top_activations(model, "c", image, k=1)
    assert top.places.tolist() == [[[0, 2]]] and top.values.tolist() == [[5]]
    image[0, 0, 2] = -1  # now the corner is the best place: the window reads past it
    image[0, 0, 1] = -9
    top = top_activations(model, "c", image, k=1)
    row, column = top.places[0, 0]
    padded = np.pad(image[0], ((1, 1), (1, 1), (0, 0)))
    assert (row, column) == (0, 3)
    assert np.array_equal(top.patches[0, 0], padded[row : row + 3, column : column + 3])


def test_units_of_a_dense_layer_see_everything(trained, digits):
    top = top_activations(trained, "logits", digits, k=4, units=3)
    scores = feature_maps(trained, digits, "logits")["logits"][:, 3]
    assert top.indices[0].tolist() == np.argsort(-scores)[:4].tolist()
    assert top.places.shape == (1, 4, 0) and top.receptive_field is None
    assert np.array_equal(top.patches, top.pictures)


def test_a_branch_before_the_layer_hides_its_field(digits):
    image = keras.Input((28, 28, 1))
    first = layers.Conv2D(2, 3, padding="same", name="first")(image)
    both = layers.Add()([first, layers.Conv2D(2, 1)(image)])
    model = keras.Model(image, layers.Conv2D(1, 3, name="behind")(both))
    assert top_activations(model, "behind", digits, k=2).patches is None
    ahead = top_activations(model, "first", digits, k=2)
    assert ahead.receptive_field == (ReceptiveField(3, 1, -1),) * 2


def test_nested_layers_have_patches(trained, digits):
    outer = keras.Sequential([keras.Input((28, 28, 1)), trained])
    top = top_activations(outer, "simple_cnn/conv1", digits, k=2)
    inside = top_activations(trained, "conv1", digits, k=2)
    assert np.array_equal(top.patches, inside.patches)


def test_memory_does_not_grow_with_the_images(trained, mnist):
    tracemalloc.start()
    try:
        top = top_activations(trained, "conv1", mnist.test.images)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert top.values.shape == (10, 9)
    # All maps would be 10,000 · 24 · 24 · 10 · 4 bytes: 230 MB.
    assert peak < 40e6


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"layer": "conv3"}, "Did you mean 'conv"),
        ({"k": 0}, "k=0"),
        ({"units": {11}}, "`units`.*at most 9"),
        ({"units": 10}, "`units`.*at most 9"),
        ({"units": []}, "at least one of `units`"),
    ],
)
def test_bad_arguments_of_top_activations(keywords, message, trained, digits):
    arguments = {"layer": "conv1", "k": 2, **keywords}
    with pytest.raises(ValueError, match=message):
        top_activations(trained, images=digits, **arguments)


def test_layers_of_other_shapes_are_refused(rng):
    stack = [layers.Reshape((9, 1), name="row")]
    model = keras.Sequential([keras.Input((3, 3, 1)), *stack])
    with pytest.raises(ValueError, match=r"`layer` to answer maps.*\(N, 9, 1\)"):
        top_activations(model, "row", rng.random((2, 3, 3, 1)), k=1)


# --- filter maximisation ---------------------------------------------------


def answers(model, layer, pictures):
    """The mean square of what each picture's own filter answers, before ReLU."""
    kernel, bias = model.get_layer(layer).get_weights()
    before = model.layers[[one.name for one in model.layers].index(layer) - 1]
    x = pictures
    if layer != model.layers[0].name:
        x = feature_maps(model, pictures, before.name)[before.name]
    maps = keras.ops.convert_to_numpy(keras.ops.conv(x, kernel)) + bias
    own = maps[np.arange(len(maps)), ..., np.arange(len(maps))]
    return (np.maximum(own, 0) ** 2).mean(axis=(1, 2))


@pytest.mark.parametrize("layer", ["conv1", "conv2"])
def test_made_pictures_excite_more_than_any_digit(layer, trained, mnist):
    pictures = maximise_filter(trained, layer, steps=64)
    assert pictures.dtype == np.float32
    assert pictures.min() >= 0 and pictures.max() <= 1
    made = answers(trained, layer, pictures)
    count = len(pictures)
    for start in range(0, 200, count):
        digits = mnist.test.images[start : start + count]
        assert (made > answers(trained, layer, digits)).all()


def test_a_known_kernel_gets_its_stripes():
    """Two white pixels over two black ones, again and again: answers 2, 0, −2, 0."""
    model = keras.Sequential(
        [keras.Input((19, 8, 1)), layers.Conv2D(1, (4, 1), name="c", use_bias=False)]
    )
    kernel = np.array([1, 1, -1, -1], np.float32).reshape(4, 1, 1, 1)
    model.get_layer("c").set_weights([kernel])
    picture = maximise_filter(model, "c", jitter=0, blur=0)
    found = np.maximum(feature_maps(model, picture, "c")["c"], 0)
    assert found.max() == pytest.approx(2)
    assert 0.8 < (found**2).mean() <= 1 + 1e-6  # 2² in one place of four


def test_classes_are_believed(trained):
    pictures = maximise_filter(trained, "logits", [0, 3, 5])
    said = trained.predict(pictures, verbose=0)
    assert said.argmax(axis=1).tolist() == [0, 3, 5] and said.max(axis=1).min() > 0.99
    again = maximise_filter(trained, "logits", [0, 3, 5])
    assert np.array_equal(pictures, again)
    assert not np.array_equal(pictures, maximise_filter(trained, "logits", 0, seed=1))


def test_legible_pictures_are_smoother(trained):
    def roughness(pictures):
        return np.abs(np.diff(pictures, axis=2)).mean()

    bare = maximise_filter(trained, "conv2", steps=64, jitter=0, blur=0)
    assert roughness(maximise_filter(trained, "conv2", steps=64)) < roughness(bare)


def test_a_silent_filter_is_woken(trained):
    model = keras.models.clone_model(trained)
    model.set_weights(trained.get_weights())
    kernel, bias = model.get_layer("conv1").get_weights()
    model.get_layer("conv1").set_weights([kernel, bias - 3])  # silent on grey
    (picture,) = maximise_filter(model, "conv1", 0, steps=64)
    assert np.ptp(picture) == 1


def test_colour_size_and_range():
    model = models.gap_cnn(input_shape=(32, 32, 3))
    flexible = keras.Sequential([keras.Input((None, None, 3)), *model.layers[:1]])
    name = model.layers[0].name
    pictures = maximise_filter(
        flexible, name, [1], size=(20, 24), steps=4, value_range=(-1, 1)
    )
    assert pictures.shape == (1, 20, 24, 3) and pictures.min() < 0
    with pytest.raises(ValueError, match="`size` as .* leaves something open"):
        maximise_filter(flexible, name)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"layer": "conv"}, "Did you mean 'conv"),
        ({"units": 10}, "`units`.*at most 9"),
        ({"steps": 0}, "steps=0"),
        ({"step_size": 0}, "step_size=0"),
        ({"jitter": -1}, "jitter=-1"),
        ({"blur": -1}, "blur=-1"),
        ({"value_range": (1, 0)}, "`value_range` to be"),
        ({"value_range": 1}, "`value_range` to be"),
        ({"size": (20, 20)}, r"`size` to be \(28, 28, 1\)"),
        ({"size": 28}, "`size` as"),
        ({"jitter": 10**20}, "`jitter`.*at most 28"),
        ({"blur": 20}, "`blur` to be a number"),
        ({"value_range": "01"}, "`value_range` to be"),
    ],
)
def test_bad_arguments_of_maximise_filter(keywords, message, trained):
    arguments = {"layer": "conv1", **keywords}
    with pytest.raises(ValueError, match=message):
        maximise_filter(trained, **arguments)


def test_a_model_that_says_no_size():
    model = keras.Sequential([layers.Conv2D(2, 3, name="c")], name="late")
    with pytest.raises(ValueError, match="height, width, channels.*as late leaves"):
        maximise_filter(model, "c", size=(9, 9))
    assert maximise_filter(model, "c", size=(9, 8, 3), steps=2).shape == (2, 9, 8, 3)


def test_a_filter_alone_gets_the_same_picture(trained):
    alone = maximise_filter(trained, "conv1", 2, steps=8)
    among = maximise_filter(trained, "conv1", steps=8)
    assert alone[0] == pytest.approx(among[2], abs=1e-4)


def test_half_precision_climbs_too():
    wide = (32, 32, 3)
    pictures = []
    for dtype in ("float32", "mixed_float16"):
        set_seed(1)
        model = keras.Sequential(
            [
                keras.Input(wide),
                layers.Conv2D(8, 3, activation="relu", dtype=dtype),
                layers.Conv2D(8, 3, name="c", dtype=dtype),
            ]
        )
        pictures.append(maximise_filter(model, "c", [0, 1], steps=16))
    full, half = (np.ravel(one) - 0.5 for one in pictures)
    assert half.std() > 0.2 and np.corrcoef(full, half)[0, 1] > 0.8


def test_a_shared_activation_is_left_out_once_only(rng):
    """The ReLU that is listened to runs twice; the other run stays."""
    relu = layers.ReLU(name="relu")
    image = keras.Input((6, 6, 1))
    x = relu(layers.Conv2D(1, 1, kernel_initializer="ones")(image))
    x = relu(layers.Conv2D(1, 1, kernel_initializer="ones", name="second")(-x))
    model = keras.Model(image, x)
    # Behind the first ReLU nothing negative is left: −x never rises above 0.
    (dark,) = maximise_filter(model, "relu#2", steps=32, value_range=(-1, 1), jitter=0)
    assert dark.max() <= 0


def test_images_of_whole_numbers_stay_what_they_are(rng):
    photos = rng.integers(0, 256, (12, 9, 9, 3), dtype=np.uint8)
    model = keras.Sequential([keras.Input((9, 9, 3)), layers.Conv2D(2, 3, name="c")])
    top = top_activations(model, "c", photos, k=20)
    assert top.values.shape == (2, 12)  # never more than there are
    assert top.patches.dtype == np.uint8 and np.shares_memory(top.images, photos)
