import json
import os
import subprocess
from functools import partial, wraps

import numpy as np
import oracle
import pytest
from conftest import PYTHON

from cnnkit import models, scratch, set_seed
from cnnkit.runtime import keras


@wraps(models.alexnet)
def small_alexnet(**options):
    """AlexNet for digits: every layer of it, small enough to train here."""
    small = {
        "input_shape": (28, 28, 1),
        "num_classes": 10,
        "filters": (16, 24, 32, 32, 24),
        "kernel_sizes": (3, 3, 3, 3, 3),
        "strides": 1,
        "dense_units": (64, 64),
        "dropout": 0.0,
    }
    return models.alexnet(**{**small, **options})


FACTORIES = {
    "mlp": models.mlp,
    "simple_cnn": models.simple_cnn,
    "lenet5": models.lenet5,
    "conv_blocks": models.conv_blocks,
    "alexnet": small_alexnet,
    "gap_cnn": models.gap_cnn,
    "fast_cnn": models.fast_cnn,
    "accurate_cnn": models.accurate_cnn,
}


@pytest.fixture(params=FACTORIES.values(), ids=FACTORIES)
def factory(request):
    return request.param


# Published, or worked by hand: 784·512+512 + 512·512+512 + 512·10+10 = 669,706;
# 260 + 5,020 + 32,100 + 1,010 = 38,390; 156 + 2,416 + 48,120 + 10,164 + 850 =
# 61,706; 160 + 2,320 + 4,640 + 9,248 + 18,496 + 36,928 + 5,770 = 77,562.
@pytest.mark.parametrize(
    ("factory", "parameters"),
    [
        (models.mlp, 669_706),
        (models.simple_cnn, 38_390),
        (models.lenet5, 61_706),
        (partial(models.lenet5, input_shape=(32, 32, 1), padding="valid"), 61_706),
        (models.conv_blocks, 77_562),
        (models.alexnet, 62_378_344),
        (partial(models.alexnet, groups=2), 60_965_224),
        (partial(models.alexnet, local_response_normalization=True), 62_378_344),
        # 320 + 18,496 + 73,856 + 1,290
        (models.gap_cnn, 93_962),
        # 600 + 24 + 10,368 + 4·48 + 4·4·48·10 + 10
        (models.fast_cnn, 19_138),
        # 1,776 + 20,736 + 41,472 + 165,888 + 331,776 + 4·(48+96+192+192) + 30,730
        (models.accurate_cnn, 594_490),
    ],
)
def test_parameter_counts(factory, parameters):
    assert factory().count_params() == parameters


def test_alexnet_is_that_of_the_paper():
    model = models.alexnet(local_response_normalization=True, groups=2)
    shapes = {layer.name: layer.output.shape[1:] for layer in model.layers}
    assert shapes["conv1"] == (55, 55, 96) and shapes["pool1"] == (27, 27, 96)
    assert shapes["conv2"] == (27, 27, 256) and shapes["pool2"] == (13, 13, 256)
    assert shapes["conv3"] == shapes["conv4"] == (13, 13, 384)
    assert shapes["conv5"] == (13, 13, 256) and shapes["pool5"] == (6, 6, 256)
    assert shapes["flatten"] == (9216,) and shapes["logits"] == (1000,)
    assert [model.get_layer(f"conv{i}").groups for i in range(1, 6)] == [1, 2, 1, 2, 2]
    dense = sum(
        model.get_layer(n).count_params() for n in ("dense1", "dense2", "logits")
    )
    assert round(dense / models.alexnet().count_params(), 2) == 0.94


@pytest.mark.parametrize(("side", "last"), [(28, 3), (32, 4), (224, 28)])
def test_conv_blocks_take_any_size(side, last):
    model = models.conv_blocks(input_shape=(side, side, 3), num_classes=2)
    assert model.get_layer("block3_pool").output.shape[1:] == (last, last, 64)


def test_simple_cnn_is_the_network_of_the_notes():
    shapes = {
        layer.name: layer.output.shape[1:] for layer in models.simple_cnn().layers
    }
    assert shapes == {
        "conv1": (24, 24, 10),
        "pool1": (12, 12, 10),
        "conv2": (8, 8, 20),
        "pool2": (4, 4, 20),
        "flatten": (320,),
        "dense": (100,),
        "logits": (10,),
        "probabilities": (10,),
    }


def test_weights_of_simple_cnn_by_layer():
    model = models.simple_cnn()
    sizes = {
        layer.name: [int(np.prod(w.shape)) for w in layer.weights]
        for layer in model.layers
        if layer.weights
    }
    assert sizes == {
        "conv1": [250, 10],
        "conv2": [5_000, 20],
        "dense": [32_000, 100],
        "logits": [1_000, 10],
    }


def test_models_are_built_uncompiled_and_end_as_agreed(factory):
    model = factory()
    assert isinstance(model, keras.Sequential) and model.built
    assert not model.compiled
    assert [layer.name for layer in model.layers[-2:]] == ["logits", "probabilities"]
    assert model.name == factory.__name__
    assert not any(layer.name.endswith(("_1", "2d")) for layer in model.layers)


def test_a_second_model_has_the_same_layer_names(factory):
    assert [a.name for a in factory().layers] == [b.name for b in factory().layers]


def test_answers_are_probabilities(factory, rng):
    shares = factory().predict(rng.random((3, 28, 28, 1), np.float32), verbose=0)
    assert shares.shape == (3, 10)
    assert shares.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_untrained_loss_is_about_log_classes(factory, few):
    set_seed(0)
    shares = factory().predict(few.train.images, verbose=0)
    loss = -np.log(shares[np.arange(512), few.train.labels]).mean()
    # Batch normalisation has not learned its averages: the logits are larger.
    tolerance = 0.4 if "norm2" in [x.name for x in factory().layers] else 0.15
    assert loss == pytest.approx(np.log(10), rel=tolerance)


def compiled(model, rate=1e-3, **keywords):
    optimizer = keras.optimizers.Adam(rate)
    optimizer.build(model.trainable_variables)  # in a step, it would be traced twice
    model.compile(optimizer, "sparse_categorical_crossentropy", **keywords)
    return model


def test_one_step_lowers_the_loss_of_its_batch(factory, few):
    set_seed(0)
    model = compiled(factory(), rate=1e-4, run_eagerly=True)  # two steps: no trace
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0  # else each step silences others, and the loss is chance
    images, labels = few.train.images[:64], few.train.labels[:64]
    before = model.train_on_batch(images, labels)
    model.reset_metrics()
    after = model.train_on_batch(images, labels)
    assert after < before


def test_it_learns_64_digits_by_heart(factory, few):
    set_seed(0)
    model = compiled(factory(), rate=2e-3)
    images, labels = few.train.images[:64], few.train.labels[:64]
    for _ in range(10):
        model.fit(images, labels, batch_size=32, epochs=15, verbose=0)
        answers = keras.ops.convert_to_numpy(model(images, training=False))
        if np.array_equal(answers.argmax(axis=1), labels):
            return
    pytest.fail(f"{model.name} has not learned 64 digits in 150 epochs")


def test_a_clone_has_the_same_layers(factory):
    model = factory()
    clone = keras.models.clone_model(model)
    assert [a.name for a in clone.layers] == [b.name for b in model.layers]
    assert clone.count_params() == model.count_params()


def test_saving_and_loading_changes_nothing(factory, few, tmp_path):
    pooling = {} if factory is models.mlp else {"pooling": "l2"}
    norm = {"local_response_normalization": True} if factory is small_alexnet else {}
    model = factory(dropout=0.3, **pooling, **norm)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    images = few.test.images[:8]
    assert np.array_equal(
        model.predict(images, verbose=0), loaded.predict(images, verbose=0)
    )


def test_keywords_change_what_they_name():
    model = models.simple_cnn(
        input_shape=(32, 40, 3),
        num_classes=4,
        filters=(6, 12, 24),
        kernel_size=3,
        padding="same",
        dense_units=50,
        activation="tanh",
        dropout=0.25,
        name="mine",
    )
    shapes = {layer.name: layer.output.shape[1:] for layer in model.layers}
    assert model.name == "mine"
    assert shapes["conv3"] == (8, 10, 24) and shapes["pool3"] == (4, 5, 24)
    assert shapes["dense"] == (50,) and shapes["logits"] == (4,)
    assert model.get_layer("dropout").rate == 0.25
    assert model.get_layer("conv2").activation.__name__ == "tanh"
    assert model.get_layer("dense").activation.__name__ == "tanh"


def test_mlp_takes_any_number_of_hidden_layers():
    model = models.mlp(input_shape=(4, 4, 3), hidden_units=[7, 6, 5], dropout=0.5)
    names = [layer.name for layer in model.layers]
    assert names == [
        "flatten",
        *("dense1", "dropout1", "dense2", "dropout2", "dense3", "dropout3"),
        "logits",
        "probabilities",
    ]
    assert model.count_params() == 48 * 7 + 7 + 7 * 6 + 6 + 6 * 5 + 5 + 5 * 10 + 10


@pytest.mark.parametrize(
    ("side", "breaks_at"), [(4, "conv1 would receive 4×4×1"), (12, "conv2 .* 4×4×10")]
)
def test_an_image_too_small_names_the_layer(side, breaks_at):
    with pytest.raises(ValueError, match=f"large enough for simple_cnn.*{breaks_at}"):
        models.simple_cnn(input_shape=(side, side, 1))


def test_a_pool_that_finds_nothing_is_named_too():
    with pytest.raises(ValueError, match="pool1 would receive 1×1×10"):
        models.simple_cnn(input_shape=(5, 5, 1))


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"input_shape": (28, 28)}, r"\(height, width, channels\)"),
        ({"input_shape": (28, 0, 1)}, "input_shape=0"),
        ({"num_classes": 1}, "num_classes.*at least 2"),
        ({"filters": ()}, "`filters` to be a sequence"),
        ({"filters": "ab"}, "`filters` to be a sequence"),
        ({"filters": 10}, "`filters` to be a sequence"),
        ({"kernel_size": 0}, "`kernel_size`"),
        ({"padding": "full"}, "`padding` to be one of 'valid', 'same'"),
        ({"dense_units": 0}, "units of dense"),
        ({"dropout": 1}, "`dropout` to be a number at least 0 and below 1"),
    ],
)
def test_simple_cnn_refuses(keywords, message):
    with pytest.raises(ValueError, match=message):
        models.simple_cnn(**keywords)


def test_mlp_refuses_empty_layers():
    with pytest.raises(ValueError, match="hidden_units"):
        models.mlp(hidden_units=[])
    with pytest.raises(TypeError, match="hidden_units"):
        models.mlp(hidden_units=[2.5])


@pytest.mark.parametrize("pooling", ["max", "average", "l2"])
def test_poolings_have_their_names_and_train(factory, pooling, few):
    if factory is models.mlp:
        pytest.skip("it has no pooling")
    kinds = {"max": "MaxPooling2D", "average": "AveragePooling2D", "l2": "LpPooling2D"}
    model = factory(pooling=pooling)
    pools = [layer for layer in model.layers if "pool" in layer.name]
    assert pools and {type(layer).__name__ for layer in pools} == {kinds[pooling]}
    before = model.get_weights()
    images, labels = few.train.images[:64], few.train.labels[:64]
    loss = compiled(model, run_eagerly=True).train_on_batch(images, labels)
    assert np.isfinite(loss)
    for old, new in zip(before, model.get_weights(), strict=True):
        assert np.isfinite(new).all() and not np.array_equal(old, new)


def test_strides_padding_and_dense_widths_reach_their_layers():
    assert models.lenet5(input_shape=(60, 60, 1), strides=2).get_layer(
        "conv2"
    ).strides == (2, 2)
    blocks = models.conv_blocks(input_shape=(64, 64, 1), strides=2)
    assert blocks.get_layer("block1_pool").output.shape[1:] == (16, 16, 16)
    alexnet = models.alexnet(padding="valid", strides=2)
    assert alexnet.get_layer("conv2").output.shape[1:] == (50, 50, 256)
    assert models.gap_cnn(strides=2).get_layer("conv1").output.shape[1] == 14
    fast = models.fast_cnn(padding="same", dense_units=30)
    assert fast.get_layer("conv2").output.shape[1] == 6
    assert fast.get_layer("dense").units == 30
    accurate = models.accurate_cnn(
        filters=((4, 5), (6,), (7, 8)), dropout=0, stage_dropout=0
    )
    assert [layer.name for layer in accurate.layers if "pool" in layer.name] == [
        *("pool2", "pool3")
    ]
    assert accurate.get_layer("conv5").output.shape[1:] == (1, 1, 8)
    assert not any("dropout" in layer.name for layer in accurate.layers)
    dropped = models.accurate_cnn(filters=((4,), (6,), (7, 8)), stage_dropout=0.2)
    assert [
        (layer.name, layer.rate) for layer in dropped.layers if "dropout" in layer.name
    ] == [("dropout1", 0.2), ("dropout2", 0.2), ("dropout", 0.5)]
    assert models.simple_cnn(filters=np.array([4, 5])).get_layer("conv2").filters == 5
    with pytest.raises(TypeError, match="`dropout`"):
        models.conv_blocks(dropout=None)


def test_every_factory_takes_colour_and_an_initialiser(factory):
    model = factory(
        input_shape=(40, 36, 3), num_classes=3, kernel_initializer="zeros", dropout=0.2
    )
    assert model.output_shape == (None, 3)
    kernels = [w for w in model.trainable_weights if w.path.endswith("kernel")]
    assert not any(np.asarray(kernel).any() for kernel in kernels[:-1])


@pytest.mark.parametrize(
    ("factory", "shape", "told"),
    [
        (models.lenet5, (8, 8, 1), "conv2 would receive 4×4×6"),
        (models.conv_blocks, (7, 7, 1), "block3_pool would receive 1×1×64"),
        (models.alexnet, (28, 28, 3), "pool2 would receive 2×2×256"),
        (models.alexnet, (10, 227, 3), "conv1 would receive 10×227×3"),
        (models.gap_cnn, (3, 3, 1), "pool2 would receive 1×1×64"),
        (models.fast_cnn, (8, 8, 1), "conv2 would receive 1×1×24"),
        (models.accurate_cnn, (12, 12, 1), "conv5 would receive 2×2×192"),
    ],
)
def test_a_shape_that_does_not_fit_names_the_layer(factory, shape, told):
    with pytest.raises(ValueError, match=told):
        factory(input_shape=shape)


@pytest.mark.parametrize(
    ("factory", "keywords", "message"),
    [
        (models.simple_cnn, {"pooling": "median"}, "`pooling` to be one of"),
        (models.simple_cnn, {"pool_size": 0}, "pool_size=0"),
        (models.simple_cnn, {"pool_strides": 0}, "pool_strides=0"),
        (models.simple_cnn, {"strides": 0}, "strides=0"),
        (models.simple_cnn, {"activation": "tahn"}, "`activation`.*mean 'tanh'"),
        (models.mlp, {"activation": 3}, "`activation` to be a name"),
        (models.fast_cnn, {"activation": "rleu"}, "`activation`.*mean 'relu'"),
        (models.gap_cnn, {"kernel_initializer": "he"}, "`kernel_initializer`.*'he'"),
        (models.lenet5, {"filters": (6, 16, 120)}, "a sequence of 2 numbers"),
        (models.lenet5, {"padding": "full"}, "`padding` to be one of"),
        (models.lenet5, {"dense_units": (120,)}, "a sequence of 2 numbers"),
        (models.conv_blocks, {"filters": ()}, "at least one number"),
        (models.conv_blocks, {"dense_units": 0}, "units of dense"),
        (models.alexnet, {"groups": 3}, "`groups` to be 1 or 2"),
        (models.alexnet, {"groups": 2, "filters": (9, 8, 8, 8, 8)}, "to be even"),
        (models.alexnet, {"filters": (96, 256)}, "a sequence of 5 numbers"),
        (models.alexnet, {"kernel_sizes": (11, 5, 3, 3, 0)}, "kernel_sizes=0"),
        (models.gap_cnn, {"dropout": 1.0}, "`dropout` to be a number"),
        (models.fast_cnn, {"dropout": -0.1}, "`dropout` to be a number"),
        (models.fast_cnn, {"strides": 0}, "strides=0"),
        (models.accurate_cnn, {"filters": (32, 64)}, "a sequence of stages"),
        (models.accurate_cnn, {"filters": ()}, "a sequence of stages"),
        (models.accurate_cnn, {"stage_dropout": 1}, "`stage_dropout` to be"),
        (models.accurate_cnn, {"filters": ((32,), ())}, "at least one number"),
    ],
)
def test_refused_hyper_parameters_are_told(factory, keywords, message):
    with pytest.raises(ValueError, match=message):
        factory(**keywords)


@pytest.mark.parametrize("p", [1, 2, 3.5])
@pytest.mark.parametrize(
    "options",
    [
        {"pool_size": 2},
        {"pool_size": 3, "strides": 2, "padding": "same"},
        {"pool_size": (2, 3), "strides": (1, 2)},
    ],
)
def test_lp_pooling_is_that_of_scratch(options, p, rng):
    x = rng.standard_normal((2, 7, 6, 3)).astype(np.float32)
    x[0, :4, :4] = 0  # a window of zeros has no slope
    layer = models.LpPooling2D(**options, p=p)
    y, grad, (dx,) = oracle.gradients(layer, np.ones, x)
    assert layer.compute_output_shape(x.shape) == y.shape
    assert np.allclose(y, scratch.lp_pool2d(x, **options, p=p), atol=1e-5)
    ours = scratch.lp_pool2d_backward(grad, x, **options, p=p)
    assert np.allclose(dx, ours, atol=1e-4)


def test_local_response_normalisation_is_that_of_tensorflow(rng):
    x = 10 * rng.standard_normal((2, 3, 3, 9)).astype(np.float32)
    theirs = oracle.tf.nn.local_response_normalization(
        x, depth_radius=2, bias=2.0, alpha=1e-2, beta=0.75
    )
    layer = models.LocalResponseNormalization(alpha=1e-2)
    assert np.allclose(layer(x), theirs, atol=1e-5)
    # The middle of five ones: 1 / (2 + 0.01 · 5)^0.75.
    ones = np.asarray(layer(np.ones((1, 1, 1, 5), np.float32)))
    assert np.isclose(ones[0, 0, 0, 2], 2.05**-0.75)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: models.LpPooling2D(0), "pool_size=0"),
        (lambda: models.LpPooling2D((1, 2, 3)), "one number or two"),
        (lambda: models.LpPooling2D(padding="full"), "`padding` to be one of"),
        (lambda: models.LpPooling2D(p=0.5), "`p` to be a number"),
        (lambda: models.LocalResponseNormalization(4), "`size` to be odd"),
        (lambda: models.LocalResponseNormalization(bias=0), "bias=0"),
        (lambda: models.LocalResponseNormalization(beta=-1), "beta=-1"),
    ],
)
def test_refused_arguments_of_layers_are_told(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_every_factory_builds_and_trains_on_another_backend(backend):
    pytest.importorskip(backend)
    code = """
import json, numpy as np
from cnnkit import models
from cnnkit.runtime import keras
x = np.random.default_rng(0).random((16, 28, 28, 1), dtype="float32")
made = [models.mlp()]
for name in ("simple_cnn", "lenet5", "conv_blocks", "gap_cnn", "fast_cnn"):
    made.append(getattr(models, name)(pooling="l2"))
made.append(models.alexnet(input_shape=(28, 28, 1), num_classes=16, filters=(8,) * 5,
    kernel_sizes=(3,) * 5, strides=1, groups=2, local_response_normalization=True,
    dense_units=(16, 16), dropout=0))
losses = {}
for model in made:
    model.compile("adam", "sparse_categorical_crossentropy")
    y = np.arange(16) % model.output_shape[-1]
    losses[model.name] = model.fit(x, y, epochs=4, verbose=0).history["loss"]
print(json.dumps([keras.backend.backend(), losses]))
"""
    quick = "--xla_backend_optimization_level=0"  # to compile, not to run
    output = subprocess.run(
        [PYTHON, "-c", code],
        env={**os.environ, "KERAS_BACKEND": backend, "XLA_FLAGS": quick},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    used, losses = json.loads(output.splitlines()[-1])
    assert used == backend and len(losses) == 7
    for name, curve in losses.items():
        assert 10 > curve[0] > curve[-1] > 0, name
