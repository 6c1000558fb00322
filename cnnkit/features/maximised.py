"""The picture that a filter would like to see most."""

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from cnnkit.errors import check_integer, check_number, expected
from cnnkit.features.images import (
    as_batch,
    as_tensor,
    block_size,
    blocks,
    chosen_layer,
    chosen_units,
    counted,
    shape_of_answer,
)
from cnnkit.features.scores import unsquashed
from cnnkit.features.taps import opened, tapped
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
        size: (height, width) of the picture, or (height, width, channels), where
            the model leaves them open. Default: the model's own.
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
    steps = check_integer("steps", steps, minimum=1)
    step_size = check_number("step_size", step_size, minimum=0, exclusive=True)
    blur = check_number("blur", blur, minimum=0, below=20)
    seed = check_integer("seed", seed, minimum=0)
    low, high = _range(value_range)
    chosen_layer(model, layer)
    shape = _picture_shape(model, size)
    jitter = check_integer("jitter", jitter, minimum=0, maximum=min(shape[:2]))
    probe = as_batch(model, np.zeros((1, *shape), np.float32))
    wanted = chosen_units(units, shape_of_answer(model, layer, probe)[-1])
    parts = blocks(len(wanted), block_size(model, probe))
    progress = counted(len(parts) * steps, "maximising")
    made = []
    for part in parts:
        ascent = _ascent(model, layer, wanted[part], shape)
        pictures = (low + high) / 2 + 0.05 * (high - low) * np.stack(
            [_noise(seed, unit, shape) for unit in wanted[part]]
        )
        moves = np.random.default_rng(seed)  # the same for every filter
        for step in range(steps):
            left = 1 - step / steps
            move = moves.integers(-jitter, jitter, 2, endpoint=True)
            pictures = np.roll(pictures, move, axis=(1, 2))
            slopes = ascent(pictures)
            scale = np.abs(slopes).mean(axis=(1, 2, 3), keepdims=True) + 1e-30
            pictures += left * step_size * (high - low) * slopes / scale
            pictures = np.clip(_blurred(pictures, left * blur), low, high)
            pictures = np.roll(pictures, -move, axis=(1, 2))
            next(progress, None)
        made.append(pictures)
    return np.concatenate(made)


def _noise(seed: int, unit: int, shape: tuple[int, ...]) -> np.ndarray:
    """Each filter has its own noise, whichever others are asked for."""
    return np.random.default_rng([seed, unit]).standard_normal(shape, np.float32)


def _ascent(
    model: keras.Model, layer: str, wanted: list[int], shape: tuple[int, ...]
) -> Callable[[np.ndarray], np.ndarray]:
    """A compiled function from the pictures to their slopes, `(F, H, W, C)`."""
    tf = tensorflow("maximise_filter")
    holder, run = chosen_layer(model, layer)

    def slopes(pictures: object) -> object:
        heard = []
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(pictures)
            with (
                unsquashed(holder, run),
                tapped({"": holder}, lambda _, answer: heard.append(answer)),
            ):
                model(pictures, training=False)
            answer = keras.ops.cast(heard[run - 1], "float32")
            chosen = keras.ops.one_hot(np.array(wanted), answer.shape[-1])
            ones = (1,) * (len(answer.shape) - 2)
            own = answer * keras.ops.reshape(chosen, (len(wanted), *ones, -1))
            # A sum, and no mean, whose slopes half precision would round to 0.
            total = keras.ops.sum(keras.ops.relu(own) ** 2 + _WAKING * own)
        found = tape.gradient(total, pictures)
        if found is None:
            message = "`layer` to depend on the pixels in small steps"
            raise expected(message, f"layer={layer!r}")
        return found

    with opened(model, compiled=True):
        if tf.config.functions_run_eagerly():
            return lambda pictures: _opened_numbers(model, slopes, pictures)
        spec = tf.TensorSpec((len(wanted), *shape), tf.float32)
        compiled = tf.function(slopes, autograph=False).get_concrete_function(spec)
    return lambda pictures: compiled(tf.constant(pictures, tf.float32)).numpy()


def _opened_numbers(
    model: keras.Model, slopes: Callable, pictures: np.ndarray
) -> np.ndarray:
    """The same where a layer compiles its own call: step by step."""
    with opened(model, compiled=True):
        return slopes(as_tensor(pictures.astype(np.float32))).numpy()


def _blurred(pictures: np.ndarray, sigma: float) -> np.ndarray:
    if sigma < 0.1:
        return pictures
    reach = math.ceil(3 * sigma)
    kernel = gaussian_blur(2 * reach + 1, sigma=sigma)[:, :, None, None]
    kernel = np.repeat(kernel, pictures.shape[-1], axis=2)
    around = ((0, 0), (reach, reach), (reach, reach), (0, 0))
    padded = np.pad(pictures, around, mode="edge").astype(np.float32)
    blurred = keras.ops.depthwise_conv(padded, kernel, data_format="channels_last")
    return keras.ops.convert_to_numpy(blurred)


def _range(value_range: tuple[float, float]) -> tuple[float, float]:
    is_pair = isinstance(value_range, Sequence | np.ndarray) and len(value_range) == 2
    if is_pair and not isinstance(value_range, str):
        low, high = (
            check_number("value_range", end, minimum=-1e30, below=1e30)
            for end in value_range
        )
        if low < high:
            return low, high
    raise expected(
        "`value_range` to be (least, greatest)", f"value_range={value_range!r}"
    )


def _picture_shape(model: keras.Model, size: Sequence[int] | None) -> tuple[int, ...]:
    """(H, W, C) of what the model takes; `size` fills in what it leaves open."""
    stated = getattr(model, "inputs", None)
    shape = tuple(model.inputs[0].shape[1:]) if stated else (None, None, None)
    given = [None, None] if size is None else list(np.ravel(size).tolist())
    if len(shape) != 3 or len(given) not in (2, 3):
        raise expected(
            "a model that takes images (H, W, C), and `size` as (height, width)",
            f"{model.name}, which takes {shape}, and size={size!r}",
        )
    given += [None] * (3 - len(given))
    found = []
    for own, wanted in zip(shape, given, strict=True):
        if wanted is not None:
            check_integer("size", wanted, minimum=1)
        if own is None and wanted is None:
            raise expected(
                f"`size` as (height, width, channels), as {model.name} leaves "
                "something open",
                f"size={size!r}",
            )
        if None not in (own, wanted) and own != wanted:
            raise expected(f"`size` to be {shape}, as {model.name}", f"{given}")
        found.append(own or wanted)
    return tuple(found)
