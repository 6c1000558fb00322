import numpy as np
import pytest
import tensorflow as tf

from cnnkit import models
from cnnkit.features import (
    grad_cam,
    grad_cam_plus_plus,
    integrated_gradients,
    occlusion,
    saliency,
)
from cnnkit.features.fields import spread
from cnnkit.runtime import keras
from cnnkit.shapes import ReceptiveField

layers = keras.layers
ALL = [saliency, integrated_gradients, grad_cam, grad_cam_plus_plus, occlusion]


@pytest.fixture
def digits(mnist):
    return mnist.test.images[:4]


def logits_of(model):
    return keras.Model(model.inputs[0], model.get_layer("logits").output)


def gradient(model, images, classes):
    """The slope of each image's class score, by the tape alone."""
    images = tf.convert_to_tensor(images)
    with tf.GradientTape() as tape:
        tape.watch(images)
        scores = tf.gather(model(images), classes, axis=1, batch_dims=1)
    return tape.gradient(scores, images).numpy()


class Head(layers.Layer):
    def __init__(self, dense):
        super().__init__()
        self.dense = dense
        self.softmax = layers.Softmax()

    def call(self, x):
        return self.softmax(self.dense(x))


def ends(kind, body):
    """The same network with another end; all have the same logits."""
    dense = body.layers[-2]
    x = body.layers[-3].output
    if kind == "activation":
        last = layers.Dense(10, activation="softmax", name="said")
        output = last(x)
        last.set_weights(dense.get_weights())
    elif kind == "layer":
        output = layers.Activation("softmax")(dense.output)
    elif kind == "operation":
        output = keras.ops.softmax(dense.output)
    elif kind == "log":
        output = layers.Activation("log_softmax")(dense.output)
    elif kind == "sigmoid":
        output = layers.Activation("sigmoid")(dense.output)
    elif kind == "nested":
        inner = keras.Model(x, layers.Softmax()(dense(x)))
        output = inner(x)
    elif kind == "nested operation":
        inner = keras.Model(x, keras.ops.softmax(dense(x)))
        output = inner(x)
    elif kind == "cast":
        squashed = layers.Softmax()(dense.output)
        output = layers.Activation("linear", dtype="float64")(squashed)
    elif kind == "dropout":
        output = layers.Dropout(0.5)(layers.Softmax()(dense.output))
    elif kind == "function":
        output = layers.Activation(tf.nn.softmax)(dense.output)
    elif kind == "lambda":
        output = layers.Lambda(lambda z: tf.nn.softmax(z))(dense.output)
    elif kind == "layer of one's own":
        output = Head(dense)(x)
    else:
        output = dense.output
    return keras.Model(body.inputs[0], output)


def test_saliency_is_the_gradient(trained, digits):
    said = trained.predict(digits, verbose=0).argmax(axis=1)
    direct = np.abs(gradient(logits_of(trained), digits, said)).max(axis=-1)
    assert saliency(trained, digits) == pytest.approx(direct, abs=1e-6)
    assert direct.max() > 0.1


def test_saliency_of_another_class_and_of_one_each(trained, digits):
    model = logits_of(trained)
    direct = np.abs(gradient(model, digits, [3, 3, 3, 3])).max(axis=-1)
    assert saliency(trained, digits, 3) == pytest.approx(direct, abs=1e-6)
    direct = np.abs(gradient(model, digits, [0, 9, 2, 3])).max(axis=-1)
    assert saliency(trained, digits, [0, 9, 2, 3]) == pytest.approx(direct, abs=1e-6)


def test_the_largest_slope_over_the_colours(rng):
    model = models.simple_cnn(input_shape=(20, 20, 3))
    photos = rng.random((2, 20, 20, 3), np.float32)
    direct = gradient(logits_of(model), photos, [1, 1])
    assert saliency(model, photos, 1) == pytest.approx(np.abs(direct).max(-1), abs=1e-6)


@pytest.mark.parametrize(
    "kind",
    [
        *("activation", "layer", "operation", "sigmoid", "logits", "nested"),
        *("nested operation", "cast", "dropout", "function", "lambda"),
        *("layer of one's own", "log"),
    ],
)
def test_the_end_of_the_model_is_looked_behind(kind, trained, digits):
    model = ends(kind, trained)
    before = model.predict(digits, verbose=0)
    assert saliency(model, digits) == pytest.approx(saliency(trained, digits), abs=1e-5)
    cams = grad_cam(model, digits), grad_cam(trained, digits)
    assert cams[0] == pytest.approx(cams[1], abs=1e-5)
    assert np.array_equal(model.predict(digits, verbose=0), before)


class Subclassed(keras.Model):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def call(self, images):
        return self.inner(images)


@pytest.mark.parametrize("function", ALL)
@pytest.mark.parametrize("kind", ["nested", "functional", "subclassed", "loaded"])
def test_other_kinds_of_models(function, kind, trained, digits, tmp_path):
    if kind == "nested":
        model = keras.Sequential([keras.Input((28, 28, 1)), trained])
    elif kind == "functional":
        model = keras.Model(trained.inputs[0], trained.outputs[0])
    elif kind == "subclassed":
        model = Subclassed(trained)
    else:
        trained.save(tmp_path / "model.keras")
        model = keras.saving.load_model(tmp_path / "model.keras")
    # Through a `call` of its own, no one can tell where a layer looks.
    how = {"upsample": "stretch"} if "cam" in function.__name__ else {}
    few = digits[:2]
    expected = function(trained, few, **how)
    assert function(model, few, **how) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("function", ALL)
def test_one_image_integers_and_half_precision(function, rng):
    stack = [layers.Rescaling(1 / 255), layers.Conv2D(4, 3, activation="relu")]
    stack += [layers.Flatten(), layers.Dense(3, activation="softmax")]
    model = keras.Sequential([keras.Input((9, 9, 3)), *stack])
    photo = rng.integers(0, 256, (9, 9, 3), dtype=np.uint8)
    single = function(model, photo)
    assert single.shape[:3] == (1, 9, 9) and single.dtype == np.float32
    assert np.array_equal(single, function(model, photo[None].astype("float32")))
    half = keras.Sequential(
        [
            keras.Input((9, 9, 3)),
            layers.Conv2D(4, 3, dtype="mixed_float16"),
            layers.Flatten(),
            layers.Dense(3, dtype="mixed_float16"),
        ]
    )
    answer = function(half, photo / np.float32(255))
    assert answer.dtype == np.float32 and np.isfinite(answer).all() and answer.any()


def test_a_single_sigmoid_unit_has_two_classes(rng):
    stack = [layers.Flatten(), layers.Dense(1, activation="sigmoid", name="unit")]
    model = keras.Sequential([keras.Input((4, 4, 1)), *stack])
    weights = model.get_layer("unit").get_weights()[0].reshape(4, 4, 1)
    image = rng.random((1, 4, 4, 1), np.float32)
    for wanted, sign in ((0, -1), (1, 1)):
        brought = integrated_gradients(model, image, wanted)[0]
        assert brought == pytest.approx(sign * weights * image[0], abs=1e-6)
    with pytest.raises(ValueError, match="`classes`.*at most 1"):
        saliency(model, image, 2)


def test_smoothing_averages_noisy_gradients(rng):
    """Of a linear model every noisy gradient is the same."""
    stack = [layers.Flatten(), layers.Dense(3, name="dense")]
    model = keras.Sequential([keras.Input((5, 5, 1)), *stack])
    image = rng.random((1, 5, 5, 1), np.float32)
    plain = saliency(model, image, 0)
    assert saliency(model, image, 0, smooth=4) == pytest.approx(plain, abs=1e-6)


def test_smoothing_is_repeatable_and_less_grainy(trained, digits):
    def grain(maps):
        steps = np.abs(np.diff(maps, axis=1)).mean((1, 2))
        return steps / maps.mean((1, 2))

    smooth = saliency(trained, digits, smooth=16)
    assert np.array_equal(smooth, saliency(trained, digits, smooth=16))
    assert not np.array_equal(smooth, saliency(trained, digits, smooth=16, seed=1))
    assert (grain(smooth) < grain(saliency(trained, digits))).all()


def test_integrated_gradients_are_complete(trained, mnist):
    images, model = mnist.test.images[:32], logits_of(trained)
    said = model.predict(images, verbose=0).argmax(axis=1)
    for baseline in (0.0, 0.5):
        gained = model.predict(images, verbose=0) - model.predict(
            np.full_like(images, baseline), verbose=0
        )
        gained = gained[np.arange(32), said]
        brought = integrated_gradients(trained, images, baseline=baseline)
        assert brought.sum(axis=(1, 2, 3)) == pytest.approx(gained, rel=0.01)


def test_what_equals_the_baseline_brings_nothing(trained, digits):
    brought = integrated_gradients(trained, digits)
    assert not brought[digits == 0].any() and (brought < 0).any()
    assert not integrated_gradients(trained, digits, baseline=digits[0])[0].any()


def cam_by_tape(model, images, classes, layer):
    """Maps of the layer and their slopes, the layers behind it run one by one."""
    names = [one.name for one in model.layers]
    maps = tf.convert_to_tensor(images)
    for one in model.layers[: names.index(layer) + 1]:
        maps = one(maps)
    with tf.GradientTape() as tape:
        tape.watch(maps)
        scores = maps
        for one in model.layers[names.index(layer) + 1 : names.index("logits") + 1]:
            scores = one(scores)
        scores = tf.gather(scores, classes, axis=1, batch_dims=1)
    return maps.numpy(), tape.gradient(scores, maps).numpy()


@pytest.mark.parametrize("layer", [None, "conv1", "pool2"])
def test_grad_cam_by_the_tape(layer, trained, digits):
    classes = [7, 2, 1, 0]
    maps, slopes = cam_by_tape(trained, digits, classes, layer or "conv2")
    weights = slopes.mean(axis=(1, 2), keepdims=True)
    heat = np.maximum((maps * weights).sum(axis=-1), 0)
    ours = grad_cam(trained, digits, classes, layer=layer, upsample="none")
    assert ours == pytest.approx(heat, abs=1e-6)
    large = tf.image.resize(heat[..., None], (28, 28)).numpy()[..., 0]
    stretched = grad_cam(trained, digits, classes, layer=layer, upsample="stretch")
    assert stretched == pytest.approx(large, abs=1e-5)


def test_heat_stands_where_the_layer_looked():
    """Kernels that copy the middle pixel: the heat is at the bright pixel."""
    model = models.simple_cnn(filters=(1, 1), input_shape=(40, 40, 1))
    middle = np.zeros((5, 5, 1, 1), np.float32)
    middle[2, 2] = 1
    for name in ("conv1", "conv2"):
        model.get_layer(name).set_weights([middle, np.zeros(1)])
    for name in ("dense", "logits"):
        kernel, bias = model.get_layer(name).get_weights()
        model.get_layer(name).set_weights([np.ones_like(kernel), bias])
    image = np.zeros((1, 40, 40, 1), np.float32)
    image[0, 10:12, 26:28] = 1
    heat = grad_cam(model, image, 0)[0]
    hottest = np.argwhere(heat == heat.max())
    assert hottest.mean(axis=0) == pytest.approx([10.5, 26.5], abs=0.51)
    far = grad_cam(model, image, 0, upsample="stretch")[0]
    moved = np.argwhere(far == far.max()).mean(axis=0) - (10.5, 26.5)
    assert moved[0] < -1 and moved[1] > 1  # towards the borders


def test_how_heat_is_spread_by_hand():
    """Places at pixels 1 and 3, fields of 3: linear between, half outside."""
    field = ReceptiveField(size=3, jump=2, offset=0)
    heat = np.array([[[0.0, 4.0], [8.0, 8.0]]])
    rows = [0, 0, 2, 4, 2], [2, 4, 5, 6, 3], [4, 8, 8, 8, 4]
    by_hand = [np.array(rows[0]) / 2, rows[0], rows[1], rows[2], np.array(rows[2]) / 2]
    assert np.array_equal(spread(heat, (5, 5), (field, field))[0], by_hand)
    even = spread(heat, (4, 2), None)[0]
    assert np.array_equal(even[:, 0], [0, 2, 6, 8])


def test_a_branch_before_the_layer_is_stretched(digits):
    image = keras.Input((28, 28, 1))
    both = layers.Add()([layers.Conv2D(2, 3)(image), layers.Conv2D(2, 3)(image)])
    maps = layers.Conv2D(2, 3, name="behind")(both)
    model = keras.Model(image, layers.Dense(2)(layers.Flatten()(maps)))
    stretched = grad_cam(model, digits, 0, upsample="stretch")
    assert np.array_equal(grad_cam(model, digits, 0), stretched)
    with pytest.raises(ValueError, match="a chain of layers up to behind"):
        grad_cam(model, digits, 0, upsample="field")


def test_grad_cam_plus_plus_by_loops(trained, digits):
    classes = [7, 2, 1, 0]
    maps, slopes = cam_by_tape(trained, digits, classes, "conv2")
    heat = np.zeros(maps.shape[:3])
    for n, _, _, k in np.ndindex(len(maps), 1, 1, maps.shape[-1]):
        weight, total = 0.0, float(maps[n, :, :, k].sum())
        for i, j in np.ndindex(maps.shape[1:3]):
            g = float(slopes[n, i, j, k])
            if g > 0:
                weight += g * g**2 / (2 * g**2 + total * g**3)
        heat[n] += weight * maps[n, :, :, k]
    ours = grad_cam_plus_plus(trained, digits, classes, upsample="none")
    assert ours == pytest.approx(heat, rel=1e-4, abs=1e-5)


def test_the_default_layer_takes_the_activation_along():
    """Behind the last convolution: normalisation and activation, not the pooling."""
    model = models.fast_cnn()
    names = [layer.name for layer in model.layers]
    last = max(i for i, name in enumerate(names) if name.startswith("conv"))
    image = np.ones((1, 28, 28, 1), np.float32)
    follows = names[last + 2]
    assert follows.startswith("activation")
    by_name = grad_cam(model, image, 0, layer=follows)
    assert np.array_equal(grad_cam(model, image, 0), by_name)


@pytest.mark.parametrize(
    ("size", "stride", "fill"), [(5, 3, 0.0), ((4, 7), (4, 2), 0.5), (28, 1, 1.0)]
)
def test_occlusion_by_loops(size, stride, fill, trained, digits):
    model, image = logits_of(trained), digits[0]
    high, wide = (size, size) if isinstance(size, int) else size
    down, right = (stride, stride) if isinstance(stride, int) else stride
    whole = model(image[None])[0, 7]
    falls, covers = np.zeros((28, 28)), np.zeros((28, 28))
    for row in sorted({*range(0, 29 - high, down), 28 - high}):
        for column in sorted({*range(0, 29 - wide, right), 28 - wide}):
            covered = image.copy()
            covered[row : row + high, column : column + wide] = fill
            left = model(covered[None])[0, 7]
            falls[row : row + high, column : column + wide] += whole - left
            covers[row : row + high, column : column + wide] += 1
    assert covers.min() >= 1
    ours = occlusion(trained, image, 7, size=size, stride=stride, fill=fill)
    assert ours[0] == pytest.approx(falls / covers, abs=1e-4)


def test_a_patch_of_its_own_colour_changes_nothing(rng):
    model = models.simple_cnn(input_shape=(16, 16, 3))
    photo = np.broadcast_to(np.float32([0.2, 0.5, 0.9]), (1, 16, 16, 3))
    same = occlusion(model, photo, 0, fill=(0.2, 0.5, 0.9))
    assert same == pytest.approx(0, abs=1e-6)
    assert np.abs(occlusion(model, photo, 0, fill=0)).max() > 1e-4


def test_images_go_in_batches(trained, mnist):
    many, few = mnist.test.images[:300], mnist.test.images[298:300]
    for function in (saliency, grad_cam):
        assert function(trained, many)[298:] == pytest.approx(
            function(trained, few), abs=1e-5
        )


@pytest.mark.parametrize("function", ALL)
def test_bad_input_of_all(function, trained, digits):
    with pytest.raises(ValueError, match=r"`images` of shape \(N, 28, 28, 1\)"):
        function(trained, digits[:, :20])
    with pytest.raises(ValueError, match="`classes`.*at most 9.*classes=10"):
        function(trained, digits, 10)
    with pytest.raises(ValueError, match="one for each of 4 images"):
        function(trained, digits, [1, 2])
    with pytest.raises(TypeError, match="`classes` to be an integer"):
        function(trained, digits, 1.5)


def test_what_is_no_classifier_is_refused(digits):
    image = keras.Input((28, 28, 1))
    model = keras.Model(image, layers.Conv2D(1, 3)(image), name="maps")
    with pytest.raises(ValueError, match="a classifier.*maps, which answers"):
        saliency(model, digits)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m, x: saliency(m, x, smooth=-1), "smooth=-1"),
        (lambda m, x: saliency(m, x, noise=-0.1), "noise=-0.1"),
        (lambda m, x: integrated_gradients(m, x, steps=0), "steps=0"),
        (lambda m, x: integrated_gradients(m, x, baseline=np.zeros(5)), r"\(5,\)"),
        (lambda m, x: integrated_gradients(m, x, baseline="black"), "'black'"),
        (lambda m, x: grad_cam(m, x, layer="conv3"), "Did you mean 'conv"),
        (lambda m, x: grad_cam(m, x, layer="dense"), "answers maps: conv1, pool1"),
        (lambda m, x: grad_cam(m, x, upsample=True), "`upsample` to be one of"),
        (lambda m, x: occlusion(m, x, size=29), "size=29"),
        (lambda m, x: occlusion(m, x, size=(1, 2, 3)), "one number or two"),
        (lambda m, x: occlusion(m, x, size=5, stride=6), "stride=6"),
        (lambda m, x: occlusion(m, x, fill=(1, 2)), "`fill` to be a number, or 1"),
        (lambda m, x: occlusion(m, x, fill=np.nan), "fill=nan"),
    ],
)
def test_bad_arguments(call, message, trained, digits):
    with pytest.raises(ValueError, match=message):
        call(trained, digits)


def test_a_model_without_convolution_has_no_default_layer(digits):
    with pytest.raises(ValueError, match="a model with a convolution"):
        grad_cam(models.mlp(), digits)


def test_a_layer_that_the_score_does_not_depend_on(digits):
    image = keras.Input((28, 28, 1))
    kept = layers.Conv2D(1, 3, name="kept")(image)
    other = layers.Conv2D(1, 3, name="other")(image)
    head = layers.Dense(2)(layers.Flatten()(kept))
    lost = layers.Rescaling(0.0)(layers.Dense(2)(layers.Flatten()(other)))
    cut = keras.ops.stop_gradient(lost)
    model = keras.Model(image, layers.Add()([head, cut]))
    with pytest.raises(ValueError, match="depends on. Received: layer='other'"):
        grad_cam(model, digits, layer="other")


def test_a_softmax_out_of_reach_is_warned_of(trained, digits):
    class Own(keras.Model):
        def __init__(self, inner):
            super().__init__(name="own")
            self.inner = inner

        def call(self, images):
            return keras.ops.softmax(self.inner(images))

    model = Own(logits_of(trained))
    with pytest.warns(UserWarning, match="own makes probabilities"):
        saliency(model, digits, 3)


def test_a_softmax_used_in_between_stays(rng):
    softmax, image = layers.Softmax(name="s"), keras.Input((4, 4, 1))
    flat = layers.Flatten()(image)
    gate = softmax(layers.Dense(16)(flat))
    scores = layers.Dense(3)(layers.Multiply()([flat, gate]))
    model, behind = keras.Model(image, softmax(scores)), keras.Model(image, scores)
    x = rng.random((2, 4, 4, 1), np.float32)
    direct = np.abs(gradient(behind, x, [1, 1])).max(axis=-1)
    assert saliency(model, x, 1) == pytest.approx(direct, abs=1e-6)


def test_compiled_layers_stay_what_they_are(rng):
    class Compiled(layers.Dense):
        @tf.function
        def call(self, x):
            return super().call(x)

    stack = [layers.Conv2D(2, 3), layers.Flatten(), Compiled(3, activation="softmax")]
    model = keras.Sequential([keras.Input((6, 6, 1)), *stack])
    x = rng.random((3, 6, 6, 1), np.float32)
    for function in ALL:
        function(model, x)
    assert model.predict(x, verbose=0).sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_nothing_stays_changed_after_an_error(trained, digits):
    before = [dict(vars(layer)) for layer in trained.layers]
    for function in ALL:
        with pytest.raises(ValueError, match="`classes`"):
            function(trained, digits, 77)
    assert [dict(vars(layer)).keys() for layer in trained.layers] == [
        one.keys() for one in before
    ]
    assert not tf.config.functions_run_eagerly()


def test_grey_images_without_a_channel_axis(rng):
    stack = [layers.Flatten(), layers.Dense(3, activation="softmax")]
    model = keras.Sequential([keras.Input((5, 6)), *stack])
    x = rng.random((2, 5, 6), np.float32)
    weights = model.layers[-1].get_weights()[0][:, 1].reshape(5, 6)
    assert saliency(model, x, 1) == pytest.approx(np.abs([weights] * 2), abs=1e-6)
    brought = integrated_gradients(model, x, 1)
    assert brought == pytest.approx(weights * x, abs=1e-6)
    covered = occlusion(model, x, 1, size=1, stride=1)
    assert covered == pytest.approx(weights * x, abs=1e-5)
    flat = keras.Sequential([keras.Input((30,)), layers.Dense(3)])
    with pytest.raises(ValueError, match="takes images.*Begin it with a Reshape"):
        saliency(flat, x.reshape(2, 30))


def test_default_layer_of_a_network_that_pools_to_one_place(digits):
    image = keras.Input((28, 28, 1))
    x = layers.Conv2D(3, 3, activation="relu", name="maps")(image)
    x = layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = layers.Flatten()(layers.Conv2D(4, 1, name="head")(x))
    model = keras.Model(image, x)
    assert np.array_equal(
        grad_cam(model, digits, 0), grad_cam(model, digits, 0, layer="maps")
    )


def test_a_layer_that_runs_twice_has_two_heats(digits):
    image, twice = keras.Input((28, 28, 1)), layers.Conv2D(1, 3, name="twice")
    maps = twice(twice(image))
    model = keras.Model(image, layers.Dense(2)(layers.Flatten()(maps)))
    first, second = (
        grad_cam(model, digits, 0, layer=name, upsample="none")
        for name in ("twice", "twice#2")
    )
    assert first.shape == (4, 26, 26) and second.shape == (4, 24, 24)
    default = grad_cam(model, digits, 0, upsample="none")
    assert np.array_equal(default, second)


def test_labels_in_a_column_are_classes(trained, digits):
    column = np.array([[7], [2], [1], [0]])
    assert np.array_equal(
        saliency(trained, digits, column), saliency(trained, digits, column[:, 0])
    )


@pytest.mark.parametrize("baseline", [None, np.nan, True, 1j, {}, [[0], [0, 1]]])
def test_baselines_that_are_no_images(baseline, trained, digits):
    with pytest.raises(ValueError, match="`baseline` to be a number or an image"):
        integrated_gradients(trained, digits, baseline=baseline)


@pytest.mark.parametrize("function", ALL)
def test_what_is_no_model(function, digits):
    with pytest.raises(TypeError, match="`model` to be a Keras model. Received: str"):
        function("model", digits)
