import numpy as np
from given import Given


def by_slices(image, rings):
    large = np.zeros([size + 2 * rings for size in image.shape])
    large[rings : rings + len(image), rings : rings + image.shape[1]] = image
    return large


def by_stacking(image, rings):
    for _ in range(rings):
        side = np.zeros((len(image), 1))
        image = np.hstack([side, image, side])
        row = np.zeros((1, image.shape[1]))
        image = np.vstack([row, image, row])
    return image


def into_another_ring(*values):
    def pad(image, rings):
        padded = np.pad(image, rings, constant_values=np.nan)
        ring = np.isnan(padded)
        padded[ring] = np.resize(values, ring.sum())
        return padded

    return pad


def in_place(image, rings):
    image *= 0
    return by_slices(image, rings)


GIVEN = {
    "same_size": Given(
        right=[2, np.int64(2)],
        wrong={"both_sides": 4, "no_padding": 0, "kernel_size": 5, "habit_of_three": 1},
        other=[(3, "not it yet")],
    ),
    "one_filter": Given(
        right=[(28, 28, 1), [28, 28, 1]],
        wrong={
            "one_map_a_channel": (28, 28, 3),
            "all_products": (28, 28, 75),
            "padded": (32, 32, 1),
            "minus_kernel": (27, 27, 1),
        },
        other=[((28, 28, 15), "number 2"), ((28, 28), "this has 2")],
    ),
    "lopsided": Given(
        right=[(1, 2), [1, 2]],
        wrong={
            "odd_one_before": (2, 1),
            "all_at_one_end": [(0, 3), (3, 0)],
            "all_at_each_end": (3, 3),
            "symmetric": (2, 2),
            "too_few": (1, 1),
        },
        other=[((1, 3), "number 1"), (3, "a tuple")],
    ),
    "ring_of_zeros": Given(
        right=[by_slices, by_stacking, into_another_ring(0)],
        wrong={
            "one_end_only": lambda x, n: np.pad(x, ((n, 0), (n, 0))),
            "other_ends_only": lambda x, n: np.pad(x, ((0, n), (0, n))),
            "ones": lambda x, n: np.pad(x, n, constant_values=1),
            "repeats_the_edge": lambda x, n: np.pad(x, n, "edge"),
            "always_one": lambda x, n: np.pad(x, 1),
            "no_zeros_in_the_ring": [
                into_another_ring(0, 6.9e-310, 4.6),
                into_another_ring(np.nan),
                into_another_ring(0, np.inf),
                lambda x, n: into_another_ring(2)(x, n).tolist(),
            ],
        },
        other=[
            (in_place, "changed its input"),
            (lambda x, n: np.pad(x, 1)[n:-1], "the shape should be"),
            (lambda x, n: np.pad(x * 0, n), "the answer should be"),
        ],
    ),
}
