"""Exercises of notebook 09: a network of one's own, trained."""

import functools
import math

import numpy as np

from cnnkit.data import load_mnist
from cnnkit.exercises.engine import Exercise, Mistake, Solution
from cnnkit.exercises.forms import (
    Choice,
    Judged,
    Number,
    chose,
    listed,
    near,
)
from cnnkit.exercises.functions import Function, answers_as
from cnnkit.scratch import SGD, Conv2D, Network

first_loss = Exercise(
    "scratch_network.first_loss",
    question="A network is to tell 26 letters apart. Before training it finds all of "
    "them equally likely. How large is its cross-entropy loss then (to 0.01)?",
    form=Number(round(math.log(26), 4), tolerance=0.01),
    mistakes=(
        Mistake(
            "ten_digits",
            "2.30 is log 10, the first loss with ten digits. Here are 26 letters.",
            near(math.log(10), within=0.005),
        ),
        Mistake(
            "base_ten",
            "You took the logarithm to base 10. Cross-entropy takes the natural one, "
            "`np.log`.",
            near(math.log10(26), within=0.005),
        ),
        Mistake(
            "base_two",
            "4.70 is the logarithm to base 2: the same loss, counted in bits. Keras "
            "takes the natural logarithm, `np.log`.",
            near(math.log2(26), within=0.005),
        ),
        Mistake(
            "probability",
            "That is the probability of the right letter. The loss is minus its "
            "logarithm.",
            near(1 / 26, within=0.005),
        ),
        Mistake(
            "sign",
            "The logarithm of a probability is negative. A loss never is: which sign "
            "is still missing?",
            near(-math.log(26), within=0.005),
        ),
    ),
    right="A first loss far above that tells that the first weights are too large: the "
    "network is sure of itself, and wrong.",
    hints=(
        "Which probability does it give to the right letter?",
        "The loss is −log of that probability, and −log(1/n) is log n.",
    ),
    solved=Solution(
        "np.log(26)",
        "The right letter has the probability 1/26, and −log(1/26) = log 26 = 3.26.",
    ),
)


def _late(weights: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    velocity = np.zeros_like(weights)
    for gradient in gradients:
        weights, velocity = weights + velocity, 0.9 * velocity - 0.1 * gradient
    return weights


def _descend(weight: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    weight, optimizer = weight.copy(), SGD(0.1, momentum=0.9)
    for gradient in gradients:
        optimizer.update([weight], [gradient])
    return weight


_CASES = (
    (np.array([1.0]), np.array([[2.0]])),
    (np.array([1.0, -1.0]), np.array([[2.0, 1.0], [2.0, -3.0]])),
    (np.zeros(2), np.array([[1.0, 4.0], [0.0, 0.0], [0.0, 2.0], [-1.0, 0.0]])),
)

momentum = Exercise(
    "scratch_network.momentum",
    question="Write a function `descend(weights, gradients)` that takes one step for "
    "each row of `gradients` and returns the weights after the last. Learning rate "
    "0.1, momentum 0.9: `velocity` starts at 0; each step sets it to 0.9 · velocity − "
    "0.1 · gradient, and adds it to the weights.",
    form=Function(_descend, cases=_CASES, signature="descend(weights, gradients)"),
    mistakes=(
        Mistake(
            "no_momentum",
            "Your steps forget the ones before. The velocity is made once, before the "
            "loop, and each step keeps 0.9 of it.",
            answers_as(lambda weights, rows: weights - 0.1 * rows.sum(0)),
        ),
        Mistake(
            "uphill",
            "Your weights move with the gradient, and the loss grows. Which sign turns "
            "it round?",
            answers_as(lambda weights, rows: 2 * weights - _descend(weights, rows)),
        ),
        Mistake(
            "too_short",
            "Your steps are ten times too short: the gradient is made smaller twice. "
            "The learning rate, 0.1, comes in once.",
            answers_as(
                lambda weights, rows: 0.9 * weights + 0.1 * _descend(weights, rows)
            ),
        ),
        Mistake(
            "late",
            "Your weights move by the velocity of the step before, and the last "
            "gradient has no effect. The velocity is set first.",
            answers_as(_late),
        ),
    ),
    right="Under a gradient that stays the same, the velocity grows to ten times the "
    "first step: 1/(1 − 0.9).",
    hints=(
        "Before the loop: a copy of the weights, and a velocity of zeros.",
        "`for gradient in gradients` takes the rows one after the other. The loop has "
        "two lines, in the order of the question: the velocity, then the weights.",
    ),
    solved=Solution(
        "def descend(weights, gradients):\n"
        "    velocity = np.zeros_like(weights)\n"
        "    for gradient in gradients:\n"
        "        velocity = 0.9 * velocity - 0.1 * gradient\n"
        "        weights = weights + velocity\n"
        "    return weights\n"
        "descend",
        "The velocity lives from one step to the next; `weights + velocity` makes a "
        "new array, so the caller's stays as it was.",
    ),
)


@functools.cache
def _digits() -> tuple[np.ndarray, np.ndarray]:
    validation = load_mnist().validation
    return validation.images[:1000], validation.labels[:1000]


def _judge_network(network: Network) -> str:
    if network.input_shape != (28, 28, 1) or network.classes != 10:
        return (
            "It should take images of (28, 28, 1) and give 10 scores. It takes "
            f"{network.input_shape} and gives {network.classes}."
        )
    right = network.evaluate(*_digits()).accuracy
    if right >= 0.8:
        return ""
    return f"It reads {right:.1%} of the digits. Train it longer, or on more digits."


own_network = Exercise(
    "scratch_network.own_network",
    question="Build a `scratch.Network` (`from cnnkit import load_mnist, scratch`) "
    "with at least one `scratch.Conv2D` and at most 2,000 parameters. Train it on "
    "training digits of MNIST until it gets 80 % of the first 1,000 validation digits "
    "right. The check measures that. Answer with the network.",
    form=Judged(
        "The answer is a trained `scratch.Network`.",
        lambda answer: isinstance(answer, Network),
        _judge_network,
    ),
    mistakes=(
        Mistake(
            "no_convolution",
            "There is no `Conv2D` in it: each weight of a dense layer knows one place "
            "of the picture only.",
            lambda network: not any(isinstance(x, Conv2D) for x in network.layers),
        ),
        Mistake(
            "too_large",
            "It has more than 2,000 parameters. `summary()` shows where they are: most "
            "often in the first dense layer, which has a weight for each number that "
            "reaches it.",
            lambda network: network.count_params() > 2000,
        ),
        Mistake(
            "untrained",
            "It reads fewer than 30 % of the digits, hardly more than guessing. Was "
            "`fit` called on this very network, with a learning rate that suits it?",
            lambda network: network.evaluate(*_digits()).accuracy < 0.3,
        ),
    ),
    right="`simple_cnn` has 38,390 parameters. What can your few reach when they are "
    "trained on all 55,000 digits?",
    hints=(
        "Make the picture small before the dense layer: with strides, or by pooling.",
        "`Conv2D(8, 8, strides=6)` leaves 4×4×8 = 128 numbers. After it come a `ReLU`, "
        "a `Flatten` and a dense layer with a unit for each digit.",
        "To train it, 1,000 digits are enough, with `epochs=8, batch_size=50` and "
        "`optimizer=scratch.Adam(0.01)`.",
    ),
    solved=Solution(
        "from cnnkit import load_mnist, scratch\n"
        "network = scratch.Network([\n"
        "    scratch.Conv2D(8, 8, strides=6), scratch.ReLU(),\n"
        "    scratch.Flatten(), scratch.Dense(10),\n"
        "])\n"
        "images, labels = (part[:1000] for part in load_mnist().train)\n"
        "adam = scratch.Adam(0.01)\n"
        "_ = network.fit(images, labels, epochs=8, batch_size=50, optimizer=adam,\n"
        "                progress=False)\n"
        "network",
        "520 parameters in the kernels, 1,290 in the dense layer. Large strides keep "
        "the dense layer small.",
    ),
)

_CAUSES = {
    "a": "A hundred digits are too few to learn from: take all 55,000.",
    "b": "The network or its training is broken: look for the bug now.",
    "c": "The network learns by heart: take a smaller one.",
}

stuck = Exercise(
    "scratch_network.stuck",
    question="You train on the same 100 digits for 50 epochs, and the training loss "
    "stays at 2.30. What do you conclude? " + listed(_CAUSES),
    form=Choice("b", _CAUSES),
    mistakes=(
        Mistake(
            "more_data",
            "Few examples are easier to learn by heart, not harder. What does not "
            "learn 100 digits will not learn 55,000.",
            chose("a"),
        ),
        Mistake(
            "overfits",
            "Learning by heart shows as a low training loss beside a high validation "
            "loss. Here the training loss itself is high.",
            chose("c"),
        ),
    ),
    right="It may be a rate far too small, first weights that are all 0, or gradients "
    "that never reach the weights.",
    hints=(
        "2.30 is log 10. What does the network know at that loss?",
        "Could a network with tens of thousands of weights learn 100 digits by heart, "
        "when all is well?",
    ),
    solved=Solution(
        '"b"',
        "A sound network learns 100 digits by heart in seconds. At log 10 it has "
        "learned nothing, so something is broken.",
    ),
)
