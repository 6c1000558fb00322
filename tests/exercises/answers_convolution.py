import numpy as np
from given import Given
from numpy.lib.stride_tricks import sliding_window_view

from cnnkit.kernels import sobel


def by_loops(image, kernel):
    kh, kw = kernel.shape
    return [
        [
            sum(
                image[r + i, c + j] * kernel[i, j] for i in range(kh) for j in range(kw)
            )
            for c in range(image.shape[1] - kw + 1)
        ]
        for r in range(image.shape[0] - kh + 1)
    ]


def by_windows(image, kernel):
    windows = sliding_window_view(image, kernel.shape)
    return np.einsum("rcij,ij->rc", windows, kernel)


def with_range_one_short(image, kernel):
    return np.array(by_loops(image, kernel))[:-1, :-1]


def by_matrix_product(image, kernel):
    kh, kw = kernel.shape
    rows, columns = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    return [
        [(image[r : r + kh, c : c + kw] @ kernel).sum() for c in range(columns)]
        for r in range(rows)
    ]


def with_zeros_around(image, kernel):
    return by_windows(np.pad(image, 1), kernel)


def into_a_copy(image, kernel):
    sums = np.zeros_like(image)
    found = by_windows(image, kernel)
    sums[: found.shape[0], : found.shape[1]] = found
    return sums


def returns_one_number(image, kernel):
    kh, kw = kernel.shape
    return (image[:kh, :kw] * kernel).sum()


def returns_after(rows, columns):
    def slide(image, kernel):
        found = by_windows(image, kernel)
        sums = np.zeros_like(found)
        sums[:rows, :columns] = found[:rows, :columns]
        return sums

    return slide


GIVEN = {
    "one_window": Given(
        right=[14, 14.0],
        wrong={
            "no_bias": 9,
            "turned_kernel": [11, 6],
            "matrix_product": [10, 5],
            "bias_each_time": 29,
            "lost_sign": [18, 13],
        },
        other=[(7.25, "not it yet")],
    ),
    "falling": Given(
        right=[
            [[2, -1, -1], [-1, 2, -1], [-1, -1, 2]],
            np.array([[1, 0, -1], [0, 0, 0], [-1, 0, 1]]),
            np.eye(3) - 1 / 3,
            np.round(np.eye(3) - 1 / 3, 8),
        ],
        wrong={
            "zeros": np.zeros((3, 3)),
            "dark_lines": 1 - 3 * np.eye(3),
            "rising": [np.fliplr(3 * np.eye(3) - 1), np.fliplr(np.eye(3))],
            "nearly": [np.eye(3) - 0.33, np.eye(3) - [[0.3]], 3.01 * np.eye(3) - 1],
            "sees_brightness": [np.eye(3), np.eye(3).tolist()],
        },
        other=[
            (sobel("x"), "should get the most"),
            ([[0, -1, 0], [0, 2, 0], [0, -1, 0]], "a horizontal line 2"),
            ([[0, -1, -1], [1, 1, 1], [-1, 0, 0]], "a horizontal line 3"),
            (np.eye(2), "3 rows of 3"),
            (np.full((3, 3), np.nan), "finite"),
        ],
    ),
    "slide": Given(
        right=[by_loops, by_windows],
        wrong={
            "turned": lambda x, k: by_windows(x, np.rot90(k, 2)),
            "one_place_too_few": with_range_one_short,
            "forgets_the_kernel": lambda x, k: by_windows(x, k * 0 + 1),
            "as_large_as_the_image": [
                with_zeros_around,
                into_a_copy,
                lambda x, k: into_a_copy(x, k).tolist(),
            ],
            "stops_early": [
                returns_one_number,
                lambda x, k: by_loops(x, k)[0],
                lambda x, k: by_loops(x, k)[:1],
                returns_after(1, 1),
                returns_after(1, 99),
                returns_after(99, 1),
            ],
        },
        other=[
            (lambda x, k: by_windows(x, k) / k.size, "should be"),
            (by_matrix_product, "raised"),
            (lambda x, k: by_windows(x, k)[1:], "the shape should be (2, 2)"),
            (lambda x, k: by_windows(x, np.full(k.shape, k[0, 0])), "should be"),
        ],
    ),
    "equations": Given(
        right=[10, np.int32(10)],
        wrong={"no_bias": 9, "one_is_enough": 1, "bias_per_weight": 18},
        other=[(3, "not it yet"), (784, "not it yet")],
    ),
    "turned_layer": Given(
        right=["b", "B"],
        wrong={"other_features": "a", "same_numbers": "c"},
        other=[("d", "one of")],
    ),
}
