import numpy as np
from given import Given


def by_slices(image, down, right):
    height, width = image.shape
    new = np.zeros((height, width))
    new[down:, right:] = image[: height - down, : width - right]
    return new


def by_loops(image, down, right):
    new = np.zeros_like(image)
    for row in range(down, image.shape[0]):
        for column in range(right, image.shape[1]):
            new[row, column] = image[row - down, column - right]
    return new


def in_place(image, down, right):
    image[:] = by_slices(image, down, right)
    return image


def up_and_left(image, down, right):
    height, width = image.shape
    return np.pad(image, ((0, down), (0, right)))[-height:, -width:]


GIVEN = {
    "dropped": Given(
        right=[np.array([2.5, 0, 7.5, 10]), [2.5, 0, 7.5, 10]],
        wrong={
            "not_scaled": [[2, 0, 6, 8]],
            "made_smaller": [[1.6, 0, 4.8, 6.4]],
            "doubled": [[4, 0, 12, 16]],
            "rate_added": [[2.4, 0, 7.2, 9.6]],
            "divided_by_the_rate": [[10, 0, 30, 40]],
            "not_training": [[2, 4, 6, 8], np.array([2.0, 4, 6, 8])],
        },
        other=[([2.5, 5, 7.5, 10], "1 of 4"), ([2.5, 7.5, 10], "shape (3,)")],
    ),
    "false_note": Given(
        right=["c", " C "],
        wrong={"believes_the_note": "a", "always_on": "B", "weights": "d"},
        other=[("e", "one of 'a'")],
    ),
    "best_epoch": Given(
        right=[4, np.int64(4)],
        wrong={
            "training_loss": 8,
            "counted_from_0": 3,
            "where_it_would_stop": 6,
            "a_loss": [0.30, 0.02],
        },
        other=[(5, "not it yet"), (0, "not it yet")],
    ),
    "shifted": Given(
        right=[by_slices, by_loops],
        wrong={
            "wraps_round": lambda x, down, right: np.roll(x, (down, right), (0, 1)),
            "other_way": up_and_left,
            "axes_swapped": lambda x, down, right: by_slices(x, right, down),
        },
        other=[
            (in_place, "changed its input"),
            (lambda x, down, right: by_slices(x, down, 0), "down = 0, right = 2"),
            (lambda x, down, right: x[:-down, :-right], "the shape should be (3, 3)"),
        ],
    ),
    "remedy": Given(
        right=["b", "B"],
        wrong={"dropout": "a", "weight_decay": "c"},
        other=[("f", "one of 'a'")],
        happened={
            "plain": [0.92, 0.93],
            "dropout": [0.94, 0.94],
            "augmentation": [0.96, 0.97],
            "weight decay": [0.93, 0.93],
        },
    ),
}
