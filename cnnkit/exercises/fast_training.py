"""Exercises of notebook 16: what makes training fast."""

import math
from collections.abc import Mapping

import numpy as np

from cnnkit.exercises.engine import Exercise, Mistake, Solution
from cnnkit.exercises.forms import (
    Array,
    Choice,
    Number,
    as_number,
    chose,
    listed,
    near,
)
from cnnkit.exercises.functions import Function, answers_as
from cnnkit.exercises.predictions import Prediction

updates = Exercise(
    "fast_training.updates",
    question="A network learns from 55,000 digits in batches of 128, for two epochs; "
    "the last batch of an epoch is smaller, and used too. How many times does the "
    "optimiser change the weights?",
    form=Number(860, unit="steps"),
    mistakes=(
        Mistake(
            "one_epoch",
            "That is how many steps one epoch has. There are two.",
            lambda answer: as_number(answer) == 430,
        ),
        Mistake(
            "last_batch_left_out",
            "You leave the last batch of each epoch out: 429 batches of 128 are 54,912 "
            "digits, and 88 remain.",
            lambda answer: as_number(answer) == 858,
        ),
        Mistake(
            "not_rounded",
            "No step is taken in part. The digits left over make a batch of their "
            "own, at the end of each epoch.",
            lambda answer: abs(as_number(answer) - 859.375) < 0.5,
        ),
        Mistake(
            "a_step_a_digit",
            "That is how many digits are read. The weights change once for each batch.",
            lambda answer: as_number(answer) == 110_000,
        ),
    ),
    right="Batches of 1,024 leave 108 steps: each is surer of its direction, but there "
    "are fewer of them, so the learning rate has to grow.",
    hints=(
        "How many batches of 128 are needed to read 55,000 digits once?",
        "55,000 / 128 = 429.7, and the last, smaller batch is a step as well.",
    ),
    solved=Solution(
        "import math\n2 * math.ceil(55_000 / 128)",
        "429 full batches and one of 88 make 430 steps an epoch, and there are two.",
    ),
)

normalised = Exercise(
    "fast_training.normalised",
    question="In a batch, one feature map holds the four numbers 2, 4, 4 and 10. Batch "
    "normalisation takes them, in training, before it has learned a scale or shift of "
    "its own. Which four numbers come out? Two decimals are enough.",
    form=Array(np.array([-1.0, -1 / 3, -1 / 3, 5 / 3]), tolerance=0.006),
    mistakes=(
        Mistake(
            "only_centred",
            "Their mean is 0 now. But their spread, the standard deviation, is still 3 "
            "and should be 1.",
            near(-3, -1, -1, 5, within=0.006),
        ),
        Mistake(
            "divided_by_variance",
            "You divide by 9, the variance. The spread is its square root.",
            near(-1 / 3, -1 / 9, -1 / 9, 5 / 9, within=0.006),
        ),
        Mistake(
            "n_minus_1",
            "You divide the squares by n − 1 = 3, as for a sample of something larger. "
            "The layer takes their plain mean.",
            near(-3 / 12**0.5, -1 / 12**0.5, -1 / 12**0.5, 5 / 12**0.5, within=0.006),
        ),
    ),
    right="When the network is used, there may be no batch. Then the layer takes the "
    "mean and the spread that it averaged in training.",
    hints=(
        "Take the mean of the four away from each of them.",
        "The mean is 5. The mean of the four squares that are left is the variance; "
        "divide by its square root.",
    ),
    solved=Solution(
        "x = np.array([2, 4, 4, 10])\n(x - x.mean()) / x.std()",
        "The mean is 5, the variance (9 + 1 + 1 + 25) / 4 = 9, its root 3. (Keras adds "
        "0.001 to the variance, so that it never divides by 0.)",
    ),
)


def _rate(step: int, steps: int, peak: float) -> float:
    rising = 0.3 * steps
    if step < rising:
        return peak / 25 + (peak - peak / 25) * step / rising
    return peak * (1 + math.cos(math.pi * (step - rising) / (steps - rising))) / 2


def _falls_straight(step: int, steps: int, peak: float) -> float:
    falling = peak * (steps - step) / (0.7 * steps)
    return _rate(step, steps, peak) if step < 0.3 * steps else falling


def _one_cosine(step: int, steps: int, peak: float) -> float:
    falling = peak * (1 + math.cos(math.pi * step / steps)) / 2
    return _rate(step, steps, peak) if step < 0.3 * steps else falling


def _a_hundredth_left(step: int, steps: int, peak: float) -> float:
    rate = _rate(step, steps, peak)
    return rate if step < 0.3 * steps else 0.01 * peak + 0.99 * rate


def _rises_too_far(step: int, steps: int, peak: float) -> float:
    rising = peak / 25 + peak * step / (0.3 * steps)
    return rising if step < 0.3 * steps else _rate(step, steps, peak)


one_cycle = Exercise(
    "fast_training.one_cycle",
    question="Write a function `rate(step, steps, peak)`, the rate of one cycle. "
    "In the first 30 % of the `steps` it rises in a straight line from `peak / 25` at "
    "step 0 to `peak`. Then it falls as half a cosine, `peak * (1 + cos(π · s)) / 2`, "
    "where s goes from 0 at the peak to 1 at step `steps`.",
    form=Function(
        _rate,
        cases=((0, 10, 1.0), (3, 10, 1.0), (10, 10, 1.0), (1, 10, 1.0), (80, 100, 0.5)),
        signature="rate(step, steps, peak)",
    ),
    mistakes=(
        Mistake(
            "falls_straight",
            "Your rate rises as it should, and then falls in a straight line. Half a "
            "cosine stays high at first, and comes down gently at the end.",
            answers_as(_falls_straight),
        ),
        Mistake(
            "starts_at_0",
            "Your rate starts at 0, where the first step teaches nothing.",
            lambda evidence: as_number(evidence[0][1]) == 0,
        ),
        Mistake(
            "one_cosine",
            "Your s is `step / steps`, so the cosine has been running since step 0: "
            "at the peak the rate jumps down.",
            answers_as(_one_cosine),
        ),
        Mistake(
            "a_hundredth_left",
            "Yours ends at a hundredth of the peak, as the schedule of `train` does. "
            "This one goes down to 0.",
            answers_as(_a_hundredth_left),
        ),
        Mistake(
            "rises_too_far",
            "On its way up your rate gains a whole `peak`. But it starts at "
            "`peak / 25`, so only `peak - peak / 25` is left to gain.",
            answers_as(_rises_too_far),
        ),
    ),
    right="The low start lets Adam gather its averages before the steps grow large.",
    hints=(
        "There are two cases: `step < 0.3 * steps`, and the others.",
        "A straight line is `start + (end - start) * share`.",
        "While it falls, `s = (step - 0.3 * steps) / (steps - 0.3 * steps)`.",
    ),
    solved=Solution(
        "def rate(step, steps, peak):\n"
        "    rising = 0.3 * steps\n"
        "    if step < rising:\n"
        "        return peak / 25 + (peak - peak / 25) * step / rising\n"
        "    s = (step - rising) / (steps - rising)\n"
        "    return peak * (1 + np.cos(np.pi * s)) / 2\n"
        "rate",
        "Both pieces are a share of the way from 0 to 1, and meet at the peak.",
    ),
)

_EXECUTION = {
    "a": "Batches are 50 times as large.",
    "b": "Python hands over to compiled code only once in 50 steps.",
    "c": "The weights change only once in 50 steps.",
}
fifty_steps = Exercise(
    "fast_training.fifty_steps",
    question="Compiled as below, a small network takes less time for an epoch, and its "
    "weights come out the same. What does the last argument change? "
    + listed(_EXECUTION),
    shows='model.compile("adam", "sparse_categorical_crossentropy",\n'
    "              steps_per_execution=50)",
    form=Choice("b", _EXECUTION),
    mistakes=(
        Mistake(
            "larger_batches",
            "Larger batches would mean fewer steps, and so other weights.",
            chose("a"),
        ),
        Mistake(
            "gradients_added_up",
            "There is such a setting, `gradient_accumulation_steps` of the optimiser, "
            "and it leads to other weights.",
            chose("c"),
        ),
    ),
    right="Then the progress bar, and any callback that acts on batches, is called "
    "only once in 50 steps too.",
    hints=(
        "The same weights come out: so the same steps are made, in the same order.",
        "What happens between two steps, and costs time while nothing is computed?",
    ),
    solved=Solution(
        "'b'",
        "The way from Python into compiled code and back costs about the same whatever "
        "the network. When a step takes a few milliseconds, that counts.",
    ),
)

_CHANGES = {
    "a": "A stride of 2 in the convolutions in place of pooling.",
    "b": "`steps_per_execution=50`.",
    "c": "Batch normalisation.",
    "d": "A learning rate of one cycle.",
}
_MEASURED = ("stride", "steps_per_execution", "batch normalisation", "one cycle")


def _fastest(happened: Mapping[str, float]) -> str:
    """`{"stride": seconds, …}`: an epoch with each of the four changes."""
    seconds = [as_number(happened[key]) for key in _MEASURED]
    if None in seconds or not all(0 < value < math.inf for value in seconds):
        raise ValueError("seconds are positive")
    return "abcd"[seconds.index(min(seconds))]


shorter_epoch = Prediction(
    "fast_training.shorter_epoch",
    question="A CNN has two 3×3 convolutions, each with pooling after it. You make one "
    "change, and time one epoch on the same machine. With which is an epoch "
    "shortest? " + listed(_CHANGES),
    form=Choice("a", _CHANGES),
    mistakes=(
        Mistake(
            "overhead",
            "That saves the pauses between steps. Here the steps take far longer.",
            chose("b"),
        ),
        Mistake(
            "fewer_epochs",
            "It may take fewer epochs to 99 %, but one epoch has more to compute: "
            "means and spreads of every map.",
            chose("c"),
        ),
        Mistake(
            "rate_costs_nothing",
            "A rate changes how far a step goes, not how long it takes.",
            chose("d"),
        ),
    ),
    right="To read 99 % after a few seconds takes both: shorter epochs, and fewer of "
    "them.",
    hints=(
        "Which changes leave the sums of a step as they are?",
        "Pooling throws three of four numbers away after they were computed.",
    ),
    solved=Solution(
        "'a'",
        "With a stride of 2 the convolutions compute a quarter of the numbers; with "
        "pooling they compute all, and three quarters of them are thrown away.",
    ),
    outcome=_fastest,
    measured="a dict of the seconds that one epoch takes with each of the changes "
    'alone, all above 0: `{"stride": …, "steps_per_execution": …, '
    '"batch normalisation": …, "one cycle": …}`.',
)
