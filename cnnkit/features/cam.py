"""Where a layer saw the class: Grad-CAM and Grad-CAM++."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from cnnkit.errors import check_choice, expected
from cnnkit.features.fields import field_of, spread
from cnnkit.features.images import (
    answer_shapes,
    as_array,
    as_pixels,
    block_size,
    blocks,
    chosen_layer,
    counted,
)
from cnnkit.features.scores import Score, chosen_classes, logits, of_classes
from cnnkit.features.taps import named_layers, run_of, wrapped
from cnnkit.runtime import keras, tensorflow

# Layers whose answers are no maps of their own.
_NOT_MAPS = ("Pooling", "Dropout", "Padding", "Cropping", "UpSampling", "Reshape")


def grad_cam(
    model: keras.Model,
    images: np.ndarray,
    classes: int | Sequence[int] | None = None,
    *,
    layer: str | None = None,
    upsample: str = "auto",
) -> np.ndarray:
    """Where the feature maps of a layer speak for a class.

    Each map is weighted by the mean slope of the class's logit over that map; the
    weighted maps are added, and what speaks against the class is cut off:

        relu(Σ_k mean_ij(∂score/∂A_ijk) · A_k)

    Args:
        model: a classifier, with or without a softmax at its end.
        images: a batch `(N, H, W, C)`, or one image `(H, W, C)`.
        classes: the class whose score it is, one or one for each image. Default:
            the class that the model says.
        layer: the layer whose maps are read. Default: the last one with maps behind
            a convolution, but for pooling, dropout and the like.
        upsample: how the map comes to the size of the image, linearly between
            places. "field" puts each place at the middle of its receptive field,
            "stretch" spreads them evenly over the image, as the paper does, which
            moves heat towards the borders where layers are not padded; "none"
            leaves the map as it is. Default: "auto", which is "field" where the
            layers up to there are a chain that `trace` can follow, else "stretch".

    Returns:
        float32, 0 and above: `(N, H, W)`; with "none" `(N, H', W')` of the layer.

    Raises:
        TypeError, ValueError: an argument is out of range, the images have another
            shape than the model takes, it is no classifier, the layer answers no
            maps, or the score does not depend on it.

    Example:
        >>> grad_cam(model, test.images[:4]).shape
        (4, 28, 28)

    Source: R. Selvaraju et al., «Grad-CAM», ICCV 2017, arXiv:1610.02391.
    Taught in: notebooks/13_feature_maps.ipynb
    """
    return _cam(model, images, classes, layer, upsample, _mean_slope)


def grad_cam_plus_plus(
    model: keras.Model,
    images: np.ndarray,
    classes: int | Sequence[int] | None = None,
    *,
    layer: str | None = None,
    upsample: str = "auto",
) -> np.ndarray:
    """Grad-CAM that does not favour one large object over several small ones.

    The slopes g of a map are weighted place by place, and only those that speak
    for the class count; for a score exp(S) the higher derivatives become powers:

        α = g² / (2 g² + g³ · Σ_ij A_ij),  weight_k = Σ_ij α · relu(g)

    Args:
        model: as `grad_cam`.
        images: as `grad_cam`.
        classes: as `grad_cam`.
        layer: as `grad_cam`.
        upsample: as `grad_cam`.

    Returns:
        As `grad_cam`.

    Raises:
        TypeError, ValueError: as `grad_cam`.

    Example:
        >>> grad_cam_plus_plus(model, test.images[:4]).shape
        (4, 28, 28)

    Source: A. Chattopadhay et al., «Grad-CAM++», WACV 2018, arXiv:1710.11063.
    Taught in: notebooks/13_feature_maps.ipynb
    """
    return _cam(model, images, classes, layer, upsample, _weighted_slopes)


def _mean_slope(maps: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    return slopes.mean(axis=(1, 2), keepdims=True)  # (N, 1, 1, K)


def _weighted_slopes(maps: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    # α does not change when g is scaled with 1/A; in float64 g³ stays above 0.
    g, answers = slopes.astype(np.float64), maps.astype(np.float64)
    below = 2 * g**2 + g**3 * answers.sum(axis=(1, 2), keepdims=True)
    shares = np.divide(g**2, below, out=np.zeros_like(g), where=below != 0)
    return (shares * np.maximum(g, 0)).sum(axis=(1, 2), keepdims=True)


def _cam(
    model: keras.Model,
    images: np.ndarray,
    classes: int | Sequence[int] | None,
    layer: str | None,
    upsample: str,
    weigh: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> np.ndarray:
    images = as_pixels(model, images)
    check_choice("upsample", upsample, ("auto", "field", "stretch", "none"))
    if layer is not None:
        chosen_layer(model, layer)
    name = _layer_with_maps(model, images, layer)
    parts, found = blocks(len(images), block_size(model, images)), []
    with logits(model, images) as score:
        wanted = chosen_classes(score, images, classes, parts)
        for number in counted(len(parts), "Grad-CAM"):
            part = parts[number]
            maps, slopes = _maps_and_slopes(
                model, name, score, images[part], wanted[part]
            )
            heat = (weigh(maps, slopes) * maps).sum(axis=-1)
            found.append(np.maximum(heat, 0).astype(np.float32))
    heat = np.concatenate(found)
    if upsample == "none":
        return heat
    size, fields = images.shape[1:3], None
    if upsample != "stretch":
        fields = field_of(model, name, images.shape[1:])
    if upsample == "field" and fields is None:
        message = f"a chain of layers up to {name}, for upsample='field'"
        raise expected(message, model.name, advice="Take upsample='stretch'.")
    return spread(heat, size, fields)


def _layer_with_maps(model: keras.Model, images: np.ndarray, layer: str | None) -> str:
    """The layer named, or the last with maps, behind a convolution, before pooling."""
    shapes = answer_shapes(model, images)
    with_maps = [name for name, shape in shapes.items() if len(shape) == 3]
    if layer is not None:
        if layer not in with_maps:
            raise expected(
                f"`layer` to be one that answers maps: {', '.join(with_maps)}",
                f"layer={layer!r}, which answers {shapes.get(layer, 'nothing')}",
            )
        return layer
    layers, last, convolved = named_layers(model), None, False
    for name in with_maps:
        one = layers.get(run_of(name, layers)[0])
        weights = getattr(one, "weights", ())
        convolved = convolved or any(len(weight.shape) == 4 for weight in weights)
        changes = any(part in type(one).__name__ for part in _NOT_MAPS)
        if convolved and not changes and math.prod(shapes[name][:2]) > 1:
            last = name
    if last is None:
        there = ", ".join(with_maps) or "none answers maps"
        advice = f"Name a layer with `layer`: {there}."
        raise expected("a model with a convolution", model.name, advice=advice)
    return last


def _maps_and_slopes(
    model: keras.Model, name: str, score: Score, batch: np.ndarray, wanted: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What the layer answers, and the slope of the score with respect to it."""
    layer, run = chosen_layer(model, name)
    answers = []
    with tensorflow().GradientTape(watch_accessed_variables=False) as tape:

        def around(call: Callable, number: int, *given: object, **named: object):
            answer = call(*given, **named)
            if number == run:
                tape.watch(answer)
                answers.append(answer)
            return answer

        with wrapped(layer, around):
            total = keras.ops.sum(of_classes(score(batch), wanted))
    slopes = tape.gradient(total, answers[0])
    if slopes is None:
        raise expected("`layer` to be one that the score depends on", f"layer={name!r}")
    return tuple(as_array(part).astype(np.float32) for part in (answers[0], slopes))
