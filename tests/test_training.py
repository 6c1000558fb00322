import csv
import dataclasses
import importlib.util
import json
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from conftest import PYTHON

from cnnkit import (
    Recipe,
    callback_preset,
    early_stopping,
    models,
    set_seed,
    train,
)
from cnnkit.batches import ShuffledBatches
from cnnkit.recipes import RECIPES, recipe_named
from cnnkit.runtime import keras
from cnnkit.snapshots import FILE, read_snapshot


def small_model(**keywords):
    """A small network with dropout, so that random seeds are part of its state."""
    return models.mlp(hidden_units=[16], dropout=0.2, **keywords)


def same_weights(a, b):
    pairs = zip(a.get_weights(), b.get_weights(), strict=True)
    return a.count_params() > 0 and all(np.array_equal(*pair) for pair in pairs)


def test_training_learns(few):
    set_seed(0)
    model = models.simple_cnn()
    history = train(model, few, epochs=8, progress=False)
    losses = history.history["loss"]
    assert losses[-1] < 0.5 * losses[0]
    assert history.history["val_accuracy"][-1] > 0.7


def test_what_is_logged_and_where_it_goes(few, tmp_path):
    history = train(small_model(), few, epochs=2, run_dir=tmp_path / "run")
    assert set(history.history) == {
        *("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")
    }
    assert history.epoch == [0, 1]
    files = sorted(path.name for path in (tmp_path / "run").iterdir())
    assert files == ["best.keras", "history.csv", FILE]
    with open(tmp_path / "run" / "history.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    for name, values in history.history.items():
        assert [float(row[name]) for row in rows] == values


def test_the_recipe_is_followed(few):
    model = small_model()
    recipe = Recipe(optimizer="sgd", learning_rate=0.25, batch_size=100, epochs=3)
    history = train(model, few, recipe=recipe, callbacks=[], progress=False)
    assert isinstance(model.optimizer, keras.optimizers.SGD)
    assert float(model.optimizer.learning_rate) == 0.25
    assert len(history.epoch) == 3
    assert int(model.optimizer.iterations) == 3 * 6  # 512 images: five full and a rest


def test_epochs_override_the_recipe(few):
    assert len(train(small_model(), few, epochs=1, progress=False).epoch) == 1


def test_a_model_that_ends_in_scores_trains_as_well(few):
    set_seed(0)
    scores = keras.Sequential(models.simple_cnn().layers[:-1])
    scores.build((None, 28, 28, 1))
    set_seed(0)
    shares = models.simple_cnn()
    first = train(scores, few, epochs=2, seed=1, progress=False).history["loss"]
    second = train(shares, few, epochs=2, seed=1, progress=False).history["loss"]
    assert first == pytest.approx(second, rel=1e-3)


def test_seed_fixes_the_order_of_the_images(few):
    def losses(seed):
        set_seed(0)
        model = small_model()
        return train(model, few, epochs=2, seed=seed, progress=False).history["loss"]

    assert losses(1) == losses(1) != losses(2)


def test_every_image_is_read_once_an_epoch_in_a_new_order(few):
    from cnnkit.batches import ShuffledBatches

    labels = np.arange(512)
    batches = ShuffledBatches(labels, labels, 100, seed=3)
    orders = []
    for epoch in (0, 1):
        batches.shuffle(epoch)
        orders.append(np.concatenate([batches[i][1] for i in range(len(batches))]))
        assert sorted(orders[-1]) == list(range(512))
    assert not np.array_equal(*orders)


def test_resuming_gives_what_a_run_without_a_break_gives(few, tmp_path):
    set_seed(1)
    whole = small_model()
    wanted = train(whole, few, epochs=5, run_dir=tmp_path / "a", seed=4)

    set_seed(1)
    train(small_model(), few, epochs=2, run_dir=tmp_path / "b", seed=4)
    set_seed(99)  # another process: other weights, other seeds
    model = small_model()
    history = train(model, few, epochs=5, run_dir=tmp_path / "b", resume=True)
    assert history.history == wanted.history and history.epoch == wanted.epoch
    assert same_weights(model, whole)
    best = [keras.saving.load_model(tmp_path / d / "best.keras") for d in "ab"]
    assert same_weights(*best)


def scripted(losses):
    """A callback that replaces the validation loss; it must come first."""

    def replace(epoch, logs):
        logs["val_loss"] = losses[epoch]

    return keras.callbacks.LambdaCallback(on_epoch_end=replace)


def test_patience_counters_survive(few, tmp_path):
    losses = [3, 2, 2.5, 2.5, 2.5, 2.5, 2.5]

    def go(epochs, run, resume):
        stop = early_stopping(patience=3)
        callbacks = [scripted(losses), stop]
        keywords = {"callbacks": callbacks, "progress": False, "resume": resume}
        history = train(small_model(), few, epochs=epochs, run_dir=run, **keywords)
        return stop, history

    _, wanted = go(7, tmp_path / "a", False)
    assert len(wanted.epoch) == 5  # the best is the second; three more without gain
    go(4, tmp_path / "b", False)
    stop, history = go(7, tmp_path / "b", True)
    assert len(history.epoch) == 5 and stop.best_epoch == 1 and stop.best == 2


class Diary(keras.callbacks.Callback):
    """A callback of a learner's own, with state of every kind."""

    def __init__(self):
        super().__init__()
        self.count, self.seen, self.pair = 0, [], (0, None)
        self.losses, self.total = {}, np.zeros(2)

    def on_epoch_end(self, epoch, logs=None):
        self.count += 1
        self.seen.append(epoch)
        self.pair = (epoch, "text")
        self.losses[epoch] = logs["val_loss"]
        self.total += 1


def test_state_of_every_kind_survives(few, tmp_path):
    diary = Diary()
    for epochs, resume in ((2, False), (3, True)):
        diary = Diary()
        train(
            *(small_model(), few),
            epochs=epochs,
            callbacks=[scripted([3, 2, 1]), diary],
            run_dir=tmp_path,
            resume=resume,
            progress=False,
        )
    assert (diary.count, diary.seen, diary.pair) == (3, [0, 1, 2], (2, "text"))
    assert diary.losses == {0: 3, 1: 2, 2: 1} and diary.total.tolist() == [3, 3]


@pytest.mark.parametrize("breaks", [[], [2], [1, 2, 4]])
def test_the_plateau_of_the_preset_survives(few, tmp_path, breaks):
    """By hand: 0.995 and 0.991 gain less than 0.01 on 1, so the rate drops twice.

    Then 0.989 gains enough, and the rate stays.
    """
    losses = [1, 0.995, 0.991, 0.989, 0.988]
    for epochs in [*breaks, 5]:
        chosen = [scripted(losses), *callback_preset("standard", tmp_path)]
        history = train(
            *(small_model(), few),
            epochs=epochs,
            callbacks=chosen,
            run_dir=tmp_path,
            resume=True,
            progress=False,
        )
    rates = history.history["learning_rate"]
    assert rates == pytest.approx([4e-3, 4e-3, 1.2e-3, 3.6e-4, 3.6e-4], rel=1e-5)


def test_a_finished_run_is_not_trained_again(few, tmp_path):
    stop = [scripted([1, 2, 2]), early_stopping(patience=1)]
    keywords = {"run_dir": tmp_path, "progress": False}
    first = small_model()
    train(first, few, epochs=3, callbacks=stop, **keywords)
    before = (tmp_path / FILE).read_bytes()

    again = [scripted([1, 2, 2]), early_stopping(patience=1)]
    second = small_model()
    history = train(second, few, epochs=3, callbacks=again, resume=True, **keywords)
    assert len(history.epoch) == 2
    assert same_weights(first, second)
    assert (tmp_path / FILE).read_bytes() == before


def test_more_epochs_go_on_from_the_last(few, tmp_path):
    train(small_model(), few, epochs=2, run_dir=tmp_path, progress=False)
    history = train(
        small_model(), few, epochs=3, run_dir=tmp_path, resume=True, progress=False
    )
    assert history.epoch == [0, 1, 2]


def test_resume_without_a_run_starts_one(few, tmp_path):
    history = train(
        small_model(), few, epochs=1, run_dir=tmp_path, resume=True, progress=False
    )
    assert history.epoch == [0]


def test_starting_anew_forgets_the_old_run(few, tmp_path):
    train(small_model(), few, epochs=2, run_dir=tmp_path, progress=False)
    train(small_model(), few, epochs=1, run_dir=tmp_path, progress=False)
    assert read_snapshot(tmp_path).epochs_done == 1


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"recipe": Recipe(batch_size=64)}, "the recipe of the run in"),
        ({"seed": 5}, r"the seed of the run in .* \(4\). Received: 5"),
        ({"callbacks": []}, "the callbacks of the run in .*EarlyStopping"),
        ({"model": models.mlp(hidden_units=[8])}, "the model of the run in"),
        ({"model": models.mlp(hidden_units=[16])}, "the model of the run in"),
    ],
    ids=["recipe", "seed", "callbacks", "model", "dropout"],
)
def test_another_run_is_not_mixed_in(few, tmp_path, keywords, message):
    train(small_model(), few, epochs=1, run_dir=tmp_path, seed=4, progress=False)
    before = (tmp_path / FILE).read_bytes()
    model = keywords.pop("model", None) or small_model()
    with pytest.raises(ValueError, match=message):
        train(model, few, run_dir=tmp_path, resume=True, progress=False, **keywords)
    assert (tmp_path / FILE).read_bytes() == before


@pytest.mark.parametrize("damage", [b"", b"PK half a file", b"nonsense"])
def test_a_damaged_snapshot_is_refused(few, tmp_path, damage):
    (tmp_path / FILE).write_bytes(damage)
    with pytest.raises(ValueError, match=f"{FILE} to .* Remove it and train from"):
        train(small_model(), few, run_dir=tmp_path, resume=True, progress=False)
    assert (tmp_path / FILE).read_bytes() == damage


def test_a_truncated_snapshot_is_refused(few, tmp_path):
    train(small_model(), few, epochs=1, run_dir=tmp_path, progress=False)
    content = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match="truncated or altered"):
        read_snapshot(tmp_path)


def test_another_npz_is_no_snapshot(tmp_path):
    np.savez(tmp_path / FILE, record="{}")
    with pytest.raises(ValueError, match="to be a snapshot of a training run"):
        read_snapshot(tmp_path)


def broken(few, **changes):
    return (few.train._replace(**changes), few.validation)


def test_data_that_do_not_fit_the_model(few):
    images, labels = few.train
    wrong = {
        r"train images to have the shape \(N, 28, 28, 1\)": {"images": images[:, :9]},
        "one label for each of the 512 train images": {"labels": labels[:-1]},
        "train labels to be integers from 0 to 9.*float": {"labels": labels / 2},
        "labels to be integers.*type <U": {"labels": labels.astype(str)},
        "integers from 0 to 9. Received: labels from 1 to": {"labels": labels + 1},
    }
    for message, change in wrong.items():
        with pytest.raises(ValueError, match=message):
            train(small_model(), broken(few, **change), progress=False)


@pytest.mark.parametrize("data", [None, (), 3, "mnist", (1, 2)])
def test_data_of_another_form(data):
    with pytest.raises(ValueError, match=r"`data` to be \(train, validation\)"):
        train(small_model(), data, progress=False)


def test_validation_must_not_be_empty(few):
    none = few.validation._replace(images=few.validation.images[:0], labels=[])
    with pytest.raises(ValueError, match="at least one image"):
        train(small_model(), (few.train, none), progress=False)


def test_a_model_must_be_built(few):
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10)])
    with pytest.raises(ValueError, match="`model` to be built"):
        train(model, few, progress=False)


def test_a_model_must_end_in_classes(few):
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(10, activation="sigmoid", name="yes"),
        ]
    )
    with pytest.raises(ValueError, match="yes, which ends in sigmoid"):
        train(model, few, progress=False)


def test_probabilities_are_seen_behind_other_layers(few):
    inner = models.simple_cnn()
    model = keras.Sequential(
        [keras.Input((28, 28, 1)), inner, keras.layers.Reshape((10,))]
    )
    train(model, few, epochs=1, progress=False)
    assert model.loss.get_config()["from_logits"] is False


def test_an_optimizer_of_ones_own_resumes_too(few, tmp_path):
    recipe = Recipe(optimizer=keras.optimizers.SGD(momentum=0.9), learning_rate=0.1)
    for epochs in (1, 2):
        model = small_model()
        keywords = {"run_dir": tmp_path, "resume": True, "progress": False}
        history = train(model, few, recipe=recipe, epochs=epochs, **keywords)
    assert history.epoch == [0, 1] and model.optimizer.momentum == 0.9


def test_a_run_folder_that_cannot_be(few, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="`run_dir` to be a folder"):
        train(small_model(), few, run_dir=tmp_path / "file")


def test_other_arguments_are_checked(few):
    with pytest.raises(ValueError, match="`recipe` to be one of 'standard'"):
        train(small_model(), few, recipe="standrad")
    with pytest.raises(ValueError, match="`epochs`"):
        train(small_model(), few, epochs=0)
    with pytest.raises(ValueError, match="`run_dir` to resume the run from"):
        train(small_model(), few, resume=True)
    with pytest.raises(TypeError, match="list of Keras callbacks"):
        train(small_model(), few, callbacks=[print])
    for wrong in (None, early_stopping()):
        with pytest.raises(TypeError, match="list of Keras callbacks"):
            train(small_model(), few, callbacks=wrong)


def test_recipes_are_frozen_and_checked():
    recipe = recipe_named("standard")
    assert recipe is RECIPES["standard"]
    assert recipe_named(recipe, 2) == dataclasses.replace(recipe, epochs=2)
    with pytest.raises(dataclasses.FrozenInstanceError):
        recipe.epochs = 3
    for wrong in ({"learning_rate": 0}, {"batch_size": 0}, {"epochs": 0}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Recipe(**wrong)
    for wrong in ("adamm", 3):
        with pytest.raises(ValueError, match="`optimizer` to be the name of a Keras"):
            Recipe(optimizer=wrong)


CHILD = """
import sys, numpy as np
from cnnkit import load_mnist, models, set_seed, train
train_set, validation, test = load_mnist()
few = [(part.images[:512], part.labels[:512]) for part in (train_set, validation)]
set_seed(int(sys.argv[2]))
model = models.mlp(hidden_units=[16], dropout=0.2)
print("ready", flush=True)
history = train(model, few, epochs=12, run_dir=sys.argv[1], seed=4, resume=True)
import json
print(json.dumps(history.history))
"""


def start_child(run_dir, seed):
    """Start the training of CHILD, and wait until it is about to begin."""
    child = subprocess.Popen(
        [PYTHON, "-c", CHILD, run_dir, str(seed)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "ready\n"
    return child


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_ten_kills_at_random_moments_lose_nothing(tmp_path):
    moments = random.Random(0)
    epochs_seen = [0]
    for attempt in range(10):
        # Once there is a snapshot, the seed of a new process must not matter.
        seed = attempt if epochs_seen[-1] else 0
        child = start_child(tmp_path / "killed", seed)
        time.sleep(moments.uniform(0, 2.5))
        child.send_signal(signal.SIGKILL)
        child.communicate()
        snapshot = read_snapshot(tmp_path / "killed")  # never half a file
        epochs_seen.append(snapshot.epochs_done if snapshot else 0)
        assert epochs_seen[-1] >= epochs_seen[-2]
        if (tmp_path / "killed" / "best.keras").exists():
            keras.saving.load_model(tmp_path / "killed" / "best.keras")
    histories = []
    for name in ("killed", "whole"):
        child = start_child(tmp_path / name, seed=0)
        output, _ = child.communicate()
        assert child.returncode == 0
        histories.append(json.loads(output.splitlines()[-1]))
    assert len(histories[0]["loss"]) == 12
    assert histories[0] == histories[1]


def rates(recipe, few, callbacks=()):
    """The learning rate of each step of a run."""
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            seen.append(float(self.model.optimizer.learning_rate))

    history = train(
        small_model(),
        few,
        recipe=recipe,
        callbacks=[Watch(), *callbacks],
        progress=False,
    )
    return np.array(seen), history.history["learning_rate"]


def test_a_cosine_falls_from_the_rate_to_a_hundredth(few):
    recipe = Recipe(learning_rate=0.02, epochs=3, batch_size=32, schedule="cosine")
    seen, logged = rates(recipe, few)
    share = np.arange(48) / 48  # three epochs of 512 / 32 steps
    worked = 0.02 * (0.01 + 0.99 * (1 + np.cos(np.pi * share)) / 2)
    assert np.allclose(seen, worked, rtol=1e-4)
    assert len(logged) == 3 and logged[-1] == pytest.approx(0.0002, rel=1e-3)


def test_a_schedule_ends_at_the_end_rate(few):
    for schedule in ("cosine", "one_cycle"):
        recipe = Recipe(learning_rate=0.02, epochs=2, schedule=schedule, end_rate=0.25)
        seen, _ = rates(recipe, few)
        assert 0.005 < seen[-1] < 0.0065  # one step before the end


def test_one_cycle_rises_and_falls(few):
    recipe = Recipe(
        learning_rate=0.05, epochs=2, batch_size=32, schedule="one_cycle", warmup=0.25
    )
    seen, _ = rates(recipe, few)
    assert seen[0] == pytest.approx(0.05 / 25) and seen.argmax() == 8
    assert seen.max() == pytest.approx(0.05)
    steps = np.diff(seen)
    assert np.allclose(steps[:8], 0.05 * (1 - 1 / 25) / 8, rtol=1e-3)  # a straight line
    assert (steps[8:] < 0).all() and seen[-1] < 0.05 / 10


def test_a_preset_leaves_the_rate_to_the_schedule(few):
    recipe = Recipe(epochs=1, schedule="cosine")
    train(small_model(), few, recipe=recipe, progress=False)  # Keras would refuse
    plateau = keras.callbacks.ReduceLROnPlateau()
    with pytest.raises(ValueError, match="one thing alone to set the learning rate"):
        train(small_model(), few, recipe=recipe, callbacks=[plateau])


def test_a_schedule_and_augmentation_resume_where_they_were(few, tmp_path):
    recipe = Recipe(
        epochs=4,
        schedule="one_cycle",
        augmentation=[keras.layers.RandomTranslation(0.1, 0.1, fill_mode="constant")],
    )

    class Crash(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    set_seed(1)
    whole = small_model()
    options = {"recipe": recipe, "callbacks": "standard", "progress": False}
    wanted = train(whole, few, run_dir=tmp_path / "a", seed=4, **options)
    set_seed(1)
    crash = [*callback_preset("standard", tmp_path / "b")[::2], Crash()]
    with pytest.raises(KeyboardInterrupt):
        train(
            small_model(), few, run_dir=tmp_path / "b", seed=4,
            **{**options, "callbacks": crash},
        )  # fmt: skip
    set_seed(99)
    model = small_model()
    calm = [*crash[:-1], type("Crash", (keras.callbacks.Callback,), {})()]
    history = train(
        model,
        few,
        run_dir=tmp_path / "b",
        resume=True,
        **{**options, "callbacks": calm},
    )
    assert history.history == wanted.history
    assert same_weights(model, whole)


def test_augmentation_changes_training_images_alone(few):
    from cnnkit.batches import ShuffledBatches

    images, labels = few.train
    shift = keras.layers.RandomTranslation(0.2, 0.2, fill_mode="constant")
    recipe = Recipe(augmentation=[shift])
    plain = ShuffledBatches(images, labels, 64, 3)
    moved = ShuffledBatches(images, labels, 64, 3, recipe.augmentation)
    again = ShuffledBatches(images, labels, 64, 3, recipe.augmentation)
    assert np.array_equal(plain[1][1], moved[1][1])  # the labels and their order stay
    assert moved[1][0].shape == plain[1][0].shape
    assert not np.array_equal(plain[1][0], moved[1][0])
    assert np.array_equal(moved[1][0], again[1][0])
    first = moved[0][0]
    moved.shuffle(1)
    moved.shuffle(0)
    assert np.array_equal(moved[0][0], first)
    total = plain[1][0].sum(axis=(1, 2, 3)) - moved[1][0].sum(axis=(1, 2, 3))
    assert (total > -1e-2).all()  # ink can leave the picture, none comes in


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (lambda: keras.layers.Conv2D(1, 3, padding="same"), "layers without weights"),
        (lambda: keras.layers.MixUp(), "which blends labels as well"),
    ],
)
def test_augmentation_that_cannot_be_is_told(few, layer, message):
    if message.startswith("which") and not hasattr(keras.layers, "MixUp"):
        pytest.skip("this Keras has no MixUp")
    with pytest.raises(ValueError, match=message):
        train(small_model(), few, recipe=Recipe(augmentation=[layer()]))


def test_augmentation_may_be_a_sequential_model(few):
    from cnnkit.batches import ShuffledBatches

    def moved():
        turn = keras.layers.RandomTranslation(0.2, 0.2, fill_mode="constant")
        recipe = Recipe(augmentation=[keras.Sequential([turn])])
        return ShuffledBatches(*few.train, 64, 3, recipe.augmentation)[1][0]

    assert np.array_equal(moved(), moved())
    assert not np.array_equal(moved(), ShuffledBatches(*few.train, 64, 3)[1][0])


def test_a_crash_in_the_first_epoch_leaves_the_folder_to_its_model(few, tmp_path):
    class Crash(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise KeyboardInterrupt

    set_seed(3)
    wanted = train(small_model(), few, epochs=2, callbacks=[], seed=4, progress=False)
    options = {"run_dir": tmp_path, "progress": False}
    set_seed(3)
    with pytest.raises(KeyboardInterrupt):
        train(small_model(), few, epochs=2, callbacks=[Crash()], seed=4, **options)
    with pytest.raises(ValueError, match="the model of the run in"):
        train(models.mlp(hidden_units=[8]), few, epochs=1, **options)
    set_seed(99)
    calm = [type("Crash", (keras.callbacks.Callback,), {})()]
    history = train(
        small_model(), few, epochs=2, callbacks=calm, resume=True, **options
    )
    assert history.history["loss"] == wanted.history["loss"]


def test_the_presets_word_on_the_rate_does_not_count_with_a_schedule(few):
    recipe = Recipe(epochs=1, schedule="one_cycle")
    train(small_model(), few, recipe=recipe, callbacks="notes", progress=False)


def test_augmentation_that_changes_the_shape_is_told(few):
    recipe = Recipe(epochs=1, augmentation=[keras.layers.CenterCrop(20, 20)])
    with pytest.raises(
        ValueError, match=r"keep the shape of the images, \(28, 28, 1\)"
    ):
        train(small_model(), few, recipe=recipe, progress=False)


def test_balanced_class_weights_are_worked_by_hand():
    labels = np.array([0] * 6 + [1] * 2 + [2] * 4)
    weights = Recipe(class_weight="balanced").class_weights(labels)
    assert weights == {0: 12 / 18, 1: 12 / 6, 2: 12 / 12}
    assert Recipe(class_weight={1: 5}).class_weights(labels) == {0: 1, 1: 5, 2: 1}
    assert Recipe().class_weights(labels) is None
    with pytest.raises(ValueError, match=r"among the labels, \[0, 1, 2\].*for \[3\]"):
        Recipe(class_weight={3: 2.0}).class_weights(labels)
    with pytest.raises(ValueError, match="one weight above 0"):
        Recipe(class_weight={0: 0, 1: 0, 2: 0.0}).class_weights(labels)


def test_a_class_of_weight_0_teaches_nothing(few):
    set_seed(0)
    model = models.simple_cnn()
    recipe = Recipe(epochs=8, class_weight={7: 0.0})
    train(model, few, recipe=recipe, callbacks=[], progress=False)
    answers = model.predict(few.train.images, verbose=0).argmax(axis=1)
    sevens = few.train.labels == 7
    assert (answers[sevens] == 7).mean() < 0.1
    assert (answers[~sevens] == few.train.labels[~sevens]).mean() > 0.7


def test_a_folder_holds_the_run_of_one_model(few, tmp_path):
    train(small_model(), few, epochs=1, run_dir=tmp_path, progress=False)
    best = (tmp_path / "best.keras").read_bytes()
    other = models.mlp(hidden_units=[8])
    with pytest.raises(ValueError, match="the model of the run in .*another run_dir"):
        train(other, few, epochs=1, run_dir=tmp_path, progress=False)
    assert (tmp_path / "best.keras").read_bytes() == best
    train(small_model(), few, epochs=1, run_dir=tmp_path, progress=False)  # anew


def test_tensorboard_needs_a_folder_and_the_package(few, tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="a `run_dir` for TensorBoard"):
        train(small_model(), few, tensorboard=True)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="pip install tensorboard"):
        train(small_model(), few, run_dir=tmp_path, tensorboard=True)


@pytest.mark.skipif(
    not importlib.util.find_spec("tensorboard"), reason="needs TensorBoard"
)
def test_tensorboard_files_are_written(few, tmp_path):
    options = {"epochs": 1, "run_dir": tmp_path, "progress": False}
    train(small_model(), few, tensorboard=True, **options)
    assert list((tmp_path / "tensorboard").rglob("events.out.tfevents.*"))


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"schedule": "linear"}, ValueError, "`schedule` to be one of"),
        ({"warmup": 0}, ValueError, "`warmup` to be a number above 0"),
        ({"warmup": 1}, ValueError, "warmup=1"),
        ({"end_rate": 1}, ValueError, "`end_rate` to be a number at least 0 and below"),
        ({"ema_momentum": 0}, ValueError, "`ema_momentum` to be a number above 0"),
        ({"ema_momentum": 1.0}, ValueError, "ema_momentum=1.0"),
        ({"ema_momentum": True}, TypeError, "ema_momentum=True"),
        ({"class_weight": "equal"}, ValueError, "`class_weight` to be"),
        ({"class_weight": {}}, ValueError, "`class_weight` to be"),
        ({"class_weight": {-1: 1}}, ValueError, "a class of class_weight"),
        ({"class_weight": {1: -2}}, ValueError, "class_weight\\[1\\]=-2"),
        ({"class_weight": {1: "a"}}, TypeError, "class_weight\\[1\\]"),
        ({"augmentation": ["flip"]}, TypeError, "a list of Keras layers"),
        ({"augmentation": None}, ValueError, "a list of Keras layers"),
        ({"optimizer": None}, ValueError, "`optimizer` to be a Keras optimizer"),
    ],
)
def test_recipes_refuse_what_cannot_be(keywords, error, message):
    with pytest.raises(error, match=message):
        Recipe(**keywords)


def test_a_recipe_prints_what_differs():
    plain = "Recipe(optimizer='adam', learning_rate=0.004, batch_size=128, epochs=6"
    assert repr(Recipe()) == plain + ")"
    assert repr(Recipe(schedule="cosine")) == plain + ", schedule='cosine')"


@pytest.mark.parametrize("folder", [5, ""])
def test_a_run_folder_is_a_path(few, folder):
    with pytest.raises(ValueError, match="`run_dir` to be the path of a folder"):
        train(small_model(), few, run_dir=folder, callbacks=[])


def test_how_the_first_weights_were_drawn_makes_no_other_model(few, tmp_path):
    """Releases of Keras write their initialisers down differently."""
    train(small_model(), few, epochs=1, run_dir=tmp_path, seed=4, progress=False)
    other = small_model(kernel_initializer="lecun_normal")
    options = {"epochs": 2, "run_dir": tmp_path, "progress": False}
    assert train(other, few, resume=True, **options).epoch == [0, 1]


def test_the_fast_recipe_learns_in_two_epochs(few):
    history = train(models.fast_cnn(), few, recipe="fast", progress=False, seed=0)
    assert len(history.history["loss"]) == 2
    assert RECIPES["fast"].steps_per_execution == 50
    assert history.history["loss"][1] < history.history["loss"][0]


def test_the_accurate_recipe_distorts_the_training_images(few):
    kinds = [layer["class_name"] for layer in RECIPES["accurate"].augmentation]
    assert kinds == ["RandomDistortion"]
    batches = ShuffledBatches(
        few.train.images, few.train.labels, 64, 0, RECIPES["accurate"].augmentation
    )
    plain = ShuffledBatches(few.train.images, few.train.labels, 64, 0)
    images, labels = batches[0]
    assert images.shape == (64, 28, 28, 1) and (labels == plain[0][1]).all()
    assert 0.02 < np.abs(images - plain[0][0]).mean() < 0.3
    assert (batches[0][0] == images).all()  # the same batch, moved the same way


def test_steps_are_taken_several_at_a_time(few):
    seen = []
    watch = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(batch)
    )
    recipe = Recipe(epochs=1, batch_size=32, steps_per_execution=5)
    train(small_model(), few, recipe=recipe, callbacks=[watch], progress=False)
    # 512 images are 16 steps. Keras 3.10 tells the first of five, later ones the last.
    assert np.diff(seen)[:2].tolist() == [5, 5] and len(seen) == 4
    with pytest.raises(ValueError, match="`steps_per_execution`"):
        Recipe(steps_per_execution=0)


def test_a_step_is_traced_once(few):
    class Counting(keras.Sequential):
        traced = 0

        def train_step(self, data):
            self.traced += 1
            return super().train_step(data)

    model = Counting([keras.Input((28, 28, 1)), *small_model().layers])
    train(model, few, recipe=Recipe(epochs=1), callbacks=[], progress=False)
    assert model.traced == 1


def test_a_preset_does_not_end_a_run_with_a_schedule(few):
    # A rate at which no weight changes: nothing gains from epoch to epoch.
    recipe = Recipe(learning_rate=1e-12, epochs=6, schedule="one_cycle")
    history = train(small_model(), few, recipe=recipe, progress=False)
    assert len(history.history["loss"]) == 6  # «standard» would end it after 5
    unscheduled = dataclasses.replace(recipe, schedule="constant", epochs=9)
    history = train(small_model(), few, recipe=unscheduled, progress=False)
    assert len(history.history["loss"]) == 5


class Weights(keras.callbacks.Callback):
    """Notes the weights after each step, and those that are validated."""

    def __init__(self):
        super().__init__()
        self.trained, self.validated, self.begun = [], [], []

    def on_epoch_begin(self, epoch, logs=None):
        self.begun.append(self.model.get_weights())

    def on_train_batch_end(self, batch, logs=None):
        self.trained.append(self.model.get_weights())

    def on_test_begin(self, logs=None):
        self.validated.append(self.model.get_weights())


def normalised_model():
    keras.utils.set_random_seed(5)
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.AveragePooling2D(4),
            keras.layers.Flatten(),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )


def test_the_average_of_the_weights_is_what_one_computes(few):
    seen = {}
    for momentum in (None, 0.9):
        recipe = Recipe(batch_size=32, epochs=2, ema_momentum=momentum)
        watch, model = Weights(), normalised_model()
        train(model, few, recipe=recipe, callbacks=[watch], progress=False, seed=3)
        seen[momentum] = watch, model.get_weights()
    (plain, last), (averaged, kept) = seen[None], seen[0.9]
    # Training itself is the same, to the last bit, in the second epoch too.
    assert len(plain.trained) == 32
    for one, other in zip(plain.trained, averaged.trained, strict=True):
        assert all(map(np.array_equal, one, other))
    average, worked = plain.trained[0], []
    for step, weights in enumerate(plain.trained, start=1):
        keep = min(0.9, (1 + step) / (10 + step))
        average = [
            keep * a + (1 - keep) * w for a, w in zip(average, weights, strict=True)
        ]
        worked.append(average)
    for found, wanted in [
        (averaged.validated[0], worked[15]),
        (averaged.validated[1], worked[31]),
        (kept, worked[31]),
    ]:
        assert all(
            np.allclose(f, w, atol=1e-6) for f, w in zip(found, wanted, strict=True)
        )
    assert all(map(np.array_equal, averaged.begun[1], plain.trained[15]))
    # The moving mean of the normalisation is averaged like the weights.
    assert not any(map(np.array_equal, kept, last))


def test_steps_taken_together_count_one_by_one_in_the_average(few):
    recipe = Recipe(batch_size=32, epochs=1, ema_momentum=0.5, steps_per_execution=8)
    watch, model = Weights(), normalised_model()
    train(model, few, recipe=recipe, callbacks=[watch], progress=False, seed=3)
    first, second = watch.trained
    keep = 0.5**8
    for average, old, new in zip(model.get_weights(), first, second, strict=True):
        assert np.allclose(average, keep * old + (1 - keep) * new, atol=1e-6)


def test_an_average_resumes_where_it_was(few, tmp_path):
    class Crash(keras.callbacks.Callback):
        at = 2

        def on_epoch_begin(self, epoch, logs=None):
            if epoch == self.at:
                raise KeyboardInterrupt

    recipe = Recipe(epochs=3, schedule="cosine", ema_momentum=0.9)
    options = {"recipe": recipe, "progress": False, "seed": 4}
    whole, model = normalised_model(), normalised_model()
    calm, crash = Crash(), Crash()
    calm.at = None
    wanted = train(whole, few, callbacks=[calm], **options)
    with pytest.raises(KeyboardInterrupt):
        train(model, few, callbacks=[crash], run_dir=tmp_path, **options)
    model = normalised_model()
    history = train(
        model, few, callbacks=[calm], run_dir=tmp_path, resume=True, **options
    )
    assert history.history == wanted.history
    assert same_weights(model, whole)


def test_the_checkpoint_holds_the_average(few, tmp_path):
    recipe = Recipe(epochs=1, schedule="cosine", ema_momentum=0.9)
    model = normalised_model()
    train(model, few, recipe=recipe, run_dir=tmp_path, progress=False, seed=4)
    saved = keras.saving.load_model(tmp_path / "best.keras")
    assert same_weights(saved, model)
