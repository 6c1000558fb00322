import dataclasses
import functools
import math
import time
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pytest

from cnnkit.callbacks import (
    callback_preset,
    early_stopping,
    model_checkpoint,
    reduce_lr_on_plateau,
    rehearse,
)
from cnnkit.plots import rehearsal as draw
from cnnkit.runtime import keras, tensorflow

KERAS = keras.callbacks
NAN = math.nan
CURVE = [3, 2, 2.05, 1.5, 1.45, 1.6, 1.44, 1.7, 1.7, 1.2, 1.3, 1.3, 1.3, 1.3]
RISING = [-value for value in CURVE]


class Script(KERAS.Callback):
    """First in the list: sets the weight to the epoch, and the logs to a script."""

    def __init__(self, script):
        super().__init__()
        self.script, self.rates = script, []

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch + 1

    def on_train_batch_end(self, batch, logs=None):
        self.model.set_weights([np.full((1, 1), self.epoch)])

    def on_epoch_end(self, epoch, logs=None):
        self.rates.append(float(self.model.optimizer.learning_rate))
        logs.update({name: values[epoch] for name, values in self.script.items()})


def noted(keep, saved, folder):
    """A way of saving that also notes the epoch, which is the weight, and the file."""

    def save(path, *arguments, **keywords):
        keep(path, *arguments, **keywords)
        name = str(path)[len(str(folder)) + 1 :].replace(".partial-", "")
        saved.append((int(keep.__self__.get_weights()[0].item()), name))

    return save


@functools.cache
def one_weight():
    """A model that is traced once, for all tests; `Script` sets its weight."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    accuracy = keras.metrics.BinaryAccuracy(name="accuracy")
    model.compile(keras.optimizers.SGD(1e-3), "mse", metrics=[accuracy])
    return model


@functools.cache
def batches_of_one(steps):
    """As a plain `Dataset`: Keras makes a new iterator for each epoch."""
    data = tensorflow().data
    one = np.ones((1, 1), "float32")
    dataset = data.Dataset.from_tensors((one, one)).repeat(steps)
    options = data.Options()
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False
    return dataset.with_options(options)


def really(callbacks, losses, folder, steps=1):
    """The same from a real `fit`, whose files go to the folder."""
    script = (
        losses if isinstance(losses, dict) else {"loss": losses, "val_loss": losses}
    )
    epochs = len(next(iter(script.values())))
    model = one_weight()
    model.optimizer.learning_rate = 1e-3
    saved = []
    for save in ("save", "save_weights"):
        keep = getattr(type(model), save).__get__(model)
        setattr(model, save, noted(keep, saved, folder))
    first = Script(script)
    history = model.fit(
        batches_of_one(steps),
        epochs=epochs,
        shuffle=False,
        validation_data=batches_of_one(steps),
        callbacks=[first, *callbacks],
        verbose=0,
    )
    ran, weight = len(history.epoch), int(model.get_weights()[0].item())
    stops = [c for c in callbacks if isinstance(c, KERAS.EarlyStopping)]
    best = stops[0].best_epoch + 1 if stops and stops[0].best is not None else None
    return {
        "learning_rates": first.rates,
        "stopped_epoch": ran if model.stop_training else None,
        "restored_epoch": weight if weight != ran else None,
        "saved_files": saved,
    } | ({"best_epoch": best} if stops else {})


STOP = [
    {},
    {"patience": 1},
    {"patience": 0},
    {"patience": 20},
    {"patience": 2, "min_delta": 0.2},
    {"patience": 2, "restore_best_weights": False},
    {"patience": 2, "baseline": 1.8},
    {"patience": 2, "baseline": 0.1},
    {"patience": 1, "start_from_epoch": 5},
    {"patience": 1, "start_from_epoch": 50},
    {"patience": 2, "mode": "max"},
    {"patience": 2, "monitor": "loss", "mode": "min"},
]
PLATEAU = [
    {},
    {"patience": 2, "factor": 0.5},
    {"patience": 0},
    {"min_delta": 0.2},
    {"mode": "max"},
    {"mode": "min", "monitor": "loss"},
    {"cooldown": 2, "factor": 0.9},
    {"min_lr": 5e-4},
    {"factor": 0.1, "min_lr": 0},
]
SAVE = [
    {},
    {"save_best_only": False},
    {"mode": "max"},
    {"mode": "min", "monitor": "loss"},
    {"initial_value_threshold": 1.45},
    {"save_freq": 4, "save_best_only": False},
    {"save_freq": 1, "save_best_only": False},
]
TWINS = {
    "stop": (early_stopping, KERAS.EarlyStopping),
    "plateau": (reduce_lr_on_plateau, KERAS.ReduceLROnPlateau),
    "save": (model_checkpoint, KERAS.ModelCheckpoint),
}
CASES = [("stop", k) for k in STOP] + [("plateau", k) for k in PLATEAU]


def agree(callbacks, losses, folder, **keywords):
    shown = rehearse(
        callbacks, losses, **{f"{k}_per_epoch": keywords[k] for k in keywords}
    )
    assert not list(folder.iterdir())  # the rehearsal wrote nothing
    real = really(callbacks, losses, folder, **keywords)
    assert {name: getattr(shown, name) for name in real} == real
    return shown


@pytest.mark.parametrize("kind", [0, 1], ids=["kit", "keras"])
@pytest.mark.parametrize(("name", "keywords"), CASES, ids=str)
def test_a_real_fit_does_what_was_rehearsed(name, keywords, kind, tmp_path):
    agree([TWINS[name][kind](**keywords)], CURVE, tmp_path)


@pytest.mark.parametrize("kind", [0, 1], ids=["kit", "keras"])
@pytest.mark.parametrize("keywords", SAVE, ids=str)
def test_a_real_fit_saves_what_was_rehearsed(keywords, kind, tmp_path):
    path = tmp_path / "{epoch:02d}-{loss:.1f}.weights.h5"
    keywords = {"save_best_only": True, "save_weights_only": True, **keywords}
    if keywords.get("save_freq"):  # the logs of a batch are not scripted
        path = tmp_path / "{epoch:02d}-{batch:02d}.weights.h5"
    save = TWINS["save"][kind](filepath=path, **keywords)
    steps = {"steps": 3} if keywords.get("save_freq") else {}
    shown = agree([save], CURVE[:8], tmp_path, **steps)
    assert {name for _, name in shown.saved_files} == {
        p.name for p in tmp_path.iterdir()
    }


@pytest.mark.parametrize("losses", [[2, NAN, 1, 1, 1, 1], [NAN, 1, 2, 1], [NAN] * 3])
def test_nan_does_in_a_rehearsal_what_it_does_in_fit(losses, tmp_path):
    path = tmp_path / "best.keras"
    save = model_checkpoint(path)
    agree([early_stopping(patience=2), reduce_lr_on_plateau(), save], losses, tmp_path)


def test_whole_models_overwritten(tmp_path):
    save = model_checkpoint(tmp_path / "best.keras")
    shown = agree([save], [3, 2, 2, 1], tmp_path)
    assert shown.saved_files == [(e, "best.keras") for e in (1, 2, 4)]


def test_folders_of_a_template_are_not_made(tmp_path):
    path = tmp_path / "deep" / "{epoch}" / "m.keras"
    shown = rehearse(model_checkpoint(path), [2, 1])
    assert shown.saved_files == [(1, "1/m.keras"), (2, "2/m.keras")]
    assert not list(tmp_path.iterdir())


def test_logs_by_name_and_their_direction(tmp_path):
    logs = {"val_loss": CURVE, "val_accuracy": RISING[:5] + [9] + RISING[6:]}
    callbacks = [
        early_stopping("val_accuracy", patience=3),
        reduce_lr_on_plateau("val_accuracy", patience=2),
    ]
    shown = agree(callbacks, logs, tmp_path)
    assert (shown.best_epoch, shown.stopped_epoch, shown.monitor) == (
        *(6, 9),
        "val_accuracy",
    )


def test_schedulers_and_subclasses(tmp_path):
    class Halve(KERAS.EarlyStopping):
        """Halves the rate too, whenever it counts an epoch without a gain."""

        def on_epoch_end(self, epoch, logs=None):
            super().on_epoch_end(epoch, logs)
            if self.wait:
                rate = self.model.optimizer.learning_rate
                self.model.optimizer.learning_rate = float(rate) / 2

    schedule = KERAS.LearningRateScheduler(lambda epoch, rate: rate * 0.9)
    agree([schedule, Halve(patience=3)], CURVE, tmp_path)


@pytest.mark.filterwarnings("ignore:With the preset")
@pytest.mark.parametrize("name", ["quick", "standard", "patient", "notes"])
def test_presets(name, tmp_path):
    agree(callback_preset(name, tmp_path), CURVE, tmp_path)


def test_by_hand():
    shown = rehearse(
        [early_stopping(patience=3), reduce_lr_on_plateau(factor=0.5, patience=2)],
        [3, 1, 2, 2, 2, 2],
        learning_rate=0.25,
    )
    assert shown.learning_rates == [0.25, 0.25, 0.25, 0.25, 0.125]
    assert (shown.stopped_epoch, shown.best_epoch, shown.restored_epoch) == (5, 2, 2)
    assert repr(shown).splitlines() == [
        "Rehearsal: 5 of 6 epochs ran, counted from 1",
        "  epoch   1: learning rate 0.25",
        "  epoch   2: best val_loss, 1",
        "  epoch   5: learning rate 0.25 → 0.125",
        "  epoch   5: training stopped",
        "  epoch   5: weights of epoch 2 restored",
    ]
    with pytest.raises(dataclasses.FrozenInstanceError):
        shown.best_epoch = 1


def test_the_notes_never_lower_the_rate():
    with pytest.warns(UserWarning, match="the rate will never drop"):
        callbacks = callback_preset("notes", None)
    assert set(rehearse(callbacks, CURVE).learning_rates) == {float(np.float32(1e-3))}


def test_callbacks_stay_as_they_were(tmp_path):
    callbacks = callback_preset("standard", tmp_path)
    before = [{k: v for k, v in vars(callback).items()} for callback in callbacks]
    assert rehearse(callbacks, CURVE) == rehearse(callbacks, CURVE)
    assert [vars(callback) for callback in callbacks] == before
    agree(callbacks, CURVE, tmp_path)
    rehearse(callbacks, CURVE)  # after a fit: they hold its model
    assert isinstance(callbacks[0].model, keras.Model)


def test_it_is_fast():
    callbacks = callback_preset("standard", "run")
    rehearse(callbacks, [1.0])
    took = []
    for _ in range(5):
        start = time.process_time()
        rehearse(callbacks, list(np.linspace(1, 0.5, 100)))
        took.append(time.process_time() - start)
    assert min(took) < 0.2


def test_callbacks_that_only_write_are_left_out(tmp_path):
    rehearse([KERAS.CSVLogger(tmp_path / "log.csv")], [1, 2])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("wrong", ["standard", None, [print], 3])
def test_only_callbacks(wrong):
    with pytest.raises(TypeError, match="`callbacks` to be a Keras callback or a list"):
        rehearse(wrong, [1])


def test_a_callback_that_cannot_be_copied():
    stop = early_stopping()
    stop.file = (n for n in [])
    with pytest.raises(TypeError, match="`callbacks` that can be copied"):
        rehearse(stop, [1])


@pytest.mark.parametrize("wrong", [3, "abc", [None], [True], ["1"], {"loss": 3}])
def test_losses_are_numbers(wrong):
    with pytest.raises(TypeError, match="to be a number for each epoch"):
        rehearse(early_stopping(), wrong)


def test_losses_are_as_long_as_each_other_and_not_empty():
    with pytest.raises(ValueError, match="and at least one"):
        rehearse(early_stopping(), [])
    for wrong in ({}, {1: [2]}):
        with pytest.raises(ValueError, match="at least one named log"):
            rehearse(early_stopping(), wrong)
    with pytest.raises(ValueError, match="logs of one length in `losses`"):
        rehearse(early_stopping(), {"loss": [1], "val_loss": [1, 2]})


def test_numbers_are_checked():
    for rate in (0, -1, NAN):
        with pytest.raises(ValueError, match="`learning_rate`"):
            rehearse(early_stopping(), [1], learning_rate=rate)
    with pytest.raises(ValueError, match="`steps_per_epoch`"):
        rehearse(early_stopping(), [1], steps_per_epoch=0)


def test_a_monitor_that_the_script_lacks():
    with pytest.raises(ValueError, match="`monitor` of EarlyStopping.*'loss', 'val_l"):
        rehearse(early_stopping("val_acuracy", mode="max"), [1, 2])


def test_a_rehearsal_has_no_model():
    class Looks(KERAS.Callback):
        def on_train_begin(self, logs=None):
            self.model.layers  # noqa: B018

    with pytest.raises(AttributeError, match="a rehearsal trains no model"):
        rehearse(Looks(), [1])


@pytest.mark.parametrize(
    "losses", [CURVE, [NAN, 2, 1], [NAN] * 4, [1], [1, math.inf, 1], list(range(100))]
)
def test_the_figure(losses):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        shown = rehearse(callback_preset("standard", "run"), losses)
    _, ax = plt.subplots()
    assert draw(shown, ax) is ax
    ax.figure.canvas.draw()
    assert ax.get_xlabel() == "epoch" and ax.get_ylabel() == "val loss"
    right = ax.figure.axes[1]
    assert right.get_ylabel() == "learning rate" and right.get_yscale() == "log"
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert "learning rate" in labels
    if shown.stopped_epoch:
        assert f"stopped after epoch {shown.stopped_epoch}" in labels


def test_the_figure_draws_what_was_rehearsed():
    shown = rehearse(callback_preset("standard", "run"), CURVE)
    ax = draw(shown)
    lines = {line.get_label(): line for line in ax.get_lines()}
    assert lines["val_loss"].get_ydata().tolist() == CURVE[: len(shown.learning_rates)]
    best = f"best epoch: {shown.best_epoch}"
    assert list(lines[best].get_xdata()) == [shown.best_epoch] * 2
    assert list(lines["file kept"].get_xdata()) == [shown.saved_files[-1][0]]
    values = ax.figure.axes[1].patches[0].get_data().values
    assert values.tolist() == shown.learning_rates
