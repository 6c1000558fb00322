"""What one place of a layer sees of the image, and heat put back where it was seen."""

from collections.abc import Sequence

import numpy as np

from cnnkit.runtime import keras
from cnnkit.shapes import ReceptiveField
from cnnkit.tracing import trace

Fields = tuple[ReceptiveField, ReceptiveField]


def field_of(
    model: keras.Model, layer: str, image_shape: Sequence[int]
) -> Fields | None:
    """What one place of the layer sees, down and right, where `trace` can follow.

    Args:
        model: a Keras model.
        layer: its name; `outer/inner` inside a model.
        image_shape: (H, W, C).

    Returns:
        The two fields; None when the way to the layer branches, or leads through
        a `call` of its own.
    """
    part = model
    if not isinstance(model, keras.Sequential) and "/" not in layer:
        try:  # the way to the layer may be a chain, though it branches later
            part = keras.Model(model.inputs, model.get_layer(layer).output)
        except (AttributeError, ValueError, TypeError):
            return None
    try:
        rows = trace(part, image_shape).rows
    except (TypeError, ValueError):
        return None
    fields = next((row.receptive_field for row in rows if row.name == layer), None)
    return fields if fields is not None and len(fields) == 2 else None


def spread(heat: np.ndarray, size: Sequence[int], fields: Fields | None) -> np.ndarray:
    """Bring maps to the size of the image, linear between neighbouring places.

    Args:
        heat: `(N, H', W')`.
        size: (H, W) of the image.
        fields: each place goes to the middle of what it sees; outside of the
            places the heat fades, up to where the outermost fields end. None: the
            places are stretched evenly over the image, and the heat stays.

    Returns:
        `(N, H, W)`, float32.
    """
    down, across = (
        _weights(places, pixels, fields[axis] if fields else None)
        for axis, (places, pixels) in enumerate(zip(heat.shape[1:], size, strict=True))
    )
    return (down @ heat @ across.T).astype(np.float32)


def _weights(places: int, pixels: int, field: ReceptiveField | None) -> np.ndarray:
    """How much of the heat of each place a pixel gets, `(pixels, places)`."""
    at = np.arange(pixels, dtype=float)
    jump = pixels / places
    first, reach = (jump - 1) / 2, np.inf
    if field is not None:
        jump, reach = field.jump, (field.size + 1) / 2
        first = field.offset + (field.size - 1) / 2
    nearest = np.clip(at, first, first + jump * (places - 1))
    steps = (nearest - first) / jump
    between = np.maximum(1 - np.abs(steps[:, np.newaxis] - np.arange(places)), 0)
    fading = np.maximum(1 - np.abs(at - nearest) / reach, 0)  # outside of the places
    return between * fading[:, np.newaxis]
