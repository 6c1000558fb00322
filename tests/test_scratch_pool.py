import math

import keras
import numpy as np
import oracle
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from oracle import tf

from cnnkit import scratch

sizes, pool_sizes = st.integers(1, 9), st.integers(1, 4)
pairs = st.tuples(pool_sizes, pool_sizes)
PAIRS = {
    "max": (scratch.max_pool2d, scratch.max_pool2d_backward),
    "avg": (scratch.avg_pool2d, scratch.avg_pool2d_backward),
    "lp": (scratch.lp_pool2d, scratch.lp_pool2d_backward),
}
every_pool = pytest.mark.parametrize("kind", PAIRS)


@st.composite
def poolings(draw, types=(np.float64, np.float32), whole_numbers=False):
    """`(x, options)` that fit together."""
    height, width = draw(sizes), draw(sizes)
    options = {
        "pool_size": draw(pool_sizes | pairs),
        "strides": draw(st.none() | pool_sizes | pairs),
        "padding": draw(st.sampled_from(["valid", "same", 0, 1, (0, 2)])),
    }
    (kh, kw), zeros = oracle.both(options["pool_size"]), options["padding"]
    if zeros != "same":
        zeros = oracle.both(0 if zeros == "valid" else zeros)
        assume(zeros[0] < kh <= height + 2 * zeros[0])
        assume(zeros[1] < kw <= width + 2 * zeros[1])
    shape = draw(st.integers(1, 3)), height, width, draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = rng.integers(-2, 3, shape) if whole_numbers else rng.standard_normal(shape)
    return x.astype(draw(st.sampled_from(types))), options


def by_tensorflow(kind, x, pool_size, strides, padding):
    """Any pooling; padding is kept out by a number that cannot win or count."""
    size, strides = oracle.both(pool_size), oracle.both(strides or pool_size)
    if padding in ("valid", "same") and kind == "max":
        return tf.nn.max_pool2d(x, size, strides, padding.upper())
    if padding in ("valid", "same") and kind == "avg":
        return tf.nn.avg_pool2d(x, size, strides, padding.upper())
    windows = _windows(x, size, strides, padding)  # NaN where there is padding
    inside = ~tf.math.is_nan(windows)
    if kind == "max":
        return tf.reduce_max(tf.where(inside, windows, -tf.float64.max), axis=3)
    windows = tf.where(inside, windows, 0)
    if kind == "avg":
        return tf.reduce_sum(windows, 3) / tf.reduce_sum(tf.cast(inside, x.dtype), 3)
    return tf.sqrt(tf.reduce_sum(windows**2, axis=3))


def _windows(x, size, strides, padding):
    """`(N, H', W', kh·kw, C)`, NaN for padding."""
    if padding == "same":
        padding = [
            max((-(-n // s) - 1) * s + k - n, 0)
            for n, k, s in zip(x.shape[1:3], size, strides, strict=True)
        ]
        padding = [[zeros // 2, zeros - zeros // 2] for zeros in padding]
    else:
        zeros = (0, 0) if padding == "valid" else oracle.both(padding)
        padding = [[zeros[0]] * 2, [zeros[1]] * 2]
    x = tf.pad(x, [[0, 0], *padding, [0, 0]], constant_values=math.nan)
    rows = range(0, x.shape[1] - size[0] + 1, strides[0])
    columns = range(0, x.shape[2] - size[1] + 1, strides[1])
    return tf.stack(
        [
            tf.stack(
                [
                    tf.reshape(
                        x[:, r : r + size[0], c : c + size[1]],
                        (x.shape[0], size[0] * size[1], x.shape[3]),
                    )
                    for c in columns
                ],
                axis=1,
            )
            for r in rows
        ],
        axis=1,
    )


@every_pool
@given(case=poolings([np.float64]))
def test_forward_and_gradient_are_tensorflows(kind, case):
    x, options = case
    forward, backward = PAIRS[kind]
    y, grad, (dx,) = oracle.gradients(
        lambda x: by_tensorflow(kind, x, **options),
        lambda shape: np.cos(np.arange(np.prod(shape))).reshape(shape),
        x,
    )
    ours = forward(x, **options)
    assert ours.shape == y.shape and np.allclose(ours, y)
    assert np.allclose(backward(grad, x, **options), dx)


@given(poolings([np.float32], whole_numbers=True))
def test_ties_go_to_the_pixel_that_tensorflow_chooses(case):
    x, options = case
    assume(options["padding"] in ("valid", "same"))
    _, grad, (dx,) = oracle.gradients(
        lambda x: by_tensorflow("max", x, **options),
        lambda shape: np.arange(1.0, np.prod(shape) + 1).reshape(shape),
        x,
    )
    assert np.array_equal(scratch.max_pool2d_backward(grad, x, **options), dx)


@every_pool
@given(case=poolings())
def test_types_and_shapes_are_kept(kind, case):
    x, options = case
    forward, backward = PAIRS[kind]
    y = forward(x, **options)
    assert y.dtype == x.dtype
    dx = backward(np.ones_like(y), x, **options)
    assert dx.dtype == x.dtype and dx.shape == x.shape


@pytest.mark.parametrize(
    "options", [{"pool_size": 2}, {"pool_size": (3, 2), "strides": 2}]
)
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_keras_layers_give_the_same(options, padding, rng):
    x = rng.random((2, 7, 6, 3), dtype=np.float32)
    for layer, function in (
        (keras.layers.MaxPooling2D, scratch.max_pool2d),
        (keras.layers.AveragePooling2D, scratch.avg_pool2d),
    ):
        theirs = layer(**options, padding=padding)(x)
        assert np.allclose(function(x, **options, padding=padding), theirs)
    theirs = keras.layers.GlobalAveragePooling2D()(x)
    assert np.allclose(scratch.global_avg_pool2d(x), theirs)
    theirs = keras.layers.GlobalAveragePooling2D(keepdims=True)(x)
    assert np.allclose(scratch.global_avg_pool2d(x, keepdims=True), theirs)


@every_pool
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"pool_size": 3, "strides": 2, "padding": "same"},
        {"pool_size": (2, 3), "strides": 1, "padding": (1, 1)},
    ],
)
def test_gradients_agree_with_finite_differences(kind, options, rng):
    forward, backward = PAIRS[kind]
    x = rng.permutation(60).reshape(1, 6, 5, 2) / 7 + 0.1  # no two are equal
    grad = rng.standard_normal(forward(x, **options).shape)
    gradient = backward(grad, x, **options)
    function = lambda x: forward(x, **options)  # noqa: E731
    assert scratch.check_gradient(function, x, gradient, grad=grad)


@pytest.mark.parametrize("p", [1, 1.5, 3, 7, math.inf])
def test_any_power_has_its_gradient(p, rng):
    x = rng.permutation(32).reshape(1, 4, 4, 2) / 7 - 2.2  # both signs, no zero
    grad = rng.standard_normal((1, 2, 2, 2))
    gradient = scratch.lp_pool2d_backward(grad, x, p=p)
    function = lambda x: scratch.lp_pool2d(x, p=p)  # noqa: E731
    assert scratch.check_gradient(function, x, gradient, grad=grad)
    windows = np.abs(x.reshape(1, 2, 2, 2, 2, 2).transpose(0, 1, 3, 5, 2, 4))
    norms = np.linalg.norm(windows.reshape(1, 2, 2, 2, 4), ord=p, axis=-1)
    assert np.allclose(scratch.lp_pool2d(x, p=p), norms)


def test_the_global_average_has_its_gradient(rng):
    x, grad = rng.standard_normal((2, 3, 4, 2)), rng.standard_normal((2, 2))
    gradient = scratch.global_avg_pool2d_backward(grad, x)
    function = scratch.global_avg_pool2d
    assert scratch.check_gradient(function, x, gradient, grad=grad)
    kept = scratch.global_avg_pool2d_backward(grad[:, None, None], x)
    assert np.array_equal(kept, gradient)


FOUR = np.array(
    [[1, 3, 2, 1], [4, 6, 5, 0], [7, 2, 9, 8], [1, 2, 3, 4]], np.float32
).reshape(1, 4, 4, 1)


def test_four_by_four_becomes_two_by_two_by_hand():
    assert scratch.max_pool2d(FOUR)[0, :, :, 0].tolist() == [[6, 5], [7, 9]]
    assert scratch.avg_pool2d(FOUR)[0, :, :, 0].tolist() == [[3.5, 2], [3, 6]]
    sums = scratch.lp_pool2d(FOUR, p=1)[0, :, :, 0]
    assert np.allclose(sums, [[14, 8], [12, 24]])
    assert scratch.global_avg_pool2d(FOUR).item() == 58 / 16


def test_padding_never_counts():
    x = np.full((1, 3, 3, 1), -2.0)
    for padding in ("same", 1):
        assert (scratch.max_pool2d(x, padding=padding) == -2).all()
        assert (scratch.avg_pool2d(x, padding=padding) == -2).all()


@every_pool
@pytest.mark.parametrize("scale", [1e4, -1e4])
def test_large_numbers(kind, scale):
    forward, backward = PAIRS[kind]
    x = np.full((1, 4, 4, 1), scale, np.float32)
    y = forward(x)
    worth = {"max": scale, "avg": scale, "lp": 2 * abs(scale)}[kind]
    assert np.allclose(y, worth)
    assert np.isfinite(backward(np.ones_like(y), x)).all()


def test_high_powers_do_not_overflow():
    x = np.array([1e4, -1e4, 0, 3], np.float32).reshape(1, 2, 2, 1)
    assert np.isclose(scratch.lp_pool2d(x, p=50).item(), 1e4 * 2 ** (1 / 50))
    ones = np.ones((1, 1, 1, 1), np.float32)
    assert np.isfinite(scratch.lp_pool2d_backward(ones, x, p=50)).all()
    x[0, 0, 0, 0] = np.inf
    assert scratch.lp_pool2d(x).item() == np.inf


@every_pool
def test_zeros_have_a_finite_gradient(kind):
    forward, backward = PAIRS[kind]
    x = np.zeros((1, 2, 2, 1))
    assert forward(x).item() == 0
    total = backward(np.ones((1, 1, 1, 1)), x).sum()
    assert total == {"max": 1, "avg": 1, "lp": 0}[kind]


@every_pool
def test_nan_is_carried(kind):
    forward, backward = PAIRS[kind]
    x = FOUR.copy()
    x[0, 0, 1] = np.nan
    y = forward(x)
    assert np.isnan(y).sum() == 1 and np.isnan(y[0, 0, 0, 0])
    dx = backward(np.ones_like(y), x)
    if kind == "max":  # the NaN won, so the gradient is its
        assert dx[0, :2, :2, 0].tolist() == [[0, 1], [0, 0]]


def test_infinite_gradients_stay_with_the_winner():
    for value in (np.inf, np.nan):
        dx = scratch.max_pool2d_backward(np.full((1, 1, 1, 1), value), FOUR[:, :2, :2])
        expected = [[0, 0], [0, value]]
        assert np.array_equal(dx[0, :, :, 0], expected, equal_nan=True)


@pytest.mark.parametrize("p", [np.float64(3), np.int64(3), np.float32(3), 3])
def test_the_type_of_p_does_not_matter(p):
    y = scratch.lp_pool2d(FOUR, p=p)
    assert y.dtype == np.float32 and np.array_equal(y, scratch.lp_pool2d(FOUR, p=3.0))


@every_pool
def test_a_single_pixel(kind):
    forward, backward = PAIRS[kind]
    x = np.full((1, 1, 1, 1), 3.0)
    assert forward(x, 1).item() == 3
    assert forward(x, padding="same").item() == 3
    assert backward(np.full((1, 1, 1, 1), 5.0), x, padding="same").item() == 5


@every_pool
def test_integers_become_float32(kind):
    forward, _ = PAIRS[kind]
    y = forward(FOUR.astype(np.int64))
    assert y.dtype == np.float32 and np.array_equal(y, forward(FOUR))


@every_pool
@pytest.mark.parametrize(
    ("x", "options", "error", "message"),
    [
        (FOUR[0], {}, ValueError, "`x` to have the shape (N, H, W, C)"),
        (FOUR[:0], {}, ValueError, "`x` to have at least one element"),
        (FOUR, {"pool_size": 5}, ValueError, "height=4, padding='valid', pool_size=5"),
        (FOUR, {"pool_size": 0}, ValueError, "pool_size=0"),
        (FOUR, {"pool_size": 2.0}, TypeError, "pool_size=2.0"),
        (FOUR, {"strides": 0}, ValueError, "strides=0"),
        (FOUR, {"padding": "full"}, ValueError, "padding='full'"),
        (FOUR, {"padding": 2}, ValueError, "no window is empty"),
        (FOUR.astype(complex), {}, TypeError, "`x` to be an array of numbers"),
    ],
)
def test_bad_input_is_told(kind, x, options, error, message):
    forward, backward = PAIRS[kind]
    for call in (lambda: forward(x, **options), lambda: backward(x, x, **options)):
        with pytest.raises(error) as caught:
            call()
        assert message in str(caught.value) and "Expected" in str(caught.value)


@every_pool
def test_a_gradient_of_another_shape_is_told(kind):
    with pytest.raises(ValueError, match=r"shape of the output, \(1, 2, 2, 1\)"):
        PAIRS[kind][1](FOUR, FOUR)


def test_bad_powers_and_global_gradients_are_told():
    for p in (0.5, -2, math.nan):
        with pytest.raises(ValueError, match="`p` to be a number at least 1"):
            scratch.lp_pool2d(FOUR, p=p)
    with pytest.raises(ValueError, match="at most 1000, or math.inf"):
        scratch.lp_pool2d(FOUR, p=1e300)
    with pytest.raises(TypeError, match="`p`"):
        scratch.lp_pool2d(FOUR, p=np.array([2.0, 3.0]))
    with pytest.raises(TypeError, match="`p`"):
        scratch.lp_pool2d_backward(FOUR[:, :2, :2], FOUR, p="2")
    with pytest.raises(ValueError, match=r"the shape of the output, \(1, 1\)"):
        scratch.global_avg_pool2d_backward(np.ones((1, 2)), FOUR)
    with pytest.raises(ValueError, match="at least one element"):
        scratch.global_avg_pool2d(FOUR[:0])
