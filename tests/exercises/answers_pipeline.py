import numpy as np
from given import Given


def by_loop(truth, said, classes):
    matrix = [[0] * classes for _ in range(classes)]
    for t, s in zip(truth, said, strict=True):
        matrix[t][s] += 1
    return matrix


def by_bincount(truth, said, classes):
    pairs = np.bincount(truth * classes + said, minlength=classes**2)
    return pairs.reshape(classes, classes)


def once(truth, said, classes):
    matrix = np.zeros((classes, classes))
    matrix[truth, said] += 1
    return matrix


def as_many_as_occur(truth, said, classes):
    return by_bincount(truth, said, truth.max() + 1)


def in_bytes(truth, said, classes):
    return by_bincount(truth, said, classes).astype(np.uint8)


def in_signed_bytes(truth, said, classes):
    return by_bincount(truth, said, classes).astype(np.int8)


def wrong_only(truth, said, classes):
    matrix = by_bincount(truth, said, classes)
    np.fill_diagonal(matrix, 0)
    return matrix


GIVEN = {
    "steps": Given(
        right=[430, np.int64(430)],
        wrong={
            "drops_the_rest": 429,
            "no_validation_split": [469, 468],
            "last_batch": 88,
            "a_step_a_digit": 55_000,
            "not_whole": 55_000 / 128,
        },
        other=[(431, "not it yet")],
    ),
    "friend": Given(
        right=["d", "D"],
        wrong={"not_learned_from": "a", "too_small": "b", "learn_them_too": "c"},
    ),
    "as_batch": Given(
        right=[
            lambda image: np.expand_dims(image, 0),
            lambda image: image.reshape(1, *image.shape),
        ],
        wrong={
            "as_it_was": lambda image: image,
            "axis_at_the_end": lambda image: np.expand_dims(image, -1),
            "flattened": lambda image: image.reshape(1, -1),
        },
        other=[
            (lambda image: image.reshape(1, 28, 28, 1), "ValueError"),
            (lambda image: np.stack([image, image]), "shape should be (1, 2, 2, 1)"),
        ],
    ),
    "confusion": Given(
        right=[by_loop, by_bincount],
        wrong={
            "transposed": lambda truth, said, n: by_bincount(said, truth, n),
            "counts_once": once,
            "mistakes_only": wrong_only,
            "small_whole_numbers": [in_bytes, in_signed_bytes],
        },
        other=[(as_many_as_occur, "the shape should be (4, 4)")],
    ),
    "fewer": Given(
        right=["b", " B"],
        wrong={"in_proportion": "a", "enough_is_enough": "c"},
        other=[("d", "one of 'a', 'b', 'c'")],
        happened=2.9,
    ),
}
