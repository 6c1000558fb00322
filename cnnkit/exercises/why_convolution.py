"""Exercises of notebook 01: what a dense network loses, and a convolution keeps."""

import numpy as np

from cnnkit.exercises.engine import Exercise, Mistake, Solution
from cnnkit.exercises.forms import Choice, Number, as_number, chose, listed
from cnnkit.exercises.functions import Function, answers_as
from cnnkit.exercises.predictions import Prediction

dense_weights = Exercise(
    "why_convolution.dense_weights",
    question="A colour photograph of 224×224 pixels, with 3 channels, is flattened and "
    "read by a dense layer of 100 units. How many parameters does that layer have, "
    "biases included?",
    form=Number(15_052_900, unit="parameters"),
    mistakes=(
        Mistake(
            "no_biases",
            "Those are the weights alone. Each unit adds a bias of its own.",
            lambda answer: as_number(answer) == 15_052_800,
        ),
        Mistake(
            "one_bias",
            "The weights are all there. But you added a single bias for the whole "
            "layer, and each unit has its own.",
            lambda answer: as_number(answer) == 15_052_801,
        ),
        Mistake(
            "one_channel",
            "You counted pixels. Each pixel of a colour photograph is more than one "
            "number, and every number has a weight.",
            lambda answer: as_number(answer) in (5_017_700, 5_017_600),
        ),
        Mistake(
            "one_unit",
            "That is what one unit has. The units share nothing: each has weights for "
            "the whole image.",
            lambda answer: as_number(answer) in (150_528, 150_529),
        ),
    ),
    right="A convolution layer with 100 kernels of 3×3 would have 2,800 parameters, "
    "whatever the size of the image.",
    hints=(
        "How many numbers does the flattened image hold?",
        "Each unit has one weight for each of them, and one bias.",
    ),
    solved=Solution(
        "224 * 224 * 3 * 100 + 100",
        "The image is 224·224·3 = 150,528 numbers. Each of the 100 units has a weight "
        "for each of them, and one bias.",
    ),
)

growth = Exercise(
    "why_convolution.growth",
    question="A study note says that the weights of a dense layer grow exponentially "
    "with the size of the image. That is not so, as an example shows: a dense layer of "
    "50 units reads a grey square image. Then the image becomes twice as wide and "
    "twice as high. How many times as many weights does the layer have then?",
    form=Number(4, unit="times"),
    mistakes=(
        Mistake(
            "one_side",
            "That would be so if only one of the two sides grew.",
            lambda answer: as_number(answer) == 2,
        ),
        Mistake(
            "units_too",
            "You doubled a third thing as well. The layer still has 50 units, and the "
            "image is still grey.",
            lambda answer: as_number(answer) == 8,
        ),
        Mistake(
            "pixels_twice",
            "You let the growth of the image count twice. There are more pixels, but "
            "the layer still has 50 units, and each unit has one weight per pixel.",
            lambda answer: as_number(answer) == 16,
        ),
        Mistake(
            "like_a_kernel",
            "That holds for a convolution, whose kernel stays as it is. A dense layer "
            "has a weight for every pixel.",
            lambda answer: as_number(answer) == 1,
        ),
    ),
    right="The weights grow with the number of pixels, the square of the side: fast, "
    "but far from exponential.",
    hints=(
        "Try it: how many weights for 10×10 pixels, how many for 20×20?",
        "The weights are width · height · 50.",
    ),
    solved=Solution(
        "(20 * 20 * 50) // (10 * 10 * 50)",
        "Both sides double, so there are 2·2 times as many pixels, and 2·2 times as "
        "many weights.",
    ),
)


def _shift(image: np.ndarray, pixels: int) -> np.ndarray:
    moved = np.zeros_like(image)
    moved[:, pixels:] = image[:, : image.shape[1] - pixels]
    return moved


shift = Exercise(
    "why_convolution.shift",
    question="Write a function `shift(image, pixels)` that moves the contents of an "
    "image of shape `(H, W)` to the right by `pixels` columns, from 0 up to its width. "
    "The size stays the same. What leaves on the right is lost; zeros come in on the "
    "left.",
    form=Function(
        _shift,
        cases=(
            (np.arange(1.0, 7).reshape(2, 3), 1),
            (np.arange(1.0, 7).reshape(2, 3), 0),
            (np.arange(1.0, 13).reshape(3, 4) / 2, 2),
        ),
        signature="shift(image, pixels)",
    ),
    mistakes=(
        Mistake(
            "comes_round",
            "What leaves on the right comes in again on the left, as with `np.roll`. A "
            "digit near the edge would be torn in two.",
            answers_as(lambda image, n: np.roll(image, n, axis=1)),
        ),
        Mistake(
            "to_the_left",
            "Your image moves to the left. Column 0 should land in column `pixels`.",
            answers_as(lambda image, n: _shift(image[:, ::-1], n)[:, ::-1]),
        ),
        Mistake(
            "downwards",
            "Your image moves down: the first axis counts rows, the second columns.",
            answers_as(lambda image, n: _shift(image.T, n).T),
        ),
        Mistake(
            "leaves_the_old",
            "The left columns still hold what stood there before the move, as happens "
            "when you start from a copy of the image. They should hold zeros.",
            answers_as(
                lambda image, n: np.hstack([image[:, :n], image])[:, : -n or None]
            ),
        ),
        Mistake(
            "grows",
            "Your image grows by the zeros. Cut off on the right what has left it.",
            answers_as(lambda image, n: np.pad(image, ((0, 0), (n, 0)))),
        ),
    ),
    right="To a dense network the shifted digit is new: every stroke now meets other "
    "weights.",
    hints=(
        "Start from `np.zeros_like(image)`. Which of its columns are filled?",
        "From column `pixels` on, the result shows the image again, as far as there is "
        "room. For how many columns is there? Mind that `image[:, :-0]` is empty.",
    ),
    solved=Solution(
        "def shift(image, pixels):\n"
        "    moved = np.zeros_like(image)\n"
        "    moved[:, pixels:] = image[:, : image.shape[1] - pixels]\n"
        "    return moved\n"
        "shift",
        "The left columns stay zero, and the others take the image without its end.",
    ),
)

_WHO = {
    "a": "Both lose more than one percentage point.",
    "b": "Neither loses more than one percentage point.",
    "c": "Only the CNN loses more than one percentage point.",
    "d": "Only the MLP loses more than one percentage point.",
}


def _who_lost(happened: dict) -> str:
    pairs = [happened[name] for name in ("mlp", "cnn")]
    if not all(0 <= share <= 1 for pair in pairs for share in pair):
        raise ValueError("accuracies lie between 0 and 1")
    mlp, cnn = (before - after > 0.01 for before, after in pairs)
    return {(1, 1): "a", (0, 0): "b", (0, 1): "c", (1, 0): "d"}[mlp, cnn]


permuted = Prediction(
    "why_convolution.permuted",
    question="The 784 pixels of every digit are put in a random order, the same for "
    "all images. An MLP (dense layers only) and a CNN (with convolution layers) are "
    "trained from the start on such images, and tested on such images. What becomes of "
    "their test accuracy, compared with the usual digits? " + listed(_WHO),
    form=Choice("c", _WHO),
    mistakes=(
        Mistake(
            "both_read_shapes",
            "A dense layer has one weight for each pixel and never asks which pixels "
            "are neighbours: after the same reordering of its weights it computes what "
            "it did before.",
            chose("a"),
        ),
        Mistake(
            "same_information",
            "All the information is still there, but a kernel sees nine or twenty-five "
            "neighbours at a time, and the neighbours no longer belong together.",
            chose("b"),
        ),
        Mistake(
            "the_stronger_wins",
            "The CNN is better because it counts on neighbours. Now that misleads it.",
            chose("d"),
        ),
    ),
    right="What a convolution assumes about images is its strength, and its price "
    "where that fails.",
    hints=(
        "Which of the two knows which pixels are neighbours?",
        "A stroke under a kernel has become scattered points.",
    ),
    solved=Solution(
        '"c"',
        "An MLP can reorder its first weights and is as before. A kernel needs "
        "neighbouring pixels to belong together.",
    ),
    outcome=_who_lost,
    measured='a dictionary `{"mlp": (usual, permuted), "cnn": (usual, permuted)}`: for '
    "each network its test accuracy on the usual digits, then its test accuracy on the "
    "permuted ones, both as shares between 0 and 1, so 0.97 for 97 percent.",
)

_REASONS = {
    "a": "It has more weights, enough to learn the shifted digits as well.",
    "b": "Its feature maps stay exactly the same when the digit is shifted.",
    "c": "While it was trained its kernels saw digits at the edges of the image.",
    "d": "The same weights read every place: a shifted stroke gives the same answer, "
    "only shifted too.",
}

why_shifted = Exercise(
    "why_convolution.why_shifted",
    question="An MLP (dense layers only) and a CNN were trained on centred digits. "
    "When the test digits are shifted by three pixels, the MLP loses far more accuracy "
    "than the CNN. Why does the CNN lose less? " + listed(_REASONS),
    form=Choice("d", _REASONS),
    mistakes=(
        Mistake(
            "more_weights",
            "A CNN of the same accuracy usually has fewer weights than the MLP, not "
            "more. It is how they are used that counts.",
            chose("a"),
        ),
        Mistake(
            "invariant",
            "The maps do change: the answers in them move along with the digit. A "
            "dense layer behind them notices it when they move far enough.",
            chose("b"),
        ),
        Mistake(
            "seen_there",
            "It saw the same centred digits as the MLP, with empty edges.",
            chose("c"),
        ),
    ),
    right="An answer that moves along with its cause is called equivariant; one that "
    "stays as it is, invariant. Convolution gives the first. Pooling, which keeps the "
    "largest answer of each small area, adds a little of the second.",
    hints=(
        "Both saw the same images. What is used more than once in the CNN?",
        "Follow one stroke: which weights read it before the shift, which after?",
    ),
    solved=Solution(
        '"d"',
        "A kernel that knows a stroke knows it everywhere. In the MLP each place has "
        "weights of its own, which must have seen the stroke there.",
    ),
)
