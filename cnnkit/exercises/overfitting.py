"""Exercises of notebook 14: from few digits to new ones."""

from collections.abc import Mapping

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

dropped = Exercise(
    "overfitting.dropped",
    question="A layer gives the four numbers 2, 4, 6 and 8. `Dropout(0.2)` follows, "
    "and in this training step it silences the second of them. Which four numbers "
    "leave the dropout layer?",
    form=Array(np.array([2.5, 0.0, 7.5, 10.0]), tolerance=1e-3),
    mistakes=(
        Mistake(
            "not_scaled",
            "The right unit is silent, but the others stay as they were. Over many "
            "steps the sum would then be a fifth smaller than without dropout.",
            near(2, 0, 6, 8, within=1e-5),
        ),
        Mistake(
            "made_smaller",
            "You multiply by 0.8, as the first paper on dropout did, but only when the "
            "trained network was used. In training a unit is missing: should the "
            "others make up for it, or shrink as well?",
            near(1.6, 0, 4.8, 6.4, within=1e-5),
        ),
        Mistake(
            "doubled",
            "Doubling makes up for a half. With this rate only a fifth is silenced.",
            near(4, 0, 12, 16, within=1e-5),
        ),
        Mistake(
            "rate_added",
            "You multiply by 1.2. Of a number a share of 0.8 stays on average, and 0.8 "
            "times 1.2 is not 1.",
            near(2.4, 0, 7.2, 9.6, within=1e-5),
        ),
        Mistake(
            "divided_by_the_rate",
            "You divide by 0.2, the share that is silenced. The mean is kept by the "
            "share that stays.",
            near(10, 0, 30, 40, within=1e-5),
        ),
        Mistake(
            "not_training",
            "These are the numbers when the network is used. In training the second "
            "one is silent.",
            near(2, 4, 6, 8, within=1e-5),
        ),
    ),
    right="So the mean is kept in training, and nothing has to be done when the "
    "network is used: dropout then hands on what it gets.",
    hints=(
        "The silenced one gives 0. What must the others do so that the mean over many "
        "steps is that without dropout?",
        "Of each unit a share of 0.8 is left, as a mean over many steps. What undoes a "
        "multiplication by 0.8?",
    ),
    solved=Solution(
        "np.array([2, 0, 6, 8]) / (1 - 0.2)",
        "A share of 0.8 stays on average, so what stays is divided by 0.8: it grows "
        "by a quarter.",
    ),
)

_DROPOUT = {
    "a": "Nothing: random values are what keeps the network from learning by heart.",
    "b": "The layer also works when the trained network is used.",
    "c": "The layer draws which units are silent; it puts no random values in.",
    "d": "The layer changes the weights, not the values.",
}
false_note = Exercise(
    "overfitting.false_note",
    question="A study note says: while the network learns, the dropout layer generates "
    "random values, which disturb learning. What is to be corrected? "
    + listed(_DROPOUT),
    form=Choice("c", _DROPOUT),
    mistakes=(
        Mistake(
            "believes_the_note",
            "Random values on top of the others are another layer, `GaussianNoise`. "
            "Look at what leaves a dropout layer: which numbers occur in it?",
            chose("a"),
        ),
        Mistake(
            "always_on",
            "«While the network learns» is the part of the sentence that holds: in use "
            "a dropout layer hands on what it gets.",
            chose("b"),
        ),
        Mistake(
            "weights",
            "Dropout has no weights and touches none. It stands between two layers and "
            "changes what passes through.",
            chose("d"),
        ),
    ),
    right="`GaussianNoise` and `GaussianDropout` are the layers that do draw values.",
    hints=(
        "Send ones through `Dropout(0.5)` with `training=True`. Which two numbers come "
        "out?",
        "Only zeros and twos: something is random in them, but not the values.",
    ),
    solved=Solution(
        "'c'",
        "Each unit is silenced or kept by chance; what is kept is multiplied by one "
        "fixed number. The chance is in the mask.",
    ),
)

best_epoch = Exercise(
    "overfitting.best_epoch",
    question="A network learns for eight epochs. The training loss after each is 0.90, "
    "0.41, 0.25, 0.16, 0.10, 0.06, 0.03, 0.02; the validation loss 0.52, 0.38, 0.33, "
    "0.30, 0.31, 0.34, 0.39, 0.45. After which epoch, counted from 1, were the weights "
    "best for new digits?",
    form=Number(4, unit="an epoch, counted from 1"),
    mistakes=(
        Mistake(
            "training_loss",
            "After epoch 8 the training loss is smallest, but the network is to read "
            "digits that it has not seen. Which of the two losses tells about those?",
            lambda answer: as_number(answer) == 8,
        ),
        Mistake(
            "counted_from_0",
            "3 is the position that `np.argmin` gives, counted from 0.",
            lambda answer: as_number(answer) == 3,
        ),
        Mistake(
            "where_it_would_stop",
            "After epoch 6 early stopping with a patience of 2 would end training: by "
            "then it has waited in vain for two epochs. For what?",
            lambda answer: as_number(answer) == 6,
        ),
        Mistake(
            "a_loss",
            "That is a loss. The answer is the number of an epoch.",
            lambda answer: as_number(answer) in (0.30, 0.02, 0.16),
        ),
    ),
    right="With `restore_best_weights=True` early stopping brings these very weights "
    "back.",
    hints=(
        "The validation digits are not learned from. They stand for the new ones.",
        "Look for the smallest validation loss.",
    ),
    solved=Solution(
        "losses = [0.52, 0.38, 0.33, 0.30, 0.31, 0.34, 0.39, 0.45]\n"
        "1 + int(np.argmin(losses))",
        "The validation loss is smallest there. What the training loss gains after "
        "that, the network learns by heart.",
    ),
)


def _shifted(image: np.ndarray, down: int, right: int) -> np.ndarray:
    height, width = image.shape
    room = np.pad(image, ((down, 0), (right, 0)))
    return room[:height, :width]


_NINE = np.arange(1.0, 10.0).reshape(3, 3)

shifted = Exercise(
    "overfitting.shifted",
    question="Augmentation makes new digits out of old ones. Write a function "
    "`shift(image, down, right)` that moves a picture `(H, W)` by `down` rows and "
    "`right` columns. What leaves the frame is lost, what comes in is 0, and the "
    "size stays. Neither number is negative or larger than the picture.",
    form=Function(
        _shifted,
        cases=((_NINE, 1, 0), (_NINE, 0, 2), (_NINE, 0, 0), (np.ones((4, 6)), 2, 3)),
        signature="shift(image, down, right)",
    ),
    mistakes=(
        Mistake(
            "wraps_round",
            "What leaves the frame comes in again at the other side, as `np.roll` "
            "does. A part of a digit would appear where none was.",
            answers_as(lambda x, d, r: np.roll(x, (d, r), (0, 1))),
        ),
        Mistake(
            "other_way",
            "Your picture moves up and to the left.",
            answers_as(lambda x, d, r: np.flip(_shifted(np.flip(x), d, r))),
        ),
        Mistake(
            "axes_swapped",
            "Rows and columns are swapped: axis 0 counts the rows, from top to bottom.",
            answers_as(lambda image, down, right: _shifted(image, right, down)),
        ),
    ),
    right="A shifted 3 is still a 3. A mirrored one is not: augmentation may use only "
    "changes that leave the label true.",
    hints=(
        "Begin with an array of zeros of the same shape.",
        "Row 0 of the picture becomes row `down` of the result. How many rows of the "
        "picture have room?",
        "`new[down:, right:]` is the part that gets pixels, height − down rows and "
        "width − right columns. Which part of the picture is as large, and stays in "
        "the frame?",
    ),
    solved=Solution(
        "def shift(image, down, right):\n"
        "    height, width = image.shape\n"
        "    new = np.zeros_like(image)\n"
        "    new[down:, right:] = image[:height - down, :width - right]\n"
        "    return new\n"
        "shift",
        "The part that stays in the frame is copied to its new place; all else is 0.",
    ),
)

_REMEDIES = {
    "a": "Dropout helps most.",
    "b": "Augmentation helps most.",
    "c": "Weight decay helps most.",
}
_KEYS = {"a": "dropout", "b": "augmentation", "c": "weight decay"}


def _best_remedy(happened: Mapping[str, object]) -> str:
    """`{"dropout": accuracy, …}`; of several trainings, a list for each."""
    scores = {letter: _accuracy(happened[key]) for letter, key in _KEYS.items()}
    best = [letter for letter in scores if scores[letter] == max(scores.values())]
    if len(best) > 1:
        raise ValueError("no one of them is the best")
    return best[0]


def _accuracy(measured: object) -> float:
    shares = as_array(measured)
    if shares is None or not shares.size or not np.all((shares >= 0) & (shares <= 1)):
        raise ValueError("accuracies are shares")
    return float(shares.mean())


remedy = Prediction(
    "overfitting.remedy",
    question="A CNN learns from only 500 digits, four times: as it is, with dropout, "
    "with augmentation (each digit turned, moved and bent a little), with weight decay "
    "(each weight shrinks a little in every step). With which of the three does it "
    "get most test digits right? " + listed(_REMEDIES),
    form=Choice("b", _REMEDIES),
    mistakes=(
        Mistake(
            "dropout",
            "Dropout makes learning by heart harder, but it shows the network no digit "
            "that it has not seen.",
            chose("a"),
        ),
        Mistake(
            "weight_decay",
            "Small weights draw smoother borders between the classes. They do not tell "
            "what a digit looks like a little further to the left.",
            chose("c"),
        ),
    ),
    right="What is missing with 500 digits is digits, and this is the remedy that adds "
    "some.",
    hints=(
        "Why does a network that reads all 500 digits fail on new ones?",
        "Which of the three shows it pictures that are not among the 500?",
    ),
    solved=Solution(
        "'b'",
        "Augmentation shows the network a new picture at each step, and so brings in "
        "knowledge that 500 digits lack: such small changes leave a digit what it is.",
    ),
    outcome=_best_remedy,
    measured='a dictionary, `{"dropout": …, "augmentation": …, "weight decay": …}`. '
    "Each value is the accuracy on the test digits, a share from 0 to 1, or a list of "
    "such shares if you trained several times. One of the three must be the best.",
)
