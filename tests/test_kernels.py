import numpy as np
import pytest

from cnnkit import kernels, scratch

STEP = np.zeros((1, 8, 8, 1), np.float32)
STEP[:, :, 4:] = 1  # dark on the left, bright on the right
DIAGONAL = np.eye(7, dtype=np.float32)


def answer(picture, kernel):
    return scratch.conv2d(picture, kernels.filter_bank(kernel))[0, :, :, 0]


@pytest.mark.parametrize("name", kernels.catalogue())
def test_each_has_a_shape_a_type_and_one_line_of_purpose(name):
    kernel, purpose = kernels.catalogue()[name]
    assert kernel.ndim == 2 and kernel.dtype == np.float32 and kernel.size <= 49
    assert purpose.endswith(".") and "\n" not in purpose and len(purpose) <= 88


def test_the_catalogue_gives_new_arrays():
    kernels.catalogue()["sobel_x"].kernel[...] = 7
    assert not (kernels.catalogue()["sobel_x"].kernel == 7).any()


def test_the_published_numbers():
    # R. Gonzalez and R. Woods, Digital Image Processing, chapters 3 and 10.
    assert kernels.sobel("x").tolist() == [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    assert kernels.sobel("y").tolist() == [[-1, -2, -1], [0, 0, 0], [1, 2, 1]]
    assert kernels.prewitt("x").tolist() == [[-1, 0, 1]] * 3
    assert kernels.prewitt("y").tolist() == [[-1] * 3, [0] * 3, [1] * 3]
    assert kernels.laplacian().tolist() == [[0, 1, 0], [1, -4, 1], [0, 1, 0]]
    eight = [[1, 1, 1], [1, -8, 1], [1, 1, 1]]
    assert kernels.laplacian(diagonals=True).tolist() == eight
    assert kernels.sharpen().tolist() == [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]


SUMS = {"identity": 1, "box_blur": 1, "gaussian_blur": 1, "sharpen": 1}


@pytest.mark.parametrize("name", kernels.catalogue())
def test_flat_areas_stay_or_vanish(name):
    kernel = kernels.catalogue()[name].kernel
    flat = answer(np.full((1, 9, 9, 1), 5, np.float32), kernel)
    assert np.allclose(flat, 5 * SUMS.get(name, 0), atol=1e-5)


def test_identity_gives_the_picture_back(rng):
    picture = rng.random((1, 6, 6, 1), dtype=np.float32)
    assert np.array_equal(answer(picture, kernels.identity(3)), picture[0, 1:5, 1:5, 0])
    assert np.array_equal(answer(picture, kernels.identity(1)), picture[0, :, :, 0])


def test_blurs_average():
    picture = np.arange(9, dtype=np.float32).reshape(1, 3, 3, 1)
    assert np.isclose(answer(picture, kernels.box_blur(3)).item(), 4)
    bell = kernels.gaussian_blur(5, sigma=1.5)
    ratio = bell[2, 3] / bell[2, 2]
    assert np.isclose(ratio, np.exp(-1 / (2 * 1.5**2)))
    assert np.allclose(bell, bell.T) and np.allclose(bell, bell[::-1])
    assert kernels.gaussian_blur(3, sigma=1e-6)[1, 1] == 1


@pytest.mark.parametrize("edges", [kernels.sobel, kernels.prewitt])
def test_edges_answer_where_the_brightness_changes(edges):
    across, along = answer(STEP, edges("x")), answer(STEP, edges("y"))
    weight = edges("x")[:, 2].sum()
    assert across[0].tolist() == [0, 0, weight, weight, 0, 0]
    assert not along.any()
    turned = STEP.transpose(0, 2, 1, 3)
    assert np.array_equal(answer(turned, edges("y")), across.T)
    assert (answer(1 - STEP, edges("x")) <= 0).all()


@pytest.mark.parametrize("angle", [0, 45, 90, 135])
def test_a_line_answers_most_to_its_own_direction(angle):
    drawings = {turn: kernels.line(turn, size=7) > 0.05 for turn in (0, 45, 90, 135)}
    answers = {
        turn: float((kernels.line(angle, size=7) * drawing).sum())
        for turn, drawing in drawings.items()
    }
    assert max(answers, key=answers.get) == angle and answers[angle] > 0.5
    assert all(value < 0.25 for turn, value in answers.items() if turn != angle)


def test_lines_turn_against_the_clock():
    rising = kernels.line(45, size=3)
    assert rising[0, 2] == rising[2, 0] > rising[0, 0]  # up to the right
    assert np.allclose(kernels.line(180), kernels.line(0), atol=1e-6)
    assert np.allclose(kernels.line(-45), kernels.line(135), atol=1e-6)


def test_a_matched_filter_answers_one_to_its_drawing_and_less_to_others(rng):
    drawing = kernels.from_drawing(" . # # \n . . # \n # . . ")
    assert drawing.tolist() == [[0, 1, 1], [0, 0, 1], [1, 0, 0]]
    matched = kernels.matched_filter(drawing)
    assert np.isclose((matched * drawing).sum(), 1)
    assert np.isclose((matched * (1 - drawing)).sum(), -1)
    assert np.isclose((matched * (5 + drawing)).sum(), 1, atol=1e-5)
    for _ in range(50):
        other = rng.permutation(drawing.ravel()).reshape(3, 3)
        assert (matched * other).sum() <= 1 + 1e-6


def test_the_curve_is_found_where_it_was_drawn():
    drawing = (kernels.curve() > 0).astype(np.float32)
    assert drawing.shape == (7, 7) and drawing.sum() == 8
    picture = np.zeros((1, 20, 20, 1), np.float32)
    picture[0, 3:10, 8:15, 0] = drawing
    picture[0, 12:19, 2:9, 0] = drawing[:, ::-1]  # its mirror image
    maps = answer(picture, kernels.curve())
    assert np.unravel_index(maps.argmax(), maps.shape) == (3, 8)
    assert np.isclose(maps.max(), 1) and maps[12, 2] < 0.5


def test_a_bank_reads_the_average_of_the_channels(rng):
    colour = rng.random((1, 6, 6, 3), dtype=np.float32)
    edges = kernels.sobel("x"), kernels.sobel("y")
    bank = kernels.filter_bank(*edges, channels=3)
    assert bank.shape == (3, 3, 3, 2) and bank.dtype == np.float32
    maps = scratch.conv2d(colour, bank)[0]
    grey = colour.mean(axis=3, keepdims=True)
    for index, kernel in enumerate(edges):
        assert np.allclose(maps[..., index], answer(grey, kernel), atol=1e-5)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: kernels.identity(4), ValueError, "odd, so that there is a middle"),
        (lambda: kernels.identity(0), ValueError, "size=0"),
        (lambda: kernels.box_blur(0), ValueError, "size=0"),
        (lambda: kernels.box_blur(3.0), TypeError, "size=3.0"),
        (lambda: kernels.gaussian_blur(5, sigma=0), ValueError, "sigma=0"),
        (lambda: kernels.gaussian_blur(2), ValueError, "size=2"),
        (lambda: kernels.sobel("horizontal"), ValueError, "`axis` to be one of"),
        (lambda: kernels.prewitt(0), ValueError, "axis=0"),
        (lambda: kernels.line(0, size=1), ValueError, "size=1"),
        (lambda: kernels.line(np.nan), ValueError, "angle=nan"),
        (lambda: kernels.line(np.inf), ValueError, "`angle` to be"),
        (lambda: kernels.from_drawing(""), ValueError, "rows of equal length"),
        (lambda: kernels.from_drawing("#.\n#"), ValueError, "Received: [2, 1]"),
        (lambda: kernels.from_drawing([[1j, 2]]), ValueError, "text or numbers"),
        (lambda: kernels.from_drawing([[1e300, 0]]), ValueError, "finite"),
        (lambda: kernels.matched_filter([[1e-40, 0]]), ValueError, "too small to tell"),
        (lambda: kernels.filter_bank([[1], [1, 2]]), ValueError, "text or numbers"),
        (lambda: kernels.filter_bank([[np.nan]]), ValueError, "finite"),
        (lambda: kernels.filter_bank([np.ones((2, 2))]), ValueError, "one by one"),
        (lambda: kernels.filter_bank(np.ones((1, 2, 2))), ValueError, "(*kernels)"),
        (lambda: kernels.line(np.array([1, 2])), TypeError, "`angle` to be a number"),
        (lambda: kernels.from_drawing("#x"), ValueError, "Received: 'x'"),
        (lambda: kernels.from_drawing([1, 2]), ValueError, "a 2-D array"),
        (lambda: kernels.from_drawing([[1, np.nan]]), ValueError, "finite"),
        (lambda: kernels.from_drawing([["a"]]), ValueError, "text or numbers"),
        (lambda: kernels.from_drawing([[1], [1, 2]]), ValueError, "text or numbers"),
        (lambda: kernels.matched_filter("##\n##"), ValueError, "ink and paper"),
        (lambda: kernels.filter_bank(), ValueError, "one or more kernels"),
        (
            lambda: kernels.filter_bank(np.ones((2, 2)), np.ones((3, 3))),
            ValueError,
            "of the same shape",
        ),
        (
            lambda: kernels.filter_bank(np.ones((2, 2)), channels=0),
            ValueError,
            "channels",
        ),
    ],
)
def test_bad_input_is_told(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value) and "Expected" in str(caught.value)
