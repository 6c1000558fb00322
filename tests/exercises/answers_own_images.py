import numpy as np
from given import Given


def in_place(scan):
    scan[:] = 255 - scan
    return scan / 255


GIVEN = {
    "ink": Given(
        right=[lambda scan: 1 - scan / 255, lambda scan: (255.0 - scan) / 255],
        wrong={
            "still_on_white": lambda scan: scan.astype(np.float32) / 255,
            "still_to_255": lambda scan: 255 - scan,
            "wraps_round": lambda scan: 1 - scan,
            "stretched": lambda scan: (scan.max() - scan) / (scan.max() - scan.min()),
        },
        other=[
            (in_place, "changed its input"),
            (lambda scan: 1 - scan // 255, "was [[1., 0.], [1., 1.]]"),
            (lambda scan: (scan < 128) * 1.0, "was [[1., 0.], [1., 0.]]"),
        ],
    ),
    "centre": Given(
        right=[(2.25, 2), np.array([2.25, 2.0])],
        wrong={
            "middle_of_the_box": (2, 2),
            "column_first": (2, 2.25),
            "pixels_alike": (1.67, 1.67),
            "middle_of_the_frame": (2.5, 2.5),
        },
        other=[((9, 8), "2 of 2")],
    ),
    "into_the_box": Given(
        right=[(20, 12), np.array([20, 12])],
        wrong={
            "stretched": (20, 20),
            "into_the_frame": [(28, 17), (28, 28)],
            "by_the_width": [(33, 20), (34, 20)],
            "width_first": (12, 20),
        },
        other=[((25, 15), "number 0 and number 1"), ((20, 12, 1), "this has 3")],
    ),
    "after_flatten": Given(
        right=["c", "C"],
        wrong={"turned_kernels": "a", "biases": " B"},
        other=[("e", "one of 'a'")],
    ),
    "step_left_out": Given(
        right=["a", "A"],
        wrong={"centring": "b", "size": "c"},
        other=[("d", "one of 'a'")],
        happened={"polarity": 0.08, "centring": 0.41, "size": 0.8, "none": 0.96},
    ),
}
