"""What the callbacks of a rehearsal play to: everything of a model but the model."""

import numpy as np

from cnnkit.runtime import keras

# What Keras's own metrics of these names say of themselves when they are compiled.
_UP = {"accuracy", "acc", "binary_accuracy", "categorical_accuracy", "auc", "recall"}
_UP |= {"sparse_categorical_accuracy", "top_k_categorical_accuracy", "precision"}
_UP |= {"sparse_top_k_categorical_accuracy", "f1_score", "fbeta_score", "r2_score"}
_UP |= {"cosine_similarity", "mean_io_u", "io_u", "binary_io_u", "one_hot_io_u"}
_UP |= {"pearson_correlation", "concordance_correlation", "one_hot_mean_io_u"}
_DOWN = {"loss", "mse", "mae", "mape", "msle", "mean_squared_error", "hinge"}
_DOWN |= {"mean_absolute_error", "mean_absolute_percentage_error", "squared_hinge"}
_DOWN |= {"mean_squared_logarithmic_error", "root_mean_squared_error", "logcosh"}
_DOWN |= {"binary_crossentropy", "categorical_crossentropy", "categorical_hinge"}
_DOWN |= {"sparse_categorical_crossentropy", "poisson", "kl_divergence"}


def direction_of(monitor: str) -> str | None:
    """Return "max" or "min" for the metrics that Keras knows, else None."""
    name = monitor.removeprefix("val_")
    return "max" if name in _UP else "min" if name in _DOWN else None


class Stage:
    """Stands in for a model: its weight is the number of the epoch, from 1.

    The optimizer is a real one, so that a rate is rounded as in a real run.
    Saving writes nothing; it is noted in `saved_files`.
    """

    only_rehearses = True

    def __init__(self, learning_rate: float) -> None:
        self.optimizer = keras.optimizers.SGD(learning_rate)
        self.stop_training = False
        self.metrics: list = []
        self.saved_files: list[tuple[int, str]] = []
        self.epoch = self.weight = 0

    def __getattr__(self, name: str) -> object:
        raise AttributeError(
            f"a rehearsal trains no model: it has an optimizer, weights, save and "
            f"stop_training, but no {name!r}"
        )

    def start_epoch(self, epoch: int) -> None:
        """Train, as it were: the weight becomes the number of this epoch."""
        self.epoch = self.weight = epoch

    @property
    def learning_rate(self) -> float:
        """The rate, as a callback logs it."""
        return float(keras.ops.convert_to_numpy(self.optimizer.learning_rate))

    def get_weights(self) -> list[np.ndarray]:
        """Return the one weight."""
        return [np.array(self.weight)]

    def set_weights(self, weights: list[np.ndarray]) -> None:
        """Take back an earlier weight."""
        self.weight = int(weights[0])

    def save(self, filepath: str, overwrite: bool = True, **_: object) -> None:
        """Note the file."""
        self.saved_files.append((self.epoch, str(filepath)))

    save_weights = save
