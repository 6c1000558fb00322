"""Exercises of notebook 06: what a window may forget."""

import numpy as np

from cnnkit.exercises.engine import Exercise, Mistake, Solution
from cnnkit.exercises.forms import (
    Array,
    Choice,
    Shape,
    as_array,
    as_number,
    as_shape,
    chose,
    listed,
)
from cnnkit.exercises.functions import Function, answers_as
from cnnkit.exercises.predictions import Prediction
from cnnkit.scratch import avg_pool2d, max_pool2d

overlapping = Exercise(
    "pooling.overlapping",
    question="A feature map of shape (24, 24, 10) goes through max pooling with a 3×3 "
    "window, stride 2 and no padding. What is the shape of the output?",
    form=Shape((11, 11, 10)),
    mistakes=(
        Mistake(
            "stride_is_window",
            "24/3 = 8 windows lie side by side: so it is when no stride is given. Here "
            "the window moves by 2 only, and overlaps the one before.",
            lambda answer: as_shape(answer)[:2] == (8, 8),
        ),
        Mistake(
            "half",
            "24/2 = 12 is right for a 2×2 window. The twelfth window of 3 rows would "
            "start at row 22, counted from 0, and need row 24; the rows end at 23.",
            lambda answer: as_shape(answer)[:2] == (12, 12),
        ),
        Mistake(
            "steps_not_places",
            "(24 − 3)/2, rounded down, counts the steps from the first window to the "
            "last. There is one place more than there are steps.",
            lambda answer: as_shape(answer)[:2] == (10, 10),
        ),
        Mistake(
            "channels_pooled",
            "Height and width are right. But the window slides over each channel on "
            "its own, and no two channels are mixed.",
            lambda answer: as_shape(answer)[:2] == (11, 11) and answer[2] != 10,
        ),
    ),
    right="AlexNet, the network that won the ImageNet contest of 2012, pools like "
    "this. No window reads row 23 and column 23 here.",
    hints=(
        "It is the same formula as for a convolution: (size − window)/stride + 1.",
        "Round (24 − 3)/2 down before you add 1. The channels are not touched.",
    ),
    solved=Solution(
        "from cnnkit import output_size\n"
        "size = output_size(24, 3, stride=2)\n"
        "(size, size, 10)",
        "(24 − 3)/2 = 10.5, rounded down 10 steps, so 11 places along each axis. Each "
        "of the 10 channels is pooled on its own.",
    ),
)

hanging_over = Exercise(
    "pooling.hanging_over",
    question="Average pooling with a 2×2 window, stride 2 and `same` padding reads the "
    "image below. The windows at the right and at the bottom hang over the edge of the "
    "image. Which 2×2 numbers does Keras give?",
    shows="image = [[4, 8, 6],\n         [0, 4, 4],\n         [3, 6, 9]]",
    form=Array(np.array([[4.0, 5.0], [4.5, 9.0]])),
    mistakes=(
        Mistake(
            "zeros_counted",
            "You divided by 4 everywhere, as if zeros stood beyond the edge. Keras "
            "counts only the pixels that are there.",
            lambda answer: np.allclose(as_array(answer), [[4, 2.5], [2.25, 2.25]]),
        ),
        Mistake(
            "maximum",
            "These are the greatest numbers of the windows; the question is about "
            "averages.",
            lambda answer: np.allclose(as_array(answer), [[8, 6], [6, 9]]),
        ),
        Mistake(
            "sums",
            "These are the sums of the windows. An average is a sum, divided.",
            lambda answer: np.allclose(as_array(answer), [[16, 10], [9, 9]]),
        ),
        Mistake(
            "stride_one",
            "Your window moves by 1, and so it never leaves the image. With stride 2 "
            "the second window of a row starts at column 2.",
            lambda answer: np.allclose(as_array(answer), [[4, 5.5], [3.25, 5.75]]),
        ),
    ),
    right="PyTorch's average pooling counts its padding zeros, unless you ask it not "
    "to: `count_include_pad=False`.",
    hints=(
        "The windows start at the rows 0 and 2 and at the columns 0 and 2. Write down "
        "the pixels that each of the four holds: the one at the upper right holds only "
        "6 and 4.",
        "An average is the sum of the pixels, divided by how many there are. Are there "
        "equally many in all four windows?",
    ),
    solved=Solution(
        "from cnnkit.scratch import avg_pool2d\n"
        "image = np.array([[4.0, 8, 6], [0, 4, 4], [3, 6, 9]])\n"
        'avg_pool2d(image[None, :, :, None], padding="same")[0, :, :, 0]',
        "16/4, 10/2, 9/2 and 9/1: the divisor is the number of pixels in the window.",
    ),
)


def _pool(image: np.ndarray, how=max_pool2d) -> np.ndarray:
    return how(image[None, :, :, None])[0, :, :, 0]


halve = Exercise(
    "pooling.halve",
    question="Write a function `halve(image)` for an image `(H, W)`: max pooling with "
    "a 2×2 window and stride 2, no padding. An odd row or column at the end is not "
    "read. Use NumPy only.",
    form=Function(
        _pool,
        cases=(
            (np.array([[1.0, 5.0], [2.0, 4.0]]),),
            (np.array([[-7.0, -3.0, 0.0, 1.0], [-4.0, -9.0, 6.0, 2.0]]),),
            (np.arange(15.0).reshape(3, 5) % 7 / 2,),
        ),
        signature="halve(image)",
    ),
    mistakes=(
        Mistake(
            "starts_from_zero",
            "Your search for the greatest begins at 0, so a window of negative numbers "
            "gives 0. Begin with a number of the window itself.",
            answers_as(lambda image: np.maximum(_pool(image), 0)),
        ),
        Mistake(
            "average",
            "That is the mean of each window. Max pooling keeps the greatest number.",
            answers_as(lambda image: _pool(image, avg_pool2d)),
        ),
        Mistake(
            "skips",
            "You take the upper left pixel of each window. The other three are never "
            "looked at: that is a stride without pooling.",
            answers_as(lambda image: image[::2, ::2]),
        ),
    ),
    right="In a batch `(N, H, W, C)` rows and columns are the two axes in the middle: "
    "reshape those, and all pictures and channels are pooled at once.",
    hints=(
        "With loops: the window of output (r, c) is "
        "`image[2 * r : 2 * r + 2, 2 * c : 2 * c + 2]`. How many r and c are there?",
        "Without loops: cut the image to even sizes, `2 * (size // 2)`, and reshape it "
        "to (H/2, 2, W/2, 2). Which two axes run inside a window?",
    ),
    solved=Solution(
        "def halve(image):\n"
        "    rows, columns = image.shape[0] // 2, image.shape[1] // 2\n"
        "    four = image[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2)\n"
        "    return four.max(axis=(1, 3))\n"
        "halve",
        "Axis 1 and 3 of the new shape run inside a window, axis 0 and 2 over the "
        "windows.",
    ),
)

_CLAIMS = {
    "a": "The output holds a quarter of the numbers.",
    "b": "A 5×5 convolution that comes next needs fewer weights than without pooling.",
    "c": "The pooling layer itself has nothing to learn.",
    "d": "A dense layer after a Flatten needs fewer weights than without pooling.",
}

fewer_weights = Exercise(
    "pooling.fewer_weights",
    question="Study notes say that pooling saves parameters. Max pooling (2×2, stride "
    "2) turns 24×24×10 into 12×12×10. Which claim about it is false? "
    + listed(_CLAIMS),
    form=Choice("b", _CLAIMS),
    mistakes=(
        Mistake(
            "not_a_quarter",
            "That one is true: 24·24·10 = 5,760 and 12·12·10 = 1,440.",
            chose("a"),
        ),
        Mistake(
            "pooling_learns",
            "That one is true: the greatest of four numbers is found without any "
            "weight.",
            chose("c"),
        ),
        Mistake(
            "dense_unchanged",
            "That one is true: a dense layer has a weight for each number that reaches "
            "it, 5,760 or 1,440 for each unit. Is there a layer for which the size of "
            "the picture does not count?",
            chose("d"),
        ),
    ),
    right="Twenty kernels have 5·5·10·20 = 5,000 weights for any picture. What pooling "
    "saves there is work: the kernels slide over fewer places.",
    hints=(
        "Write down the number of weights of each layer that is named.",
        "What does the shape of a kernel depend on: the height of the picture, its "
        "channels, or both?",
    ),
    solved=Solution(
        '"b"',
        "A kernel has 5·5·10 weights whether the picture has 24 rows or 12: the same "
        "kernel is used at every place.",
    ),
)

_LEFT = {
    "a": "It falls to less than a tenth of what it was.",
    "b": "It falls to between a tenth and a half of what it was.",
    "c": "It gets smaller, but more than half of it is left.",
    "d": "It stays as it was, or grows.",
}


def _left(happened: tuple[float, float]) -> str:
    before, after = map(as_number, happened)
    if not (0 < before <= 2 and 0 <= after <= 2):  # equal lengths are at most 2 apart
        raise ValueError("a distance as a share of the length of a digit")
    share = after / before
    return "a" if share < 0.1 else "b" if share < 0.5 else "c" if share < 1 else "d"


forgiven = Prediction(
    "pooling.forgiven",
    question="Each of many digits is moved one pixel to the right. How far is the "
    "moved picture y from the one before, x? The distance √Σ(x − y)² is divided by the "
    "length of x, √Σx². Then both pictures go through 2×2 max pooling with stride 2, "
    "and the same is measured on what it gives. How does pooling change this relative "
    "distance? " + listed(_LEFT),
    form=Choice("c", _LEFT),
    outcome=_left,
    measured="two numbers, `(before, after)`: the relative distance, as a mean over "
    "the digits, before and after pooling. Each is a share of the length: 0 if both "
    "pictures are the same, hardly ever more than 1.",
    mistakes=(
        Mistake(
            "undone",
            "Pooling undoes a shift only where the greatest pixel stays in its window. "
            "How often does a step of 1 lead out of a window that is 2 wide?",
            chose("a"),
        ),
        Mistake(
            "mostly_undone",
            "You expected pooling to forgive more than it does. The edges of a stroke "
            "cross from one window into the next.",
            chose("b"),
        ),
        Mistake(
            "nothing_forgiven",
            "Something is forgiven: a bright pixel in the left column of its window "
            "moves into the right one, and the maximum stays.",
            chose("d"),
        ),
    ),
    right="Networks get used to shifts by many layers of pooling and by shifted "
    "examples; one layer alone does little.",
    hints=(
        "Think of one bright pixel. In which of the two columns of its window can it "
        "stand, and where does a step to the right lead?",
        "From the left column it stays in its window, from the right one it does not.",
    ),
    solved=Solution(
        '"c"',
        "About half of all pixels leave their window at a step of one, and so the "
        "greater part of the difference stays.",
    ),
)
