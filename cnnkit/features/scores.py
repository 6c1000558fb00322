"""The scores of the classes, from behind the softmax, and their gradients."""

import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import numpy as np

from cnnkit.errors import check_integer, expected
from cnnkit.features.images import as_tensor
from cnnkit.features.taps import (
    named_layers,
    opened,
    operations_of,
    replaced,
    run_of,
    tapped,
    wrapped,
)
from cnnkit.runtime import keras, tensorflow

Score = Callable[[object], object]
_SQUASHING = {"Softmax": "softmax", "Sigmoid": "sigmoid", "LogSoftmax": "log_softmax"}
_HARMLESS = ("Dropout", "Identity", "Reshape", "Flatten", "Activation")
_PROBE = np.array([[-2.0, 0.0, 1.0]], np.float32)


@contextmanager
def logits(model: keras.Model, images: np.ndarray) -> Iterator[Score]:
    """Give a function from a batch to its scores `(N, classes)`.

    When the last step of the model is a softmax or a sigmoid, it is left out. A
    single sigmoid unit z becomes two scores, −z and z. What a model computes in a
    `call` of its own, outside of layers, cannot be left out; when its answers add
    up to 1, a warning says so.

    Raises:
        ValueError: the model answers something else than `(N, classes)`.
    """
    with opened(model):
        last, run = _last_step(model, images)
        is_sigmoid = squashing(last) == "Sigmoid"

        def score(batch: object) -> object:
            batch = as_tensor(batch) if isinstance(batch, np.ndarray) else batch
            with unsquashed(last, run):
                answer = model(batch, training=False)
            if len(getattr(answer, "shape", ())) != 2:
                shapes = keras.tree.map_structure(lambda part: part.shape, answer)
                received = f"{model.name}, which answers {shapes}"
                raise expected("a classifier, which answers (N, classes)", received)
            answer = keras.ops.cast(answer, "float32")
            if is_sigmoid and answer.shape[1] == 1:
                answer = keras.ops.concatenate([-answer, answer], axis=1)
            return answer

        _warn_of_probabilities(model, keras.ops.convert_to_numpy(score(images[:1])))
        yield score


def _warn_of_probabilities(model: keras.Model, scores: np.ndarray) -> None:
    several = scores.shape[1] > 1 and scores.min() >= 0
    if several and np.allclose(scores.sum(axis=1), 1, atol=1e-3):
        warnings.warn(
            f"{model.name} makes probabilities where they cannot be left out: the "
            "scores are these, and not logits. Let a Softmax layer make them.",
            stacklevel=5,
        )


@contextmanager
def unsquashed(layer: object | None, run: int = 1) -> Iterator[None]:
    """Let a layer answer what comes before its activation, in one of its runs."""

    def around(call: Callable, number: int, *given: object, **named: object) -> object:
        if number != run:
            return call(*given, **named)
        if type(layer).__name__ in (*_SQUASHING, "Activation", "ReLU", "LeakyReLU"):
            return given[0] if given else next(iter(named.values()))
        if type(layer).__name__ == "Lambda":
            return given[0]
        with replaced(layer, "activation", keras.activations.linear):
            return call(*given, **named)

    known = type(layer).__name__ in (*_SQUASHING, "ReLU", "LeakyReLU")
    has_function = callable(getattr(layer, "activation", None))
    with ExitStack() as stack:
        if known or has_function or squashing(layer):
            stack.enter_context(wrapped(layer, around))
        yield


def squashing(step: object) -> str | None:
    """Name the kind of squashing, when that is what the step does at its end."""
    kind = type(step).__name__
    if kind in _SQUASHING:
        return kind
    function = getattr(step, "function" if kind == "Lambda" else "activation", None)
    if not callable(function):
        return None
    try:
        answer = keras.ops.convert_to_numpy(function(as_tensor(_PROBE)))
    except Exception:  # it is the user's, and may want anything
        return None
    for name, known in _SQUASHING.items():
        like = keras.ops.convert_to_numpy(getattr(keras.ops, known)(as_tensor(_PROBE)))
        if answer.shape == like.shape and np.allclose(answer, like, atol=1e-5):
            return name
    return None


def _last_step(model: keras.Model, images: np.ndarray) -> tuple[object | None, int]:
    """The layer or operation that squashes the answer, and which of its runs."""
    steps = named_layers(model)
    for index, operation in enumerate(operations_of(model)):
        steps[f"operation {index}"] = operation
    answers = []
    with tapped(steps, lambda name, answer: answers.append((name, answer))):
        result = model(as_tensor(images[:1]), training=False)
    seen = False
    for label, answer in reversed(answers):
        name, run = run_of(re.sub(r"\[\d+\]$", "", label), steps)
        step, seen = steps[name], seen or answer is result
        if not seen:
            continue
        if squashing(step):
            return step, run
        inside = answer is result and not type(step).__module__.startswith("keras.")
        harmless = type(step).__name__ in _HARMLESS and _is_linear(step)
        if not (inside or harmless):
            break
    return None, 1


def _is_linear(step: object) -> bool:
    activation = getattr(step, "activation", keras.activations.linear)
    return activation is keras.activations.linear


def chosen_classes(
    score: Score,
    images: np.ndarray,
    classes: int | Sequence[int] | None,
    parts: Sequence[slice],
) -> np.ndarray:
    """The class asked for each image, or the one that the model says, `(N,)`.

    Raises:
        TypeError: a class is no integer.
        ValueError: a class is not there, or there is not one for each image.
    """
    if classes is None:
        said = [
            keras.ops.convert_to_numpy(score(images[part])).argmax(axis=1)
            for part in parts
        ]
        return np.concatenate(said)
    several = isinstance(classes, Sequence | np.ndarray) and np.ndim(classes) > 0
    given = list(np.asarray(classes).tolist()) if several else [classes] * len(images)
    given = [
        one[0] if isinstance(one, list) and len(one) == 1 else one for one in given
    ]
    if len(given) != len(images):
        raise expected(
            f"`classes` to be one integer, or one for each of {len(images)} images",
            f"classes={classes!r}",
        )
    last = score(images[:1]).shape[1] - 1
    return np.array(
        [check_integer("classes", one, minimum=0, maximum=last) for one in given]
    )


def of_classes(scores: object, classes: np.ndarray) -> object:
    """The score of each image's own class, `(N,)`."""
    chosen = keras.ops.one_hot(classes, scores.shape[1], dtype=scores.dtype)
    return keras.ops.sum(scores * chosen, axis=1)


def slopes(score: Score, batch: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """How the score of its class changes with each number of an image.

    Args:
        score: from `logits`.
        batch: `(N, H, W, C)`.
        classes: `(N,)`.

    Returns:
        `(N, H, W, C)`, float32.
    """
    x = as_tensor(batch)
    with tensorflow().GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        total = keras.ops.sum(of_classes(score(x), classes))
    found = tape.gradient(total, x)
    if found is None:
        raise expected(
            "a score that depends on the pixels in small steps",
            "one without a gradient, as after rounding or for an integer Input",
        )
    return np.array(keras.ops.convert_to_numpy(found), np.float32)
