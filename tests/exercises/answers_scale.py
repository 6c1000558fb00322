import numpy as np
from given import Given


def by_numpy(gradients, sizes):
    return np.average(gradients, axis=0, weights=sizes)


def image_by_image(gradients, sizes):
    return np.repeat(gradients, sizes, axis=0).mean(axis=0)


GIVEN = {
    "gradient_bytes": Given(
        right=[153_560, np.float64(153_560)],
        wrong={
            "parameters": 38_390,
            "float64": 307_120,
            "a_gradient_a_digit": 9_827_840,
            "images": [50_176, 200_704],
        },
        other=[(1_228_480, "not it yet")],
    ),
    "one_step": Given(
        right=[(0.9, 1.05), np.array([0.9, 1.05], np.float32)],
        wrong={
            "own_gradient": np.array([0.95, 1.1]),
            "summed": np.array([0.8, 1.1]),
            "uphill": np.array([1.1, 0.95]),
            "without_rate": (0.6, 1.2),
        },
        other=[((0.4, -0.2), "2 of 2")],
    ),
    "weighted": Given(
        right=[by_numpy, image_by_image],
        wrong={
            "workers_alike": lambda gradients, sizes: np.mean(gradients, 0),
            "not_divided": lambda gradients, sizes: gradients.T @ sizes,
            "summed": lambda gradients, sizes: sum(gradients),
            "divided_by_workers": lambda gradients, sizes: (
                gradients.T @ sizes / 2 if len(sizes) == 2 else gradients.T @ sizes / 3
            ),
        },
        other=[
            (lambda gradients, sizes: gradients, "the shape should be (2,)"),
            (lambda gradients, sizes: gradients[0], "the answer should be [2., 3.]"),
        ],
    ),
    "speed_up": Given(
        right=[2.25, 9 / 4 + 1e-9],
        wrong={
            "exchange_forgotten": 3,
            "seconds": 0.4,
            "alone_exchanges_too": 2.5,
            "upside_down": [0.44, 4 / 9],
        },
        other=[(2.7, "not it yet")],
    ),
    "same_losses": Given(
        right=["c", "C "],
        wrong={"half_the_images": "a", "learns_more": "B"},
        other=[("d", "one of 'a'")],
        happened=([2.1, 0.61, 0.34], [2.1, 0.610001, 0.34]),
    ),
}
