import numpy as np
from given import Given


def by_slices(image, pixels):
    moved = np.zeros_like(image)
    moved[:, pixels:] = image[:, : image.shape[1] - pixels]
    return moved


def by_padding(image, pixels):
    return np.pad(image, ((0, 0), (pixels, 0)))[:, : image.shape[1]]


def to_minus_zero(image, pixels):
    moved = np.zeros_like(image)
    moved[:, pixels:] = image[:, :-pixels]
    return moved


def from_a_copy(image, pixels):
    moved = image.copy()
    moved[:, pixels:] = image[:, : image.shape[1] - pixels]
    return moved


def in_place(image, pixels):
    image[:] = by_padding(image, pixels)
    return image


GIVEN = {
    "dense_weights": Given(
        right=[15_052_900, 15_052_900.0],
        wrong={
            "no_biases": 15_052_800,
            "one_bias": 15_052_801,
            "one_channel": [5_017_700, 224 * 224 * 100],
            "one_unit": [150_529, 150_528],
        },
        other=[(2_800, "not it yet"), ("15052900", "a text")],
    ),
    "growth": Given(
        right=[4, np.float32(4)],
        wrong={"one_side": 2, "units_too": 8, "pixels_twice": 16, "like_a_kernel": 1},
        other=[(100, "not it yet")],
    ),
    "shift": Given(
        right=[by_slices, by_padding],
        wrong={
            "comes_round": lambda x, n: np.roll(x, n, 1),
            "to_the_left": lambda x, n: np.pad(x, ((0, 0), (0, n)))[:, n:],
            "downwards": lambda x, n: np.pad(x, ((n, 0), (0, 0)))[: len(x)],
            "leaves_the_old": from_a_copy,
            "grows": lambda x, n: np.hstack([np.zeros((len(x), n)), x]),
        },
        other=[(to_minus_zero, "raised"), (in_place, "changed its input")],
    ),
    "permuted": Given(
        right=["c", " C"],
        wrong={
            "both_read_shapes": "a",
            "same_information": "b",
            "the_stronger_wins": "d",
        },
        happened={"mlp": (0.97, 0.968), "cnn": (0.985, 0.95)},
    ),
    "why_shifted": Given(
        right=["d", "D "],
        wrong={"more_weights": "a", "invariant": "b", "seen_there": "c"},
        other=[("e", "one of")],
    ),
}
