import numpy as np
from given import Given


def by_moving(images):
    return np.moveaxis(images, -1, 1)


def by_stacking(images):
    return np.stack(
        [images[..., channel] for channel in range(images.shape[-1])], axis=1
    )


def by_reshape(images):
    count, height, width, channels = images.shape
    return images.reshape(count, channels, height, width)


def mixed(first, second):
    return np.stack([first, second], axis=-1)[None, None]


AVERAGE, DIFFERENCE = [1 / 3] * 3, [1, 0, -1]

GIVEN = {
    "kernel_shape": Given(
        right=[(3, 3, 6, 24), np.array([3, 3, 6, 24])],
        wrong={
            "pytorch": (24, 6, 3, 3),
            "in_and_out_swapped": (3, 3, 24, 6),
            "flat_kernels": (3, 3, 1, 24),
            "batch": [(64, 3, 3, 24), (3, 3, 64, 24)],
            "size_of_the_picture": (14, 14, 6, 24),
        },
        other=[((3, 3, 24), "this has 3"), ((5, 5, 6, 24), "number 0 and number 1")],
    ),
    "count": Given(
        right=[896, 896.0],
        wrong={
            "as_written": 320,
            "flat_and_no_biases": 288,
            "one_kernel": [27, 28],
            "one_bias": 865,
            "no_biases": 864,
            "bias_per_slice": 960,
            "bias_per_channel_in": 867,
        },
        other=[(100, "not it yet")],
    ),
    "mix": Given(
        right=[
            mixed(AVERAGE, DIFFERENCE),
            [[[[0.333, 1], [0.333, 0], [0.333, -1]]]],
        ],
        wrong={
            "row_by_row": np.array([AVERAGE, DIFFERENCE]).reshape(1, 1, 3, 2),
            "sum": mixed([1, 1, 1], DIFFERENCE),
            "blue_minus_red": mixed(AVERAGE, [-1, 0, 1]),
            "maps_swapped": mixed(DIFFERENCE, AVERAGE),
        },
        other=[
            (np.array([AVERAGE, DIFFERENCE]), "shape (2, 3)"),
            (mixed(AVERAGE, [1, -1, 0]), "2 of 6"),
        ],
    ),
    "to_channels_first": Given(
        right=[by_moving, by_stacking],
        wrong={
            "reshape": by_reshape,
            "lying_on_its_side": lambda x: np.transpose(x, (0, 3, 2, 1)),
            "batch_too": lambda x: x.transpose(),
            "unchanged": lambda x: x,
            "before_the_batch": lambda x: x.transpose(3, 0, 1, 2),
        },
        other=[(lambda x: x * 0, "answer should be"), (lambda x: x[0], "should be")],
    ),
    "false_line": Given(
        right=["c", "C"],
        wrong={"depth": "a", "free_choice": "b", "four_axes": "d"},
        other=[("e", "one of")],
    ),
}
