"""Which pixels a score depends on, by its gradient."""

from collections.abc import Sequence

import numpy as np

from cnnkit.errors import check_integer, check_number, expected
from cnnkit.features.images import (
    as_floats,
    as_pixels,
    block_size,
    blocks,
    counted,
)
from cnnkit.features.scores import chosen_classes, logits, slopes
from cnnkit.runtime import keras


def saliency(
    model: keras.Model,
    images: np.ndarray,
    classes: int | Sequence[int] | None = None,
    *,
    smooth: int = 0,
    noise: float = 0.15,
    seed: int = 0,
) -> np.ndarray:
    """How much the score of a class changes with each pixel.

    The gradient of the logit with respect to the image, its magnitude, the
    largest over the colours. It tells where a small change of the image would
    matter most, which need not be what made the score. With `smooth` the gradient
    is the mean over noisy copies of the image (SmoothGrad), which is less grainy.

    Guided backpropagation and «deconvolution» are left out on purpose: they draw
    sharp edges, and draw nearly the same ones when the network's weights are
    random, so they show the image and not what the network makes of it.

    Args:
        model: a classifier, with or without a softmax at its end. One unit with a
            sigmoid is two classes, 0 and 1.
        images: a batch `(N, H, W, C)`, or one image `(H, W, C)`.
        classes: the class whose score it is, one or one for each image. Default:
            the class that the model says.
        smooth: how many noisy copies; 0 is the plain gradient. Default: 0.
        noise: standard deviation of the noise, as a share of the image's range
            from least to greatest. Default: 0.15.
        seed: of the noise. Default: 0.

    Returns:
        float32 `(N, H, W)`, 0 and above.

    Raises:
        TypeError, ValueError: an argument is out of range, the images have another
            shape than the model takes, or it is no classifier.

    Example:
        >>> saliency(model, test.images[:4]).shape
        (4, 28, 28)

    Source: K. Simonyan, A. Vedaldi and A. Zisserman, «Deep inside convolutional
    networks», 2013, arXiv:1312.6034. D. Smilkov et al., «SmoothGrad», 2017,
    arXiv:1706.03825. On what is left out: J. Adebayo et al., «Sanity checks for
    saliency maps», 2018, arXiv:1810.03292.
    Taught in: notebooks/13_feature_maps.ipynb
    """
    images = as_pixels(model, images)
    copies = check_integer("smooth", smooth, minimum=0)
    noise = check_number("noise", noise, minimum=0)
    rng = np.random.default_rng(check_integer("seed", seed, minimum=0))
    parts, found = blocks(len(images), block_size(model, images)), []
    progress = counted(len(parts) * max(copies, 1), "saliency")
    with logits(model, images) as score:
        wanted = chosen_classes(score, images, classes, parts)
        for part in parts:
            batch = as_floats(images[part])
            axes = tuple(range(1, batch.ndim))
            width = noise * np.ptp(batch, axis=axes, keepdims=True)
            total = np.zeros(batch.shape, np.float32)
            for _ in range(max(copies, 1)):
                grain = rng.standard_normal(batch.shape, np.float32) if copies else 0
                noisy = (batch + width * grain).astype(batch.dtype)
                total += slopes(score, noisy, wanted[part])
                next(progress, None)
            strength = np.abs(total / max(copies, 1))
            found.append(strength if batch.ndim == 3 else strength.max(axis=-1))
    return np.concatenate(found)


def integrated_gradients(
    model: keras.Model,
    images: np.ndarray,
    classes: int | Sequence[int] | None = None,
    *,
    baseline: float | np.ndarray = 0.0,
    steps: int = 64,
) -> np.ndarray:
    """How much of the score each pixel brought, summed on the way from a baseline.

    The image grows from the baseline in small steps; the gradients on the way,
    averaged, times what the pixel gained:

        (x − b) · mean over t of ∂score(b + t·(x − b)) / ∂x

    All together they add up to score(x) − score(b) (completeness), but for the
    coarseness of the steps.

    Args:
        model: a classifier, with or without a softmax at its end.
        images: a batch `(N, H, W, C)`, or one image `(H, W, C)`.
        classes: the class whose score it is, one or one for each image. Default:
            the class that the model says.
        baseline: the image that shows nothing: a number, or an array that fits
            `(H, W, C)`. What equals it can bring nothing. Default: 0, black.
        steps: points on the way, at the middles of equal parts. Default: 64.

    Returns:
        float32 `(N, H, W, C)`; what spoke against the class is negative.

    Raises:
        TypeError, ValueError: as `saliency`.

    Example:
        >>> integrated_gradients(model, test.images[:4]).shape
        (4, 28, 28, 1)

    Source: M. Sundararajan, A. Taly and Q. Yan, «Axiomatic attribution for deep
    networks», 2017, arXiv:1703.01365.
    Taught in: notebooks/13_feature_maps.ipynb
    """
    images = as_floats(as_pixels(model, images))
    steps = check_integer("steps", steps, minimum=1)
    start = _baseline(baseline, images)
    found = np.zeros(images.shape, np.float32)
    along = ((np.arange(steps) + 0.5) / steps).astype(images.dtype)
    along = along.reshape(-1, *[1] * (images.ndim - 1))
    size = block_size(model, images)
    with logits(model, images) as score:
        wanted = chosen_classes(score, images, classes, blocks(len(images), size))
        for i in counted(len(images), "integrated gradients"):
            for part in blocks(steps, size):
                way = start + along[part] * (images[i] - start)
                labels = np.repeat(wanted[i], len(way))
                found[i] += slopes(score, way, labels).sum(axis=0) / steps
    return (found * (images - start)).astype(np.float32)


def _baseline(baseline: float | np.ndarray, images: np.ndarray) -> np.ndarray:
    shape = images.shape[1:]
    try:
        start = np.asarray(baseline)
        if start.dtype.kind in "fiu" and np.isfinite(start).all():
            return np.broadcast_to(start, shape).astype(images.dtype)
    except ValueError:  # it has another shape, or none
        pass
    given = getattr(baseline, "shape", ())
    received = f"shape {given}" if given else f"baseline={baseline!r}"
    raise expected(f"`baseline` to be a number or an image of shape {shape}", received)
