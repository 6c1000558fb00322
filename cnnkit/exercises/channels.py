"""Exercises of notebook 05: colour, and maps behind each other."""

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

kernel_shape = Exercise(
    "channels.kernel_shape",
    question="A layer receives a batch of shape (64, 14, 14, 6) and is to give 24 "
    "feature maps, with kernels of 3×3. What is the shape of its kernel array in "
    "Keras?",
    form=Shape((3, 3, 6, 24)),
    mistakes=(
        Mistake(
            "pytorch",
            "That is the order of PyTorch. Keras puts the height and width of the "
            "kernel first and the output channels last.",
            lambda answer: as_shape(answer) == (24, 6, 3, 3),
        ),
        Mistake(
            "in_and_out_swapped",
            "The two last numbers stand the wrong way round: first what goes in, then "
            "what comes out.",
            lambda answer: as_shape(answer) == (3, 3, 24, 6),
        ),
        Mistake(
            "flat_kernels",
            "Such kernels would read a single channel. Each has to see every channel "
            "of its input.",
            lambda answer: as_shape(answer) == (3, 3, 1, 24),
        ),
        Mistake(
            "batch",
            "64 counts the images of the batch. The same kernels read all of them, so "
            "that number is in no shape of the weights.",
            lambda answer: 64 in as_shape(answer),
        ),
        Mistake(
            "size_of_the_picture",
            "The 14s are the rows and columns of the picture. A kernel covers only "
            "3×3 of its places at a time.",
            lambda answer: 14 in as_shape(answer),
        ),
    ),
    right="Nor do the 14s stand in it: the same kernels could read images of any size.",
    hints=(
        "One kernel covers 3×3 places. How deep must it be?",
        "Keras's order is kernel height, kernel width, channels in, channels out.",
    ),
    solved=Solution(
        "(3, 3, 6, 24)",
        "3×3 places, 6 channels in, and 24 such kernels, one for each feature map.",
    ),
)

count = Exercise(
    "channels.count",
    question="A convolution layer reads RGB images. It has 32 kernels of 3×3, with "
    "biases. A study note counts its parameters as 3·3·32 + 32 = 320, and that is "
    "wrong. How many parameters does the layer have?",
    form=Number(896, unit="parameters"),
    mistakes=(
        Mistake(
            "as_written",
            "That is what the note says. It gives each kernel nine weights. How many "
            "numbers does a kernel read at one place of an RGB image?",
            lambda answer: as_number(answer) == 320,
        ),
        Mistake(
            "flat_and_no_biases",
            "3·3·32 leaves two things out: at one place of an RGB image a kernel reads "
            "more than nine numbers, and each kernel has a bias.",
            lambda answer: as_number(answer) == 288,
        ),
        Mistake(
            "one_kernel",
            "You counted a single kernel. The layer has more of them.",
            lambda answer: as_number(answer) in (27, 28),
        ),
        Mistake(
            "one_bias",
            "The weights are all there. But you added a single bias for the whole "
            "layer, and each kernel has its own.",
            lambda answer: as_number(answer) == 865,
        ),
        Mistake(
            "no_biases",
            "Those are the weights. Each kernel has a bias too.",
            lambda answer: as_number(answer) == 864,
        ),
        Mistake(
            "bias_per_slice",
            "You gave each kernel three biases, one for each channel it reads. Its "
            "products are added up over the channels, and one bias joins the sum.",
            lambda answer: as_number(answer) == 960,
        ),
        Mistake(
            "bias_per_channel_in",
            "You counted a bias for each channel that goes in. Biases belong to what "
            "comes out.",
            lambda answer: as_number(answer) == 867,
        ),
    ),
    right="On grey images 320 would be right: colour costs weights in the first layer, "
    "and nowhere else.",
    hints=(
        "Take one kernel alone. It lies on 3×3 places of three channels.",
        "It has a weight for each number that it reads there, and one bias. Then think "
        "of all the kernels.",
    ),
    solved=Solution(
        "(3 * 3 * 3 + 1) * 32",
        "A kernel has 3·3 weights for each of three channels, and one bias: 28 "
        "numbers, 32 times.",
    ),
)

_ROWS = np.array([[1 / 3, 1 / 3, 1 / 3], [1, 0, -1]])
_MIX, _BY_ROWS = _ROWS.T.reshape(1, 1, 3, 2), _ROWS.reshape(1, 1, 3, 2)

mix = Exercise(
    "channels.mix",
    question="A 1×1 convolution makes two maps of an RGB image: the first is the "
    "average of red, green and blue, the second is red minus blue. Write down its "
    "kernel, an array of shape (1, 1, 3, 2), in Keras's order.",
    form=Array(_MIX, tolerance=0.005),
    mistakes=(
        Mistake(
            "row_by_row",
            "The numbers are right and in the wrong places. The last axis counts the "
            "two maps, so the weights of one map stand in a column: `kernel[0, 0, :, "
            "0]`.",
            lambda answer: np.allclose(as_array(answer), _BY_ROWS, atol=0.005),
        ),
        Mistake(
            "sum",
            "Your first map is the sum of the three channels, three times too bright.",
            lambda answer: np.array_equal(as_array(answer)[0, 0, :, 0], [1, 1, 1]),
        ),
        Mistake(
            "blue_minus_red",
            "Your second map is blue minus red. The channels come in the order red, "
            "green, blue.",
            lambda answer: np.array_equal(as_array(answer)[0, 0, :, 1], [-1, 0, 1]),
        ),
        Mistake(
            "maps_swapped",
            "Both maps are there, in the other order.",
            lambda answer: np.allclose(as_array(answer), _MIX[..., ::-1], atol=0.005),
        ),
    ),
    right="A 1×1 convolution is a small dense layer, the same one at every pixel: it "
    "mixes channels and looks at no neighbour.",
    hints=(
        "For one pixel, each map is a weighted sum of red, green and blue.",
        "Write the weights of each map as a row of three, then turn the 2×3 numbers "
        "into 3×2 with `.T`.",
    ),
    solved=Solution(
        "rows = np.array([[1 / 3, 1 / 3, 1 / 3], [1, 0, -1]])\n"
        "rows.T.reshape(1, 1, 3, 2)",
        "Rows are easy to write, one for each map. Keras wants a column for each.",
    ),
)

to_channels_first = Exercise(
    "channels.to_channels_first",
    question="Write a function `to_channels_first(images)` that turns a batch in "
    "Keras's order (N, H, W, C) into PyTorch's order (N, C, H, W).",
    form=Function(
        lambda images: images.transpose(0, 3, 1, 2),
        cases=(
            (np.arange(8.0).reshape(1, 2, 2, 2),),
            (np.arange(24.0).reshape(2, 2, 3, 2),),
        ),
        signature="to_channels_first(images)",
    ),
    mistakes=(
        Mistake(
            "reshape",
            "The shape is right and the picture is gone: `reshape` reads the numbers "
            "on in the same order and only cuts them differently. Axes have to change "
            "places.",
            answers_as(
                lambda images: images.reshape(
                    len(images), images.shape[3], *images.shape[1:3]
                )
            ),
        ),
        Mistake(
            "lying_on_its_side",
            "You swapped two axes, so that width comes before height: every image is "
            "mirrored at its diagonal.",
            answers_as(lambda images: images.swapaxes(1, 3)),
        ),
        Mistake(
            "batch_too",
            "You turned all axes round, the batch too. N stays in front.",
            answers_as(lambda images: images.T),
        ),
        Mistake(
            "unchanged",
            "The axes stand in the order in which they came. The channels should come "
            "right behind the batch.",
            answers_as(lambda images: images),
        ),
        Mistake(
            "before_the_batch",
            "The channels now stand before the batch. They belong behind it.",
            answers_as(lambda images: np.moveaxis(images, -1, 0)),
        ),
    ),
    right="`transpose` copies no number: NumPy reads the same memory in other steps.",
    hints=(
        "`images[n, r, c, k]` is to be found at `[n, k, r, c]` afterwards.",
        "`images.transpose(…)` takes the numbers of the old axes in their new order. "
        "The batch is axis 0 and stays in front.",
    ),
    solved=Solution(
        "def to_channels_first(images):\n"
        "    return images.transpose(0, 3, 1, 2)\n"
        "to_channels_first",
        "The batch stays first, the old last axis comes second, then rows and columns.",
    ),
)

_LINES = {
    "a": "A kernel is as deep as its input has channels.",
    "b": "The number of output channels is free; that of input channels is given.",
    "c": "A feature map is what pooling leaves of the output of a kernel.",
    "d": "The batch makes the input 4-D, and the output is 4-D as well.",
}

false_line = Exercise(
    "channels.false_line",
    question="A study note about convolution layers has these four lines. Three are "
    "true and one is false. Which one is false? " + listed(_LINES),
    form=Choice("c", _LINES),
    mistakes=(
        Mistake(
            "depth",
            "That line is true: a kernel adds up over all the channels under its "
            "window, so it needs weights for each.",
            lambda answer: answer.strip().lower() == "a",
        ),
        Mistake(
            "free_choice",
            "That line is true: you choose how many kernels a layer has. What goes in "
            "is decided by the image, or by the layer before.",
            lambda answer: answer.strip().lower() == "b",
        ),
        Mistake(
            "four_axes",
            "That line is true: the batch is the first axis of both, rows, columns and "
            "channels follow.",
            lambda answer: answer.strip().lower() == "d",
        ),
    ),
    right="One kernel, one feature map, whether anything is pooled later or not.",
    hints=(
        "Three of the lines can be checked on shapes: the input is (N, H, W, channels "
        "in), the kernel array (height, width, channels in, channels out).",
        "Does a network without pooling have feature maps?",
    ),
    solved=Solution(
        '"c"',
        "A feature map is what one kernel yields over the whole image. Pooling makes a "
        "smaller one of it, but it was one before.",
    ),
)
