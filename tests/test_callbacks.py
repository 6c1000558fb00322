import numpy as np
import pytest

from cnnkit import (
    callback_preset,
    early_stopping,
    model_checkpoint,
    models,
    reduce_lr_on_plateau,
)
from cnnkit.runtime import keras


def tiny_model():
    model = models.mlp(input_shape=(2, 2, 1), num_classes=2, hidden_units=[3])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def fit(model, callbacks, epochs):
    images, labels = np.ones((4, 2, 2, 1), "float32"), np.array([0, 1, 0, 1])
    return model.fit(
        images,
        labels,
        validation_data=(images, labels),
        epochs=epochs,
        callbacks=callbacks,
        verbose=0,
    )


class Curve(keras.callbacks.Callback):
    """Replaces the validation loss by a scripted one."""

    def __init__(self, losses):
        super().__init__()
        self.losses = losses

    def on_epoch_end(self, epoch, logs=None):
        logs["val_loss"] = self.losses[epoch]


def test_factories_return_kerass_own_callbacks():
    assert isinstance(early_stopping(), keras.callbacks.EarlyStopping)
    assert isinstance(reduce_lr_on_plateau(), keras.callbacks.ReduceLROnPlateau)
    assert isinstance(model_checkpoint("a.keras"), keras.callbacks.ModelCheckpoint)


def test_arguments_arrive():
    stop = early_stopping(
        "loss", patience=7, min_delta=0.1, restore_best_weights=False, baseline=0.5
    )
    assert (stop.monitor, stop.patience, stop.baseline) == ("loss", 7, 0.5)
    assert abs(stop.min_delta) == 0.1 and not stop.restore_best_weights
    plateau = reduce_lr_on_plateau(
        "loss", factor=0.5, patience=3, min_delta=0.2, cooldown=2, min_lr=0.01
    )
    assert (plateau.factor, plateau.patience, plateau.cooldown) == (0.5, 3, 2)
    assert plateau.min_lr == 0.01 and abs(plateau.min_delta) == 0.2
    save = model_checkpoint(
        "a.weights.h5", monitor="loss", save_best_only=False, save_weights_only=True
    )
    assert save.filepath == "a.weights.h5" and save.save_weights_only
    assert not save.save_best_only


def test_early_stopping_stops_and_goes_back():
    stop = early_stopping(patience=2)
    history = fit(tiny_model(), [Curve([3, 1, 2, 2, 2, 2]), stop], epochs=6)
    assert len(history.epoch) == 4  # the best, then two without a gain
    assert stop.best_epoch == 1


def test_the_rate_drops_on_a_plateau_by_the_factor():
    curve = Curve([1, 1, 1, 0.5])
    callbacks = [curve, reduce_lr_on_plateau(factor=0.5, patience=1)]
    history = fit(tiny_model(), callbacks, epochs=4)
    rates = history.history["learning_rate"]
    assert rates == pytest.approx([1e-3, 1e-3, 5e-4, 2.5e-4])


def test_checkpoint_keeps_the_best(tmp_path):
    path = tmp_path / "deep" / "best.keras"
    model = tiny_model()
    weights = []
    note = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: weights.append(model.get_weights())
    )
    fit(model, [Curve([3, 1, 2]), model_checkpoint(path), note], epochs=3)
    saved = keras.saving.load_model(path).get_weights()
    assert all(map(np.array_equal, saved, weights[1]))
    assert [p.name for p in path.parent.iterdir()] == ["best.keras"]


def test_checkpoint_writes_weights_under_its_template(tmp_path):
    path = tmp_path / "{epoch:02d}-{val_loss:.1f}.weights.h5"
    save = model_checkpoint(path, save_weights_only=True, save_best_only=False)
    fit(tiny_model(), [Curve([3, 1]), save], epochs=2)
    names = sorted(p.name for p in tmp_path.iterdir())
    assert names == ["01-3.0.weights.h5", "02-1.0.weights.h5"]


def test_a_crash_while_saving_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "best.keras"
    model = tiny_model()
    fit(model, [model_checkpoint(path)], epochs=1)
    before = path.read_bytes()

    def half_a_file(filepath, overwrite):
        filepath.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(model, "save", half_a_file)
    with pytest.raises(KeyboardInterrupt):
        fit(model, [model_checkpoint(path)], epochs=1)
    assert path.read_bytes() == before


@pytest.mark.parametrize("factory", [early_stopping, reduce_lr_on_plateau])
def test_unknown_mode_and_negative_patience(factory):
    with pytest.raises(ValueError, match="`mode` to be one of.*Did you mean 'min'"):
        factory(mode="minimum")
    with pytest.raises(ValueError, match="`patience`.*patience=-1"):
        factory(patience=-1)
    with pytest.raises(TypeError, match="`patience`"):
        factory(patience=2.5)
    with pytest.raises(ValueError, match="`min_delta`"):
        factory(min_delta=-1)


@pytest.mark.parametrize("factor", [0, 1, 1.5, -0.1])
def test_factors_that_would_not_lower_the_rate(factor):
    with pytest.raises(ValueError, match="`factor` to be a number above 0 and below 1"):
        reduce_lr_on_plateau(factor=factor)


@pytest.mark.parametrize("name", ["best.hdf5", "best", "best.pt", "best.keras.zip"])
def test_endings_that_keras_cannot_save(name):
    with pytest.raises(ValueError, match="end in .keras or .h5.*as .weights.h5"):
        model_checkpoint(name)


def test_weights_have_their_own_ending():
    with pytest.raises(ValueError, match="`filepath` to end in .weights.h5"):
        model_checkpoint("best.keras", save_weights_only=True)


def test_save_freq_is_checked():
    with pytest.raises(ValueError, match="`save_freq`"):
        model_checkpoint("best.keras", save_freq=0)


def test_standard_preset():
    stop, plateau, save = callback_preset("standard", "runs/mine")
    assert stop.patience > plateau.patience >= 1
    assert stop.restore_best_weights and save.save_best_only
    assert save.filepath.replace("\\", "/") == "runs/mine/best.keras"
    assert {stop.monitor, plateau.monitor, save.monitor} == {"val_loss"}


def test_preset_without_a_folder_saves_nothing():
    assert len(callback_preset("standard", None)) == 2


def test_presets_are_new_each_time():
    first, second = (callback_preset("standard", None) for _ in range(2))
    assert not set(map(id, first)) & set(map(id, second))


def test_unknown_preset():
    with pytest.raises(ValueError, match="one of 'standard'.*Did you mean 'standard'"):
        callback_preset("standart", None)
