import numpy as np
import pytest

from cnnkit import models, set_seed
from cnnkit.runtime import keras

FACTORIES = {"simple_cnn": models.simple_cnn, "mlp": models.mlp}


@pytest.fixture(params=FACTORIES.values(), ids=FACTORIES)
def factory(request):
    return request.param


# Published or hand-worked: 784·512+512 + 512·512+512 + 512·10+10 = 669,706;
# 260 + 5,020 + 32,100 + 1,010 = 38,390.
@pytest.mark.parametrize(
    ("factory", "parameters"), [(models.simple_cnn, 38_390), (models.mlp, 669_706)]
)
def test_parameter_counts(factory, parameters):
    assert factory().count_params() == parameters


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
    assert loss == pytest.approx(np.log(10), rel=0.15)


def test_saving_and_loading_changes_nothing(factory, few, tmp_path):
    model = factory(dropout=0.3)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
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
        ({"padding": "full"}, '`padding` to be "valid" or "same"'),
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
