"""Batch normalisation's averages, taken anew."""

import dataclasses

import numpy as np
import pytest

from cnnkit import RandomDistortion, Recipe, models, set_seed, train
from cnnkit.recalibration import recalibrate
from cnnkit.recipes import RECIPES
from cnnkit.runtime import keras

layers = keras.layers


def chain(*inner):
    return keras.Sequential([keras.Input((2, 1, 1)), *inner])


def averages(layer):
    return np.array(layer.moving_mean), np.array(layer.moving_variance)


def test_the_averages_are_those_of_the_images():
    """By hand: 1, 3, 5, 7 have the mean 4 and the variance (9+1+1+9)/4 = 5."""
    norm = layers.BatchNormalization()
    images = np.array([1, 3, 5, 7], "float32").reshape(2, 2, 1, 1)
    recalibrate(chain(norm), images)
    assert averages(norm) == (np.array([4]), np.array([5]))


def test_several_batches_count_as_one():
    norm = layers.BatchNormalization()
    images = np.random.default_rng(0).normal(5, 2, (2_301, 2, 1, 1)).astype("float32")
    recalibrate(chain(norm), images)
    mean, variance = averages(norm)
    assert np.allclose(mean, images.mean(dtype=float), rtol=1e-6)
    assert np.allclose(variance, images.var(dtype=float), rtol=1e-5)


def test_each_layer_sees_what_the_one_before_has_normalised():
    """By hand: (x − 4) / √5 · 2 + 1 has the mean 1 and the variance 4."""
    first = layers.BatchNormalization(epsilon=1e-9)
    second = layers.BatchNormalization()
    model = chain(first, layers.Dropout(0.9), second)  # dropout stays out of it
    first.gamma.assign([2.0])
    first.beta.assign([1.0])
    recalibrate(model, np.array([1, 3, 5, 7], "float32").reshape(2, 2, 1, 1))
    assert np.allclose(averages(second), [[1], [4]], atol=1e-5)


def test_a_channel_has_averages_of_its_own_wherever_it_stands():
    images = np.random.default_rng(1).random((8, 3, 4, 5), "float32")
    for axis, others in ((-1, (0, 1, 2)), (1, (0, 2, 3))):
        norm = layers.BatchNormalization(axis=axis)
        recalibrate(keras.Sequential([keras.Input((3, 4, 5)), norm]), images)
        mean, variance = averages(norm)
        assert np.allclose(mean, images.mean(others), atol=1e-6)
        assert np.allclose(variance, images.var(others), atol=1e-6)


def test_models_inside_and_bare_operations_are_followed():
    norm = layers.BatchNormalization()
    inputs = keras.Input((2, 1, 1))
    inner = keras.Sequential([keras.Input((2, 1, 1)), norm])
    model = keras.Model(inputs, inner(keras.ops.square(inputs)))
    recalibrate(model, np.array([1, 3, 5, 7], "float32").reshape(2, 2, 1, 1))
    assert np.allclose(averages(norm)[0], (1 + 9 + 25 + 49) / 4)


def test_a_frozen_layer_keeps_its_averages():
    frozen, free = layers.BatchNormalization(), layers.BatchNormalization()
    model = chain(frozen, free)
    frozen.trainable = False
    recalibrate(model, np.array([1, 3, 5, 7], "float32").reshape(2, 2, 1, 1))
    assert averages(frozen) == (np.array([0]), np.array([1]))
    assert np.allclose(averages(free)[0], 4, atol=0.01)  # as they came in


def test_half_precision_is_summed_in_full():
    norm = layers.BatchNormalization(dtype="mixed_bfloat16")
    images = np.full((1_000, 2, 1, 1), 3, "float32")
    images[:, 0] = 1
    recalibrate(chain(norm), images)
    assert averages(norm) == (np.array([2]), np.array([1]))


def small_model():
    set_seed(5)
    return models.fast_cnn(filters=(2, 3), kernel_size=3)


class Seen(keras.callbacks.Callback):
    """The trained weights after each step."""

    def __init__(self):
        super().__init__()
        self.trained = []

    def on_train_batch_end(self, batch, logs=None):
        self.trained.append([np.array(v) for v in self.model.trainable_variables])


@pytest.mark.parametrize("ema", [None, 0.9])
def test_a_recipe_recalibrates_before_each_validation(few, ema, tmp_path):
    recipe = Recipe(
        batch_size=64, epochs=2, ema_momentum=ema, augmentation=[RandomDistortion()]
    )
    plain = small_model()
    watch = Seen()
    train(plain, few, recipe=recipe, callbacks=[watch], seed=3, progress=False)
    model, seen = small_model(), Seen()
    again = dataclasses.replace(recipe, recalibrate=400)
    options = {"recipe": again, "seed": 3, "progress": False}
    history = train(model, few, callbacks=[seen], **options)
    # Training itself is the same, to the last bit, in the second epoch too.
    assert len(seen.trained) == 16
    for one, other in zip(watch.trained, seen.trained, strict=True):
        assert all(map(np.array_equal, one, other))
    # What the model holds now are the averages of 400 images of the 512.
    chosen = few.train.images[np.linspace(0, 511, 400).round().astype(int)]
    before, held = model.get_weights(), model.evaluate(*few.validation, verbose=0)
    recalibrate(model, chosen)
    for one, other in zip(before, model.get_weights(), strict=True):
        assert np.allclose(one, other, atol=1e-6)
    norm = next(x for x in model.layers if isinstance(x, layers.BatchNormalization))
    assert not np.allclose(averages(norm), averages(plain.get_layer(norm.name)))
    assert np.isclose(history.history["val_loss"][-1], held[0], atol=1e-5)
    # The checkpoint holds them too.
    model = small_model()
    history = train(model, few, run_dir=tmp_path, **options)
    saved = keras.saving.load_model(tmp_path / "best.keras")
    best = min(history.history["val_loss"])
    assert np.isclose(saved.evaluate(*few.validation, verbose=0)[0], best, atol=1e-5)


def test_a_model_without_batch_normalisation_is_left_alone(few):
    recipe = Recipe(epochs=1)
    weights = []
    for chosen in (recipe, dataclasses.replace(recipe, recalibrate=100)):
        set_seed(5)
        model = models.mlp(hidden_units=[8])
        train(model, few, recipe=chosen, callbacks=[], seed=3, progress=False)
        weights.append(model.get_weights())
    assert all(map(np.array_equal, *weights))


def test_a_model_that_branches_is_refused_before_it_trains(few):
    inputs = keras.Input((28, 28, 1))
    flat = layers.Flatten()(layers.AveragePooling2D(7)(inputs))
    both = layers.Add()([flat, layers.BatchNormalization()(flat)])
    branching = keras.Model(inputs, layers.Dense(10, activation="softmax")(both))
    recipe = Recipe(epochs=1, recalibrate=100)
    with pytest.raises(ValueError, match="Expected a chain of layers"):
        train(branching, few, recipe=recipe, progress=False)

    class Own(keras.Sequential):
        def call(self, inputs, training=None, mask=None):
            return super().call(inputs, training=training, mask=mask)

    own = Own([keras.Input((28, 28, 1)), *small_model().layers])
    with pytest.raises(ValueError, match="set the recipe's `recalibrate` to None"):
        train(own, few, recipe=recipe, progress=False)


def test_it_is_part_of_the_accurate_recipe_alone():
    wanted = {name: recipe.recalibrate for name, recipe in RECIPES.items()}
    assert wanted == {"standard": None, "fast": None, "fastest": None} | {
        "accurate": 5_000
    }
    assert "recalibrate=5000" in repr(RECIPES["accurate"])


@pytest.mark.parametrize("wrong", [0, 2.5, True, "all"])
def test_a_recipe_refuses_what_is_no_number_of_images(wrong):
    with pytest.raises((TypeError, ValueError), match="`recalibrate` to be"):
        Recipe(recalibrate=wrong)
