"""Exercises of notebook 11: from a file of digits to a prediction."""

import numpy as np

from cnnkit.exercises.engine import Exercise, Mistake, Solution
from cnnkit.exercises.forms import Choice, Number, as_number, chose, listed
from cnnkit.exercises.functions import Function, answers_as
from cnnkit.exercises.predictions import Prediction

steps = Exercise(
    "pipeline.steps",
    question="In an epoch each of 55,000 training digits is read once, in batches of "
    "128. After each batch the weights are changed: that is a step. How many steps "
    "has an epoch?",
    form=Number(430, unit="steps"),
    mistakes=(
        Mistake(
            "drops_the_rest",
            "429 batches are full. What becomes of the digits that are left over?",
            lambda answer: as_number(answer) == 429,
        ),
        Mistake(
            "no_validation_split",
            "That many steps would read 60,000 digits. Five thousand of them were set "
            "aside for validation.",
            lambda answer: as_number(answer) in (468, 469),
        ),
        Mistake(
            "last_batch",
            "88 digits are in the last batch. The question asks for the number of "
            "batches.",
            lambda answer: as_number(answer) == 88,
        ),
        Mistake(
            "a_step_a_digit",
            "That many digits are read. One step reads a whole batch of them.",
            lambda answer: as_number(answer) == 55_000,
        ),
        Mistake(
            "not_whole",
            "A step is taken or not: the number is whole. What becomes of a batch that "
            "is not full?",
            lambda answer: not as_number(answer).is_integer(),
        ),
    ),
    right="The last step reads only 88 digits: its gradient is a little noisier.",
    hints=(
        "Divide. Does it come out even?",
        "The last batch takes what is left, and it is a step too.",
    ),
    solved=Solution(
        "-(-55_000 // 128)",
        "429 full batches are 54,912 digits. The other 88 make one batch more. "
        "(Dividing the negative number rounds up.)",
    ),
)

_FRIEND = {
    "a": "It can be: no test digit was learned from, so the number is fair.",
    "b": "The test set is too small to judge by.",
    "c": "The test digits should have been among the training digits too.",
    "d": "Which weights are kept was decided on the digits that give the grade.",
}
friend = Exercise(
    "pipeline.friend",
    question="A friend runs the code below. `train` looks at the second part of the "
    "data after each epoch, and brings back the weights of the epoch that did best on "
    "it. The friend is proud of the accuracy that is printed. Why can it not be "
    "trusted? " + listed(_FRIEND),
    shows="model = models.simple_cnn()\n"
    "train(model, (mnist.train, mnist.test))\n"
    "print(loss_and_accuracy(model, mnist.test))",
    form=Choice("d", _FRIEND),
    mistakes=(
        Mistake(
            "not_learned_from",
            "No weight was fitted to the test digits, that is true. But something else "
            "was chosen by looking at them. Who decided when to stop?",
            chose("a"),
        ),
        Mistake(
            "too_small",
            "With ten thousand digits, chance moves an accuracy of 99 % by about 0.2 "
            "%. The size is not what spoils this number.",
            chose("b"),
        ),
        Mistake(
            "learn_them_too",
            "Then the exam would ask for what was learned by heart, and the number "
            "would say even less about new digits.",
            chose("c"),
        ),
    ),
    right="Nobody can say by how much the number is too good.",
    hints=(
        "Which choices are made by looking at the second part?",
        "Would the same epoch have been kept if other digits had been looked at?",
    ),
    solved=Solution(
        "'d'",
        "The epoch was chosen that looked best on the very digits of the exam. The "
        "validation set is for this; the test set is opened once, at the end.",
    ),
)

_SMALL = np.array([[[1.0], [2.0]], [[3.0], [4.0]]])

as_batch = Exercise(
    "pipeline.as_batch",
    question="`model.predict` takes a batch of images `(N, H, W, C)`, and you have one "
    "image `(H, W, C)`. Write a function `as_batch(image)` that returns the batch that "
    "holds only this image. It must work for images of any size.",
    form=Function(
        lambda image: image[np.newaxis],
        cases=((_SMALL,), (np.arange(18.0).reshape(2, 3, 3),), (np.ones((28, 28, 1)),)),
        signature="as_batch(image)",
    ),
    mistakes=(
        Mistake(
            "as_it_was",
            "Your function returns the image as it was: three axes. The axis that "
            "counts the images is still missing.",
            answers_as(lambda image: image),
        ),
        Mistake(
            "axis_at_the_end",
            "There are four axes now, but the new one is the last. There it would "
            "count the channels; images are counted by the first.",
            answers_as(lambda image: image[..., np.newaxis]),
        ),
        Mistake(
            "flattened",
            "Your batch holds one row of numbers. A convolution needs the rows and "
            "columns of the image.",
            answers_as(lambda image: image.reshape(1, -1)),
        ),
    ),
    right="A slice does it without a new axis: `images[3:4]` keeps the axis that "
    "`images[3]` removes.",
    hints=(
        "The shape `(28, 28, 1)` should become `(1, 28, 28, 1)`.",
        "NumPy adds an axis where you write `np.newaxis` between the brackets.",
    ),
    solved=Solution(
        "def as_batch(image):\n    return image[np.newaxis]\nas_batch",
        "The new axis comes first, where images are counted, and has the length 1.",
    ),
)


def _confusion(truth: np.ndarray, said: np.ndarray, classes: int) -> np.ndarray:
    matrix = np.zeros((classes, classes))
    np.add.at(matrix, (truth, said), 1)
    return matrix


def _marked(truth: np.ndarray, said: np.ndarray, classes: int) -> np.ndarray:
    return np.minimum(_confusion(truth, said, classes), 1)


def _mistakes_only(truth: np.ndarray, said: np.ndarray, classes: int) -> np.ndarray:
    return _confusion(truth, said, classes) * (1 - np.eye(classes))


confusion = Exercise(
    "pipeline.confusion",
    question="Write a function `confusion(truth, said, classes)`: an array of `classes`"
    " rows and columns. In row i and column j it counts how often class i was read as "
    "class j. `truth` and `said` hold the class numbers, from 0.",
    form=Function(
        _confusion,
        cases=(
            (np.array([0, 1, 1]), np.array([0, 1, 0]), 2),
            (np.array([1, 1, 1, 0]), np.array([0, 0, 1, 0]), 2),
            (np.array([0, 0, 2]), np.array([1, 1, 2]), 4),
            (np.repeat([0, 1], [300, 5]), np.repeat([1, 0], [300, 5]), 2),
        ),
        signature="confusion(truth, said, classes)",
    ),
    mistakes=(
        Mistake(
            "transposed",
            "Rows and columns are swapped: your rows stand for what was said.",
            answers_as(lambda *case: _confusion(*case).T),
        ),
        Mistake(
            "counts_once",
            "A pair that occurs twice counts once. If you wrote `matrix[truth, said] "
            "+= 1`: NumPy reads all places first and then writes them, so the second "
            "time is lost.",
            answers_as(_marked),
        ),
        Mistake(
            "mistakes_only",
            "Your diagonal is empty. What was read rightly counts too.",
            answers_as(_mistakes_only),
        ),
        Mistake(
            "small_whole_numbers",
            "Your array holds whole numbers of 8 bits, such as `uint8`. They cannot "
            "count to 300: a count that grows too large starts again from below.",
            lambda evidence: evidence[-1][1].dtype in (np.int8, np.uint8),
        ),
    ),
    right="The sum of its diagonal, divided by the sum of all, is the accuracy.",
    hints=(
        "Begin with zeros; go through the pairs with `zip(truth, said)`.",
        "Each pair `t, s` adds 1 in one place. Which of the two is the row?",
    ),
    solved=Solution(
        "def confusion(truth, said, classes):\n"
        "    matrix = np.zeros((classes, classes))\n"
        "    for t, s in zip(truth, said):\n"
        "        matrix[t, s] += 1\n"
        "    return matrix\n"
        "confusion",
        "One pair after the other, so a pair that comes again is counted again.",
    ),
)

_FEWER = {
    "a": "At least eight times as many.",
    "b": "More, but fewer than eight times as many.",
    "c": "As many (to within a tenth), or fewer.",
}


def _times_as_many(happened: float) -> str:
    """From the mistakes after 5,000 digits, divided by those after 55,000."""
    times = as_number(happened)
    if times is None or not 0 < times < 100:
        raise ValueError("a network that only guesses makes about 90 times as many")
    return "a" if times >= 8 else "b" if times > 1.1 else "c"


fewer = Prediction(
    "pipeline.fewer",
    question="The same network learns from 5,000 training digits instead of 55,000, "
    "until it no longer improves. How many validation digits does it misread, compared "
    "with the one that saw 55,000? " + listed(_FEWER),
    form=Choice("b", _FEWER),
    mistakes=(
        Mistake(
            "in_proportion",
            "Mistakes do not grow in proportion to what is missing. How many of the "
            "other 50,000 digits look like one that was seen?",
            chose("a"),
        ),
        Mistake(
            "enough_is_enough",
            "Five thousand digits show every common way of writing. The rare ones are "
            "missing, and those are where mistakes are made.",
            chose("c"),
        ),
    ),
    right="Eleven times the digits for about a third of the mistakes: that is a usual "
    "price.",
    hints=(
        "Most digits look like many others. What do the other 50,000 teach?",
        "Common shapes are learned from few digits, rare ones only from many.",
    ),
    solved=Solution(
        "'b'",
        "Most digits look like many others, so a tenth of them teaches the common "
        "shapes. The rest brings the rare ones, and with them fewer mistakes.",
    ),
    outcome=_times_as_many,
    measured="how many times as many validation digits are misread: the mistakes after "
    "5,000 digits divided by the mistakes after 55,000. 2 means twice as many; it is "
    "above 0 and below 100.",
)
