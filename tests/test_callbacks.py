from pathlib import Path

import numpy as np
import pytest

from cnnkit import (
    callback_preset,
    early_stopping,
    model_checkpoint,
    models,
    reduce_lr_on_plateau,
)
from cnnkit.callbacks.templates import check_folder
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
    with pytest.raises(
        ValueError, match="one of 'quick', 'standard'.*Did you mean 'standard'"
    ):
        callback_preset("standart", None)


def late(metric):
    """A model that does not tell its logs before it has seen a batch."""

    class Late(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(1)

        def call(self, x):
            return self.dense(x)

    model = Late()
    model.compile("sgd", "mse", metrics=[metric])
    return model


def fit_numbers(model, callbacks, epochs=1, **keywords):
    x = np.ones((4, 1), "float32")
    return model.fit(x, x, epochs=epochs, callbacks=callbacks, verbose=0, **keywords)


@pytest.fixture
def begun():
    """The epochs that were begun, as seen by a callback behind the others."""

    class Count(keras.callbacks.Callback):
        epochs = 0

        def on_epoch_begin(self, epoch, logs=None):
            self.epochs += 1

    return Count()


WATCHERS = [
    early_stopping,
    reduce_lr_on_plateau,
    lambda monitor, **keywords: model_checkpoint("a.keras", monitor=monitor),
]


@pytest.mark.parametrize("factory", WATCHERS)
def test_a_monitor_that_fit_does_not_log(factory, begun, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    message = "`monitor` of .*'loss', 'accuracy', 'val_loss', 'val_accuracy'.*Did you"
    with pytest.raises(ValueError, match=message):
        fit(tiny_model(), [factory("val_acuracy", mode="max"), begun], epochs=1)
    assert begun.epochs == 0


@pytest.mark.parametrize("factory", WATCHERS)
def test_a_validation_loss_without_validation(factory, begun, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = tiny_model()
    images, labels = np.ones((4, 2, 2, 1), "float32"), np.array([0, 1, 0, 1])
    with pytest.raises(ValueError, match="Give fit validation_data"):
        model.fit(images, labels, callbacks=[factory("val_loss"), begun], verbose=0)
    assert begun.epochs == 0


def test_what_only_the_first_epoch_tells(begun):
    with pytest.raises(ValueError, match="`monitor` of EarlyStopping.*'loss'"):
        fit_numbers(late("mae"), [early_stopping("mse", mode="min"), begun], epochs=3)
    assert begun.epochs == 1


class OwnStep(keras.Sequential):
    """Logs what its own training step returns."""

    def train_step(self, data):
        return {"beauty": keras.ops.ones(())}


def several_outputs():
    x = keras.Input((1,))
    heads = [keras.layers.Dense(1, name=name)(x) for name in "ab"]
    model = keras.Model(x, heads)
    model.compile("sgd", loss=["mse", "mse"], metrics=[["mae"], ["mse"]])
    return model


@pytest.mark.filterwarnings("ignore:Early stopping conditioned")  # validation_freq=2
def test_no_false_alarms(begun):
    def fine(model, monitor, targets=None, before=(), **keywords):
        stop = early_stopping(monitor, mode="min", patience=9)
        x = np.ones((4, 1), "float32")
        targets = x if targets is None else targets
        before = [*before, stop, begun]
        model.fit(x, targets, epochs=2, callbacks=before, verbose=0, **keywords)

    x = np.ones((4, 1), "float32")

    def distance(y, p):
        return keras.ops.mean(keras.ops.abs(y - p))

    for _ in range(2):
        fine(late(distance), "distance")
    own = OwnStep([keras.Input((1,)), keras.layers.Dense(1)])
    own.compile("sgd", "mse")
    fine(own, "beauty")
    model = several_outputs()
    for monitor in ("a_loss", "a_mae", "b_mse", "val_b_loss"):
        fine(model, monitor, [x, x], validation_data=(x, [x, x]))
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=[keras.metrics.MeanAbsoluteError("far")])
    for _ in range(2):
        fine(model, "far")
        fine(model, "val_far", validation_split=0.5)
        fine(model, "val_loss", validation_data=(x, x), validation_freq=2)
        fine(model, "val_loss", before=[Curve([1, 1])])
        fine(model, "learning_rate", before=[reduce_lr_on_plateau("loss")])
    assert begun.epochs == 2 * (2 + 1 + 4 + 2 * 5)


def test_the_checkpoint_asks_for_no_monitor_that_it_does_not_use(tmp_path):
    save = model_checkpoint(tmp_path / "a.keras", save_best_only=False)
    fit_numbers(late("mae"), [save])
    assert (tmp_path / "a.keras").is_file()


@pytest.mark.parametrize(
    ("name", "keywords", "message"),
    [
        ("{epoch}-{val_los:.2f}.keras", {}, "{val_los} in filepath.*'val_loss'"),
        ("{batch}.keras", {}, "{batch} is known only when save_freq is a number"),
        (
            "{val_loss:.1f}.keras",
            {"save_freq": 1, "save_best_only": False},
            "Validation runs after an epoch",
        ),
        ("a.keras", {"save_freq": 1}, "`monitor` of .*after each batch: 'loss'"),
    ],
)
def test_fields_that_fit_does_not_log(name, keywords, message, begun, tmp_path):
    save = model_checkpoint(tmp_path / name, **keywords)
    with pytest.raises(ValueError, match=message):
        fit(tiny_model(), [save, begun], epochs=1)
    assert begun.epochs == 0 and not list(tmp_path.iterdir())


def test_fields_are_found_late_where_they_must(begun, tmp_path):
    save = model_checkpoint(tmp_path / "{mse}.keras", monitor="loss")
    with pytest.raises(
        ValueError, match="'epoch' and what fit logs.*{mse} in filepath"
    ):
        fit_numbers(late("mae"), [save, begun], epochs=3)
    assert begun.epochs == 1


def test_files_after_so_many_batches(tmp_path):
    path = tmp_path / "{epoch}-{batch:02d}-{loss:.0f}.weights.h5"
    save = model_checkpoint(
        path, monitor="loss", mode="min", save_freq=1, save_weights_only=True
    )
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    fit_numbers(model, [save], batch_size=1)
    assert list(tmp_path.glob("1-0*.weights.h5"))


@pytest.mark.parametrize(
    "name",
    ["{epoch.keras", "{}.keras", "{0}.keras", "epoch}.keras", "{epoch:zz}.keras"],
)
def test_malformed_templates(name):
    with pytest.raises(ValueError, match="`filepath` to be a file name with fields"):
        model_checkpoint(name)


@pytest.mark.parametrize(
    ("name", "better"),
    [("{epoch:2d}.keras", "{epoch:02d}"), ("{loss:9.2f}.keras", "{loss:.4f}")],
)
def test_padding_spaces_in_file_names(name, better):
    with pytest.raises(ValueError, match=f"without padding spaces.*Write {better}"):
        model_checkpoint(name)


@pytest.mark.parametrize("name", ["{epoch:02d} - {val_loss:.2f}.keras", "{{a}}.keras"])
def test_templates_that_are_fine(name):
    assert model_checkpoint(name).filepath == name


def test_a_folder_that_cannot_be_written(begun, tmp_path):
    (tmp_path / "file").touch()
    save = model_checkpoint(tmp_path / "file" / "{epoch}.keras")
    with pytest.raises(ValueError, match="`filepath` in a folder that can be written"):
        fit(tiny_model(), [save, begun], epochs=1)
    (tmp_path / "a.keras").mkdir()
    with pytest.raises(ValueError, match="`filepath` to name a file"):
        fit(tiny_model(), [model_checkpoint(tmp_path / "a.keras"), begun], epochs=1)
    assert begun.epochs == 0


def test_a_folder_that_holds_no_folders_is_named(tmp_path, monkeypatch):
    def refuse(path, **_):  # as /proc does
        if path.name == "inner":
            raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(ValueError, match="inner cannot be made in"):
        check_folder(str(tmp_path / "inner" / "a.keras"))


def test_verbose_is_a_number_or_a_flag():
    for factory in (early_stopping, reduce_lr_on_plateau):
        assert factory(verbose=True).verbose == 1
        with pytest.raises(ValueError, match="`verbose`.*verbose=2"):
            factory(verbose=2)
    with pytest.raises(TypeError, match="`verbose`.*verbose='yes'"):
        model_checkpoint("a.keras", verbose="yes")


def test_other_arguments_are_checked():
    for factory in (early_stopping, reduce_lr_on_plateau):
        with pytest.raises(TypeError, match="`monitor` to be the name of a log"):
            factory(3)
    with pytest.raises(TypeError, match="`monitor`"):
        model_checkpoint("a.keras", monitor=None)
    with pytest.raises(TypeError, match="`filepath` to be a path"):
        model_checkpoint(3)
    with pytest.raises(ValueError, match="`save_freq` to be 'epoch' or a number"):
        model_checkpoint("a.keras", save_freq="batch")
    with pytest.raises(ValueError, match="`mode`"):
        model_checkpoint("a.keras", mode="minimum")
    with pytest.raises(ValueError, match="`baseline`"):
        early_stopping(baseline=float("nan"))
    with pytest.raises(ValueError, match="`start_from_epoch`"):
        early_stopping(start_from_epoch=-1)
    with pytest.raises(ValueError, match="`cooldown`"):
        reduce_lr_on_plateau(cooldown=-1)
    with pytest.raises(ValueError, match="`min_lr`"):
        reduce_lr_on_plateau(min_lr=-1)
    with pytest.raises(TypeError, match="`initial_value_threshold`"):
        model_checkpoint("a.keras", initial_value_threshold="1")


@pytest.mark.parametrize("name", ["quick", "standard", "patient"])
def test_presets_lower_the_rate_before_they_stop(name):
    stop, plateau = callback_preset(name, None)
    assert plateau.patience < stop.patience and stop.restore_best_weights


def test_the_preset_of_the_notes_and_its_warning():
    with pytest.warns(UserWarning, match="the rate will never drop"):
        stop, plateau, save = callback_preset("notes", "run")
    assert (stop.patience, stop.mode, stop.restore_best_weights) == (3, "min", False)
    assert (plateau.patience, plateau.factor, plateau.min_lr) == (10, 0.1, 1e-4)
    assert save.filepath.endswith("{epoch:02d}-{val_loss:.2f}.keras")


def test_braces_in_the_run_folder_are_no_fields(tmp_path):
    callbacks = callback_preset("standard", tmp_path / "{run}")
    fit(tiny_model(), callbacks, epochs=1)
    assert (tmp_path / "{run}" / "best.keras").is_file()


def test_metrics_by_output_raise_no_false_alarm(few):
    chain = models.mlp(hidden_units=[4])
    model = keras.Model(chain.inputs, chain.outputs)  # Keras 3.10 needs names for it
    model.compile(
        "sgd",
        "sparse_categorical_crossentropy",
        metrics={"probabilities": ["accuracy"]},
    )
    images, labels = few.train.images[:32], few.train.labels[:32]
    callbacks = [early_stopping("val_accuracy")]
    data = {"validation_data": (images, labels), "callbacks": callbacks}
    model.fit(images, labels, verbose=0, **data)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: early_stopping(restore_best_weights="no"), TypeError, "True or False"),
        (lambda: model_checkpoint("a.keras", save_best_only=1), TypeError, "True or"),
        (
            lambda: model_checkpoint("a.weights.h5"),
            ValueError,
            "save_weights_only=True",
        ),
        (lambda: model_checkpoint(".keras"), ValueError, "`filepath` to end in"),
    ],
)
def test_flags_and_names_that_mean_something_else(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_name_with_validation_needs_it_after_each_epoch(few, tmp_path):
    model = models.mlp(hidden_units=[4])
    model.compile("sgd", "sparse_categorical_crossentropy")
    images, labels = few.train.images[:32], few.train.labels[:32]
    saving = model_checkpoint(tmp_path / "{epoch:02d}-{val_loss:.2f}.keras")
    data = {"validation_data": (images, labels), "validation_freq": 2}
    with pytest.raises(ValueError, match="validation after each epoch.*freq=2"):
        model.fit(images, labels, epochs=2, verbose=0, callbacks=[saving], **data)
