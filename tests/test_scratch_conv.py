import tracemalloc

import numpy as np
import oracle
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cnnkit import output_size, scratch
from cnnkit.scratch import conv, unfold

sizes, kernels = st.integers(1, 9), st.integers(1, 4)
pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
TOLERANCE = {np.float64: 1e-10, np.float32: 2e-4}


@st.composite
def convolutions(draw, types=(np.float64, np.float32)):
    """`(x, kernel, bias, options)` that fit together."""
    dtype = draw(st.sampled_from(types))
    height, width, kh, kw = draw(sizes), draw(sizes), draw(kernels), draw(kernels)
    batch, channels, filters = (draw(st.integers(1, n)) for n in (3, 4, 4))
    options = {
        "strides": draw(st.integers(1, 3) | pairs),
        "padding": draw(st.sampled_from(["valid", "same", 0, 1, (2, 0), (1, 3)])),
        "dilation_rate": draw(st.just(1) | st.integers(1, 2) | pairs),
    }
    zeros = options["padding"]
    if zeros != "same":
        zeros = oracle.both(0 if zeros == "valid" else zeros)
        spans = [
            dilation * (kernel - 1) + 1
            for kernel, dilation in zip(
                (kh, kw), oracle.both(options["dilation_rate"]), strict=True
            )
        ]
        assume(spans[0] <= height + 2 * zeros[0] and spans[1] <= width + 2 * zeros[1])
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shapes = (batch, height, width, channels), (kh, kw, channels, filters), (filters,)
    return *(rng.standard_normal(shape).astype(dtype) for shape in shapes), options


def close(ours, theirs, dtype):
    return np.allclose(ours, theirs, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@given(convolutions())
def test_forward_and_every_gradient_are_tensorflows(case):
    x, kernel, bias, options = case
    dtype = x.dtype.type
    y, grad, theirs = oracle.gradients(
        lambda *arrays: oracle.conv2d(*arrays, **options),
        lambda shape: np.cos(np.arange(np.prod(shape))).reshape(shape),
        *(x, kernel, bias),
    )
    ours = scratch.conv2d(x, kernel, bias, **options)
    assert ours.shape == y.shape and close(ours, y, dtype) and ours.dtype == dtype
    found = scratch.conv2d_backward(grad, x, kernel, **options)
    for gradient, expected, array in zip(found, theirs, (x, kernel, bias), strict=True):
        assert gradient.shape == array.shape and gradient.dtype == dtype
        assert close(gradient, expected, dtype)


@given(convolutions(), st.booleans())
def test_the_matrix_product_gives_what_the_loops_give(case, biased):
    x, kernel, bias, options = case
    bias = bias if biased else None
    loops = scratch.conv2d_loops(x, kernel, bias, **options)
    fast = scratch.conv2d(x, kernel, bias, **options)
    assert close(fast, loops, x.dtype.type)
    assert fast.shape == loops.shape and fast.dtype == loops.dtype


@given(convolutions())
def test_im2col_times_the_kernels_is_the_convolution(case):
    x, kernel, _, options = case
    columns = scratch.im2col(x, kernel.shape[:2], **options)
    product = columns @ kernel.reshape(-1, kernel.shape[-1])
    y = scratch.conv2d(x, kernel, **options)
    assert close(product.reshape(y.shape), y, x.dtype.type)
    columns[...] = 0  # a copy, also where no pixel is read twice
    assert x.any()


@given(convolutions([np.float64]), st.integers(1, 2000))
def test_blocks_of_any_size_give_the_same(case, block_bytes):
    x, kernel, bias, options = case
    y = scratch.conv2d(x, kernel, bias, **options)
    grad = np.sin(y)
    whole = scratch.conv2d_backward(grad, x, kernel, **options)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unfold, "BLOCK_BYTES", block_bytes)
        patch.setattr("cnnkit.scratch.conv_backward.BLOCK_BYTES", block_bytes)
        assert np.allclose(scratch.conv2d(x, kernel, bias, **options), y)
        parts = scratch.conv2d_backward(grad, x, kernel, **options)
    for part, one in zip(parts, whole, strict=True):
        assert np.allclose(part, one)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"padding": "same"},
        {"strides": 2, "padding": "same"},
        {"strides": (2, 1), "padding": (1, 2), "dilation_rate": (1, 2)},
    ],
)
def test_gradients_agree_with_finite_differences(options, rng):
    x, kernel, bias = (
        rng.standard_normal(shape) for shape in ((2, 6, 5, 2), (3, 2, 2, 3), (3,))
    )
    grad = rng.standard_normal(scratch.conv2d(x, kernel, **options).shape)
    dx, dkernel, dbias = scratch.conv2d_backward(grad, x, kernel, **options)
    for function, array, gradient in (
        (lambda x: scratch.conv2d(x, kernel, bias, **options), x, dx),
        (lambda kernel: scratch.conv2d(x, kernel, bias, **options), kernel, dkernel),
        (lambda bias: scratch.conv2d(x, kernel, bias, **options), bias, dbias),
    ):
        assert scratch.check_gradient(function, array, gradient, grad=grad)


def picture(rows):
    return np.array(rows, np.float32)[None, :, :, None]


FIVE = picture(np.arange(1, 26).reshape(5, 5))
CROSS = picture([[0, 1, 0], [1, 1, 1], [0, 1, 0]]).transpose(1, 2, 3, 0)


def test_five_by_five_with_three_by_three_is_worked_by_hand():
    # At the upper left: 2 + 6 + 7 + 8 + 12 = 35; each step right adds 5, down 25.
    worked = [[35, 40, 45], [60, 65, 70], [85, 90, 95]]
    assert scratch.conv2d(FIVE, CROSS)[0, :, :, 0].tolist() == worked
    assert scratch.conv2d_loops(FIVE, CROSS)[0, :, :, 0].tolist() == worked


def test_five_padded_to_seven_stays_five():
    same = scratch.conv2d(FIVE, CROSS, padding="same")
    assert np.array_equal(same, scratch.conv2d(FIVE, CROSS, padding=1))
    padded = np.pad(FIVE, [(0, 0), (1, 1), (1, 1), (0, 0)])
    assert padded.shape == (1, 7, 7, 1)
    assert np.array_equal(same, scratch.conv2d(padded, CROSS))
    assert same.shape == FIVE.shape
    assert same[0, 0, 0, 0] == 1 + 2 + 6  # two of the five weights meet zeros


def test_one_filter_on_a_colour_picture_gives_one_map():
    x, one = np.ones((1, 32, 32, 3), np.float32), np.ones((5, 5, 3, 1), np.float32)
    assert scratch.conv2d(x, one).shape == (1, 28, 28, 1)
    two_zeros = scratch.conv2d(x, one, padding=2)
    assert two_zeros.shape == (1, 32, 32, 1)
    assert (two_zeros[0, 16, 16, 0], two_zeros[0, 0, 0, 0]) == (75, 27)


def test_the_bias_is_added_once_everywhere():
    y = scratch.conv2d(FIVE, CROSS, [100])
    assert np.array_equal(y, scratch.conv2d(FIVE, CROSS) + 100)


def test_the_kernel_is_not_turned_round():
    one = np.zeros((2, 2, 1, 1), np.float32)
    one[0, 1] = 1  # copies the pixel up and to the right
    assert np.array_equal(scratch.conv2d(FIVE, one), FIVE[:, :4, 1:])


@pytest.mark.parametrize("scale", [1e4, -1e4])
def test_large_numbers_stay_exact_enough(scale):
    y = scratch.conv2d(scale * FIVE, CROSS)
    assert np.allclose(y, scale * scratch.conv2d(FIVE, CROSS))


def test_zeros_and_a_single_pixel():
    assert not scratch.conv2d(0 * FIVE, CROSS).any()
    pixel = picture([[3]])
    assert scratch.conv2d(pixel, CROSS, padding="same").item() == 3
    assert scratch.conv2d(pixel, picture([[2]]), [1]).item() == 7
    dx, dkernel, dbias = scratch.conv2d_backward(pixel, pixel, CROSS, padding="same")
    assert (dx.item(), dkernel.sum(), dbias.item()) == (3, 9, 3)


@pytest.mark.parametrize("function", [scratch.conv2d, scratch.conv2d_loops])
def test_nan_reaches_every_output_that_reads_it_and_no_other(function):
    x = FIVE.copy()
    x[0, 1, 1, 0] = np.nan
    y = function(x, np.ones((3, 3, 1, 1), np.float32))[0, :, :, 0]
    assert np.isnan(y).tolist() == [[True, True, False]] * 2 + [[False] * 3]


def test_types():
    kernel = CROSS.astype(np.float64)
    assert scratch.conv2d(FIVE, CROSS).dtype == np.float32
    assert scratch.conv2d(FIVE, kernel).dtype == np.float64
    for dtype in (np.uint8, np.int64, np.float16, ">f4"):
        y = scratch.conv2d(FIVE.astype(dtype), CROSS)
        assert y.dtype == np.float32
        assert np.array_equal(y, scratch.conv2d(FIVE, CROSS))
    assert scratch.conv2d(FIVE.tolist(), CROSS).dtype == np.float64
    assert scratch.conv2d(FIVE.astype("i4"), CROSS.astype(bool)).dtype == np.float32


def test_inputs_are_left_as_they_were(rng):
    x, kernel = rng.random((2, 5, 5, 1)), rng.random((1, 1, 1, 2))
    before = x.copy(), kernel.copy()
    y = scratch.conv2d(x, kernel, [1.0, 2.0])
    scratch.conv2d_backward(y, x, kernel)
    assert np.array_equal(x, before[0]) and np.array_equal(kernel, before[1])


ONES = np.ones((3, 3, 1, 2), np.float32)


@pytest.mark.parametrize(
    ("x", "kernel", "options", "error", "message"),
    [
        (FIVE[0], CROSS, {}, ValueError, "`x` to have the shape (N, H, W, C)"),
        (FIVE, CROSS[:, :, 0], {}, ValueError, "`kernel` to have the shape (kh, kw"),
        (FIVE, np.ones((3, 3, 2, 1)), {}, ValueError, "the 1 input channels"),
        (FIVE[:0], CROSS, {}, ValueError, "`x` to have at least one element"),
        (FIVE, CROSS[..., :0], {}, ValueError, "`kernel` to have at least one"),
        (
            FIVE,
            np.ones((6, 6, 1, 1)),
            {},
            ValueError,
            "height=5, padding='valid', kernel=6",
        ),
        (FIVE + 1j, CROSS, {}, TypeError, "complex64"),
        (FIVE.astype(str), CROSS, {}, TypeError, "`x` to be an array of numbers"),
        ([[1, 2], [3]], CROSS, {}, ValueError, "`x` to be an array of numbers"),
        (FIVE, CROSS, {"strides": 0}, ValueError, "strides=0"),
        (FIVE, CROSS, {"strides": (1, 2, 3)}, ValueError, "one integer or (vertical"),
        (FIVE, CROSS, {"strides": 1.0}, TypeError, "strides=1.0"),
        (FIVE, CROSS, {"padding": "SAME"}, ValueError, "padding='SAME'"),
        (FIVE, CROSS, {"padding": -1}, ValueError, "padding=-1"),
        (FIVE, CROSS, {"padding": None}, ValueError, '"valid", "same" or zeros'),
        (FIVE[:, :, :2], CROSS, {}, ValueError, "the padded width of `x`"),
        (FIVE.astype("g"), CROSS, {}, TypeError, "float64 at the most"),
        (FIVE, CROSS, {"dilation_rate": 3}, ValueError, "kernel=3 × dilation_rate 3"),
    ],
)
def test_bad_input_is_told(x, kernel, options, error, message):
    for call in (
        lambda: scratch.conv2d(x, kernel, **options),
        lambda: scratch.conv2d_loops(x, kernel, **options),
        lambda: scratch.conv2d_backward(FIVE, x, kernel, **options),
    ):
        with pytest.raises(error) as caught:
            call()
        assert message in str(caught.value) and "Expected" in str(caught.value)


def test_a_bias_or_gradient_of_another_shape_is_told():
    with pytest.raises(ValueError, match="each of the 2 kernels"):
        scratch.conv2d(FIVE, ONES, np.zeros(3))
    with pytest.raises(ValueError, match=r"shape of the output, \(1, 3, 3, 2\)"):
        scratch.conv2d_backward(np.zeros((1, 3, 3, 1)), FIVE, ONES)


@pytest.mark.parametrize(
    ("x_shape", "kernel_shape"),
    [((400, 32, 32, 16), (3, 3, 16, 4)), ((1, 1200, 1000, 4), (5, 5, 4, 1))],
    ids=["many pictures", "one large picture"],
)
def test_the_unfolded_windows_never_take_more_than_64_megabytes(x_shape, kernel_shape):
    x, kernel = np.ones(x_shape, np.float32), np.ones(kernel_shape, np.float32)
    windows = np.prod(x_shape[:3]) * np.prod(kernel_shape[:3]) * 4
    assert windows > 3 * 64 * 2**20  # all at once they would
    tracemalloc.start()
    try:
        y = scratch.conv2d(x, kernel, padding="same")
        forward = tracemalloc.get_traced_memory()[1] - y.nbytes
        tracemalloc.reset_peak()
        scratch.conv2d_backward(y, x, kernel, padding="same")
        backward = tracemalloc.get_traced_memory()[1] - y.nbytes
    finally:
        tracemalloc.stop()
    # Besides: the padded copy of x; on the way back dx, before and after it is put
    # in order, and one weight's share of it.
    assert forward < 1.2 * x.nbytes + 64 * 2**20
    assert backward < 3.2 * x.nbytes + 64 * 2**20


def test_the_way_back_is_bounded_whatever_the_batch():
    x, kernel = np.ones((600, 12, 12, 8), np.float32), np.ones((3, 3, 8, 1), np.float32)
    y = scratch.conv2d(x, kernel)
    tracemalloc.start()
    try:
        scratch.conv2d_backward(y, x, kernel)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.1 * x.nbytes + 3 * unfold.BLOCK_BYTES


def test_the_view_of_the_windows_copies_nothing_but_zeros():
    places = conv.grid((5, 5), (3, 3), 1, "valid")
    assert np.shares_memory(unfold.unfolded(FIVE, places), FIVE)
    assert output_size(5, 3) == places.rows.outputs
