"""Recipes: all that training needs and the model does not hold."""

import dataclasses

from cnnkit.errors import check_choice, check_integer, check_number, expected
from cnnkit.runtime import keras


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How to train: all numbers that `train` needs and the model does not hold.

    Args:
        optimizer: as Keras names it, or a Keras optimizer, of which the settings
            are taken. Default: "adam".
        learning_rate: where the rate starts. Default: 0.004.
        batch_size: images a step. Default: 128.
        epochs: the most that a run takes; callbacks may end it sooner. Default: 6.

    Raises:
        TypeError, ValueError: a number is out of range, or Keras knows no such
            optimizer.

    Example:
        >>> Recipe(learning_rate=1e-3, epochs=3).batch_size
        128
    """

    optimizer: str | dict = "adam"
    learning_rate: float = 4e-3
    batch_size: int = 128
    epochs: int = 6

    def __post_init__(self) -> None:
        check_number("learning_rate", self.learning_rate, minimum=0, exclusive=True)
        check_integer("batch_size", self.batch_size, minimum=1)
        check_integer("epochs", self.epochs, minimum=1)
        try:
            optimizer = keras.optimizers.get(self.optimizer)
        except (ValueError, TypeError) as error:
            raise expected(
                "`optimizer` to be the name of a Keras optimizer, or one itself",
                f"optimizer={self.optimizer!r}",
            ) from error
        if not isinstance(self.optimizer, str):
            settings = keras.optimizers.serialize(optimizer)
            object.__setattr__(self, "optimizer", settings)


RECIPES = {"standard": Recipe()}


def recipe_named(recipe: str | Recipe, epochs: int | None = None) -> Recipe:
    """Return a recipe by its name, or as it is, with other `epochs` if given."""
    if not isinstance(recipe, Recipe):
        recipe = RECIPES[check_choice("recipe", recipe, RECIPES)]
    return recipe if epochs is None else dataclasses.replace(recipe, epochs=epochs)
