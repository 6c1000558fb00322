"""A small Sequential network in NumPy: trained, used, saved."""

import os
from typing import NamedTuple

import numpy as np

from cnnkit.epochs import EpochTable
from cnnkit.errors import check_integer, expected
from cnnkit.scratch.checks import as_generator, check_labels
from cnnkit.scratch.optimizers import SGD, Adam, optimizer_named
from cnnkit.scratch.saving import read_network, write_network
from cnnkit.scratch.softmax import softmax, softmax_cross_entropy
from cnnkit.scratch.stack import Stack


class Score(NamedTuple):
    """How well a network does on some examples."""

    loss: float
    accuracy: float


class Network(Stack):
    """Layers in a row: pictures in, probabilities out.

    The last layer gives one score (logit) for each class; `predict` makes them
    probabilities by softmax, and training lowers the cross-entropy.

    Args:
        layers: in their order, as `scratch.Conv2D(10, 5)`.
        input_shape: of one example, without the batch. Default: (28, 28, 1).
        dtype: `"float32"` or `"float64"`, of weights and results. Default:
            "float32".
        seed: of the first weights. Default: 0.

    Raises:
        TypeError: something in `layers` is no layer.
        ValueError: there is none, one cannot take what reaches it (the error
            names it), or the last does not give at least two scores.

    Example:
        >>> network = Network([Flatten(), Dense(10)], input_shape=(28, 28, 1))
        >>> network.predict(np.zeros((2, 28, 28, 1))).shape
        (2, 10)

    Taught in: notebooks/09_cnn_from_scratch.ipynb
    """

    def fit(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        *,
        epochs: int = 1,
        batch_size: int = 128,
        optimizer: str | SGD | Adam = "adam",
        validation_data: tuple[np.ndarray, np.ndarray] | None = None,
        seed: int = 0,
        progress: bool = True,
    ) -> dict[str, list[float]]:
        """Train: go through the examples in small batches, and step downhill.

        Args:
            images: `(N, …)` with the network's input shape.
            labels: the right classes, integers `(N,)`.
            epochs: how many times all examples are seen. Default: 1.
            batch_size: examples for one step. Default: 128.
            optimizer: `"adam"`, `"sgd"`, or one made with its own numbers, as
                `scratch.Adam(0.004)`; that one goes on where it was when it is
                used again. Default: "adam".
            validation_data: `(images, labels)` to look at after each epoch.
                Default: none.
            seed: of the order of the examples and of dropout. The same seed
                gives the same training. Default: 0.
            progress: print a row for each epoch, and a bar while it runs.
                Default: True.

        Returns:
            `{"loss": […], "accuracy": […]}`, one number an epoch, as the mean
            over its batches while the weights were changing; with validation
            data also `"val_loss"` and `"val_accuracy"`.

        Raises:
            TypeError: the labels are not integers.
            ValueError: shapes do not belong together, a label or a number is
                out of range, or the optimiser has moved another network.

        Example:
            >>> network = Network([Flatten(), Dense(2)], input_shape=(2, 2, 1))
            >>> images = np.zeros((2, 2, 2, 1))
            >>> images[0, 0] = images[1, 1] = 1  # bright above, bright below
            >>> history = network.fit(images, [0, 1], epochs=20, progress=False)
            >>> history["loss"][-1] < history["loss"][0]
            True
        """
        images, labels = self._checked_examples(images, labels)
        epochs = check_integer("epochs", epochs, minimum=1)
        size = check_integer("batch_size", batch_size, minimum=1)
        optimizer, rng = optimizer_named(optimizer), as_generator(seed)
        if validation_data is not None:
            validation_data = self._checked_validation(validation_data)
        history: dict[str, list[float]] = {}
        table = EpochTable(epochs, -(-len(images) // size), shown=progress)
        for epoch in range(epochs):
            table.start(epoch)
            try:
                results = self._one_pass(images, labels, size, optimizer, rng, table)
                if validation_data is not None:
                    score = self.evaluate(*validation_data, batch_size=size)
                    results |= {"val_loss": score.loss, "val_accuracy": score.accuracy}
            finally:  # also when it is interrupted
                table.close()
            table.finish(results)
            for name, value in results.items():
                history.setdefault(name, []).append(value)
        return history

    def predict(self, images: np.ndarray, *, batch_size: int = 256) -> np.ndarray:
        """How much the network believes in each class.

        Args:
            images: `(N, …)` with the network's input shape.
            batch_size: how many are computed at a time. Default: 256.

        Returns:
            Probabilities `(N, classes)`.

        Raises:
            TypeError: the images are not numbers.
            ValueError: the images have another shape, or there are none.
        """
        images = self._checked_images(images, convert=False)
        size = check_integer("batch_size", batch_size, minimum=1)
        starts = range(0, len(images), size)
        return np.concatenate(
            [softmax(self.logits(images[i : i + size])) for i in starts]
        )

    def evaluate(
        self, images: np.ndarray, labels: np.ndarray, *, batch_size: int = 256
    ) -> Score:
        """The mean loss, and the share of examples that are read right.

        Args:
            images: `(N, …)` with the network's input shape.
            labels: integers `(N,)`.
            batch_size: how many are computed at a time. Default: 256.

        Returns:
            `(loss, accuracy)`.

        Raises:
            TypeError: the labels are not integers.
            ValueError: shapes do not belong together, or a label is out of range.
        """
        images, labels = self._checked_examples(images, labels)
        size = check_integer("batch_size", batch_size, minimum=1)
        loss, right = 0.0, 0
        for start in range(0, len(images), size):
            logits = self.logits(images[start : start + size])
            truth = labels[start : start + size]
            loss += float(softmax_cross_entropy(logits, truth)) * len(truth)
            right += int((logits.argmax(axis=1) == truth).sum())
        return Score(loss / len(images), right / len(images))

    def save(self, path: str | os.PathLike) -> None:
        """Write layers and weights to an npz file, whole or not at all.

        What an optimiser remembers of its gradients is not saved.

        Args:
            path: the file. Its folder is made when it is missing.

        Example:
            >>> Network([Flatten(), Dense(10)]).save("runs/digits.npz")
        """
        write_network(self, path)

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Network":
        """Read a network that `save` wrote.

        Args:
            path: the file.

        Returns:
            The network: the same layers, the same weights to the last bit.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: it is damaged, or something else.

        Example:
            >>> Network([Flatten(), Dense(10)]).save("digits.npz")
            >>> Network.load("digits.npz").count_params()
            7850
        """
        layers, weights, options = read_network(path)
        try:
            network = cls(layers, **options)
            network.set_weights(weights)
        except (TypeError, ValueError) as error:
            raise expected(f"{path} to hold a network that fits", error) from error
        return network

    def _one_pass(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        size: int,
        optimizer: SGD | Adam,
        rng: np.random.Generator,
        table: EpochTable,
    ) -> dict[str, float]:
        """See all examples once, in a new order, with a step for each batch."""
        loss, right, order = 0.0, 0, rng.permutation(len(images))
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            truth = labels[chosen]
            mean, gradients, logits = self.loss_and_gradients(
                images[chosen], truth, seed=rng
            )
            optimizer.update(self.weights, gradients)
            loss += float(mean) * len(chosen)
            right += int((logits.argmax(axis=1) == truth).sum())
            table.advance(start // size + 1)
        return {"loss": loss / len(images), "accuracy": right / len(images)}

    def _checked_validation(self, data: tuple) -> tuple[np.ndarray, np.ndarray]:
        if not isinstance(data, tuple | list) or len(data) != 2:
            raise expected(
                "`validation_data` to be (images, labels)",
                type(data).__name__,
                error=TypeError,
            )
        return self._checked_examples(*data)

    def _checked_examples(
        self, images: np.ndarray, labels: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        images = self._checked_images(images, convert=False)
        return images, check_labels(labels, len(images), self.classes)
