"""The images, and the places in them, that excite each filter most."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from cnnkit.errors import check_integer, expected
from cnnkit.features.fields import field_of
from cnnkit.features.images import (
    as_array,
    as_batch,
    as_tensor,
    block_size,
    blocks,
    chosen_layer,
    chosen_units,
    counted,
    shape_of_answer,
)
from cnnkit.features.taps import opened, tapped
from cnnkit.runtime import keras
from cnnkit.shapes import ReceptiveField


@dataclass(frozen=True, eq=False)
class TopActivations:
    """What excites the filters of a layer most, the strongest first."""

    layer: str
    """Name of the layer."""
    units: np.ndarray
    """`(F,)`: the filters, as channel numbers."""
    values: np.ndarray
    """`(F, K)`: how strongly they answer."""
    indices: np.ndarray
    """`(F, K)`: which of the images."""
    places: np.ndarray
    """`(F, K, 2)`: row and column in the feature map; `(F, K, 0)` for units of a
    dense layer, which have no place."""
    receptive_field: tuple[ReceptiveField, ReceptiveField] | None
    """What one place sees, down and right. None for a dense layer, and where the kit
    cannot tell, as the way from the image to the layer branches."""
    images: np.ndarray = field(repr=False)
    """`(N, H, W, C)`: the images searched."""

    @property
    def pictures(self) -> np.ndarray:
        """The whole images, `(F, K, H, W, C)`."""
        return self.images[self.indices]

    @property
    def patches(self) -> np.ndarray | None:
        """What each place sees of its image, `(F, K, h, w, C)`.

        What lies outside of the image is 0. The whole images for a dense layer;
        None where the receptive field is unknown.
        """
        if not self.places.shape[-1]:
            return self.pictures
        if self.receptive_field is None:
            return None
        sizes = [one.size for one in self.receptive_field]
        patches = np.zeros(
            (*self.indices.shape, *sizes, self.images.shape[-1]), self.images.dtype
        )
        for at in np.ndindex(self.indices.shape):
            image = self.images[self.indices[at]]
            seen, into = [], []
            for one, place, length in zip(
                self.receptive_field, self.places[at], image.shape, strict=False
            ):
                span = one.of(int(place))
                first, last = max(span.start, 0), min(span.stop, length)
                seen.append(slice(first, max(first, last)))
                into.append(slice(first - span.start, max(first, last) - span.start))
            patches[at][tuple(into)] = image[tuple(seen)]
        return patches


def top_activations(
    model: keras.Model,
    layer: str,
    images: np.ndarray,
    k: int = 9,
    *,
    units: int | Iterable[int] | None = None,
) -> TopActivations:
    """Find the images and the places that excite each filter most.

    Of each image only the strongest place counts, so that the k best are k
    different images. The images pass in batches, and only the best so far are
    kept: the memory does not grow with their number.

    Args:
        model: a Keras model.
        layer: the name of the layer, `outer/inner` inside a model.
        images: a batch `(N, H, W, C)`.
        k: how many for each filter; of fewer images all. Default: 9.
        units: the filters wanted, one or several. Default: all.

    Returns:
        A `TopActivations`; draw it with `plots.top_activations`.

    Raises:
        TypeError, ValueError: there is no such layer or filter, k is out of range,
            or the images have another shape than the model takes.

    Example:
        >>> top_activations(model, "conv1", test.images, k=5).patches.shape
        (10, 5, 5, 5, 1)

    Source: M. Zeiler and R. Fergus, «Visualizing and understanding convolutional
    networks», ECCV 2014, arXiv:1311.2901.
    Taught in: notebooks/13_feature_maps.ipynb
    """
    images = as_batch(model, images)
    holder, run = chosen_layer(model, layer)
    k = min(check_integer("k", k, minimum=1), len(images))
    shape = shape_of_answer(model, layer, images)
    if len(shape) not in (1, 3):
        raise expected(
            "`layer` to answer maps (N, H, W, C) or units (N, C)",
            f"layer={layer!r}, which answers (N, {', '.join(map(str, shape))})",
        )
    wanted = chosen_units(units, shape[-1])
    kept = [np.empty((0, len(wanted)), kind) for kind in (np.float32, int, int)]
    parts = blocks(len(images), block_size(model, images))
    with opened(model):
        for number in counted(len(parts), "top activations"):
            part = parts[number]
            answer = _answer(model, holder, run, as_tensor(images[part]))[..., wanted]
            flat = answer.reshape(len(answer), -1, len(wanted))
            kept = _merged(kept, flat, part.start, k)
    values, where, which = (one.T for one in kept)
    places, fields = np.empty((len(wanted), k, 0), int), None
    if len(shape) == 3:
        places = np.stack(np.unravel_index(where, shape[:2]), axis=-1)
        fields = field_of(model, layer, images.shape[1:])
    return TopActivations(
        layer=layer,
        units=np.array(wanted),
        values=values,
        indices=which,
        places=places,
        receptive_field=fields,
        images=images,
    )


def _answer(model: keras.Model, holder: object, run: int, batch: object) -> np.ndarray:
    """What the layer answers in one of its runs."""
    heard = []
    with tapped({"": holder}, lambda _, answer: heard.append(answer)):
        model(batch, training=False)
    return as_array(heard[run - 1])


def _merged(
    kept: list[np.ndarray], answers: np.ndarray, start: int, k: int
) -> list[np.ndarray]:
    """The k strongest so far and of these answers `(batch, places, F)`.

    Each kept array is `(k, F)`: the values, the places, the indices of the images.
    """
    places = answers.argmax(axis=1)  # (batch, F)
    values = np.take_along_axis(answers, places[:, np.newaxis], axis=1)[:, 0]
    indices = np.broadcast_to(
        np.arange(start, start + len(answers))[:, np.newaxis], places.shape
    )
    both = [
        np.concatenate(pair)
        for pair in zip(kept, (values, places, indices), strict=True)
    ]
    order = np.argsort(-both[0], axis=0, kind="stable")[:k]
    return [np.take_along_axis(one, order, axis=0) for one in both]
