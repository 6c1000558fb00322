"""Exercises of notebook 08: how a kernel learns."""

import numpy as np

from cnnkit.exercises.engine import Exercise, Mistake, Solution
from cnnkit.exercises.forms import (
    Array,
    Choice,
    Number,
    as_array,
    as_number,
    chose,
)
from cnnkit.exercises.functions import Function, answers_as
from cnnkit.scratch import avg_pool2d_backward, max_pool2d_backward


def _equals(right: object):
    return lambda answer: np.allclose(as_array(answer), right)


kernel_slopes = Exercise(
    "backpropagation.kernel_slopes",
    question="A 2×2 kernel slides over `image`, stride 1, no padding, and gives a 2×2 "
    "output. `grad` is the gradient of the loss with respect to this output. What is "
    "the gradient of the loss with respect to the kernel, as 2×2 numbers?",
    shows="image = [[1, 2, 0],\n         [3, 1, 1],\n         [0, 2, 4]]\n"
    "grad = [[1, 0],\n        [2, -1]]",
    form=Array(np.array([[6.0, 3.0], [1.0, 1.0]])),
    mistakes=(
        Mistake(
            "flipped",
            "You turned `grad` by 180° before you slid it over the image. For the "
            "kernel's gradient it stays as it is.",
            _equals([[4, -1], [1, 5]]),
        ),
        Mistake(
            "transposed",
            "The right numbers, but rows and columns have changed places. The upper "
            "right weight lies one column further to the right in the image, not one "
            "row further down.",
            _equals([[6, 1], [3, 1]]),
        ),
        Mistake(
            "turned",
            "The right numbers, turned by 180°. Each belongs to the weight that met "
            "these pixels on the way forward; nothing is turned there.",
            _equals([[1, 1], [3, 6]]),
        ),
        Mistake(
            "averaged",
            "You divided by the four places. The kernel is the same at all of them, "
            "and a change of it acts at each: the shares are added up.",
            _equals([[1.5, 0.75], [0.25, 0.25]]),
        ),
        Mistake(
            "first_place_only",
            "That is what the first output alone says. The kernel was used at four "
            "places, and at three of them the gradient is not 0.",
            _equals([[1, 2], [3, 1]]),
        ),
    ),
    right="It is itself a convolution: the image is the input, and the gradient of the "
    "output is the kernel.",
    hints=(
        "Take one weight, the upper left one. It is used for all four outputs: which "
        "pixel is it multiplied by for each?",
        "When this weight grows by 1, each output grows by the pixel that it met "
        "there. For each 1 that an output grows, the loss grows by its number in "
        "`grad`.",
    ),
    solved=Solution(
        "from cnnkit.scratch import conv2d_backward\n"
        "image = np.array([[1.0, 2, 0], [3, 1, 1], [0, 2, 4]])[None, :, :, None]\n"
        "grad = np.array([[1.0, 0], [2, -1]])[None, :, :, None]\n"
        "kernel = np.ones((2, 2, 1, 1))  # any: its gradient does not depend on it\n"
        "conv2d_backward(grad, image, kernel)[1][:, :, 0, 0]",
        "Upper left: 1·1 + 2·0 + 3·2 + 1·(−1) = 6, and likewise for the others.",
    ),
)

one_output = Exercise(
    "backpropagation.one_output",
    question="The kernel [[1, 2], [3, 4]] slides over a 3×3 image with stride 1 and no "
    "padding. Of the four outputs only the lower right one has a gradient, 1; the "
    "others have 0. What is the gradient of the image, as 3×3 numbers?",
    form=Array(np.array([[0.0, 0, 0], [0, 1, 2], [0, 3, 4]])),
    mistakes=(
        Mistake(
            "turned",
            "You turned the kernel by 180°. Each pixel gets back the weight that it "
            "was multiplied by: which one lay on the middle pixel?",
            _equals([[0, 0, 0], [0, 4, 3], [0, 2, 1]]),
        ),
        Mistake(
            "other_corner",
            "The right numbers, in the wrong corner. Where does the window of the "
            "lower right output lie?",
            lambda answer: any(
                _equals(np.pad([[1, 2], [3, 4]], ((r, 1 - r), (c, 1 - c))))(answer)
                for r, c in ((0, 0), (0, 1), (1, 0))
            ),
        ),
        Mistake(
            "all_outputs",
            "That is the sum over four outputs with the gradient 1. Here three of them "
            "have 0.",
            _equals([[1, 3, 2], [4, 10, 6], [3, 7, 4]]),
        ),
        Mistake(
            "ones",
            "You found the pixels that matter. Each one acts on the output by its "
            "weight, so that is the slope, and not 1.",
            _equals([[0, 0, 0], [0, 1, 1], [0, 1, 1]]),
        ),
    ),
    right="With gradients at all outputs such stamps overlap and add up. That is a "
    "convolution of the gradient with the kernel turned by 180°.",
    hints=(
        "The output is a sum of four products. Which pixels are in it?",
        "The slope of «pixel times weight» with respect to the pixel is the weight.",
    ),
    solved=Solution(
        "slopes = np.zeros((3, 3))\nslopes[1:, 1:] = [[1, 2], [3, 4]]\nslopes",
        "The window of that output covers the lower right 2×2 pixels; each gets back "
        "its weight, times 1. No other pixel was read.",
    ),
)

bias_slope = Exercise(
    "backpropagation.bias_slope",
    question="A convolution with bias gave outputs of shape (8, 12, 12, 20). The "
    "gradient of the loss with respect to them is 0.5 everywhere. What is the gradient "
    "of the first bias?",
    form=Number(576.0, tolerance=1e-6),
    mistakes=(
        Mistake(
            "one_place",
            "0.5 is the share of one output. The bias is added at each place of its "
            "channel.",
            lambda answer: as_number(answer) == 0.5,
        ),
        Mistake(
            "one_picture",
            "That is 12·12·0.5, the share of one picture. The batch has eight.",
            lambda answer: as_number(answer) == 72,
        ),
        Mistake(
            "batch_only",
            "You added up over the batch. In each picture the bias stands at every "
            "place of the map too.",
            lambda answer: as_number(answer) == 4,
        ),
        Mistake(
            "all_channels",
            "You added up over the channels as well. Each channel has a bias of its "
            "own.",
            lambda answer: as_number(answer) == 11520,
        ),
        Mistake(
            "outputs_counted",
            "That is how many outputs this bias moves. How much does the loss grow "
            "when one of them grows by 1?",
            lambda answer: as_number(answer) == 1152,
        ),
    ),
    right="So the axes 0, 1 and 2 are summed, and 20 numbers are left, one for each "
    "bias.",
    hints=(
        "To how many outputs is the first bias added? The last axis counts the biases.",
        "When the bias grows by 1, each of these outputs grows by 1.",
    ),
    solved=Solution(
        "np.full((8, 12, 12, 20), 0.5).sum(axis=(0, 1, 2))[0]",
        "It is added to 8·12·12 = 1,152 outputs, with slope 1 each: 1,152 · 0.5.",
    ),
)


def _back(grad: np.ndarray, image: np.ndarray, how=max_pool2d_backward) -> np.ndarray:
    return how(grad[None, :, :, None], image[None, :, :, None])[0, :, :, 0]


def _to_all(grad: np.ndarray) -> np.ndarray:
    return np.kron(grad, np.ones((2, 2)))


def _is_mask(evidence: list[tuple]) -> bool:
    """Whether 1 or True stands at each maximum, and 0 or False elsewhere."""
    return all(
        np.array_equal(np.asarray(found, float), _back(np.ones_like(grad), image))
        for (grad, image), found in evidence
    )


_IMAGE = np.array([[1.0, 5.0, 6.0, 2.0], [2.0, 4.0, 3.0, 0.0]])

through_pooling = Exercise(
    "backpropagation.through_pooling",
    question="Write a function `unpool(grad, image)`: the gradient of 2×2 max pooling "
    "with stride 2, no padding. `image` is what was pooled, `(H, W)` with even H and "
    "W, no two numbers of a window alike; `grad` is the gradient of the pooled image, "
    "`(H/2, W/2)`. Return the gradient of the image, `(H, W)`. Use NumPy only.",
    form=Function(
        _back,
        cases=(
            (np.array([[3.0]]), np.array([[1.0, 2.0], [7.0, 4.0]])),
            (np.array([[2.0, -1.0]]), _IMAGE),
            (np.array([[0.5, 4.0], [-2.0, 1.0]]), np.vstack([-_IMAGE, _IMAGE])),
        ),
        signature="unpool(grad, image)",
    ),
    mistakes=(
        Mistake(
            "shared_out",
            "You share the gradient out evenly. That is average pooling; a maximum "
            "does not change when one of the smaller numbers changes a little.",
            answers_as(lambda grad, image: _back(grad, image, avg_pool2d_backward)),
        ),
        Mistake(
            "to_all",
            "All four pixels of a window get the whole gradient. Only one of them set "
            "the output.",
            answers_as(lambda grad, image: _to_all(grad)),
        ),
        Mistake(
            "times_pixel",
            "You multiply by the greatest pixel of the window. The output is that "
            "pixel itself, so the slope is 1.",
            answers_as(lambda grad, image: _back(grad, image) * image),
        ),
        Mistake(
            "mask",
            "You return where the greatest pixels stand, and the places are right. How "
            "large is the gradient that arrives there? `grad` is not used yet.",
            _is_mask,
        ),
    ),
    right="With ReLU and max pooling, most pixels of a picture get no gradient at all.",
    hints=(
        "Which pixel of each window gets the gradient, and what do the others get? The "
        "pooled image tells: it holds the greatest number of each window.",
        "To be compared with `image`, it must be as large. A 2×2 block of every number "
        "of `a` is made by `np.kron(a, np.ones((2, 2)))`, or by "
        "`a.repeat(2, axis=0).repeat(2, axis=1)`. Where are the two equal?",
        "`grad` can be made as large in the same way. Which of its numbers are kept, "
        "and which become 0?",
    ),
    solved=Solution(
        "def unpool(grad, image):\n"
        "    rows, columns = grad.shape\n"
        "    best = image.reshape(rows, 2, columns, 2).max(axis=(1, 3))\n"
        "    blocks = np.ones((2, 2))\n"
        "    return np.kron(grad, blocks) * (image == np.kron(best, blocks))\n"
        "unpool",
        "The gradient goes to the pixel that equals the maximum; the others get 0.",
    ),
)

_LINES = {
    "a": "grad_a = max_pool2d_backward(grad_y, a)",
    "b": "grad_h = relu_backward(grad_a, h)",
    "c": "dx, dkernel, dbias = conv2d_backward(grad_a, x, kernel)",
    "d": "kernel -= 0.1 * dkernel",
}
_SHOWN = """# The functions: `x` is what goes in, `grad` the gradient of the loss with
# respect to what comes out. Each `_backward` gives the gradients of what went in.
#
#   conv2d(x, kernel, bias)    conv2d_backward(grad, x, kernel)
#   relu(x)                    relu_backward(grad, x)
#   max_pool2d(x)              max_pool2d_backward(grad, x)

h = conv2d(x, kernel, bias)  # forward
a = relu(h)
y = max_pool2d(a)
""" + "".join(f"\n{line:<57}# {letter})" for letter, line in _LINES.items())

silent_bug = Exercise(
    "backpropagation.silent_bug",
    question="The lines below run without an error; `grad_y`, with which the way back "
    "begins, is right. And yet `dkernel` is wrong: `check_gradient` changes each "
    "weight a little, measures how the output changes, and finds other slopes. Which "
    "line is to blame, a, b, c or d?",
    shows=_SHOWN,
    form=Choice("c", _LINES),
    mistakes=(
        Mistake(
            "pooling_line",
            "That line is right: the pooling took `a`, and needs it to find again "
            "which pixel of each window was the greatest.",
            chose("a"),
        ),
        Mistake(
            "relu_line",
            "That line is right: the ReLU took `h`, whose signs say where the gradient "
            "passes.",
            chose("b"),
        ),
        Mistake(
            "sign_of_step",
            "That line is right: minus leads downhill. It only uses `dkernel`, which "
            "is already wrong when it gets here.",
            chose("d"),
        ),
    ),
    right="The shapes cannot tell, as `a` and `h` have the same. Finite differences "
    "can.",
    hints=(
        "Each `_backward` wants the gradient of what came out of its step. Go through "
        "lines a to c: which array came out, and is that the gradient passed in?",
        "Which of the gradients is computed and never used?",
    ),
    solved=Solution(
        '"c"',
        "It takes `grad_a`, so the ReLU is left out on the way back; `grad_h` is "
        "computed and never used.",
    ),
)
