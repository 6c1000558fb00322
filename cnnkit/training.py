"""Recipes, and `train`, which compiles and fits a model by one of them."""

import dataclasses
import math
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from cnnkit.callbacks import Progress, callback_preset
from cnnkit.errors import check_choice, check_integer, check_number, expected
from cnnkit.runtime import keras
from cnnkit.snapshots import Snapshot, TakeSnapshots, read_snapshot, variables_of


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How to train: all numbers that `train` needs and the model does not hold.

    Args:
        optimizer: as Keras names it. Default: "adam".
        learning_rate: where the rate starts. Default: 0.004.
        batch_size: images a step. Default: 128.
        epochs: the most that a run takes; callbacks may end it sooner. Default: 6.

    Raises:
        TypeError, ValueError: a number is out of range.

    Example:
        >>> Recipe(learning_rate=1e-3, epochs=3).batch_size
        128
    """

    optimizer: str = "adam"
    learning_rate: float = 4e-3
    batch_size: int = 128
    epochs: int = 6

    def __post_init__(self) -> None:
        check_number("learning_rate", self.learning_rate, minimum=0, exclusive=True)
        check_integer("batch_size", self.batch_size, minimum=1)
        check_integer("epochs", self.epochs, minimum=1)


RECIPES = {"standard": Recipe()}


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
    on from the last finished epoch: weights, optimiser, learning rate, the
    counters of the callbacks and the order of the images are as they were, and
    the result is that of a run without the crash.

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
        resume: go on with the run in `run_dir`; start one when there is none.
            Default: False, start anew and replace what is there.
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
    recipe = _recipe_named(recipe, epochs)
    images, labels, validation = _checked_data(model, data)
    chosen = _callbacks_named(callbacks, run_dir)
    _compile(model, recipe)
    run, snapshot = None if run_dir is None else Path(run_dir), None
    if resume:
        snapshot = read_snapshot(_required(run))
    if seed is None:
        seed = snapshot.settings["seed"] if snapshot else np.random.randint(2**31)
    seed = check_integer("seed", seed, minimum=0)
    batches = _ShuffledBatches(images, labels, recipe.batch_size, seed)
    fitted = [keras.callbacks.LambdaCallback(on_epoch_begin=batches.shuffle), *chosen]
    fitted += [Progress()] if progress else []
    if run is not None:
        settings = _settings(model, recipe, chosen, seed, len(labels))
        _check_same_run(snapshot, settings, run)
        keeper = TakeSnapshots(run, chosen, settings, snapshot)
        fitted.append(keeper)
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


class _ShuffledBatches(keras.utils.PyDataset):
    """The training set in batches, in an order that seed and epoch alone decide."""

    def __init__(
        self, images: np.ndarray, labels: np.ndarray, size: int, seed: int
    ) -> None:
        super().__init__()
        self._images, self._labels, self._size = images, labels, size
        self._seed = seed
        self.shuffle(0)

    def shuffle(self, epoch: int, logs: dict | None = None) -> None:
        """Take the order of this epoch; `fit` calls it before each one."""
        generator = np.random.default_rng((self._seed, epoch))
        self._order = generator.permutation(len(self._labels))

    def __len__(self) -> int:
        return math.ceil(len(self._labels) / self._size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        chosen = self._order[index * self._size : (index + 1) * self._size]
        return self._images[chosen], self._labels[chosen]


def _recipe_named(recipe: str | Recipe, epochs: int | None) -> Recipe:
    if not isinstance(recipe, Recipe):
        recipe = RECIPES[check_choice("recipe", recipe, RECIPES)]
    return recipe if epochs is None else dataclasses.replace(recipe, epochs=epochs)


def _callbacks_named(
    callbacks: str | Iterable[keras.callbacks.Callback],
    run_dir: str | os.PathLike | None,
) -> list[keras.callbacks.Callback]:
    if isinstance(callbacks, str):
        return callback_preset(callbacks, run_dir)
    chosen = list(callbacks)
    for callback in chosen:
        if not isinstance(callback, keras.callbacks.Callback):
            raise expected(
                "`callbacks` to be the name of a preset or a list of Keras callbacks",
                f"{callback!r} in the list",
                error=TypeError,
            )
    return chosen


def _checked_data(
    model: keras.Model, data: tuple
) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Return `(images, labels, (images, labels))`: to train on, to validate on."""
    if not model.built:
        raise expected(
            "`model` to be built",
            f"{model.name}, which is not",
            advice="Start it with keras.Input(shape), or call model.build().",
        )
    try:
        training, validation = [(np.asarray(x), np.asarray(y)) for x, y in data[:2]]
    except (TypeError, ValueError) as error:
        raise expected(
            "`data` to be (train, validation), each (images, labels)",
            f"{type(data).__name__} ({error})",
        ) from error
    for part, (images, labels) in {"train": training, "validation": validation}.items():
        _check_part(model, part, images, labels)
    return *training, validation


def _check_part(
    model: keras.Model, part: str, images: np.ndarray, labels: np.ndarray
) -> None:
    wanted = getattr(model, "input_shape", (None, *images.shape[1:]))
    if len(wanted) != images.ndim or any(
        size not in (None, got)
        for size, got in zip(wanted[1:], images.shape[1:], strict=True)
    ):
        raise expected(
            f"the {part} images to have the shape (N, "
            f"{', '.join(map(str, wanted[1:]))}) that {model.name} takes",
            images.shape,
        )
    if labels.shape != images.shape[:1] or len(labels) == 0:
        raise expected(
            f"one label for each of the {len(images):,} {part} images, and at least "
            "one image",
            f"labels of shape {labels.shape}",
        )
    classes = model.output_shape[-1]
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= classes:
        raise expected(
            f"the {part} labels to be integers from 0 to {classes - 1}",
            f"{labels.dtype} from {labels.min()} to {labels.max()}",
        )


def _compile(model: keras.Model, recipe: Recipe) -> None:
    """Compile the model, and build the optimiser so that its state can be set."""
    optimizer = keras.optimizers.get(recipe.optimizer)
    optimizer.learning_rate = recipe.learning_rate
    last = model.layers[-1]
    ending = getattr(getattr(last, "activation", None), "__name__", "linear")
    if ending not in ("linear", "softmax"):
        raise expected(
            "`model` to end in softmax, or in scores without an activation",
            f"{last.name}, which ends in {ending}",
        )
    is_softmax = ending == "softmax" or isinstance(last, keras.layers.Softmax)
    model.compile(
        optimizer=optimizer,
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=not is_softmax),
        metrics=["accuracy"],
    )
    optimizer.build(model.trainable_variables)


def _required(run: Path | None) -> Path:
    if run is None:
        raise expected("a `run_dir` to resume the run from", "run_dir=None")
    return run


def _settings(
    model: keras.Model, recipe: Recipe, chosen: list, seed: int, images: int
) -> dict:
    """What a run must have in common with the run that it goes on with."""
    shapes = [list(variable.shape) for variable in variables_of(model)]
    return {
        "model": f"{model.count_params():,} parameters in variables of {shapes}",
        "recipe": repr(dataclasses.replace(recipe, epochs=1)),
        "callbacks": ", ".join(type(callback).__name__ for callback in chosen),
        "seed": int(seed),
        "training images": images,
    }


def _check_same_run(snapshot: Snapshot | None, settings: dict, run: Path) -> None:
    """Raise when the run in the folder was another one."""
    for name, value in settings.items() if snapshot else ():
        if snapshot.settings.get(name) != value:
            raise expected(
                f"the {name} of the run in {run} ({snapshot.settings.get(name)})",
                value,
                advice="Pass what that run had, another run_dir, or resume=False.",
            )
