"""Compile a model and fit it by a recipe; go on after a crash."""

import importlib.util
import os
import warnings
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from cnnkit.averaging import AveragedWeights
from cnnkit.batches import ShuffledBatches, checked_data
from cnnkit.callbacks import callback_preset
from cnnkit.errors import check_integer, expected
from cnnkit.progress import Progress
from cnnkit.recalibration import RecalibratedNorms
from cnnkit.recipes import Recipe, recipe_named
from cnnkit.runs import check_same_run, open_folder, settings_of
from cnnkit.runtime import keras
from cnnkit.snapshots import TakeSnapshots, read_snapshot


def train(
    model: keras.Model,
    data: tuple,
    *,
    recipe: str | Recipe = "standard",
    epochs: int | None = None,
    callbacks: str | Iterable[keras.callbacks.Callback] = "standard",
    run_dir: str | os.PathLike | None = None,
    resume: bool = False,
    seed: int | None = None,
    progress: bool = True,
    tensorboard: bool = False,
) -> keras.callbacks.History:
    """Compile the model and fit it, by a recipe, with a set of callbacks.

    With a `run_dir`, the state of the run is kept there after every epoch.
    Should the process die, at any moment, the same call with `resume=True` goes
    on from the last finished epoch: weights, optimiser, learning rate, what the
    callbacks hold in plain attributes (numbers, texts, lists, dicts, arrays) and
    the order of the images are as they were, and the result is that of a run
    without the crash.

    Args:
        model: a built Keras model that ends in class probabilities, or in
            scores (then the loss is taken from logits).
        data: what `load_mnist` returns, or any `(train, validation, …)` whose
            entries are `(images, labels)`: images `(N, H, W, C)`, labels `(N,)`
            as integers from 0.
        recipe: `"standard"`; `"fast"`, two epochs, made for `models.fast_cnn`;
            `"fastest"`, one epoch, made for `models.fast_cnn(deskew=True)`;
            `"accurate"`, 21 epochs of digits that are distorted, made for
            `models.accurate_cnn`; or a `Recipe` of your own. Default: "standard".
        epochs: instead of the recipe's. Default: the recipe's.
        callbacks: the name of a preset, or a list. With a schedule, which needs
            all of its epochs, a preset neither lowers the rate nor ends the run.
            Default: "standard".
        run_dir: where the best model (`best.keras`), the numbers of each epoch
            (`history.csv`) and the state of the run (`snapshot.npz`) go. One
            folder holds the run of one model. Default: None, nothing is written.
        resume: go on with the run in `run_dir`; start one when there is none. A
            run that a callback had ended stays ended. Default: False, start anew
            and replace what is there.
        seed: fixes the order of the images. Default: drawn from NumPy's global
            generator, which `set_seed` fixes.
        progress: show a bar and a line for each epoch. Default: True.
        tensorboard: also write what TensorBoard shows, to `run_dir/tensorboard`.
            Default: False.

    Returns:
        The Keras `History` of the whole run, the epochs before a crash included.

    Raises:
        TypeError, ValueError: the data do not fit the model; the run in `run_dir`
            is of another model, or with `resume` of another recipe, seed or set of
            callbacks; a schedule and a callback would both set the rate.
        ModuleNotFoundError: `tensorboard` is asked for and not installed.

    Example:
        >>> history = train(models.simple_cnn(), load_mnist(), run_dir="run")
        >>> max(history.history["val_accuracy"]) > 0.98
        True

    Taught in: notebooks/11_mnist_pipeline.ipynb
    """
    recipe = recipe_named(recipe, epochs)
    images, labels, validation = checked_data(model, data)
    chosen = _callbacks_named(callbacks, run_dir, recipe)
    if recipe.ema_momentum is not None:  # first, so that the others see the average
        chosen = [AveragedWeights(recipe.ema_momentum), *chosen]
    run = open_folder(run_dir, resume)
    snapshot = read_snapshot(run) if resume else None
    if seed is None:
        seed = snapshot.settings["seed"] if snapshot else np.random.randint(2**31)
    seed = check_integer("seed", seed, minimum=0)
    batches = ShuffledBatches(
        images, labels, recipe.batch_size, seed, recipe.augmentation
    )
    fitted = [keras.callbacks.LambdaCallback(on_epoch_begin=batches.shuffle)]
    fitted += [_LogRate()] if recipe.schedule != "constant" else []
    fitted += [*chosen, *_extras(run, progress, tensorboard)]
    fitted += _recalibration(model, recipe, images)  # behind the average of weights
    if run is not None:
        settings = settings_of(model, recipe, chosen, seed, labels)
        check_same_run(snapshot, settings, run)
        keeper = TakeSnapshots(run, chosen, settings, snapshot)
        fitted.append(keeper)
    _compile(model, recipe, images, len(batches))
    done = snapshot.epochs_done if snapshot else 0
    ended = snapshot is not None and snapshot.stopped
    history = model.fit(
        batches,
        initial_epoch=done,
        epochs=done if ended else max(done, recipe.epochs),
        validation_data=validation,
        validation_batch_size=1_000,
        shuffle=False,  # the batches come in the order of the epoch already
        class_weight=recipe.class_weights(labels),
        callbacks=fitted,
        verbose=0,
    )
    if run is not None:
        history.history = keeper.logs
        history.epoch = list(range(len(keeper.logs["loss"])))
    return history


def _callbacks_named(
    callbacks: str | Iterable[keras.callbacks.Callback],
    run_dir: str | os.PathLike | None,
    recipe: Recipe,
) -> list[keras.callbacks.Callback]:
    setters = keras.callbacks.ReduceLROnPlateau, keras.callbacks.LearningRateScheduler
    enders = (*setters, keras.callbacks.EarlyStopping)
    scheduled = recipe.schedule != "constant"
    if isinstance(callbacks, str):
        with warnings.catch_warnings():
            if scheduled:  # the preset's word on the rate does not count then
                warnings.simplefilter("ignore", UserWarning)
            preset = callback_preset(callbacks, run_dir)
        return [c for c in preset if not (scheduled and isinstance(c, enders))]
    listed = list(callbacks) if isinstance(callbacks, Iterable) else [callbacks]
    for callback in listed:
        if callbacks is callback or not isinstance(callback, keras.callbacks.Callback):
            raise expected(
                "`callbacks` to be the name of a preset or a list of Keras callbacks",
                f"{callback!r}",
                error=TypeError,
            )
        if scheduled and isinstance(callback, setters):
            raise expected(
                "one thing alone to set the learning rate",
                f"schedule={recipe.schedule!r} and a {type(callback).__name__}",
                advice="Leave the callback out, or take a constant schedule.",
            )
    return listed


class _LogRate(keras.callbacks.Callback):
    """Logs the rate that a schedule has reached when an epoch ends."""

    logs_the_rate = True

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        logs["learning_rate"] = float(self.model.optimizer.learning_rate)


def _recalibration(model: keras.Model, recipe: Recipe, images: np.ndarray) -> list:
    count = recipe.recalibrate
    return [] if count is None else [RecalibratedNorms(model, images, count)]


def _extras(run: Path | None, progress: bool, tensorboard: bool) -> list:
    """What shows the run: the table, and TensorBoard's files."""
    extras = [Progress()] if progress else []
    if tensorboard and run is None:
        raise expected("a `run_dir` for TensorBoard's files", "run_dir=None")
    if tensorboard and not importlib.util.find_spec("tensorboard"):
        raise expected(
            "TensorBoard to be installed",
            "no package of that name",
            advice="pip install tensorboard",
            error=ModuleNotFoundError,
        )
    return [*extras, *_tensorboard(run)] if tensorboard else extras


def _tensorboard(run: Path) -> list:
    return [keras.callbacks.TensorBoard(run / "tensorboard", write_graph=False)]


def _compile(
    model: keras.Model, recipe: Recipe, images: np.ndarray, steps: int
) -> None:
    """Compile the model, and build the optimiser so that its state can be set."""
    optimizer = keras.optimizers.get(recipe.optimizer)
    optimizer.learning_rate = recipe.rate(steps)
    is_softmax = _gives_probabilities(model, images[:8])
    model.compile(
        optimizer=optimizer,
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=not is_softmax),
        # By its name it would make its variables late, and all be traced twice.
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        steps_per_execution=min(recipe.steps_per_execution, steps),
    )
    optimizer.build(model.trainable_variables)


def _gives_probabilities(model: keras.Model, images: np.ndarray) -> bool:
    """Whether the answers to these images are shares that add up to 1.

    A softmax at the end of a `Sequential` says so. Any other model is asked, which
    sees through whatever stands behind a softmax, and takes a fifth of a second.
    """
    last = model.layers[-1]
    ending = getattr(getattr(last, "activation", None), "__name__", "linear")
    is_softmax = ending == "softmax" or isinstance(last, keras.layers.Softmax)
    if is_softmax and isinstance(model, keras.Sequential):
        return True
    if ending == "sigmoid":
        raise expected(
            "`model` to end in softmax, or in scores without an activation",
            f"{last.name}, which ends in {ending}",
        )
    answers = keras.ops.convert_to_numpy(model(images, training=False))
    return bool(
        (answers >= 0).all() and np.allclose(answers.sum(axis=-1), 1, atol=1e-3)
    )
