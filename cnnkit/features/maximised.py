"""The picture that a filter would like to see most."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from cnnkit.errors import check_integer, check_number, expected
from cnnkit.features.images import (
    answer_shapes,
    as_batch,
    chosen_layer,
    chosen_units,
    counted,
)
from cnnkit.features.scores import unsquashed
from cnnkit.features.taps import tapped
from cnnkit.kernels import gaussian_blur
from cnnkit.runtime import keras, tensorflow

_WAKING = 0.01  # what the plain mean counts beside the mean square


def maximise_filter(
    model: keras.Model,
    layer: str,
    units: int | Iterable[int] | None = None,
    *,
    size: Sequence[int] | None = None,
    steps: int = 128,
    step_size: float = 0.05,
    jitter: int = 2,
    blur: float = 0.5,
    value_range: tuple[float, float] = (0.0, 1.0),
    seed: int = 0,
) -> np.ndarray:
    """Make the picture that a filter answers to most, by gradient ascent.

    It starts from grey with a little noise, and each step changes the pixels in
    the direction in which the filter answers more: the mean square over the places
    where it answers at all. Left alone this ends in a fine grain that no camera
    would see. Two rules keep the picture legible: it is moved about by a few
    pixels between the steps, so that no detail depends on its exact place, and it
    is blurred a little, less and less.

    A filter that answers nowhere at the start is woken: what counts is the answer
    before the layer's activation, and its plain mean counts a little.

    Args:
        model: a Keras model.
        layer: the name of the layer, `outer/inner` inside a model. Units of a
            dense layer work too, such as the class of the logits.
        units: the filters wanted, one or several. Default: all.
        size: (height, width) of the picture, where the model leaves it open.
            Default: the model's own.
        steps: how many. Default: 128.
        step_size: mean change of a pixel in the first step, as a share of the
            range; it shrinks to nothing. Default: 0.05.
        jitter: pixels by which the picture is moved at most. Default: 2.
        blur: standard deviation of the blur in the first step, in pixels; it
            shrinks to nothing. Default: 0.5.
        value_range: least and greatest value of a pixel. Default: (0, 1).
        seed: of the noise and the moves. Default: 0.

    Returns:
        float32 `(F, H, W, C)`, within `value_range`: a picture for each filter.

    Raises:
        TypeError, ValueError: there is no such layer or filter, an argument is out
            of range, or the size of the picture is not known.

    Example:
        >>> maximise_filter(model, "conv1").shape
        (10, 28, 28, 1)

    Source: D. Erhan et al., «Visualizing higher-layer features of a deep network»,
    2009. Blur: J. Yosinski et al., arXiv:1506.06579. Moves: A. Mordvintsev et al.,
    «Inceptionism», 2015.
    Taught in: notebooks/13_feature_maps.ipynb
    """
    holder = chosen_layer(model, layer)
    steps = check_integer("steps", steps, minimum=1)
    step_size = check_number("step_size", step_size, minimum=0, exclusive=True)
    jitter = check_integer("jitter", jitter, minimum=0)
    blur = check_number("blur", blur, minimum=0)
    low, high = _range(value_range)
    shape = _picture_shape(model, size)
    probe = as_batch(model, np.zeros((1, *shape), np.float32))
    wanted = chosen_units(units, answer_shapes(model, probe)[layer][-1])
    rng = np.random.default_rng(check_integer("seed", seed, minimum=0))
    noise = rng.standard_normal((len(wanted), *shape), np.float32)
    pictures = (low + high) / 2 + 0.05 * (high - low) * noise
    ascent, to_tensor = (
        _ascent(model, layer, holder, wanted),
        keras.ops.convert_to_tensor,
    )
    with unsquashed(holder):
        for step in counted(steps, "maximising"):
            left = 1 - step / steps
            move = tuple(rng.integers(-jitter, jitter, 2, endpoint=True))
            pictures = np.roll(pictures, move, axis=(1, 2))
            slopes = keras.ops.convert_to_numpy(ascent(to_tensor(pictures)))
            scale = np.abs(slopes).mean(axis=(1, 2, 3), keepdims=True) + 1e-30
            pictures += left * step_size * (high - low) * slopes / scale
            pictures = np.clip(_blurred(pictures, left * blur), low, high)
            pictures = np.roll(pictures, (-move[0], -move[1]), axis=(1, 2))
    return pictures


def _ascent(
    model: keras.Model, layer: str, holder: keras.Layer, wanted: list[int]
) -> Callable[[object], object]:
    """A compiled function from the pictures to their slopes, `(F, H, W, C)`."""
    tf = tensorflow("maximise_filter")

    def slopes(pictures: object) -> object:
        heard = []
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(pictures)
            with tapped({layer: holder}, lambda _, answer: heard.append(answer)):
                model(pictures, training=False)
            answer = keras.ops.cast(heard[0], "float32")
            chosen = keras.ops.one_hot(np.array(wanted), answer.shape[-1])
            ones = (1,) * (len(answer.shape) - 2)
            own = answer * keras.ops.reshape(chosen, (len(wanted), *ones, -1))
            total = keras.ops.mean(keras.ops.relu(own) ** 2 + _WAKING * own)
        found = tape.gradient(total, pictures)
        if found is None:
            message = "`layer` to depend on the pixels in small steps"
            raise expected(message, f"layer={layer!r}")
        return found

    return tf.function(slopes)


def _blurred(pictures: np.ndarray, sigma: float) -> np.ndarray:
    if sigma < 0.1:
        return pictures
    kernel = gaussian_blur(5, sigma=sigma)[:, :, None, None]
    kernel = np.repeat(kernel, pictures.shape[-1], axis=2)
    padded = np.pad(pictures, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="edge")
    return keras.ops.convert_to_numpy(keras.ops.depthwise_conv(padded, kernel))


def _range(value_range: tuple[float, float]) -> tuple[float, float]:
    try:
        low, high = map(float, value_range)
    except (TypeError, ValueError):
        low = high = 0.0
    if not -np.inf < low < high < np.inf:
        raise expected(
            "`value_range` to be (least, greatest)", f"value_range={value_range!r}"
        )
    return low, high


def _picture_shape(model: keras.Model, size: Sequence[int] | None) -> tuple[int, ...]:
    """(H, W, C) of what the model takes; `size` fills in what it leaves open."""
    shape = tuple(model.inputs[0].shape[1:]) if getattr(model, "inputs", None) else ()
    given = (None, None) if size is None else tuple(np.ravel(size).tolist())
    if len(shape) != 3 or shape[2] is None or len(given) != 2:
        raise expected(
            "a model that takes images (H, W, C), and `size` as (height, width)",
            f"{model.name}, which takes {shape or 'anything'}, and size={size!r}",
            advice=""
            if shape
            else "Call the model on an image first, or give it an Input.",
        )
    for own, wanted in zip(shape, given, strict=False):
        if own is None and wanted is None:
            raise expected(f"`size`, which {model.name} leaves open", "size=None")
        if wanted is not None:
            check_integer("size", wanted, minimum=1)
            if own not in (None, wanted):
                raise expected(f"`size` to be {shape[:2]}, as {model.name}", given)
    height, width = (own or wanted for own, wanted in zip(shape, given, strict=False))
    return height, width, shape[2]
