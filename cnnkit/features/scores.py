"""The scores of the classes, from behind the softmax, and their gradients."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from cnnkit.errors import check_integer, expected
from cnnkit.features.images import blocks
from cnnkit.features.taps import named_layers, replaced, tapped
from cnnkit.runtime import keras, tensorflow

Score = Callable[[object], object]
_SQUASHING = ("Softmax", "Sigmoid")


@contextmanager
def logits(model: keras.Model, images: np.ndarray) -> Iterator[Score]:
    """Give a function from a batch to its scores `(N, classes)`.

    When the last step of the model is a softmax or a sigmoid, it is left out. A
    single sigmoid unit z becomes two scores, −z and z. What a model computes
    outside of its layers, as `keras.ops.softmax` in a `call` of its own, cannot
    be left out: then the scores are what the model answers.

    Raises:
        ValueError: the model answers something else than `(N, classes)`.
    """
    last = _last_step(model, images)
    is_sigmoid = _squashing(last) == "Sigmoid"
    with unsquashed(last):

        def score(batch: object) -> object:
            answer = model(keras.ops.convert_to_tensor(batch), training=False)
            if len(getattr(answer, "shape", ())) != 2:
                raise expected(
                    "a classifier, which answers (N, classes)",
                    f"{model.name}, which answers {getattr(answer, 'shape', answer)}",
                )
            answer = keras.ops.cast(answer, "float32")
            if is_sigmoid and answer.shape[1] == 1:
                answer = keras.ops.concatenate([-answer, answer], axis=1)
            return answer

        yield score


@contextmanager
def unsquashed(layer: object) -> Iterator[None]:
    """Let a layer answer what comes before its activation."""
    if type(layer).__name__ in (*_SQUASHING, "Activation", "ReLU", "LeakyReLU"):
        change = ("call", lambda x, *_, **__: x)
    elif callable(getattr(layer, "activation", None)):
        change = ("activation", keras.activations.linear)
    else:
        yield
        return
    with replaced(layer, *change):
        yield


def _squashing(step: object) -> str | None:
    """The kind of the step, when it is a softmax or a sigmoid."""
    kind = type(step).__name__
    activation = getattr(step, "activation", None)
    names = {keras.activations.softmax: "Softmax", keras.activations.sigmoid: "Sigmoid"}
    return kind if kind in _SQUASHING else names.get(activation)


def _last_step(model: keras.Model, images: np.ndarray) -> object | None:
    """The layer or operation that gives the answer, if it squashes it."""
    steps = named_layers(model)
    for index, operation in enumerate(getattr(model, "operations", ())):
        steps.setdefault(f"operation {index}", operation)
    answers = []
    with tapped(steps, lambda name, answer: answers.append((name, answer))):
        result = model(keras.ops.convert_to_tensor(images[:1]), training=False)
    for name, answer in reversed(answers):
        if answer is result:
            step = steps[name.split("#")[0]]
            return step if _squashing(step) else None
    return None


def chosen_classes(
    score: Score, images: np.ndarray, classes: int | Sequence[int] | None
) -> np.ndarray:
    """The class asked for each image, or the one that the model says, `(N,)`.

    Raises:
        TypeError: a class is no integer.
        ValueError: a class is not there, or there is not one for each image.
    """
    if classes is None:
        parts = [score(images[part]) for part in blocks(len(images))]
        said = [keras.ops.convert_to_numpy(part).argmax(axis=1) for part in parts]
        return np.concatenate(said)
    given = np.asarray(classes).tolist() if np.ndim(classes) else classes
    given = given if isinstance(given, list) else [given] * len(images)
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
    x = keras.ops.convert_to_tensor(batch)
    with tensorflow().GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        total = keras.ops.sum(of_classes(score(x), classes))
    found = tape.gradient(total, x)
    if found is None:
        raise expected(
            "a score that depends on the pixels in small steps",
            "one without a gradient, as after rounding or argmax",
        )
    return np.array(keras.ops.convert_to_numpy(found), np.float32)
