import numpy as np
from given import Given


def by_rows(scores):
    rows = []
    for row in scores:
        powers = [np.e ** (score - max(row)) for score in row]
        rows.append([power / sum(powers) for power in powers])
    return rows


def at_once(scores):
    powers = np.exp(scores - scores.max(1)[:, None])
    return powers / powers.sum(1)[:, None]


def naive(scores):
    with np.errstate(all="ignore"):
        return np.exp(scores) / np.exp(scores).sum(1, keepdims=True)


def one_maximum(scores):
    with np.errstate(all="ignore"):
        powers = np.exp(scores - np.max(scores))
        return powers / powers.sum(1, keepdims=True)


def over_all(scores):
    powers = np.exp(scores - np.max(scores))
    return powers / powers.sum()


def no_axis(scores):
    with np.errstate(all="ignore"):
        return np.exp(scores) / np.exp(scores).sum()


def sums_lie(scores):
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return powers / powers.sum(1)


def maxima_lie(scores):
    with np.errstate(all="ignore"):
        powers = np.exp(scores - scores.max(1))
        return powers / powers.sum(1, keepdims=True)


def both_lie(scores):
    with np.errstate(all="ignore"):
        powers = np.exp(scores - scores.max(1))
        return powers / powers.sum(1)


def naive_lies(scores):
    with np.errstate(all="ignore"):
        return np.exp(scores) / np.exp(scores).sum(1)


def down_the_columns(scores):
    with np.errstate(all="ignore"):
        return np.exp(scores) / np.exp(scores).sum(0)


def columns_with_maxima(scores):
    powers = np.exp(scores - scores.max(0))
    return powers / powers.sum(0)


def undivided(scores):
    with np.errstate(all="ignore"):
        return np.exp(scores)


PETS = np.array([0.7, 0.25, 0.05])

GIVEN = {
    "fading": Given(
        right=[0.25**8, 0.0000153, 1.5e-5, 1 / 65_536],
        wrong={
            "added": 2,
            "value_not_slope": [0.5**8, 0.0039],
            "one_off": [0.25**7, 6.1e-5, 0.25**9, 3.8e-6],
            "one_layer": 0.25,
            "not_faded": 1.0,
        },
        other=[(1.6e-5, "not it yet"), (1.4e-5, "not it yet"), (0, "not it yet")],
    ),
    "one_layer": Given(
        right=[[[5, 2], [1, 1]], np.array([[5.0, 2.0], [1.0, 1.0]])],
        wrong={
            "other_order": np.array([[3, 6], [1, 3]]),
            "place_by_place": [[[3, 0], [0, 1]]],
            "added": [[[4, 2], [1, 2]]],
            "transposed": np.array([[5, 1], [2, 1]]),
        },
        other=[(np.array([[5, 2], [1, 3]]), "1 of 4")],
    ),
    "pet_scores": Given(
        right=[np.log(PETS), np.log(100 * PETS).tolist(), [2.64, 1.61, 0.0]],
        wrong={
            "probabilities": [PETS, PETS.tolist()],
            "percentages": np.array([70, 25, 5]),
            "powers": [[28, 10, 2], np.array([27.99, 10.0, 2.0])],
            "other_base": [np.log2(PETS), np.log10(100 * PETS)],
        },
        other=[
            (np.log(PETS[::-1]), "Softmax makes [0.05, 0.25, 0.7]"),
            ([3, 2], "three numbers"),
        ],
    ),
    "stable": Given(
        right=[by_rows, at_once],
        wrong={
            "overflow": naive,
            "one_maximum": one_maximum,
            "over_all_rows": [over_all, no_axis],
            "along_the_columns": [sums_lie, maxima_lie, both_lie, naive_lies],
            "axis_0": [down_the_columns, columns_with_maxima],
            "no_division": [
                undivided,
                lambda x: np.exp(x - x.max()),
                lambda x: np.exp(x - x.max(1)[:, None]),
            ],
            "no_powers": lambda x: x / x.sum(1, keepdims=True),
        },
        other=[
            (lambda x: x.argmax(1), "the shape should be (1, 3)"),
            (lambda x: 1 / (1 + np.exp(-x)), "the answer should be"),
        ],
    ),
    "dead_unit": Given(
        right=["b", " B"],
        wrong={"negative_output": "a", "pulled_back": "c"},
        other=[("d", "one of 'a', 'b', 'c'")],
    ),
}
