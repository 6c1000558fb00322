"""Exercises of notebook 17: one network, several workers."""

import numpy as np

from cnnkit.exercises.engine import Exercise, Mistake, Solution
from cnnkit.exercises.forms import (
    Array,
    Choice,
    Number,
    as_array,
    as_number,
    chose,
    listed,
    near,
)
from cnnkit.exercises.functions import Function, answers_as
from cnnkit.exercises.predictions import Prediction

gradient_bytes = Exercise(
    "scale.gradient_bytes",
    question="Two workers train copies of a network with 38,390 parameters on batches "
    "of 128 digits, 28×28 pixels each: each worker reads 64 of them. In each step they "
    "average their gradients, in float32. How many bytes does the gradient of one "
    "worker take?",
    form=Number(153_560, unit="bytes"),
    mistakes=(
        Mistake(
            "parameters",
            "That many numbers are in it. How many bytes does a float32 take?",
            lambda answer: as_number(answer) == 38_390,
        ),
        Mistake(
            "float64",
            "That is the size in float64, NumPy's usual type. In float32 it is half.",
            lambda answer: as_number(answer) == 307_120,
        ),
        Mistake(
            "a_gradient_a_digit",
            "You count a gradient for each of the 64 digits. The worker averages its "
            "own first: one number for each parameter is left.",
            lambda answer: as_number(answer) == 64 * 153_560,
        ),
        Mistake(
            "images",
            "Those are the pixels of the 64 digits. Each worker reads its own digits; "
            "what they exchange is gradients.",
            lambda answer: as_number(answer) in (64 * 784, 4 * 64 * 784),
        ),
    ),
    right="It stays the same, however large the batch.",
    hints=(
        "The gradient has one number for each parameter, whatever the batch.",
        "A float32 has 32 bits, and a byte has 8.",
    ),
    solved=Solution("38_390 * 4", "One number for each parameter, four bytes each."),
)

one_step = Exercise(
    "scale.one_step",
    question="Two workers hold the same two weights, (1, 1). On its half of the batch "
    "the first finds the gradient (0.2, −0.4), the second (0.6, 0.0); both halves are "
    "of one size. The optimiser is plain SGD with the learning rate 0.25. Which "
    "weights does the first worker hold after this step?",
    form=Array(np.array([0.9, 1.05]), tolerance=1e-4),
    mistakes=(
        Mistake(
            "own_gradient",
            "You use the gradient of the first worker alone. The second would do so "
            "too, and after one step the two would no longer hold the same network.",
            near(0.95, 1.1, within=1e-4),
        ),
        Mistake(
            "summed",
            "You add the gradients up. The loss of the batch is a mean over its "
            "images, and so is its gradient.",
            near(0.8, 1.1, within=1e-4),
        ),
        Mistake(
            "uphill",
            "You go with the gradient. It points to where the loss grows.",
            near(1.1, 0.95, within=1e-4),
        ),
        Mistake(
            "without_rate",
            "The mean of the gradients is right. How far does the optimiser go along "
            "it?",
            near(0.6, 1.2, within=1e-4),
        ),
    ),
    right="The second worker has the same weights: nobody needs to send weights.",
    hints=(
        "Both workers go on with the same gradient: the mean of the two.",
        "The mean is (0.4, −0.2). Take a quarter of it away.",
    ),
    solved=Solution(
        "gradient = (np.array([0.2, -0.4]) + np.array([0.6, 0.0])) / 2\n"
        "np.array([1, 1]) - 0.25 * gradient",
        "The mean is (0.4, −0.2); a quarter of it is taken away from (1, 1).",
    ),
)


def _weighted(gradients: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    return sizes @ gradients / sizes.sum()


_TWO = np.array([[1.0, 5.0], [3.0, 1.0]])
_THREE = np.array([[4.0, 0.0, 1.0], [8.0, 2.0, 3.0], [0.0, 6.0, 2.0]])

weighted = Exercise(
    "scale.weighted",
    question="Each worker hands in the mean gradient of its own images. Write a "
    "function `average(gradients, sizes)`: `gradients (W, P)` has a row for each "
    "worker, `sizes (W,)` says how many images it read. Return the mean gradient "
    "`(P,)` over all images, also when the last worker got fewer of them.",
    form=Function(
        _weighted,
        cases=(
            (_TWO, np.array([2, 2])),
            (_TWO, np.array([3, 1])),
            (_THREE, np.array([4, 4, 2])),
        ),
        signature="average(gradients, sizes)",
    ),
    mistakes=(
        Mistake(
            "workers_alike",
            "You let all workers count alike. With 3 images against 1, each image of "
            "the second worker would count three times as much as one of the first.",
            answers_as(lambda gradients, sizes: gradients.mean(axis=0)),
        ),
        Mistake(
            "not_divided",
            "You add up gradients times sizes, and that is the sum over all images. A "
            "mean is asked for.",
            answers_as(lambda gradients, sizes: sizes @ gradients),
        ),
        Mistake(
            "summed",
            "You add up what the workers hand in. More workers would then mean longer "
            "steps.",
            answers_as(lambda gradients, sizes: gradients.sum(axis=0)),
        ),
        Mistake(
            "divided_by_workers",
            "You weigh by the sizes, which is right, and then divide by how many "
            "workers there are. How many images went into the sum?",
            answers_as(lambda grads, sizes: sizes @ grads / len(sizes)),
        ),
    ),
    right="With shares of one size this is the plain mean, which is why frameworks "
    "like batches that can be shared out evenly.",
    hints=(
        "A mean over n images times n is their sum.",
        "Add up the sums of all workers. By how many images must that be divided?",
    ),
    solved=Solution(
        "def average(gradients, sizes):\n"
        "    sums = gradients * sizes[:, np.newaxis]\n"
        "    return sums.sum(axis=0) / sizes.sum()\n"
        "average",
        "Means become sums again, the sums are added up, and the whole is divided by "
        "all images.",
    ),
)

speed_up = Exercise(
    "scale.speed_up",
    question="One worker alone takes 0.9 s for a step. With three, each computes a "
    "third of the batch, in a third of that time, and then they exchange gradients, "
    "which takes 0.1 s. How many times as fast as one worker are three? Give two "
    "decimals.",
    form=Number(2.25, tolerance=0.005, unit="times as fast"),
    mistakes=(
        Mistake(
            "exchange_forgotten",
            "They would be three times as fast if the exchange took no time.",
            lambda answer: as_number(answer) == 3,
        ),
        Mistake(
            "seconds",
            "0.4 s is how long a step of the three takes. How often does that go into "
            "what one worker needs?",
            lambda answer: abs(as_number(answer) - 0.4) < 1e-6,
        ),
        Mistake(
            "alone_exchanges_too",
            "You let the single worker exchange gradients as well, 1.0 s against 0.4 "
            "s. With whom?",
            lambda answer: as_number(answer) == 2.5,
        ),
        Mistake(
            "upside_down",
            "That is the share of the time that is left. Faster means more than 1.",
            lambda answer: abs(as_number(answer) - 4 / 9) < 0.005,
        ),
    ),
    right="Ever more workers approach 0.9 / 0.1 = 9 times, even if the exchange takes "
    "no longer among many; and it does.",
    hints=(
        "How long is a step of the three: computing, then exchanging?",
        "0.3 s + 0.1 s. Divide the time of one worker by it.",
    ),
    solved=Solution(
        "0.9 / (0.9 / 3 + 0.1)",
        "Computing takes a third, 0.3 s, the exchange 0.1 s more: 0.4 s against 0.9 s.",
    ),
)

_LOSSES = {
    "a": "Those of two are higher: each has only half of the images to learn from.",
    "b": "Those of two are lower: two workers learn more in a step than one.",
    "c": "They are the same, but for rounding: less than 0.1 % apart in each epoch.",
}


def _compared(happened: tuple[object, object]) -> str:
    """`(losses of one process, losses of two)`, a loss for each epoch."""
    one, two = map(as_array, happened)
    if one is None or two is None or one.ndim != 1 or one.shape != two.shape:
        raise ValueError("as many losses of two as of one")
    if not one.size or not all(((x >= 0) & (x < np.inf)).all() for x in (one, two)):
        raise ValueError("losses are finite, and none is below 0")
    if np.allclose(one, two, rtol=1e-3, atol=1e-6):
        return "c"
    return "a" if two.mean() > one.mean() else "b"


same_losses = Prediction(
    "scale.same_losses",
    question="One process trains a network without dropout on batches of 128. Two "
    "processes train the same network from the same weights, on the same batches in "
    "the same order, 64 images each, and average their gradients after each step. How "
    "do the losses of the two runs, averaged over each epoch, compare? "
    + listed(_LOSSES),
    form=Choice("c", _LOSSES),
    mistakes=(
        Mistake(
            "half_the_images",
            "Each reads half, and then hears from the other: the averaged gradient has "
            "seen all 128.",
            chose("a"),
        ),
        Mistake(
            "learns_more",
            "In each step the two read the same 128 images together that one would "
            "read. What they gain is time.",
            chose("b"),
        ),
    ),
    right="That is also how one tests such a set-up, with a network in which rounding "
    "tips nothing over: if its losses differ, the program is wrong.",
    hints=(
        "The loss of a batch is a mean over its images. What is its gradient?",
        "What is the mean of the means of two halves of one size?",
    ),
    solved=Solution(
        "'c'",
        "The gradient of the whole batch is the mean of the gradients of its halves, "
        "so both runs make the same steps, up to the order in which numbers are added.",
    ),
    outcome=_compared,
    measured="a pair `(losses of one process, losses of two)`: two lists of the same "
    "length, with one loss for each epoch, such as `([0.61, 0.34], [0.61, 0.34])`.",
)
