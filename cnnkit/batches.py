"""Training data: checked against the model, and dealt out in batches."""

import math
import threading
from collections.abc import Sequence

import numpy as np

import cnnkit.distortion  # noqa: F401  (Keras finds the layer by its name then)
from cnnkit.errors import expected
from cnnkit.runtime import keras, tensorflow


class ShuffledBatches(keras.utils.PyDataset):
    """The training set in batches, in an order that seed and epoch alone decide.

    Layers of augmentation are seeded anew for each batch, so a run that goes on
    after a crash sees the same changes as one that never stopped.
    """

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        size: int,
        seed: int,
        augmentation: Sequence[dict] = (),
    ) -> None:
        # With one worker, TensorFlow draws the batches itself, and at the end of an
        # epoch often waits two seconds for a generator that has nothing more to give.
        super().__init__(workers=2)
        self._one_at_a_time = threading.Lock()
        self._images, self._labels, self._size = images, labels, size
        self._seed = seed
        self._layers = [keras.layers.deserialize(layer) for layer in augmentation]
        for layer in self._layers:
            _check_augmentation(layer, images[:1])
        self._augment = self._layer_by_layer
        if self._layers and keras.backend.backend() == "tensorflow":
            # Traced once for all batches, it takes half the time.
            traced = tensorflow().function
            self._augment = traced(self._layer_by_layer, reduce_retracing=True)
        self.shuffle(0)

    def shuffle(self, epoch: int, logs: dict | None = None) -> None:
        """Take the order of this epoch; `fit` calls it before each one."""
        self._epoch = epoch
        generator = np.random.default_rng((self._seed, epoch))
        self._order = generator.permutation(len(self._labels))

    def __len__(self) -> int:
        return math.ceil(len(self._labels) / self._size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        chosen = self._order[index * self._size : (index + 1) * self._size]
        images = self._images[chosen]
        if self._layers:
            with self._one_at_a_time:  # the layers hold the seed of one batch
                images = self._augmented(images, index)
        return images, self._labels[chosen]

    def _layer_by_layer(self, images: object) -> object:
        for layer in self._layers:
            images = layer(images, training=True)
        return images

    def _augmented(self, images: np.ndarray, index: int) -> np.ndarray:
        shape = images.shape
        for position, layer in enumerate(self._layers):
            source = np.random.SeedSequence((self._seed, self._epoch, index, position))
            for state in _seed_states(layer):
                state.assign(source.generate_state(2) % 2**31)
        changed = self._augment(keras.ops.convert_to_tensor(images)).numpy()
        if changed.shape != shape:
            raise expected(
                f"`augmentation` to keep the shape of the images, {shape[1:]}",
                changed.shape[1:],
            )
        return changed


def _check_augmentation(layer: keras.layers.Layer, images: np.ndarray) -> None:
    """Build the layer; raise when it would learn, or has to change labels too."""
    blends = ("MixUp", "CutMix")
    if type(layer).__name__ in blends:
        raise expected(
            "`augmentation` of layers that change images alone",
            f"a {type(layer).__name__}, which blends labels as well",
        )
    layer(images, training=True)
    if len(layer.variables) > len(_seed_states(layer)):
        raise expected(
            "`augmentation` of layers without weights",
            f"{type(layer).__name__}, whose weights no one would train",
        )


def _seed_states(layer: keras.layers.Layer) -> list[keras.Variable]:
    """The variables that decide what a layer draws."""
    return [v for v in layer.variables if v.path.endswith("seed_generator_state")]


def checked_data(
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
    answers = getattr(model, "output_shape", None)
    if not isinstance(answers, tuple) or len(answers) != 2:
        raise expected("`model` to answer (N, classes)", f"{model.name}: {answers}")
    requirement = f"the {part} labels to be integers from 0 to {answers[-1] - 1}"
    if labels.dtype.kind not in "iu":
        raise expected(requirement, f"labels of type {labels.dtype}")
    if labels.min() < 0 or labels.max() >= answers[-1]:
        raise expected(requirement, f"labels from {labels.min()} to {labels.max()}")
