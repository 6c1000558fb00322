"""Exercises of notebook 06: what a window may forget."""

import numpy as np

from cnnkit.exercises.engine import Exercise, Mistake, Solution
from cnnkit.exercises.forms import (
    Array,
    Choice,
    Shape,
    as_array,
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
            "8 = 24/3 are windows that touch. That is what you get when no stride is "
            "given; here the window moves by 2 and overlaps the one before.",
            lambda answer: as_shape(answer)[:2] == (8, 8),
        ),
        Mistake(
            "half",
            "24/2 = 12 is right for a 2×2 window. The twelfth window of 3 would start "
            "at row 22 and need row 24; the rows end at 23.",
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
    right="AlexNet pools like this, 3×3 with stride 2. Row and column 23 are read by "
    "no window here.",
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
    "image [[4, 8, 6], [0, 4, 4], [3, 6, 9]]. The windows at the right and at the "
    "bottom hang over the edge. What are the 2×2 numbers, in Keras?",
    form=Array(np.array([[4.0, 5.0], [4.5, 9.0]])),
    mistakes=(
        Mistake(
            "zeros_counted",
            "You divided by 4 everywhere, as if zeros stood beyond the edge. Pooling "
            "counts only the pixels that are there.",
            lambda answer: np.allclose(as_array(answer), [[4, 2.5], [2.25, 2.25]]),
        ),
        Mistake(
            "maximum",
            "These are the greatest numbers of the windows; the question is about "
            "averages.",
            lambda answer: np.allclose(as_array(answer), [[8, 6], [6, 9]]),
        ),
    ),
    right="PyTorch's average pooling counts its padding zeros, unless you ask it not "
    "to: `count_include_pad=False`.",
    hints=(
        "The window at the upper right holds two pixels: 6 and 4.",
        "Add up the pixels in each window, and divide by how many there are: by 4, 2, "
        "2 and 1.",
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
    right="In a batch `(N, H, W, C)` the same code works on the two axes in the "
    "middle, and pools all pictures and channels at once.",
    hints=(
        "Cut the image to even sizes first: `2 * (size // 2)`.",
        "Reshape it to (H/2, 2, W/2, 2). Which axes run inside a window?",
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
    "b": "A 5×5 convolution that comes next needs fewer weights than without it.",
    "c": "The pooling layer itself has nothing to learn.",
    "d": "A dense layer after a Flatten needs fewer weights than without it.",
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
    before, after = map(float, happened)
    if not (before > 0 and after >= 0):
        raise ValueError(happened)
    share = after / before
    return "a" if share < 0.1 else "b" if share < 0.5 else "c" if share < 1 else "d"


forgiven = Prediction(
    "pooling.forgiven",
    question="Digits are moved by one pixel. The distance between a digit and the "
    "moved one, as a share of the length √Σx² of the first, is measured before and "
    "after 2×2 max pooling of both, with stride 2. How does it change? "
    + listed(_LEFT)
    + " Later, pass `happened=(before, after)`.",
    form=Choice("c", _LEFT),
    outcome=_left,
    mistakes=(
        Mistake(
            "undone",
            "Pooling undoes a shift only where the greatest pixel stays in its window. "
            "With windows of 2, how often does a step of 1 lead out of it?",
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
