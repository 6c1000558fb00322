import numpy as np
from given import Given


def by_places(feature_map, stride):
    rows, columns = (range(0, size, stride) for size in feature_map.shape)
    return [[feature_map[r, c] for c in columns] for r in rows]


def one_axis_after_the_other(feature_map, stride):
    return feature_map[::stride].T[::stride].T


def averages(feature_map, stride):
    return [
        [feature_map[r : r + stride, c : c + stride].mean() for c in columns]
        for columns in [range(0, feature_map.shape[1], stride)]
        for r in range(0, len(feature_map), stride)
    ]


def maxima_of_whole_blocks(feature_map, stride):
    rows, columns = (size // stride for size in feature_map.shape)
    whole = feature_map[: rows * stride, : columns * stride]
    return whole.reshape(rows, stride, columns, stride).max(axis=(1, 3))


def crops(feature_map, stride):
    rows, columns = np.ceil(np.divide(feature_map.shape, stride)).astype(int)
    return feature_map[:rows, :columns]


def drops_the_rest(feature_map, stride):
    rows, columns = (size // stride for size in feature_map.shape)
    places = [
        [feature_map[r * stride, c * stride] for c in range(columns)]
        for r in range(rows)
    ]
    return np.array(places)


GIVEN = {
    "not_whole": Given(
        right=[(8, 8, 10), [8, 8, 10]],
        wrong={
            "rounded_up": (9, 9, 10),
            "steps": (7, 7, 10),
            "stride_one": (24, 24, 10),
            "padded": (10, 10, 10),
            "channels_of_the_image": (8, 8, 1),
        },
        other=[((8, 8), "this has 2"), ((8, 9, 10), "number 1")],
    ),
    "unread": Given(
        right=[8, 8.0],
        wrong={
            "only_at_the_end": 2,
            "only_between": 6,
            "those_read": 12,
            "one_window_short": 11,
            "none": 0,
        },
        other=[(5, "not it yet")],
    ),
    "same_ones": Given(
        right=[[[9, 6], [6, 4]], np.array([[9.0, 6], [6, 4]])],
        wrong={
            "ring_of_zeros": np.array([[4, 6], [6, 9]]),
            "no_zeros": np.full((2, 2), 9),
            "corner_twice": np.array([[9, 6], [6, 3]]),
        },
        other=[([[9]], "shape (1, 1)"), ([[9, 9], [6, 6]], "stands at (0, 1)")],
    ),
    "thin_out": Given(
        right=[by_places, one_axis_after_the_other],
        wrong={
            "rows_only": lambda x, s: [x[r] for r in range(0, len(x), s)],
            "drops_the_rest": drops_the_rest,
            "columns_only": lambda x, s: [row[::s] for row in x],
            "starts_late": [
                lambda x, s: x[s - 1 :: s, s - 1 :: s],
                lambda x, s: x[s::s, s::s],
            ],
            "crops": crops,
            "pooled": [averages, maxima_of_whole_blocks],
        },
        other=[
            (lambda x, s: x[::s, ::s] / s, "should be"),
            (lambda x, s: x[::2, ::2], "shape should be"),
        ],
    ),
    "thin_line": Given(
        right=["d", " D"],
        wrong={"overlap": "a", "always_lost": "b", "averaged": "c"},
        other=[("e", "one of")],
    ),
}
