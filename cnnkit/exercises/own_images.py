"""Exercises of notebook 18: digits of one's own, and weights from elsewhere."""

from collections.abc import Mapping

import numpy as np

from cnnkit.exercises.engine import Exercise, Mistake, Solution
from cnnkit.exercises.forms import (
    Array,
    Choice,
    Shape,
    as_number,
    as_shape,
    chose,
    listed,
    near,
)
from cnnkit.exercises.functions import Function, answers_as
from cnnkit.exercises.predictions import Prediction


def _ink(scan: np.ndarray) -> np.ndarray:
    return 1 - scan / 255


_SCAN = np.array([[0, 255], [51, 204]], np.uint8)
_GREY = np.array([[102, 153], [153, 153]], np.uint8)

ink = Exercise(
    "own_images.ink",
    question="A scan `(H, W)` holds whole numbers (`uint8`) from 0, black ink, to 255, "
    "white paper. In MNIST paper is 0.0 and full ink is 1.0. Write a function "
    "`ink(scan)` that turns the one into the other; what is in between stays in "
    "proportion.",
    form=Function(_ink, cases=((_SCAN,), (_GREY,)), signature="ink(scan)"),
    mistakes=(
        Mistake(
            "still_on_white",
            "The scale is right, but the paper is still bright. The network has "
            "learned from bright strokes on black.",
            answers_as(lambda scan: scan / 255),
        ),
        Mistake(
            "still_to_255",
            "It is bright on dark now, but up to 255: the network would meet numbers "
            "255 times as large as those it learned from.",
            answers_as(lambda scan: 255 - scan),
        ),
        Mistake(
            "wraps_round",
            "`1 - scan` stays `uint8`, which knows no negative numbers: 1 − 255 "
            "becomes 2. Divide first, which makes floats.",
            answers_as(lambda scan: 1 - scan),
        ),
        Mistake(
            "stretched",
            "You stretch the picture, so that its darkest point becomes 1 and its "
            "brightest 0. That may help a pale scan, but grey is to stay grey here.",
            answers_as(lambda scan: (scan.max() - scan) / max(np.ptp(scan), 1)),
        ),
    ),
    right="A check for a folder of unknown scans: the rim of a picture is mostly "
    "paper, so its median tells which way round it is.",
    hints=(
        "255 is to become 0, and 0 is to become 1.",
        "Divide by 255 first: then paper is 1 and ink is 0.",
    ),
    solved=Solution(
        "def ink(scan):\n    return 1 - scan / 255\nink",
        "The division makes floats from 0 to 1, and 1 minus that swaps paper and ink.",
    ),
)

centre = Exercise(
    "own_images.centre",
    question="MNIST puts the centre of mass of the ink in the middle of the frame. "
    "Where is it in the picture below, of which three pixels hold ink? Rows and "
    "columns are counted from 0. Answer as `(row, column)`, with two decimals.",
    shows="0 1 0 0 0 0\n0 1 0 0 0 0\n0 0 0 0 0 0\n"
    "0 0 0 0 0 0\n0 0 0 2 0 0\n0 0 0 0 0 0",
    form=Array(np.array([2.25, 2.0]), tolerance=1e-2),
    mistakes=(
        Mistake(
            "middle_of_the_box",
            "That is the middle of the box around the ink, from row 0 to 4 and column "
            "1 to 3. The centre of mass leans to where most of the ink is.",
            near(2, 2, within=0.01),
        ),
        Mistake(
            "column_first",
            "Those are the right numbers in the wrong order: the row comes first.",
            near(2, 2.25, within=0.01),
        ),
        Mistake(
            "pixels_alike",
            "You let the three pixels count alike. One of them holds twice the ink.",
            near(5 / 3, 5 / 3, within=0.01),
        ),
        Mistake(
            "middle_of_the_frame",
            "That is the middle of the frame, where the ink is to be moved to.",
            near(2.5, 2.5, within=0.01),
        ),
    ),
    right="`scipy.ndimage.center_of_mass(image)` computes the same.",
    hints=(
        "It is a mean of the rows, and one of the columns, in which each pixel counts "
        "as much as it holds ink.",
        "There are 4 units of ink: one in row 0, one in row 1, two in row 4.",
    ),
    solved=Solution(
        "np.array([0 * 1 + 1 * 1 + 4 * 2, 1 * 1 + 1 * 1 + 3 * 2]) / (1 + 1 + 2)",
        "Row and column of each pixel, times its ink, added up, divided by all the "
        "ink: 9/4 and 8/4.",
    ),
)

into_the_box = Exercise(
    "own_images.into_the_box",
    question="The ink of a scanned digit is 50 pixels high and 30 wide. As MNIST did, "
    "you scale it without distortion to fit a box of 20×20, as large as it can be; the "
    "frame of 28×28 comes after. What is its size in the box? Answer as `(height, "
    "width)`.",
    form=Shape((20, 12)),
    mistakes=(
        Mistake(
            "stretched",
            "Height and width are scaled by different factors, so the digit grows fat: "
            "a 1 would become a block.",
            lambda answer: as_shape(answer) == (20, 20),
        ),
        Mistake(
            "into_the_frame",
            "You fill the frame. MNIST leaves room around the ink: 28 is the frame, "
            "and the box is smaller.",
            lambda answer: as_shape(answer)[0] == 28,
        ),
        Mistake(
            "by_the_width",
            "You scale so that the width fills the box. The height is then 33, and "
            "sticks out.",
            lambda answer: as_shape(answer)[1] == 20 and as_shape(answer)[0] > 20,
        ),
        Mistake(
            "width_first",
            "Those are the right numbers in the wrong order: the height comes first.",
            lambda answer: as_shape(answer) == (12, 20),
        ),
    ),
    right="A network knows strokes of a certain width: digits of twice the size look "
    "new to it, though they are only larger.",
    hints=(
        "One factor for both. Which side reaches the edge of the box first?",
        "The longer side, 50, becomes 20: the factor is 0.4.",
    ),
    solved=Solution(
        "(round(50 * 20 / 50), round(30 * 20 / 50))",
        "The longer side decides: 20/50 = 0.4, and 30 times 0.4 is 12.",
    ),
)

_ORDERS = {
    "a": "Keras turns kernels upside down, PyTorch does not.",
    "b": "The biases have to be transposed too.",
    "c": "The weights of that dense layer expect their inputs in another order.",
}
after_flatten = Exercise(
    "own_images.after_flatten",
    question="You copy a network from PyTorch to Keras, and change the order of the "
    "axes as below: a kernel `kh` high and `kw` wide reads `Cin` channels, and `Cout` "
    "counts the kernels. Both networks give the same 20 feature maps of 4×4. These "
    "are flattened and read by a dense layer, and its answers differ. What was "
    "forgotten? " + listed(_ORDERS),
    shows="              PyTorch              Keras\n"
    "kernels       (Cout, Cin, kh, kw)  (kh, kw, Cin, Cout)\n"
    "dense weights (out, in)            (in, out)\n"
    "biases        (out,)               (out,)",
    form=Choice("c", _ORDERS),
    mistakes=(
        Mistake(
            "turned_kernels",
            "Both slide the kernel as it is (cross-correlation). Were it otherwise, "
            "the feature maps would not agree.",
            chose("a"),
        ),
        Mistake(
            "biases",
            "Biases are one row of numbers, one for each unit. There is nothing to "
            "transpose.",
            chose("b"),
        ),
    ),
    right="Such a bug raises no error, since all shapes fit. After global average "
    "pooling it cannot happen: each map is one number.",
    hints=(
        "Up to the flattening all is well. What does flattening do to `(20, 4, 4)`, "
        "and what to `(4, 4, 20)`?",
        "The second of the 320 numbers: is it the next place of the same map, or the "
        "same place of the next map?",
    ),
    solved=Solution(
        "'c'",
        "PyTorch flattens map by map, Keras place by place. Reshape the weights to "
        "(20, 4, 4, out), transpose to (4, 4, 20, out), and flatten again.",
    ),
)

_STEPS = {"a": "Without polarity.", "b": "Without centring.", "c": "Without size."}
_KEYS = {"a": "polarity", "b": "centring", "c": "size"}


def _worst(happened: Mapping[str, float]) -> str:
    """`{"polarity": accuracy, …}`: what is left when that step is left out."""
    scores = {letter: as_number(happened[key]) for letter, key in _KEYS.items()}
    if not all(s is not None and 0 <= s <= 1 for s in scores.values()):
        raise ValueError("accuracies are shares")
    return min(scores, key=scores.get)


step_left_out = Prediction(
    "own_images.step_left_out",
    question="A network that learned from MNIST reads your scans, dark ink on bright "
    "paper, off the middle, larger or smaller than in MNIST. Three steps prepare them: "
    "polarity (bright on dark), centring, size. You leave one of them out at a time. "
    "Without which is accuracy lowest? " + listed(_STEPS),
    form=Choice("a", _STEPS),
    mistakes=(
        Mistake(
            "centring",
            "Pooling forgives a part of a small shift, and some of the digits are "
            "still read.",
            chose("b"),
        ),
        Mistake(
            "size",
            "A digit of another size still has bright strokes on black, and some of "
            "its parts look as the network knows them.",
            chose("c"),
        ),
    ),
    right="No error is raised, only bad answers come: look at what you feed a network "
    "before you blame it.",
    hints=(
        "In MNIST four of five pixels are 0. Which step decides about most of the "
        "pixels?",
        "Which of the three makes a picture unlike all that the network has seen?",
    ),
    solved=Solution(
        "'a'",
        "With the paper bright, nearly every pixel is far from what the network "
        "learned from, and accuracy falls to little more than that of guessing.",
    ),
    outcome=_worst,
    measured='a dict of three accuracies on your scans, `{"polarity": …, "centring": '
    '…, "size": …}`: each is measured with the step of this name left out, and is a '
    "number from 0 to 1.",
)
