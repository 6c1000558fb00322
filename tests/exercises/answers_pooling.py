import numpy as np
from given import Given

from cnnkit.scratch import avg_pool2d, max_pool2d


def by_loops(image):
    rows, columns = len(image) // 2, image.shape[1] // 2
    found = np.empty((rows, columns))
    for r in range(rows):
        for c in range(columns):
            found[r, c] = image[2 * r : 2 * r + 2, 2 * c : 2 * c + 2].max()
    return found


def by_reshape(image):
    rows, columns = len(image) // 2, image.shape[1] // 2
    blocks = image[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2)
    return blocks.max(axis=(1, 3))


def from_zero(image):
    found = np.zeros((len(image) // 2, image.shape[1] // 2))
    for (r, c), best in np.ndenumerate(found):
        for pixel in image[2 * r : 2 * r + 2, 2 * c : 2 * c + 2].ravel():
            best = max(best, pixel)
        found[r, c] = best
    return found


def even_only(image):
    height, width = image.shape
    return image.reshape(height // 2, 2, width // 2, 2).max(axis=(1, 3))


def batch(image):
    return image[None, :, :, None]


GIVEN = {
    "overlapping": Given(
        right=[(11, 11, 10), [11, 11, 10]],
        wrong={
            "stride_is_window": (8, 8, 10),
            "half": [(12, 12, 10), (12, 12, 5)],
            "steps_not_places": (10, 10, 10),
            "channels_pooled": [(11, 11, 1), (11, 11, 5)],
        },
        other=[((22, 22, 10), "number 0 and number 1"), ((11, 11), "this has 2")],
    ),
    "hanging_over": Given(
        right=[np.array([[4, 5], [4.5, 9]]), [[4, 5], [9 / 2, 9]]],
        wrong={
            "zeros_counted": [[[4, 2.5], [2.25, 2.25]]],
            "maximum": [[[8, 6], [6, 9]]],
            "sums": np.array([[16, 10], [9, 9]]),
            "stride_one": np.array([[4, 5.5], [3.25, 5.75]]),
        },
        other=[
            ([[4]], "has shape (1, 1)"),
            ([[4, 5], [4.5, 8]], "1 of 4"),
            ([[16, 5], [4.5, 9]], "1 of 4"),
        ],
    ),
    "halve": Given(
        right=[by_loops, by_reshape],
        wrong={
            "starts_from_zero": from_zero,
            "average": lambda x: avg_pool2d(batch(x))[0, :, :, 0],
            "skips": lambda x: x[::2, ::2],
        },
        other=[
            (even_only, "cannot reshape"),
            (lambda x: x[1::2, 1::2], "should be [[5.]]"),
            (lambda x: max_pool2d(batch(x), strides=1)[0, :, :, 0], "(1, 2)"),
            (lambda x: x.max(), "the shape should be (1, 1)"),
        ],
    ),
    "fewer_weights": Given(
        right=["b", " B"],
        wrong={"not_a_quarter": "a", "pooling_learns": "c", "dense_unchanged": "d"},
    ),
    "forgiven": Given(
        right=["c", "C "],
        wrong={"undone": "a", "mostly_undone": "b", "nothing_forgiven": "d"},
        happened=(0.62, 0.49),
    ),
}
