import numpy as np
from given import Given


def by_loops(grad, image):
    found = np.zeros(image.shape)
    for (r, c), slope in np.ndenumerate(grad):
        window = image[2 * r : 2 * r + 2, 2 * c : 2 * c + 2]
        i, j = np.unravel_index(window.argmax(), (2, 2))
        found[2 * r + i, 2 * c + j] = slope
    return found


def by_repeating(grad, image):
    rows, columns = grad.shape
    best = image.reshape(rows, 2, columns, 2).max(axis=(1, 3))
    best, grad = (a.repeat(2, 0).repeat(2, 1) for a in (best, grad))
    return np.where(image == best, grad, 0)


def to_all(grad, image):
    return grad.repeat(2, 0).repeat(2, 1)


def mask(grad, image):
    return image == to_all(by_hand(image), image)


def by_hand(image):
    rows, columns = image.shape
    return image.reshape(rows // 2, 2, columns // 2, 2).max(axis=(1, 3))


GIVEN = {
    "kernel_slopes": Given(
        right=[[[6, 3], [1, 1]], np.array([[6.0, 3.0], [1.0, 1.0]])],
        wrong={
            "flipped": [[[4, -1], [1, 5]]],
            "averaged": np.array([[6, 3], [1, 1]]) / 4,
            "first_place_only": [[[1, 2], [3, 1]]],
            "transposed": np.array([[6, 1], [3, 1]]),
            "turned": [[[1, 1], [3, 6]]],
        },
        other=[(np.array([[6, 3], [1, 2]]), "1 of 4"), ([6, 3, 1, 1], "shape (4,)")],
    ),
    "one_output": Given(
        right=[
            [[0, 0, 0], [0, 1, 2], [0, 3, 4]],
            np.pad([[1.0, 2.0], [3.0, 4.0]], ((1, 0), (1, 0))),
        ],
        wrong={
            "turned": [[[0, 0, 0], [0, 4, 3], [0, 2, 1]]],
            "other_corner": [
                [[1, 2, 0], [3, 4, 0], [0, 0, 0]],
                [[0, 1, 2], [0, 3, 4], [0, 0, 0]],
            ],
            "all_outputs": [[[1, 3, 2], [4, 10, 6], [3, 7, 4]]],
            "ones": [[[0, 0, 0], [0, 1, 1], [0, 1, 1]]],
        },
        other=[([[1, 2], [3, 4]], "shape (2, 2)")],
    ),
    "bias_slope": Given(
        right=[576, np.float64(576)],
        wrong={
            "one_place": 0.5,
            "one_picture": 72,
            "batch_only": 4,
            "all_channels": 11_520,
            "outputs_counted": 1152,
        },
        other=[(288, "not it yet")],
    ),
    "through_pooling": Given(
        right=[by_loops, by_repeating],
        wrong={
            "shared_out": lambda grad, image: to_all(grad, image) / 4,
            "to_all": to_all,
            "times_pixel": lambda grad, image: by_loops(grad, image) * image,
            "mask": [mask, lambda grad, image: mask(grad, image).astype(float)],
        },
        other=[
            (lambda grad, image: grad, "the shape should be (2, 2)"),
            (lambda grad, image: (image == image.max()) * grad.max(), "should be"),
        ],
    ),
    "silent_bug": Given(
        right=["c", "C"],
        wrong={"pooling_line": "a", "relu_line": "b", "sign_of_step": "d"},
    ),
}
