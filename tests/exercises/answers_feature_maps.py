import numpy as np
from given import Given


def by_loop(maps, slopes):
    total = np.zeros(maps.shape[:2])
    for k in range(maps.shape[2]):
        total += slopes[:, :, k].mean() * maps[:, :, k]
    return np.where(total > 0, total, 0)


def weights(slopes):
    return slopes.mean(axis=(0, 1))


def by_einsum(maps, slopes):
    return np.einsum("hwk,k->hw", maps, weights(slopes)).clip(0)


def summed(maps, slopes):
    return np.maximum(maps @ slopes.sum(axis=(0, 1)), 0)


GIVEN = {
    "what_is_one": Given(
        right=["b", "B"],
        wrong={"believes_the_note": "a", "kernels": "c", "the_input": "d"},
    ),
    "three_images": Given(
        right=[(3, 8, 8, 20), [3, 8, 8, 20]],
        wrong={
            "pooled": (3, 4, 4, 20),
            "channels_first": (3, 20, 8, 8),
            "input_depth": (3, 8, 8, 10),
            "one_image": (1, 8, 8, 20),
            "first_layer": [(3, 24, 24, 10), (3, 24, 24, 20)],
        },
        other=[((8, 8, 20), "this has 3"), ((3, 12, 12, 20), "number 1 and number 2")],
    ),
    "covered": Given(
        right=[[[1, -2], [5, 0]], 6.0 - np.array([[5, 8], [1, 6]])],
        wrong={
            "scores": np.array([[5, 8], [1, 6]]),
            "other_sign": np.array([[-1, 2], [-5, 0]]),
            "without_sign": np.array([[1, 2], [5, 0]]),
            "cut_off": np.array([[1, 0], [5, 0]]),
        },
        other=[([[1, 5], [-2, 0]], "2 of 4 numbers"), ([1, -2, 5, 0], "shape (4,)")],
    ),
    "cam": Given(
        right=[by_loop, by_einsum],
        wrong={
            "keeps_negatives": lambda maps, slopes: maps @ weights(slopes),
            "cuts_each_map": lambda a, g: np.maximum(a * weights(g), 0).sum(-1),
            "place_by_place": lambda a, g: np.maximum((a * g).sum(-1), 0),
            "sums_the_slopes": summed,
        },
        other=[
            (lambda a, g: np.maximum(a.sum(-1), 0), "the answer should be"),
            (lambda a, g: a * weights(g), "the shape should be (1, 2)"),
        ],
    ),
    "untrained": Given(
        right=["c", "C "],
        wrong={"knows_nothing": "a", "paper": "b"},
        other=[("d", "one of 'a', 'b', 'c'")],
        happened=5.0,
    ),
}
