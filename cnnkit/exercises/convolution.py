"""Exercises of notebook 02: a kernel slides over an image."""

import numpy as np

from cnnkit.exercises.engine import Exercise, Mistake, Solution
from cnnkit.exercises.forms import Choice, Judged, Number, as_array, as_number, listed
from cnnkit.exercises.functions import Function, answers_as
from cnnkit.scratch import conv2d

one_window = Exercise(
    "convolution.one_window",
    question="A kernel lies on a window of an image. What number does a convolution "
    "layer of Keras put out at this place, if no activation function follows?",
    shows="window = np.array([[3, 1], [2, 4]])\n"
    "kernel = np.array([[1, -2], [0, 2]])\n"
    "bias = 5",
    form=Number(14),
    mistakes=(
        Mistake(
            "no_bias",
            "That is the weighted sum alone. The bias is still missing.",
            lambda answer: as_number(answer) == 9,
        ),
        Mistake(
            "turned_kernel",
            "You turned the kernel by 180 degrees first, as mathematicians do. Keras "
            "lays it on the window as it is.",
            lambda answer: as_number(answer) in (11, 6),
        ),
        Mistake(
            "matrix_product",
            "That comes from rows times columns. Here every number meets only the "
            "weight that lies on it.",
            lambda answer: as_number(answer) in (10, 5),
        ),
        Mistake(
            "bias_each_time",
            "You added the bias to each product. It is added once, to their sum.",
            lambda answer: as_number(answer) == 29,
        ),
        Mistake(
            "lost_sign",
            "You lost a sign: one of the weights is negative, and so is its product.",
            lambda answer: as_number(answer) in (18, 13),
        ),
    ),
    right="The same five numbers, four weights and a bias, do this at every place.",
    hints=(
        "Multiply each number by the weight at the same place: four products.",
        "Add the four products up, then add the bias once.",
    ),
    solved=Solution(
        "(np.array([[3, 1], [2, 4]]) * np.array([[1, -2], [0, 2]])).sum() + 5",
        "3·1 + 1·(−2) + 2·0 + 4·2 = 9, and the bias makes it 14.",
    ),
)

_LINES = {
    "horizontal": np.outer([0, 1, 0], [1, 1, 1]),
    "vertical": np.outer([1, 1, 1], [0, 1, 0]),
    "rising": np.fliplr(np.eye(3)),
}


def _answer(kernel: object, picture: np.ndarray) -> float:
    return float(np.sum(as_array(kernel) * picture))


def _is_flat(kernel: object, share: float = 1e-6) -> bool:
    kernel = as_array(kernel)
    return abs(np.sum(kernel)) <= share * np.sum(np.abs(kernel))


def _judge_falling(kernel: object) -> str:
    falling = _answer(kernel, np.eye(3))
    for name, line in _LINES.items():
        if _answer(kernel, line) >= falling:
            return (
                f"To the falling diagonal it answers {falling:g}, to a {name} line "
                f"{_answer(kernel, line):g}. The diagonal should get the most."
            )
    return "" if falling > 0 else f"It answers {falling:g} to the falling diagonal."


falling = Exercise(
    "convolution.falling",
    question="Write a 3×3 kernel that finds falling diagonals, from the upper left to "
    "the lower right. Its weighted sum is above 0 for ones on that diagonal with zeros "
    "around them, smaller for a horizontal, vertical or rising line of ones through "
    "the middle, and exactly 0 for a flat area, however bright. Take whole numbers, or "
    "write fractions out, `1 / 7` rather than 0.14.",
    form=Judged(
        "The answer is a kernel: 3 rows of 3 finite numbers.",
        lambda answer: (
            np.shape(as_array(answer)) == (3, 3)
            and bool(np.isfinite(as_array(answer)).all())
        ),
        _judge_falling,
    ),
    mistakes=(
        Mistake(
            "zeros",
            "All weights are 0: it answers 0 to everything, the diagonal too.",
            lambda answer: not as_array(answer).any(),
        ),
        Mistake(
            "dark_lines",
            "It answers below 0 to a bright diagonal: it finds dark ones. Where should "
            "the positive weights lie?",
            lambda answer: _is_flat(answer) and _answer(answer, np.eye(3)) < 0,
        ),
        Mistake(
            "rising",
            "It answers more to a rising diagonal than to a falling one. Row 0 is at "
            "the top of an image.",
            lambda answer: (
                _answer(answer, np.eye(3)) < _answer(answer, _LINES["rising"])
            ),
        ),
        Mistake(
            "nearly",
            "It finds the diagonal, but its weights add up to nearly 0, not to 0: "
            "rounded numbers do that. A very bright wall would still get an answer. "
            "Take whole numbers, or leave the division to Python.",
            lambda answer: (
                not _is_flat(answer)
                and _is_flat(answer, 0.1)
                and not _judge_falling(answer)
            ),
        ),
        Mistake(
            "sees_brightness",
            "Its weights do not add up to 0, so it answers to a flat area too: a "
            "bright wall would look like a diagonal.",
            lambda answer: not _is_flat(answer),
        ),
    ),
    right="A kernel is a small picture of what it looks for, less its own average.",
    hints=(
        "The weights on the diagonal should be positive. How large is their sum?",
        "The six other weights must bring the sum of all nine to 0.",
    ),
    solved=Solution(
        "3 * np.eye(3) - 1",
        "2 on the diagonal and −1 beside it: 6 for the falling diagonal, 0 for each of "
        "the three other lines, 0 for a flat area.",
    ),
)


def _slide(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    return conv2d(image[None, ..., None], kernel[..., None, None])[0, ..., 0]


def _stops_early(case: tuple, found: object) -> bool:
    """Whether only the first number, row or column is there, or is not 0."""
    right, found = _slide(*case), as_array(found)
    for part in (np.s_[:1, :1], np.s_[:1], np.s_[:, :1]):
        first, rest_zeros = right[part].ravel(), np.zeros_like(right)
        rest_zeros[part] = right[part]
        if found.shape == right.shape and np.allclose(found, rest_zeros):
            return not np.allclose(found, right)
        if found.size == first.size and np.allclose(found.ravel(), first):
            return True
    return False


slide = Exercise(
    "convolution.slide",
    question="Write a function `slide(image, kernel)` that slides a kernel of shape "
    "`(kh, kw)` over an image of shape `(H, W)`, one pixel at a time, without padding "
    "and without turning the kernel round. It returns the weighted sums as an array of "
    "shape `(H - kh + 1, W - kw + 1)`.",
    form=Function(
        _slide,
        cases=(
            (np.arange(9.0).reshape(3, 3), np.array([[1.0, 2], [0, -1]])),
            (np.arange(12.0).reshape(3, 4), np.array([[1.0, 0, -1], [2, 0, 3]])),
            (np.arange(30.0).reshape(5, 6) % 7 / 2, np.arange(9.0).reshape(3, 3)),
        ),
        signature="slide(image, kernel)",
    ),
    mistakes=(
        Mistake(
            "turned",
            "You turn the kernel round. That is the convolution of mathematics; the "
            "layers of Keras and PyTorch do not turn it.",
            answers_as(lambda image, kernel: _slide(image, kernel[::-1, ::-1])),
        ),
        Mistake(
            "one_place_too_few",
            "The last row and the last column of places are missing: there is one "
            "place more than there are steps.",
            answers_as(lambda image, kernel: _slide(image, kernel)[:-1, :-1]),
        ),
        Mistake(
            "forgets_the_kernel",
            "You add up the bare pixels. Each should meet its weight first.",
            answers_as(lambda image, kernel: _slide(image, np.ones_like(kernel))),
        ),
        Mistake(
            "as_large_as_the_image",
            "Your result is no smaller than the image: you put zeros around the image, "
            "or made room for windows that hang over its edge. Here every window lies "
            "inside the image, so there are fewer places than pixels.",
            lambda evidence: all(
                len(found) >= len(image) and len(found[0]) >= image.shape[1]
                for (image, _), found in evidence
            ),
        ),
        Mistake(
            "stops_early",
            "You compute the first number, or the first row or column of them, and no "
            "more. Does a `return` stand inside a loop? A function ends at the first "
            "`return` that it meets.",
            lambda evidence: all(_stops_early(*one) for one in evidence),
        ),
    ),
    right="Four nested loops do it; `cnnkit.scratch.conv2d` does it as one product of "
    "matrices, hundreds of times faster.",
    hints=(
        "Make the result first, of zeros. Two loops go over its rows and columns.",
        "At row r and column c the window is `image[r:r + kh, c:c + kw]`.",
        "Multiply window and kernel with `*`, number by number, then call `.sum()`.",
    ),
    solved=Solution(
        "def slide(image, kernel):\n"
        "    kh, kw = kernel.shape\n"
        "    rows, columns = image.shape[0] - kh + 1, image.shape[1] - kw + 1\n"
        "    sums = np.zeros((rows, columns))\n"
        "    for r in range(rows):\n"
        "        for c in range(columns):\n"
        "            sums[r, c] = (image[r:r + kh, c:c + kw] * kernel).sum()\n"
        "    return sums\n"
        "slide",
        "One window at a time: cut it out, multiply number by number, add up.",
    ),
)

equations = Exercise(
    "convolution.equations",
    question="You know an image of one channel and the feature map that a 3×3 kernel "
    "with a bias made of it. Each number of the map gives one linear equation. How "
    "many of them do you need at least to find the kernel and its bias?",
    form=Number(10, unit="numbers of the map"),
    mistakes=(
        Mistake(
            "no_bias",
            "That is enough for the weights alone. One more number is unknown.",
            lambda answer: as_number(answer) == 9,
        ),
        Mistake(
            "bias_per_weight",
            "You gave each weight a bias of its own. A kernel has one bias, added to "
            "its weighted sum.",
            lambda answer: as_number(answer) == 18,
        ),
        Mistake(
            "one_is_enough",
            "Many kernels give the same number at one place. One equation cannot tell "
            "them apart.",
            lambda answer: as_number(answer) == 1,
        ),
    ),
    right="A map has far more numbers than that, so an edge kernel can be learned from "
    "a single image, unless that image is flat: then all equations are the same.",
    hints=(
        "You need as many equations as there are unknowns.",
        "Which numbers does a layer with one 3×3 kernel learn?",
    ),
    solved=Solution(
        "3 * 3 + 1",
        "Nine weights and a bias are unknown, and each equation can settle one of "
        "them.",
    ),
)

_TURNED = {
    "a": "It learns other features, and its accuracy falls.",
    "b": "It learns the same weights turned round, and its answers stay the same.",
    "c": "It learns the very same numbers at the very same places.",
}

turned_layer = Exercise(
    "convolution.turned_layer",
    question="Keras does not turn a kernel round; the convolution of mathematics turns "
    "it by 180 degrees. Suppose a layer did turn its kernels, and the network were "
    "trained from the start, beginning with the same random weights, turned round as "
    "well. What would change? " + listed(_TURNED),
    form=Choice("b", _TURNED),
    mistakes=(
        Mistake(
            "other_features",
            "Whatever a kernel can find, the turned one finds when the layer turns it "
            "back. Nothing that could be learned is lost.",
            lambda answer: answer.strip().lower() == "a",
        ),
        Mistake(
            "same_numbers",
            "With the same numbers at the same places the layer would now look for the "
            "pattern upside down.",
            lambda answer: answer.strip().lower() == "c",
        ),
    ),
    right="So it only matters for kernels written by hand, such as Sobel's: turn "
    "it, and its answer changes sign.",
    hints=(
        "Take a kernel that finds something. Which one must the turning layer hold to "
        "find the same?",
        "Turning by 180 degrees twice gives back what you had.",
    ),
    solved=Solution(
        '"b"',
        "The layer turns the turned kernel back, so every step of training is the same "
        "as before, and so are the answers.",
    ),
)
