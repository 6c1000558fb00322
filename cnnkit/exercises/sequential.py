"""Exercises of notebook 10: a network said in Keras."""

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
)
from cnnkit.exercises.predictions import Prediction
from cnnkit.runtime import keras

with_biases = Exercise(
    "sequential.with_biases",
    question="A network reads 28×28×1: ten 5×5 kernels, 2×2 pooling, twenty 5×5 "
    "kernels, 2×2 pooling, 320 numbers in a row, a dense layer of 100 units, a dense "
    "layer of 10. A study note adds up 250 + 5,000 + 32,000 + 1,000 = 38,250 "
    "parameters. How many does `model.count_params()` of Keras say?",
    form=Number(38_390, unit="parameters"),
    mistakes=(
        Mistake(
            "weights_only",
            "That is the sum of the note: weights alone. Each kernel and each dense "
            "unit adds one more learned number to its products.",
            lambda answer: as_number(answer) == 38_250,
        ),
        Mistake(
            "bias_a_layer",
            "You add one number for each of the four layers. Every kernel of a layer "
            "has a bias of its own, and so has every unit.",
            lambda answer: as_number(answer) == 38_254,
        ),
        Mistake(
            "bias_a_place",
            "You give a convolution a bias for each place of its output. A kernel has "
            "one, and takes it along to all places.",
            lambda answer: as_number(answer) == 45_400,
        ),
        Mistake(
            "kernels_only",
            "You add what belongs to the kernels. The units of the dense layers learn "
            "one number more each as well.",
            lambda answer: as_number(answer) == 38_280,
        ),
        Mistake(
            "units_only",
            "You add what belongs to the dense units. Each kernel learns one number "
            "more as well.",
            lambda answer: as_number(answer) == 38_360,
        ),
        Mistake(
            "ten_missing",
            "Ten are missing. Two of the four layers have ten kernels or units, and "
            "you left one of these layers out.",
            lambda answer: as_number(answer) == 38_380,
        ),
        Mistake(
            "without_weights",
            "That is what the note leaves out. How many is it with the rest?",
            lambda answer: as_number(answer) == 140,
        ),
    ),
    right="More than 83 % of them stand in one layer: the dense layer of 100.",
    hints=(
        "The note counts weights. What else does a layer learn?",
        "Four layers learn. Ask each of them how many kernels or units it has: each of "
        "these adds a bias to its products.",
    ),
    solved=Solution(
        "38_250 + 10 + 20 + 100 + 10",
        "The first layer has 5·5·1·10 weights and 10 biases. The others have 20, 100 "
        "and 10 biases: 140 in all.",
    ),
)

smaller_kernels = Exercise(
    "sequential.smaller_kernels",
    question="A network reads 28×28×1: ten 5×5 kernels, 2×2 max pooling, twenty 5×5 "
    "kernels, 2×2 max pooling. You make all its kernels 3×3 and leave the rest: no "
    "padding, stride 1. What shape `(rows, columns, channels)` comes out of the second "
    "pooling?",
    form=Shape((5, 5, 20)),
    mistakes=(
        Mistake(
            "as_before",
            "That is the shape with 5×5 kernels. A smaller one takes less away.",
            lambda answer: as_shape(answer) == (4, 4, 20),
        ),
        Mistake(
            "rounds_up",
            "A window that reaches over the edge is dropped where nothing is padded.",
            lambda answer: as_shape(answer) == (6, 6, 20),
        ),
        Mistake(
            "unpooled",
            "That comes out of the second convolution. The pooling is still to come.",
            lambda answer: as_shape(answer) == (11, 11, 20),
        ),
        Mistake(
            "padded",
            "You halve, but a convolution without padding takes something away as "
            "well: a kernel of 3 takes 2 rows.",
            lambda answer: as_shape(answer) == (7, 7, 20),
        ),
    ),
    right="A dense layer behind it would read 500 numbers instead of 320: smaller "
    "kernels, and yet a larger network.",
    hints=(
        "A kernel of 3 takes 2 rows away, a pooling of 2 halves what is left.",
        "28 − 2 = 26, and half of it is 13. Go on in this way. If a number is odd, its "
        "last row has no partner to be pooled with.",
    ),
    solved=Solution(
        "from cnnkit import output_size\n"
        "rows = output_size(output_size(28, 3), 2, stride=2)\n"
        "rows = output_size(output_size(rows, 3), 2, stride=2)\n"
        "(rows, rows, 20)",
        "28 − 2 = 26, half of it 13, 13 − 2 = 11, half of it 5, one row left. The "
        "depth counts the kernels of the last convolution.",
    ),
)

_ENDINGS = {
    "a": "`Dense(10)` with softmax; cross-entropy.",
    "b": "`Dense(1)` with sigmoid; binary cross-entropy.",
    "c": "`Dense(1)` without activation; mean squared error.",
    "d": "`Dense(1)` with ReLU; mean absolute error.",
}
turned = Exercise(
    "sequential.turned",
    question="Digits were turned by −45 to 45 degrees, and a network is to say by how "
    "many. With which last layer and which loss? " + listed(_ENDINGS),
    form=Choice("c", _ENDINGS),
    mistakes=(
        Mistake(
            "classes",
            "That chooses one of ten classes. An angle is no class: to be wrong by one "
            "degree should cost less than by forty.",
            chose("a"),
        ),
        Mistake(
            "yes_or_no",
            "A sigmoid stays between 0 and 1: it answers a yes-or-no question, such as "
            "«was it turned at all?».",
            chose("b"),
        ),
        Mistake(
            "no_negatives",
            "The loss would do. But which of the angles can a ReLU never give?",
            chose("d"),
        ),
    ),
    right="With the mean absolute error instead of the squared one, a few labels that "
    "are wildly wrong would pull less.",
    hints=(
        "Is the answer one of several names, a yes or no, or a number?",
        "Which of these last layers can give −30 as well as 40?",
    ),
    solved=Solution(
        "'c'",
        "An angle is one number, of either sign. Without an activation the unit can "
        "give any number, and the squared error grows with the distance.",
    ),
)


_CONV = keras.layers.Conv2D


def _answers(model: keras.Sequential) -> np.ndarray | None:
    """What it says to two pictures of 32×32×3; None when it cannot take them."""
    pictures = np.random.default_rng(0).random((2, 32, 32, 3), np.float32)
    try:
        return np.asarray(model(pictures, training=False))
    except Exception:  # whatever the learner's layers raise
        return None


five_classes = Exercise(
    "sequential.five_classes",
    question="Build a `keras.Sequential` that reads colour pictures of 32×32×3 and "
    "tells five classes apart: at least one `Conv2D` layer, five probabilities at the "
    "end, 20,000 parameters at most. It need not be trained.",
    form=Judged(
        "The answer is a model, a `keras.Sequential`.",
        is_kind=lambda answer: isinstance(answer, keras.Sequential),
        judge=lambda model: "",
    ),
    mistakes=(
        Mistake(
            "not_built",
            "It has no parameters yet, as its first entry is no `keras.Input(…)`.",
            lambda model: not model.built,
        ),
        Mistake(
            "other_pictures",
            "It cannot read a batch of pictures of 32×32×3. See its `Input`.",
            lambda model: _answers(model) is None,
        ),
        Mistake(
            "other_classes",
            "A picture must give five numbers, one for each class: look at "
            "`output_shape`. If it has four axes, something that removes the places is "
            "missing.",
            lambda model: _answers(model).shape != (2, 5),
        ),
        Mistake(
            "no_probabilities",
            "What it says does not add up to 1, so these are no probabilities. Which "
            "activation turns scores into shares?",
            lambda model: not np.allclose(_answers(model).sum(axis=1), 1, atol=1e-4),
        ),
        Mistake(
            "only_dense",
            "It reads the pictures without a single `Conv2D` layer.",
            lambda model: not any(isinstance(x, _CONV) for x in model.layers),
        ),
        Mistake(
            "too_many",
            "It has more than 20,000 parameters. See in `summary()` where most of them "
            "are: often in the dense layer behind `Flatten`.",
            lambda model: model.count_params() > 20_000,
        ),
    ),
    right="All of this was read from the model; `trace(model)` shows it by layers.",
    hints=(
        "Begin with `keras.Input((32, 32, 3))`, then a `Conv2D` of few kernels.",
        "Shrink the maps by pooling or stride. End with `GlobalAveragePooling2D` or "
        "`Flatten`, then `Dense(5)` with softmax.",
    ),
    solved=Solution(
        "from cnnkit.runtime import keras\n"
        "layers = keras.layers\n"
        "keras.Sequential([keras.Input((32, 32, 3)),\n    layers.Conv2D(16, 5, "
        'strides=2, activation="relu"),\n    layers.Conv2D(16, 3, activation="relu"),\n'
        '    layers.GlobalAveragePooling2D(),\n    layers.Dense(5, "softmax")])',
        "The convolutions have 1,216 and 2,320 parameters, the dense layer only 85.",
    ),
)

_ZEROS = {
    "a": "It learns as well as from small random weights: it reads 90 % or more.",
    "b": "It stays near guessing: it reads fewer than 20 %.",
    "c": "It learns, but more slowly: it reads from 20 % to less than 90 %.",
}


def _from_zeros(accuracy: float) -> str:
    share = as_number(accuracy)
    if share is None or not 0 <= share <= 1:
        raise ValueError("accuracy is a share")
    return "b" if share < 0.2 else "c" if share < 0.9 else "a"


zeros = Prediction(
    "sequential.zeros",
    question="A CNN with ReLU starts with all its weights and biases at 0 instead of "
    "with random weights, and learns from 5,000 digits. How many of the test digits "
    "does it read rightly? " + listed(_ZEROS),
    form=Choice("b", _ZEROS),
    mistakes=(
        Mistake(
            "start_is_forgotten",
            "A start is forgotten only where a slope leads away from it. What slope "
            "has a weight if all that it is multiplied by is 0?",
            chose("a"),
        ),
        Mistake(
            "only_slower",
            "More time would not help: behind layers of zeros the slope is exactly 0, "
            "and any number of such steps leads nowhere.",
            chose("c"),
        ),
    ),
    right="Only the last biases learn: how often each digit occurs, and nothing else.",
    hints=(
        "What do the kernels answer if all weights are 0? And the next layer?",
        "The gradient of a weight is a product. Which of its factors are 0?",
    ),
    solved=Solution(
        "'b'",
        "Every hidden number is 0 and every slope that comes back is multiplied by a "
        "weight of 0. Random numbers make the units differ, so that they can learn.",
    ),
    outcome=_from_zeros,
    measured="the accuracy on the test digits: a number from 0 to 1, such as 0.5 if "
    "half of them are read rightly.",
)
