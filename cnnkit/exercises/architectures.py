"""Exercises of notebook 15: LeNet-5, blocks, AlexNet, global average pooling."""

from collections.abc import Mapping

import numpy as np

from cnnkit.exercises.engine import Exercise, Mistake, Solution
from cnnkit.exercises.forms import (
    Choice,
    Judged,
    Number,
    Shape,
    as_number,
    as_shape,
    chose,
    listed,
    short,
)
from cnnkit.exercises.predictions import Prediction
from cnnkit.runtime import keras

first_layer = Exercise(
    "architectures.first_layer",
    question="AlexNet's first convolution has 96 kernels of 11×11×3 and stride 4, "
    "without padding. The paper speaks of 224×224×3 images, but its other numbers fit "
    "227×227×3. What is the shape of the output for 227×227×3?",
    form=Shape((55, 55, 96)),
    mistakes=(
        Mistake(
            "one_place_less",
            "(227 − 11) / 4 = 54 counts the steps from the first window to the last. "
            "Or did you take 224? There 54 windows fit, and a row and a column are "
            "left over.",
            lambda answer: as_shape(answer)[:2] == (54, 54),
        ),
        Mistake(
            "a_map_a_channel",
            "A kernel is as deep as the image, and makes one map from its three "
            "channels.",
            lambda answer: as_shape(answer)[2] in (3, 288),
        ),
        Mistake(
            "padded",
            "227 / 4 is 56.75: so many windows start inside the image, but the last "
            "ones would stick out. Without padding they must not.",
            lambda answer: as_shape(answer)[:2] in ((56, 56), (57, 57)),
        ),
        Mistake(
            "no_stride",
            "227 − 11 + 1 = 217 is what comes out when the kernel moves by 1. It moves "
            "by 4.",
            lambda answer: as_shape(answer)[:2] == (217, 217),
        ),
    ),
    right="With 224 the division leaves a remainder: a row and a column that no window "
    "reads. By the stride alone all later layers have a sixteenth of the places.",
    hints=(
        "(size − kernel) / stride + 1, rounded down, along each axis.",
        "(227 − 11) / 4 = 54 steps. How many windows is that, and how many kernels?",
    ),
    solved=Solution(
        "((227 - 11) // 4 + 1, (227 - 11) // 4 + 1, 96)",
        "54 steps of 4 lead from the first window to the last: 55 windows. Each of the "
        "96 kernels gives one map.",
    ),
)

two_towers = Exercise(
    "architectures.two_towers",
    question="AlexNet's second convolution makes 256 maps from 96, with 5×5 kernels "
    "and a bias each: 614,656 parameters. The paper shared it between two graphics "
    "cards: each made half of the maps, from its half of the 96 only. How many "
    "parameters are left on both cards together?",
    form=Number(307_456, unit="parameters"),
    mistakes=(
        Mistake(
            "nothing_saved",
            "That is the number when each kernel reads all 96 maps. On two cards it "
            "reads only the 48 of its own card.",
            lambda answer: as_number(answer) == 614_656,
        ),
        Mistake(
            "biases_left_out",
            "The weights are right. Each of the 256 maps has a bias too.",
            lambda answer: as_number(answer) == 307_200,
        ),
        Mistake(
            "biases_halved",
            "Half of 614,656 halves the biases as well. How many maps are there?",
            lambda answer: as_number(answer) == 307_328,
        ),
        Mistake(
            "one_card",
            "That is one of the two cards: half of the maps, each from half of the 96. "
            "How many parameters are on both together?",
            lambda answer: as_number(answer) in (153_728, 153_664, 153_600),
        ),
    ),
    right="In Keras this is `Conv2D(256, 5, groups=2)`. With as many groups as "
    "channels it becomes the depthwise convolution of today's small networks.",
    hints=(
        "A card makes 128 maps from 48. How many weights has one kernel there?",
        "A kernel has 5·5·48 weights and a bias. How many kernels are there on both "
        "cards together?",
    ),
    solved=Solution(
        "256 * (5 * 5 * 48 + 1)",
        "There are still 256 kernels with a bias each, but each of them is 48 deep, "
        "not 96.",
    ),
)


def _scores(model: keras.Model, height: int = 40, width: int = 33) -> np.ndarray:
    if not model.built:  # a call would build it, and change it
        raise ValueError("no weights yet")
    images = np.random.default_rng(0).random((2, height, width, 1), np.float32)
    return np.asarray(model(images, training=False))


def _convolutions(model: keras.Model) -> int:
    return sum(isinstance(layer, keras.layers.Conv2D) for layer in model.layers)


def _reads_any_size(model: keras.Model) -> str:
    if not model.built:
        return "Your model has no weights yet. Begin it with `keras.Input((…, …, 1))`."
    try:
        shapes = [_scores(model, *size).shape for size in ((28, 28), (40, 33))]
    except Exception as error:
        return f"It refused a picture of 28×28 or of 40×33:\n{short(error)}"
    wrong = [shape for shape in shapes if shape != (2, 10)]
    return f"Two pictures should give (2, 10), and gave {wrong[0]}." if wrong else ""


any_size = Exercise(
    "architectures.any_size",
    question="Build a Keras model whose input leaves height and width open, so that it "
    "takes grey pictures of 28×28 as well as of 40×33, and that gives ten "
    "probabilities. It has at least two convolutions (`Conv2D`) and at most 30,000 "
    "parameters. It need not be trained.",
    form=Judged(
        "The answer is a Keras model.",
        lambda answer: isinstance(answer, keras.Model),
        _reads_any_size,
    ),
    mistakes=(
        Mistake(
            "fixed_size",
            "Its input has a fixed size. In `keras.Input` a `None` stands for any.",
            lambda model: any(model.inputs[0].shape[1:3]),
        ),
        Mistake(
            "maps_left",
            "For each picture it gives maps, not ten numbers. A dense layer would "
            "treat each place alone. What makes one number out of a map of any size?",
            lambda model: _scores(model).ndim == 4,
        ),
        Mistake(
            "too_many",
            "It has more than 30,000 parameters. Fewer maps save most: the weights of "
            "a convolution grow with maps in times maps out.",
            lambda model: model.count_params() > 30_000,
        ),
        Mistake(
            "too_few_convolutions",
            "Two convolutions are asked for. What they find is what the mean is taken "
            "of.",
            lambda model: _convolutions(model) < 2,
        ),
        Mistake(
            "scores",
            "Its ten numbers do not add up to 1: they are scores, not probabilities.",
            lambda model: not np.allclose(_scores(model).sum(axis=-1), 1, atol=1e-3),
        ),
    ),
    right="Flattening ties a network to one size; a mean over each map does not.",
    hints=(
        "`keras.Input((None, None, 1))` leaves height and width open.",
        "`GlobalAveragePooling2D` makes one number of each map. A dense layer with a "
        "softmax follows.",
    ),
    solved=Solution(
        "from cnnkit.runtime import keras\n"
        "layers = keras.layers\n"
        "keras.Sequential([\n"
        "    keras.Input((None, None, 1)),\n"
        '    layers.Conv2D(16, 3, activation="relu", name="conv1"),\n'
        '    layers.MaxPooling2D(name="pool"),\n'
        '    layers.Conv2D(32, 3, activation="relu", name="conv2"),\n'
        '    layers.GlobalAveragePooling2D(name="mean"),\n'
        '    layers.Dense(10, activation="softmax", name="probabilities"),\n'
        "])",
        "Convolutions and pooling take any size. The means are 32 numbers whatever "
        "the size is.",
    ),
)

_MEANS = {
    "a": "It gets more test digits right.",
    "b": "It gets more right of neither: not of the training and not of the test "
    "digits.",
    "c": "It gets more training digits right, but not more test digits.",
}


def _mean_or_not(happened: Mapping[str, tuple[float, float]]) -> str:
    """`{"flatten": (training accuracy, test accuracy), "gap": (…, …)}`."""
    flat, mean = (np.asarray(happened[key], float) for key in ("flatten", "gap"))
    for part in (flat, mean):
        if part.shape != (2,) or not np.all((part >= 0) & (part <= 1)):
            raise ValueError("two accuracies each")
    training, test = mean - flat
    if test > 0.005:
        return "a"
    return "c" if training > 0.005 else "b"


mean_or_flatten = Prediction(
    "architectures.mean_or_flatten",
    question="A study note says that global average pooling avoids overfitting. Two "
    "networks have the same convolutions; before the last dense layer one flattens the "
    "maps, the other takes their means. Both learn equally long from the same few "
    "digits. How does the one with the means do, compared with the other? (More means "
    "more than 0.005 of accuracy.) " + listed(_MEANS),
    form=Choice("b", _MEANS),
    mistakes=(
        Mistake(
            "believes_the_note",
            "Fewer weights leave less room to learn by heart. But a mean also throws "
            "away where in the picture a stroke was seen. The convolutions have to "
            "make up for it, and that takes time.",
            chose("a"),
        ),
        Mistake(
            "learns_by_heart",
            "It has fewer weights to learn by heart with: one for each map and class, "
            "not one for each place of each map.",
            chose("c"),
        ),
    ),
    right="In the same time it gets less far. A small distance between training and "
    "test accuracy is no merit in itself: a network that learned nothing has none.",
    hints=(
        "Which of the two has fewer weights, and so less room to learn by heart?",
        "What does a mean over a map no longer tell about the digit?",
    ),
    solved=Solution(
        "'b'",
        "The means leave fewer weights, but also less to go by. In the same time the "
        "network gets less far, with the digits that it learns and with new ones.",
    ),
    outcome=_mean_or_not,
    measured="a dictionary of two pairs, "
    '`{"flatten": (training accuracy, test accuracy), "gap": (…, …)}`. "gap" is the '
    "network with the means (global average pooling); each accuracy is a share from 0 "
    "to 1.",
)
