"""Layers in a row: forward through all of them, and backward again."""

from collections.abc import Sequence

import numpy as np

from cnnkit.errors import check_choice, check_integer, expected
from cnnkit.scratch.checks import as_floats, as_generator
from cnnkit.scratch.layers import Layer
from cnnkit.scratch.softmax import (
    softmax_cross_entropy,
    softmax_cross_entropy_backward,
)


class Stack:
    """Layers in a row: numbers go forward through them, gradients come back.

    The part of `Network` that computes; see there for the arguments.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        *,
        input_shape: Sequence[int] = (28, 28, 1),
        dtype: str = "float32",
        seed: int = 0,
    ) -> None:
        self.layers = _checked_layers(layers)
        if not isinstance(input_shape, tuple | list) or not input_shape:
            raise expected(
                "`input_shape` to be the shape of one example, as (28, 28, 1)",
                f"input_shape={input_shape!r}",
            )
        self.input_shape = tuple(
            check_integer("input_shape", size, minimum=1) for size in input_shape
        )
        self.dtype = np.dtype(check_choice("dtype", dtype, ("float32", "float64")))
        self._build(as_generator(seed))

    def _build(self, rng: np.random.Generator) -> None:
        """Make the weights, and learn the shapes by sending one blank through."""
        self.output_shapes: list[tuple[int, ...]] = []
        x = np.zeros((1, *self.input_shape), self.dtype)
        for position, layer in enumerate(self.layers, start=1):
            try:
                layer.build(x.shape[1:], rng, self.dtype)
                x = layer.forward(x)
            except (TypeError, ValueError) as error:
                raise expected(
                    f"layer {position}, {layer}, to fit what reaches it",
                    f"an input of shape {x.shape[1:]} ({error})",
                    error=type(error),
                ) from error
            self.output_shapes.append(x.shape[1:])
        if x.ndim != 2 or x.shape[1] < 2:
            raise expected(
                "the last layer to give one score for each of at least two classes",
                f"an output of shape {x.shape[1:]}",
            )
        self.classes = x.shape[1]
        for layer in self.layers:
            layer.taken = True

    def __repr__(self) -> str:
        layers = "".join(f"    {layer},\n" for layer in self.layers)
        options = f"input_shape={self.input_shape}, dtype={self.dtype.name!r}"
        return f"{type(self).__name__}([\n{layers}], {options})"

    @property
    def weights(self) -> list[np.ndarray]:
        """All weights, in Keras's order: kernel and bias of each layer."""
        return [array for layer in self.layers for array in layer.weights]

    def get_weights(self) -> list[np.ndarray]:
        """Copies of all weights; a Keras model of the same layers takes them.

        Example:
            >>> [w.shape for w in Network([Flatten(), Dense(10)]).get_weights()]
            [(784, 10), (10,)]
        """
        return [array.copy() for array in self.weights]

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        """Replace all weights, by those of a Keras model for instance.

        Raises:
            ValueError: their number or a shape differs; nothing is changed then.
        """
        if not isinstance(weights, Sequence):
            raise expected("`weights` to be a list of arrays", type(weights).__name__)
        arrays = [as_floats("weights", array) for array in weights]
        wanted, given = ([a.shape for a in some] for some in (self.weights, arrays))
        if wanted != given:
            raise expected(f"weights of the shapes {wanted}", f"the shapes {given}")
        for own, new in zip(self.weights, arrays, strict=True):
            own[...] = new

    def count_params(self) -> int:
        """How many numbers training adjusts."""
        return sum(array.size for array in self.weights)

    def summary(self) -> None:
        """Print a table: each layer, the shape that it gives, its parameters."""
        print(f"{'layer':<26}{'output':<18}{'parameters':>10}")
        for layer, shape in zip(self.layers, self.output_shapes, strict=True):
            count = sum(array.size for array in layer.weights)
            size = " × ".join(map(str, shape))
            print(f"{type(layer).__name__:<26}{size:<18}{count:>10,}")
        print(f"{'in all':<44}{self.count_params():>10,}")

    def logits(
        self, images: np.ndarray, *, rng: np.random.Generator | None = None
    ) -> np.ndarray:
        """One score for each class, before softmax: `(N, classes)`, in one batch.

        Args:
            images: `(N, …)` with the network's input shape.
            rng: for the random draws of training; the layers then remember what
                the way back needs. Default: none, dropout is off.

        Raises:
            ValueError: the images have another shape, or there are none.
        """
        x = self._checked_images(images)
        for layer in self.layers:
            x = layer.forward(x, rng)
        return x

    def loss_and_gradients(
        self, images: np.ndarray, labels: np.ndarray, *, seed: object = 0
    ) -> tuple[np.floating, list[np.ndarray], np.ndarray]:
        """Forward and backward for one batch: the loss, and its slope for each weight.

        Args:
            images: `(N, …)` with the network's input shape.
            labels: integers `(N,)`.
            seed: of dropout, an integer or a NumPy generator. Default: 0.

        Returns:
            `(loss, gradients, logits)`: the mean loss, its gradient with respect
            to each of `weights`, and the scores `(N, classes)`. Training moves
            the weights against their gradients.

        Raises:
            TypeError: the labels are not integers.
            ValueError: shapes do not belong together, or a label is out of range.
        """
        logits = self.logits(images, rng=as_generator(seed))
        loss = softmax_cross_entropy(logits, labels)
        grad = softmax_cross_entropy_backward(1.0, logits, labels)
        for layer in reversed(self.layers):
            grad = layer.backward(grad, to_input=layer is not self.layers[0])
        return loss, [g for layer in self.layers for g in layer.gradients], logits

    def _checked_images(
        self, images: np.ndarray, *, convert: bool = True
    ) -> np.ndarray:
        """Return the images, in the network's type when `convert` is true."""
        if convert or not isinstance(images, np.ndarray):
            images = as_floats("images", images, empty=True)
        if images.shape[1:] != self.input_shape or len(images) == 0:
            shape = ", ".join(map(str, self.input_shape))
            one = images.shape == self.input_shape
            raise expected(
                f"`images` to have the shape (N, {shape}), with at least one image",
                f"images of shape {images.shape}",
                advice="One image is images[:1], or image[None]." if one else "",
            )
        as_floats("images", images[:1])  # the type, told before anything is done
        return images.astype(self.dtype, copy=False) if convert else images


def _checked_layers(layers: Sequence[Layer]) -> list[Layer]:
    if isinstance(layers, Layer) or not isinstance(layers, Sequence) or not layers:
        raise expected(
            "`layers` to be a list of at least one layer, as [Flatten(), Dense(10)]",
            repr(layers),
        )
    for position, layer in enumerate(layers, start=1):
        if not isinstance(layer, Layer):
            raise expected(
                f"layer {position} to be a layer, as scratch.Dense(10)",
                repr(layer),
                error=TypeError,
            )
        if layer.taken or any(layer is other for other in layers[: position - 1]):
            raise expected(
                f"layer {position} to be new",
                f"{layer}, which is used already",
                advice="A layer has one place in one network; make another.",
            )
    return list(layers)
