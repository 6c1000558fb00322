"""Exercises of notebook 04: how far the window jumps."""

from collections.abc import Callable

import numpy as np

from cnnkit.exercises.engine import Exercise, Mistake, Solution
from cnnkit.exercises.forms import (
    Array,
    Choice,
    Number,
    Shape,
    as_array,
    as_number,
    as_shape,
    listed,
)
from cnnkit.exercises.functions import Function, answers_as

not_whole = Exercise(
    "stride.not_whole",
    question="A study note says that a stride S can be used only if (H + 2P − F)/S + 1 "
    "is a whole number; H is the height of the image, P the number of rings of zeros, "
    "F the size of the kernel. Ten 5×5 kernels slide over a 28×28×1 image with stride "
    "3, without padding: that makes 23/3 + 1, about 8.67. Yet Keras computes an "
    "output. What shape does it have, as `(height, width, channels)`?",
    form=Shape((8, 8, 10)),
    mistakes=(
        Mistake(
            "rounded_up",
            "A ninth window would start at pixel 24 and reach pixel 28, but the last "
            "one is number 27. Without padding no window may hang over the edge.",
            lambda answer: as_shape(answer)[:2] == (9, 9),
        ),
        Mistake(
            "steps",
            "23/3, rounded down, counts the jumps. The window also stands where it "
            "starts, before the first jump.",
            lambda answer: as_shape(answer)[:2] == (7, 7),
        ),
        Mistake(
            "stride_one",
            "With stride 1 there are 24×24 places. How many of the 24 in a row are "
            "still visited when the window jumps by 3?",
            lambda answer: as_shape(answer)[:2] == (24, 24),
        ),
        Mistake(
            "padded",
            'That is 28/3 rounded up: the size with `padding="same"`.',
            lambda answer: as_shape(answer)[:2] == (10, 10),
        ),
        Mistake(
            "channels_of_the_image",
            "Height and width are right. The last number counts the kernels, not the "
            "channels that went in.",
            lambda answer: as_shape(answer) == (8, 8, 1),
        ),
    ),
    right="The last two rows and the last two columns of the image are never read: "
    "that is the price of rounding down.",
    hints=(
        "Write down where the windows start along one side: 0, 3, 6 and so on.",
        "A window that starts at s ends at s + 4, and 27 is the last pixel.",
    ),
    solved=Solution(
        "((28 - 5) // 3 + 1, (28 - 5) // 3 + 1, 10)",
        "23 // 3 = 7 jumps fit, so there are 8 places along each side; each of the ten "
        "kernels gives one feature map.",
    ),
)

unread = Exercise(
    "stride.unread",
    question="A kernel of 3 slides along a row of 20 pixels with stride 5, without "
    "padding. How many of the pixels does no window read?",
    form=Number(6 + 2, unit="pixels"),
    mistakes=(
        Mistake(
            "only_at_the_end",
            "Those are the pixels behind the last window. The window jumps farther "
            "than it is long: what lies between two places?",
            lambda answer: as_number(answer) == 2,
        ),
        Mistake(
            "only_between",
            "Those are the pixels between two windows. Look behind the last one too.",
            lambda answer: as_number(answer) == 6,
        ),
        Mistake(
            "those_read",
            "That many pixels are read. The question is about the others.",
            lambda answer: as_number(answer) == 12,
        ),
        Mistake(
            "one_window_short",
            "You stopped one window too early. Does a window that starts 5 pixels "
            "farther still fit into the row?",
            lambda answer: as_number(answer) == 11,
        ),
        Mistake(
            "none",
            "That holds when the stride is no longer than the kernel and the last "
            "window ends at the last pixel. Neither is so here.",
            lambda answer: as_number(answer) == 0,
        ),
    ),
    right="`cnnkit.unread_pixels(20, 3, stride=5)` says 2: it counts the pixels behind "
    "the last window, not those in the gaps.",
    hints=(
        "Write the numbers 0 to 19 in a row. The first window reads 0, 1 and 2. Where "
        "does the second one start?",
        "Mark what each window reads, as long as a whole window fits into the row. How "
        "many numbers stay unmarked?",
    ),
    solved=Solution(
        "20 - len({start + i for start in (0, 5, 10, 15) for i in range(3)})",
        "Four windows read three pixels each, all different: 12 of 20.",
    ),
)

_EDGES = np.array([[9.0, 6], [6, 4]])

same_ones = Exercise(
    "stride.same_ones",
    question="A 3×3 kernel of ones reads an image of 4×4 ones with stride 2 and "
    '`padding="same"`. Along each axis only as many zeros are added as the windows '
    "need, the same number at both ends; where one is left over, TensorFlow's rule is "
    "to put it at the end. Write down the 2×2 output that Keras computes.",
    form=Array(_EDGES),
    mistakes=(
        Mistake(
            "ring_of_zeros",
            "The numbers are right and stand in the wrong corners: you put zeros above "
            "and at the left. Two places need 3 + 2 = 5 pixels along each axis, one "
            "more than there are. At which end does TensorFlow put a single zero?",
            lambda answer: np.array_equal(as_array(answer), _EDGES[::-1, ::-1]),
        ),
        Mistake(
            "no_zeros",
            "Nine everywhere would mean that no window reads a padding zero. The "
            "second window of a row starts at column 2 and is three wide.",
            lambda answer: np.all(as_array(answer) == 9),
        ),
        Mistake(
            "corner_twice",
            "At the corner you took away a row of three and a column of three. They "
            "share one pixel.",
            lambda answer: np.array_equal(as_array(answer), [[9, 6], [6, 3]]),
        ),
    ),
    right="PyTorch's `padding=1` gives the same four numbers the other way round: "
    "weights carried from one to the other then meet shifted pixels.",
    hints=(
        "With `same` the windows start 2 apart. How many pixels do two of them cover?",
        "Five, and the image has four: a single zero is added along each axis.",
        "Draw the 5×5 pixels, zeros included. The windows start at rows and columns 0 "
        "and 2. On how many rows and columns of ones does each of them lie?",
    ),
    solved=Solution(
        "padded = np.pad(np.ones((4, 4)), ((0, 1), (0, 1)))\n"
        "[[padded[r:r + 3, c:c + 3].sum() for c in (0, 2)] for r in (0, 2)]",
        "One row of zeros goes below and one column to the right. The first window "
        "sees nine ones, two see six, the last sees 2·2.",
    ),
)


def _thin_out(feature_map: np.ndarray, stride: int) -> np.ndarray:
    return feature_map[::stride, ::stride]


def _starts_at(more: int) -> Callable[[list[tuple]], bool]:
    """Whether the places begin at the stride and so many more."""
    return answers_as(
        lambda found, stride: found[stride + more :: stride, stride + more :: stride]
    )


def _pooled(combine: Callable, whole: bool) -> Callable[[list[tuple]], bool]:
    """Whether blocks were combined: whole ones alone, or those at the end too."""

    def by_blocks(found: np.ndarray, stride: int) -> list[list[float]]:
        ends = [size - (stride - 1) * whole for size in found.shape]
        rows, columns = (range(0, end, stride) for end in ends)
        return [
            [combine(found[r : r + stride, c : c + stride]) for c in columns]
            for r in rows
        ]

    return answers_as(by_blocks)


_POOLED = [_pooled(f, whole) for f in (np.mean, np.sum, np.max) for whole in (0, 1)]

thin_out = Exercise(
    "stride.thin_out",
    question="A feature map of shape `(H, W)` was computed with stride 1 and without "
    "padding. Write a function `thin_out(feature_map, stride)` that makes of it the "
    "feature map that the same kernel would have given with that stride.",
    form=Function(
        _thin_out,
        cases=(
            (np.arange(9.0).reshape(3, 3), 2),
            (np.arange(16.0).reshape(4, 4) * 5 % 7, 2),
            (np.arange(35.0).reshape(5, 7) / 2, 3),
            (np.arange(6.0).reshape(2, 3), 1),
        ),
        signature="thin_out(feature_map, stride)",
    ),
    mistakes=(
        Mistake(
            "rows_only",
            "You skip rows and keep every column. The window jumps both ways.",
            answers_as(lambda found, stride: found[::stride]),
        ),
        Mistake(
            "columns_only",
            "You skip columns and keep every row. The window jumps downwards too.",
            answers_as(lambda found, stride: found[:, ::stride]),
        ),
        Mistake(
            "drops_the_rest",
            "Where a side is no multiple of the stride you lose its last place. Of 3 "
            "places in a row, stride 2 visits the first and the third.",
            answers_as(
                lambda found, stride: found[
                    : len(found) // stride * stride : stride,
                    : found.shape[1] // stride * stride : stride,
                ]
            ),
        ),
        Mistake(
            "starts_late",
            "The first window stands at the first place. You start farther in.",
            lambda evidence: _starts_at(-1)(evidence) or _starts_at(0)(evidence),
        ),
        Mistake(
            "crops",
            "You keep the places of one corner, side by side. A window that jumps "
            "leaves places out in between.",
            answers_as(
                lambda found, stride: found[
                    : -(-len(found) // stride), : -(-found.shape[1] // stride)
                ]
            ),
        ),
        Mistake(
            "pooled",
            "You make one number of each block of places, its mean, sum or maximum: "
            "that is pooling. A stride leaves places out and keeps the others as they "
            "are.",
            lambda evidence: any(seen(evidence) for seen in _POOLED),
        ),
    ),
    right="So a stride of s is stride 1 with most answers thrown away. Frameworks "
    "never compute those, which leaves about one part in s·s of the work.",
    hints=(
        "Which places of stride 1 does stride 2 visit? Number them from 0.",
        "A slice can have a step: `row[::2]`. It works on two axes as well.",
    ),
    solved=Solution(
        "def thin_out(feature_map, stride):\n"
        "    return feature_map[::stride, ::stride]\n"
        "thin_out",
        "With stride s the windows start at 0, s, 2s and so on, along both axes.",
    ),
)

_LINE = {
    "a": "All of the line, wherever it stands, since windows always overlap.",
    "b": "Nothing, wherever the line stands, since it is thinner than the stride.",
    "c": "A quarter of the line, wherever it stands, since one column in four is kept.",
    "d": "All of the line when it stands in some columns, in others nothing at all.",
}

thin_line = Exercise(
    "stride.thin_line",
    question="A black image, 11 pixels wide, holds one white line from top to bottom, "
    "one pixel wide. A 3×3 kernel of ones reads it with stride 4, without padding. The "
    "line can stand in any column of the image. What does the output show of it? "
    + listed(_LINE),
    form=Choice("d", _LINE),
    mistakes=(
        Mistake(
            "overlap",
            "Windows overlap while the stride is smaller than the kernel. Here one "
            "covers columns 0 to 2, the next 4 to 6.",
            lambda answer: answer.strip().lower() == "a",
        ),
        Mistake(
            "always_lost",
            "Put the line into column 1: the first windows have it in their middle.",
            lambda answer: answer.strip().lower() == "b",
        ),
        Mistake(
            "averaged",
            "Nothing is averaged: a window answers in full to what it covers, and the "
            "rest is not read.",
            lambda answer: answer.strip().lower() == "c",
        ),
    ),
    right="Columns 3 and 7 lie in the gaps. A kernel at least as long as the stride "
    "leaves no gap between two windows.",
    hints=(
        "Which columns do the windows cover? The first covers 0, 1 and 2.",
        "Try the line in column 1, then in column 3.",
    ),
    solved=Solution(
        '"d"',
        "The windows cover columns 0 to 2, 4 to 6 and 8 to 10. A line in one of them "
        "gives its full 3 in one column of the output, a line in column 3 or 7 "
        "nothing.",
    ),
)
