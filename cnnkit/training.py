"""Compile a model and fit it by a recipe; go on after a crash."""

import dataclasses
import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from cnnkit.batches import ShuffledBatches, checked_data
from cnnkit.callbacks import callback_preset
from cnnkit.errors import check_integer, expected
from cnnkit.progress import Progress
from cnnkit.recipes import Recipe, recipe_named
from cnnkit.runtime import keras
from cnnkit.snapshots import Snapshot, TakeSnapshots, read_snapshot


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
        recipe: `"standard"`, or a `Recipe` of your own. Default: "standard".
        epochs: instead of the recipe's. Default: the recipe's.
        callbacks: the name of a preset, or a list. Default: "standard".
        run_dir: where the best model (`best.keras`) and the state of the run
            (`snapshot.npz`) go. Default: None, nothing is written.
        resume: go on with the run in `run_dir`; start one when there is none. A
            run that a callback had ended stays ended. Default: False, start anew
            and replace what is there.
        seed: fixes the order of the images. Default: drawn from NumPy's global
            generator, which `set_seed` fixes.
        progress: show a bar and a line for each epoch. Default: True.

    Returns:
        The Keras `History` of the whole run, the epochs before a crash included.

    Raises:
        TypeError, ValueError: the data do not fit the model, or the run in
            `run_dir` was of another model, recipe, seed or set of callbacks.

    Example:
        >>> history = train(models.simple_cnn(), load_mnist(), run_dir="run")
        >>> max(history.history["val_accuracy"]) > 0.98
        True

    Taught in: notebooks/11_mnist_pipeline.ipynb
    """
    recipe = recipe_named(recipe, epochs)
    images, labels, validation = checked_data(model, data)
    chosen = _callbacks_named(callbacks, run_dir)
    run = _open_folder(run_dir, resume)
    snapshot = read_snapshot(run) if resume else None
    if seed is None:
        seed = snapshot.settings["seed"] if snapshot else np.random.randint(2**31)
    seed = check_integer("seed", seed, minimum=0)
    batches = ShuffledBatches(images, labels, recipe.batch_size, seed)
    fitted = [keras.callbacks.LambdaCallback(on_epoch_begin=batches.shuffle), *chosen]
    fitted += [Progress()] if progress else []
    if run is not None:
        settings = _settings(model, recipe, chosen, seed, labels)
        _check_same_run(snapshot, settings, run)
        keeper = TakeSnapshots(run, chosen, settings, snapshot)
        fitted.append(keeper)
    _compile(model, recipe, images)
    done = snapshot.epochs_done if snapshot else 0
    ended = snapshot is not None and snapshot.stopped
    history = model.fit(
        batches,
        initial_epoch=done,
        epochs=done if ended else max(done, recipe.epochs),
        validation_data=validation,
        validation_batch_size=1_000,
        shuffle=False,  # the batches come in the order of the epoch already
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
) -> list[keras.callbacks.Callback]:
    if isinstance(callbacks, str):
        return callback_preset(callbacks, run_dir)
    listed = list(callbacks) if isinstance(callbacks, Iterable) else [callbacks]
    for callback in listed:
        if callbacks is callback or not isinstance(callback, keras.callbacks.Callback):
            raise expected(
                "`callbacks` to be the name of a preset or a list of Keras callbacks",
                f"{callback!r}",
                error=TypeError,
            )
    return listed


def _compile(model: keras.Model, recipe: Recipe, images: np.ndarray) -> None:
    """Compile the model, and build the optimiser so that its state can be set."""
    optimizer = keras.optimizers.get(recipe.optimizer)
    optimizer.learning_rate = recipe.learning_rate
    is_softmax = _gives_probabilities(model, images[:8])
    model.compile(
        optimizer=optimizer,
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=not is_softmax),
        metrics=["accuracy"],
    )
    optimizer.build(model.trainable_variables)


def _gives_probabilities(model: keras.Model, images: np.ndarray) -> bool:
    """Whether the answers to these images are shares that add up to 1.

    Asking the model itself sees through whatever stands behind a softmax.
    """
    last = model.layers[-1]
    ending = getattr(getattr(last, "activation", None), "__name__", "linear")
    if ending == "sigmoid":
        raise expected(
            "`model` to end in softmax, or in scores without an activation",
            f"{last.name}, which ends in {ending}",
        )
    answers = keras.ops.convert_to_numpy(model(images, training=False))
    return bool(
        (answers >= 0).all() and np.allclose(answers.sum(axis=-1), 1, atol=1e-3)
    )


def _open_folder(run_dir: str | os.PathLike | None, resume: bool) -> Path | None:
    """Make the folder of the run before any work is done for it."""
    if run_dir is None:
        if resume:
            raise expected("a `run_dir` to resume the run from", "run_dir=None")
        return None
    try:
        Path(run_dir).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise expected(
            "`run_dir` to be a folder that can be written to",
            f"run_dir={os.fspath(run_dir)!r} ({error.strerror})",
        ) from error
    return Path(run_dir)


def _settings(
    model: keras.Model, recipe: Recipe, chosen: list, seed: int, labels: np.ndarray
) -> dict:
    """What a run must have in common with the run that it goes on with."""
    layers = [[type(layer).__name__, _config(layer)] for layer in model.layers]
    return {
        "model": f"{model.count_params():,} parameters, layers {_digest(layers)}",
        "recipe": repr(dataclasses.replace(recipe, epochs=1)),
        "callbacks": ", ".join(type(callback).__name__ for callback in chosen),
        "seed": int(seed),
        "training set": f"{len(labels):,} images, labels {_digest(labels.tolist())}",
    }


def _config(layer: keras.Layer) -> object:
    try:
        return _without_names(layer.get_config())
    except NotImplementedError:  # a layer of the learner's own that cannot be saved
        return None


def _without_names(config: object) -> object:
    """A layer's settings without the names, which depend on what ran before."""
    if isinstance(config, dict):
        kept = config.keys() - {"name", "inbound_nodes", "input_layers"}
        kept -= {"output_layers", "build_config"}
        return {key: _without_names(config[key]) for key in sorted(kept)}
    if isinstance(config, (list, tuple)):
        return [_without_names(entry) for entry in config]
    return config


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, default=lambda thing: type(thing).__name__)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _check_same_run(snapshot: Snapshot | None, settings: dict, run: Path) -> None:
    """Raise when the run in the folder was another one."""
    for name, value in settings.items() if snapshot else ():
        if snapshot.settings.get(name) != value:
            raise expected(
                f"the {name} of the run in {run} ({snapshot.settings.get(name)})",
                value,
                advice="Pass what that run had, another run_dir, or resume=False.",
            )
