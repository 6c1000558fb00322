"""Recipes: all that training needs and the model does not hold."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from cnnkit.errors import check_choice, check_integer, check_number, expected
from cnnkit.runtime import keras

SCHEDULES = ("constant", "cosine", "one_cycle")


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How to train: all that `train` needs and the model does not hold.

    | schedule | the learning rate |
    | --- | --- |
    | `constant` | stays, unless a callback lowers it |
    | `cosine` | falls from `learning_rate` to `end_rate` of it, slow, fast, slow |
    | `one_cycle` | rises to it from a 25th for `warmup` of the steps, then `cosine` |

    Args:
        optimizer: as Keras names it, or a Keras optimizer, of which the settings
            are taken. Default: "adam".
        learning_rate: where the rate starts, or with `one_cycle` its peak.
            Default: 0.004.
        batch_size: images a step. Default: 128.
        epochs: the most that a run takes; callbacks may end it sooner. A
            schedule is spread over them. Default: 6.
        schedule: `"constant"`, `"cosine"` or `"one_cycle"`. Default: "constant".
        warmup: share of the steps in which `one_cycle` rises, between 0 and 1.
            Default: 0.3.
        end_rate: what is left of `learning_rate` when a schedule ends, as a share
            of it, in [0, 1). Default: 0.01.
        ema_momentum: share that a running average of all weights (an exponential
            moving average) keeps in one step, in (0, 1). The model holds the
            average when it is validated, saved and returned, and trains with
            weights of its own. Default: None, no average.
        class_weight: `{class: weight}`, how much an image of the class counts; or
            `"balanced"`, so that all classes count alike, however many images
            they have. Default: None, all images count alike.
        augmentation: Keras layers that change training images at random, such as
            `cnnkit.RandomDistortion()`; their settings are taken.
            Validation images stay as they are. Default: none.
        recalibrate: how many training images, without augmentation, the averages of
            batch normalisation are taken from anew before each validation; then
            the model has to be a chain of layers. Default: None, the averages are
            those of the changed images that training saw.
        steps_per_execution: steps that TensorFlow takes between two looks of
            Python, which calls callbacks and moves the bar. Default: 1.

    Raises:
        TypeError: a number is none, or something is no layer.
        ValueError: a number is out of range, or Keras knows no such optimizer.

    Example:
        >>> Recipe(learning_rate=0.02, epochs=3, schedule="one_cycle").batch_size
        128

    Source: L. Smith and N. Topin, «Super-convergence», 2017, arXiv:1708.07120;
    I. Loshchilov and F. Hutter, «SGDR», 2016, arXiv:1608.03983; B. Polyak and
    A. Juditsky, «Acceleration of stochastic approximation by averaging», 1992;
    Y. Wu and J. Johnson, «Rethinking “batch” in BatchNorm», 2021, arXiv:2105.07576.
    Taught in: notebooks/16_fast_training.ipynb
    """

    optimizer: str | dict = "adam"
    learning_rate: float = 4e-3
    batch_size: int = 128
    epochs: int = 6
    schedule: str = "constant"
    warmup: float = 0.3
    end_rate: float = 0.01
    ema_momentum: float | None = None
    class_weight: Mapping[int, float] | str | None = None
    augmentation: Sequence[keras.layers.Layer] | Sequence[dict] = ()
    recalibrate: int | None = None
    steps_per_execution: int = 1

    def __post_init__(self) -> None:
        check_number("learning_rate", self.learning_rate, minimum=0, exclusive=True)
        check_integer("batch_size", self.batch_size, minimum=1)
        check_integer("epochs", self.epochs, minimum=1)
        check_integer("steps_per_execution", self.steps_per_execution, minimum=1)
        check_choice("schedule", self.schedule, SCHEDULES)
        check_number("warmup", self.warmup, minimum=0, below=1, exclusive=True)
        check_number("end_rate", self.end_rate, minimum=0, below=1)
        if self.ema_momentum is not None:
            momentum = self.ema_momentum
            check_number("ema_momentum", momentum, minimum=0, below=1, exclusive=True)
        if self.recalibrate is not None:
            check_integer("recalibrate", self.recalibrate, minimum=1)
        _check_class_weight(self.class_weight)
        try:
            optimizer = keras.optimizers.get(self.optimizer)
        except (ValueError, TypeError) as error:
            raise expected(
                "`optimizer` to be the name of a Keras optimizer, or one itself",
                f"optimizer={self.optimizer!r}",
            ) from error
        if not isinstance(optimizer, keras.optimizers.Optimizer):
            raise expected("`optimizer` to be a Keras optimizer", repr(self.optimizer))
        if not isinstance(self.optimizer, str):
            settings = keras.optimizers.serialize(optimizer)
            object.__setattr__(self, "optimizer", settings)
        if not isinstance(self.augmentation, Sequence):
            raise expected(
                "`augmentation` to be a list of Keras layers", repr(self.augmentation)
            )
        layers = tuple(_layer_settings(layer) for layer in self.augmentation)
        object.__setattr__(self, "augmentation", layers)

    def __repr__(self) -> str:
        """The first four fields, and the others where they differ from the default."""
        shown = [
            f"{field.name}={getattr(self, field.name)!r}"
            for position, field in enumerate(dataclasses.fields(self))
            if position < 4 or getattr(self, field.name) != field.default
        ]
        return f"Recipe({', '.join(shown)})"

    def rate(self, steps_an_epoch: int) -> object:
        """The learning rate as an optimiser takes it: a number, or a schedule."""
        steps = self.epochs * steps_an_epoch
        cosine = keras.optimizers.schedules.CosineDecay
        if self.schedule == "cosine":
            return cosine(self.learning_rate, steps, alpha=self.end_rate)
        if self.schedule == "one_cycle":
            rising = max(1, round(self.warmup * steps))
            return cosine(
                self.learning_rate / 25,
                max(1, steps - rising),
                alpha=self.end_rate,
                warmup_target=self.learning_rate,
                warmup_steps=rising,
            )
        return self.learning_rate

    def class_weights(self, labels: np.ndarray) -> dict[int, float] | None:
        """What `fit` takes: `{class: weight}` for all classes among the labels.

        «Balanced» gives each class images / (classes · images of the class).

        Raises:
            ValueError: a weight is for a class that no label has, or all are 0.
        """
        if self.class_weight is None:
            return None
        classes, counts = np.unique(labels, return_counts=True)
        if self.class_weight == "balanced":
            weights = len(labels) / (len(classes) * counts)
            return dict(zip(classes.tolist(), weights.tolist(), strict=True))
        given = {int(label): float(w) for label, w in self.class_weight.items()}
        unknown = sorted(given.keys() - set(classes.tolist()))
        if unknown:
            raise expected(
                f"`class_weight` for classes among the labels, {classes.tolist()}",
                f"a weight for {unknown}",
            )
        weights = {label: given.get(label, 1.0) for label in classes.tolist()}
        if not any(weights.values()):
            raise expected("`class_weight` with one weight above 0", f"{weights}")
        return weights


def _check_class_weight(weights: Mapping[int, float] | str | None) -> None:
    if weights is None or (isinstance(weights, str) and weights == "balanced"):
        return
    if not isinstance(weights, Mapping) or not weights:
        raise expected(
            '`class_weight` to be {class: weight} or "balanced"',
            f"class_weight={weights!r}",
        )
    for label, weight in weights.items():
        check_integer("a class of class_weight", label, minimum=0)
        check_number(f"class_weight[{label}]", weight, minimum=0)


def _layer_settings(layer: keras.layers.Layer | dict) -> dict:
    if isinstance(layer, dict):  # taken before, as in dataclasses.replace
        return layer
    if not isinstance(layer, keras.layers.Layer):
        raise expected(
            "`augmentation` to be a list of Keras layers", repr(layer), error=TypeError
        )
    settings = keras.layers.serialize(layer)
    settings.pop("build_config", None)
    return settings


# As settings: no layer is made before it is used.
_DISTORTED = {
    "module": "cnnkit.distortion",
    "class_name": "RandomDistortion",
    "config": {},
    "registered_name": "cnnkit>RandomDistortion",
}

RECIPES = {
    "standard": Recipe(),
    "fast": Recipe(
        learning_rate=0.02,
        batch_size=192,
        epochs=2,
        schedule="one_cycle",
        steps_per_execution=50,
    ),
    "fastest": Recipe(
        learning_rate=0.035,
        batch_size=160,
        epochs=1,
        schedule="one_cycle",
        steps_per_execution=50,
    ),
    "accurate": Recipe(
        learning_rate=0.01,
        batch_size=192,
        epochs=21,
        schedule="one_cycle",
        warmup=0.25,
        end_rate=0.15,
        ema_momentum=0.999,
        augmentation=(_DISTORTED,),
        recalibrate=5_000,
        steps_per_execution=50,
    ),
}


def recipe_named(recipe: str | Recipe, epochs: int | None = None) -> Recipe:
    """Return a recipe by its name, or as it is, with other `epochs` if given."""
    if not isinstance(recipe, Recipe):
        recipe = RECIPES[check_choice("recipe", recipe, RECIPES)]
    return recipe if epochs is None else dataclasses.replace(recipe, epochs=epochs)
