"""Exercises of notebook 03: zeros around the image."""

import numpy as np

from cnnkit.exercises.engine import Exercise, Mistake, Solution
from cnnkit.exercises.forms import Number, Shape, as_array, as_number, as_shape
from cnnkit.exercises.functions import Function, answers_as

same_size = Exercise(
    "padding.same_size",
    question="A 5×5 kernel slides over a 28×28 image with stride 1. How many rings of "
    "zeros around the image keep the output at 28×28?",
    form=Number(2, unit="rings of zeros, one pixel thick"),
    mistakes=(
        Mistake(
            "both_sides",
            "4 is the number of zeros that a row gains, both ends together: the kernel "
            "takes 5 − 1 = 4 places away. One ring gives a row one zero at each end.",
            lambda answer: as_number(answer) == 4,
        ),
        Mistake(
            "no_padding",
            "Without zeros the output has 28 − 5 + 1 = 24 rows. Four are missing.",
            lambda answer: as_number(answer) == 0,
        ),
        Mistake(
            "kernel_size",
            "5 is the size of the kernel. At each end it takes away only as many "
            "places as it reaches beyond its own middle.",
            lambda answer: as_number(answer) == 5,
        ),
        Mistake(
            "habit_of_three",
            "1 is right for a 3×3 kernel, which reaches one pixel beyond its middle. "
            "How far does one of 5×5 reach?",
            lambda answer: as_number(answer) == 1,
        ),
    ),
    right="In general a kernel of odd size k needs (k − 1)/2 rings, which is why odd "
    "kernels are the usual ones.",
    hints=(
        "Without zeros the output has 28 − 5 + 1 rows. How many are missing?",
        "Each ring gives a column two more pixels: one above and one below.",
    ),
    solved=Solution(
        "(5 - 1) // 2",
        "The kernel takes 5 − 1 = 4 places away. Each ring brings 2 back, one at each "
        "end, so 2 rings are needed.",
    ),
)

one_filter = Exercise(
    "padding.one_filter",
    question="A study note says: one filter (kernel) of 5×5×3 slides over a 32×32×3 "
    "image, without padding, with stride 1, and gives a 28×28×3 output. That shape is "
    "not right. Which one is, as `(height, width, channels)`?",
    form=Shape((28, 28, 1)),
    mistakes=(
        Mistake(
            "one_map_a_channel",
            "That is what the note says. The filter is as deep as the image: at each "
            "place its 5·5·3 products are added up, over the channels too, to one "
            "number.",
            lambda answer: as_shape(answer) == (28, 28, 3),
        ),
        Mistake(
            "all_products",
            "5·5·3 = 75 counts the products that the filter makes at one place. What "
            "does a convolution do with them?",
            lambda answer: as_shape(answer) == (28, 28, 75),
        ),
        Mistake(
            "padded",
            "32×32 would need padding. Here the window must stay inside the image.",
            lambda answer: as_shape(answer)[:2] == (32, 32),
        ),
        Mistake(
            "minus_kernel",
            "32 − 5 = 27 counts the steps from the first place to the last. There is "
            "one place more than there are steps.",
            lambda answer: as_shape(answer)[:2] == (27, 27),
        ),
    ),
    right="Ten such filters would give 28×28×10: the depth of an output counts the "
    "filters, whatever the depth of the input.",
    hints=(
        "How many places can a window of 5 take along 32 pixels?",
        "At one place the filter makes 5·5·3 products. How many numbers come out?",
    ),
    solved=Solution(
        "(32 - 5 + 1, 32 - 5 + 1, 1)",
        "Along each axis the window has 32 − 5 + 1 = 28 places. At each of them all 75 "
        "products are added up to one number, so one filter gives one map.",
    ),
)

lopsided = Exercise(
    "padding.lopsided",
    question='Keras pads with `padding="same"` so that the output of stride 1 is as '
    "long as the input. Both ends get the same number of zeros; where one is left "
    "over, TensorFlow's rule is to put it at the end. A kernel of 4 slides along 10 "
    "pixels. How many zeros go before the first pixel, and how many behind the last? "
    "Answer as `(before, after)`.",
    form=Shape((1, 2)),
    mistakes=(
        Mistake(
            "odd_one_before",
            "The right numbers, the wrong way round: the zero that is left over stands "
            "before the first pixel.",
            lambda answer: as_shape(answer) == (2, 1),
        ),
        Mistake(
            "all_at_one_end",
            "The sum is right, but all the zeros stand at one end. Only what cannot be "
            "shared evenly goes to one end alone.",
            lambda answer: sorted(as_shape(answer)) == [0, 3],
        ),
        Mistake(
            "all_at_each_end",
            "You put at each end what both need together: the output would have "
            "10 + 6 − 4 + 1 = 13 numbers.",
            lambda answer: as_shape(answer) == (3, 3),
        ),
        Mistake(
            "symmetric",
            "Two and two make four: the output would have 10 + 4 − 4 + 1 = 11 numbers, "
            "one too many. An even kernel cannot be padded evenly.",
            lambda answer: as_shape(answer) == (2, 2),
        ),
        Mistake(
            "too_few",
            "One and one make two: the output would have 10 + 2 − 4 + 1 = 9 numbers, "
            "one too few.",
            lambda answer: as_shape(answer) == (1, 1),
        ),
    ),
    right="PyTorch's `padding='same'`, which knows stride 1 only, does the same. With "
    "a kernel of odd size and stride 1 no zero is ever left over.",
    hints=(
        "Without zeros, how many places has a kernel of 4 along 10 pixels? How many "
        "are missing?",
        "Each zero brings one place. Give both ends the same number of zeros, as long "
        "as there are two to give.",
    ),
    solved=Solution(
        "from cnnkit import padding_amounts\npadding_amounts(10, 4)",
        "4 − 1 = 3 zeros are needed. Half of them, rounded down, go before, and the "
        "rest after: 1 and 2.",
    ),
)


def _pad(image: np.ndarray, rings: int) -> np.ndarray:
    return np.pad(image, rings)


def _ring_is_not_zero(evidence: list[tuple]) -> bool:
    """Whether the shape and the middle are right each time, and the ring is not."""
    strange = False
    for (image, rings), found in evidence:
        found, (height, width) = as_array(found), image.shape
        middle = np.s_[rings : rings + height, rings : rings + width]
        right = _pad(image, rings)
        if found.shape != right.shape or not np.allclose(found[middle], image):
            return False
        strange = strange or not np.allclose(found, right)
    return strange


_SMALL = np.array([[0.5, 2.0], [3.0, 4.0]])

ring_of_zeros = Exercise(
    "padding.ring_of_zeros",
    question="Write a function `pad(image, rings)` that puts `rings` rings of zeros, "
    "each one pixel thick, around an image of shape `(H, W)` and returns the larger "
    "image. `np.pad` can do it; try it without.",
    form=Function(
        _pad,
        cases=((_SMALL, 1), (_SMALL, 0), (np.arange(6.0).reshape(2, 3) + 1, 2)),
        signature="pad(image, rings)",
    ),
    mistakes=(
        Mistake(
            "one_end_only",
            "Your zeros stand above and at the left only. A ring goes round all four "
            "edges.",
            answers_as(lambda image, rings: np.pad(image, ((rings, 0), (rings, 0)))),
        ),
        Mistake(
            "other_ends_only",
            "Your zeros stand below and at the right only: the image should not begin "
            "in the corner of the larger one.",
            answers_as(lambda image, rings: np.pad(image, ((0, rings), (0, rings)))),
        ),
        Mistake(
            "ones",
            "The ring should hold zeros, and yours holds ones.",
            answers_as(lambda image, rings: np.pad(image, rings, constant_values=1)),
        ),
        Mistake(
            "repeats_the_edge",
            "Your ring repeats the pixels at the edge. That is a way to pad too, but "
            "not the one asked for: zeros.",
            answers_as(lambda image, rings: np.pad(image, rings, mode="edge")),
        ),
        Mistake(
            "always_one",
            "You put one ring around the image, whatever `rings` says. It can be 0, or "
            "2 and more.",
            answers_as(lambda image, rings: np.pad(image, 1)),
        ),
        Mistake(
            "no_zeros_in_the_ring",
            "The image stands where it should, but the ring around it holds other "
            "numbers than 0. Did you begin with `np.empty`? It sets nothing to 0: you "
            "find in it what happened to lie in the memory.",
            _ring_is_not_zero,
        ),
    ),
    right="`np.pad(image, rings)` does the same, and pads with other things than zeros "
    "if you ask it to.",
    hints=(
        "How large is the result? Each axis gains `2 * rings`.",
        "Begin with zeros of that size: `large = np.zeros(…)`. In which row and which "
        "column of it does the image begin, and where does it end?",
    ),
    solved=Solution(
        "def pad(image, rings):\n"
        "    height, width = image.shape\n"
        "    large = np.zeros((height + 2 * rings, width + 2 * rings))\n"
        "    large[rings:rings + height, rings:rings + width] = image\n"
        "    return large\n"
        "pad",
        "The larger image starts as zeros everywhere; the image takes the middle.",
    ),
)
