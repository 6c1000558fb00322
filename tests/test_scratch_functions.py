"""Activations, softmax, dense, flatten, dropout: against Keras and by hand."""

import keras
import numpy as np
import oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import tf

from cnnkit import scratch

ACTIVATIONS = {
    "relu": (scratch.relu, scratch.relu_backward),
    "leaky_relu": (scratch.leaky_relu, scratch.leaky_relu_backward),
    "sigmoid": (scratch.sigmoid, scratch.sigmoid_backward),
    "tanh": (scratch.tanh, scratch.tanh_backward),
    "softmax": (scratch.softmax, scratch.softmax_backward),
}
every_activation = pytest.mark.parametrize("name", ACTIVATIONS)
CORNERS = [0.0, -0.0, 1.0, -1.0, 30.0, -30.0, 1e4, -1e4]


@st.composite
def scores(draw):
    """`(N, classes)`, ordinary numbers and extreme ones."""
    numbers = st.sampled_from(CORNERS) | st.floats(
        -20, 20, width=32, allow_subnormal=False
    )
    classes = draw(st.integers(2, 6))
    rows = st.lists(numbers, min_size=classes, max_size=classes)
    rows = draw(st.lists(rows, min_size=1, max_size=4))
    return np.array(rows, draw(st.sampled_from([np.float32, np.float64])))


def waves(shape):
    return np.cos(np.arange(np.prod(shape))).reshape(shape)


@every_activation
@given(x=scores())
def test_activations_and_gradients_are_those_of_keras(name, x):
    forward, backward = ACTIVATIONS[name]
    y, grad, (dx,) = oracle.gradients(keras.activations.get(name), waves, x)
    ours, found = forward(x), backward(grad, x)
    assert ours.dtype == found.dtype == x.dtype
    assert np.allclose(ours, y, rtol=1e-5, atol=1e-6)
    assert np.allclose(found, dx, rtol=1e-4, atol=1e-6)
    assert np.isfinite(ours).all() and np.isfinite(found).all()


@every_activation
def test_gradients_agree_with_finite_differences(name, rng):
    forward, backward = ACTIVATIONS[name]
    x, grad = rng.uniform(0.1, 3, (3, 4)), rng.standard_normal((3, 4))
    x *= np.sign(rng.standard_normal(x.shape))  # away from the corner at 0
    assert scratch.check_gradient(forward, x, backward(grad, x), grad=grad)


@every_activation
def test_nan_is_carried_and_integers_become_float32(name):
    forward, backward = ACTIVATIONS[name]
    y = forward(np.array([np.nan, 1.0]))
    assert np.isnan(y[0])
    assert np.isnan(backward(np.full(2, np.nan), [1.0, 1.0])).all()
    assert forward(np.array([1, 2])).dtype == np.float32


@every_activation
def test_bad_input_is_told(name):
    forward, backward = ACTIVATIONS[name]
    for call in (forward, lambda x: backward(x, x)):
        with pytest.raises(ValueError, match="at least one element"):
            call(np.zeros((0, 3)))
        with pytest.raises(TypeError, match="array of numbers"):
            call(np.array(["a"]))
    with pytest.raises(ValueError, match=r"the shape of `x`, \(3,\)"):
        backward(np.ones(2), np.ones(3))


def test_hand_worked_activations():
    assert scratch.relu([-3, 0, 2]).tolist() == [0, 0, 2]
    assert scratch.leaky_relu([-3.0, 2.0], negative_slope=0.25).tolist() == [-0.75, 2]
    assert scratch.sigmoid(0.0) == 0.5
    assert np.isclose(scratch.sigmoid(np.log(3.0)), 0.75)
    assert scratch.sigmoid_backward(1.0, 0.0) == 0.25
    assert scratch.tanh_backward(1.0, 0.0) == 1
    animals = scratch.softmax(np.log([70, 25, 5]))
    assert np.allclose(animals, [0.70, 0.25, 0.05])
    assert np.allclose(scratch.softmax([1.0, 2.0, 3.0]).round(3), [0.09, 0.245, 0.665])
    with pytest.raises(ValueError, match="negative_slope=-1"):
        scratch.leaky_relu([1.0], negative_slope=-1)


def test_far_out_the_sigmoid_keeps_its_small_slope():
    slope = scratch.sigmoid_backward(1.0, 40.0)  # 1 − y would be rounded to 0
    assert np.isclose(slope, np.exp(-40.0), rtol=1e-12, atol=0)


def test_softmax_along_another_axis(rng):
    x, grad = rng.standard_normal((2, 3, 4)), rng.standard_normal((2, 3, 4))
    y, _, (dx,) = oracle.gradients(
        lambda x: tf.nn.softmax(x, axis=1), lambda shape: grad, x
    )
    assert np.allclose(scratch.softmax(x, axis=1), y)
    assert np.allclose(scratch.softmax_backward(grad, x, axis=1), dx)
    for bad in (3, -4):
        with pytest.raises(ValueError, match="`axis` to be an integer of at least -3"):
            scratch.softmax(x, axis=bad)
    with pytest.raises(ValueError, match="at least one axis"):
        scratch.softmax(3.0)


@given(x=scores(), data=st.data())
def test_the_loss_and_its_gradient_are_those_of_keras(x, data):
    classes = st.integers(0, x.shape[1] - 1)
    labels = np.array([data.draw(classes) for _ in x])
    keras_loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    loss, _, (dx,) = oracle.gradients(
        lambda x: keras_loss(labels, x), lambda shape: 1.0, x
    )
    ours = scratch.softmax_cross_entropy(x, labels)
    assert ours.dtype == x.dtype and ours >= 0
    assert np.isclose(ours, loss, rtol=1e-5, atol=1e-6)
    found = scratch.softmax_cross_entropy_backward(1.0, x, labels)
    assert np.allclose(found, dx, rtol=1e-4, atol=1e-6)


def test_the_loss_of_ignorance_is_the_logarithm_of_the_classes():
    loss = scratch.softmax_cross_entropy(np.zeros((7, 10)), np.arange(7))
    assert np.isclose(loss, np.log(10))


def test_the_gradient_of_the_loss_agrees_with_finite_differences(rng):
    logits, labels = rng.standard_normal((4, 5)), [0, 4, 2, 2]
    gradient = scratch.softmax_cross_entropy_backward(2.0, logits, labels)
    function = lambda x: scratch.softmax_cross_entropy(x, labels)  # noqa: E731
    assert scratch.check_gradient(function, logits, gradient, grad=2.0)


@pytest.mark.parametrize(
    ("logits", "labels", "error", "message"),
    [
        (np.zeros((2, 3)), [0, 3], ValueError, "from 0 to 2"),
        (np.zeros((2, 3)), [-1, 0], ValueError, "labels from -1 to 0"),
        (np.zeros((2, 3)), [0], ValueError, "one label for each of the 2"),
        (np.zeros((2, 3)), [0.0, 1.0], TypeError, "`labels` to be integers"),
        (np.zeros((2, 3)), np.eye(3, dtype=int)[:2], ValueError, "shape (2, 3)"),
        (np.zeros((2, 3)), [[0], [1, 2]], ValueError, "`labels` to be integers"),
        (np.zeros((0, 3)), [], ValueError, "at least one element"),
        (np.zeros(3), [0], ValueError, "(N, classes)"),
    ],
)
def test_bad_scores_and_labels_are_told(logits, labels, error, message):
    for call in (
        lambda: scratch.softmax_cross_entropy(logits, labels),
        lambda: scratch.softmax_cross_entropy_backward(1.0, logits, labels),
    ):
        with pytest.raises(error) as caught:
            call()
        assert message in str(caught.value)
    with pytest.raises(ValueError, match="shape of the loss"):
        scratch.softmax_cross_entropy_backward([1.0], np.zeros((1, 2)), [0])


def test_dense_is_that_of_keras(rng):
    x, kernel, bias = (rng.standard_normal(shape) for shape in ((4, 3), (3, 5), (5,)))
    y, grad, theirs = oracle.gradients(
        lambda x, kernel, bias: keras.ops.matmul(x, kernel) + bias,
        waves,
        *(x, kernel, bias),
    )
    assert np.allclose(scratch.dense(x, kernel, bias), y)
    assert np.allclose(scratch.dense(x, kernel), y - bias)
    found = scratch.dense_backward(grad, x, kernel)
    for gradient, expected in zip(found, theirs, strict=True):
        assert np.allclose(gradient, expected)
    for function, array, gradient in (
        (lambda x: scratch.dense(x, kernel, bias), x, found[0]),
        (lambda kernel: scratch.dense(x, kernel, bias), kernel, found[1]),
        (lambda bias: scratch.dense(x, kernel, bias), bias, found[2]),
    ):
        assert scratch.check_gradient(function, array, gradient, grad=grad)


def test_dense_keeps_types_and_tells_bad_input():
    x, kernel = np.ones((2, 3), np.float32), np.ones((3, 4), np.float32)
    assert scratch.dense(x, kernel, np.ones(4, np.float32)).dtype == np.float32
    assert scratch.dense(x, kernel, np.ones(4)).dtype == np.float64
    with pytest.raises(ValueError, match="a row for each of the 3 inputs"):
        scratch.dense(x, kernel.T)
    with pytest.raises(ValueError, match="each of the 4 units"):
        scratch.dense(x, kernel, np.ones(3))
    with pytest.raises(ValueError, match=r"`x` to have the shape \(N, D\)"):
        scratch.dense(x[0], kernel)
    with pytest.raises(ValueError, match=r"the output, \(2, 4\)"):
        scratch.dense_backward(x, x, kernel)
    with pytest.raises(ValueError, match="at least one element"):
        scratch.dense(x[:0], kernel)


def test_flatten_and_back(rng):
    x = rng.random((2, 4, 4, 20), dtype=np.float32)
    y = scratch.flatten(x)
    assert y.shape == (2, 320) and np.array_equal(y, keras.layers.Flatten()(x))
    assert np.array_equal(scratch.flatten_backward(y, x), x)
    with pytest.raises(ValueError, match=r"\(N, …\)"):
        scratch.flatten([1.0])
    with pytest.raises(ValueError, match=r"the output, \(2, 320\)"):
        scratch.flatten_backward(y[:, :-1], x)


def test_dropout_silences_the_share_and_keeps_the_mean():
    x = np.ones((200, 500), np.float32)
    y, mask = scratch.dropout(x, 0.3, seed=0)
    assert y.dtype == mask.dtype == np.float32
    assert set(np.unique(y)) == {0, np.float32(1 / 0.7)}
    assert abs((y == 0).mean() - 0.3) < 0.01  # 100,000 draws: σ is 0.0014
    assert abs(y.mean() - 1) < 0.01
    again, _ = scratch.dropout(x, 0.3, seed=0)
    other, _ = scratch.dropout(x, 0.3, seed=1)
    assert np.array_equal(y, again) and not np.array_equal(y, other)
    grad = np.full_like(x, 2)
    assert np.array_equal(scratch.dropout_backward(grad, mask), 2 * y)
    assert np.array_equal(scratch.dropout(x, 0, seed=0)[0], x)


def test_a_generator_gives_a_new_mask_each_time():
    x, generator = np.ones(100), np.random.default_rng(0)
    first, second = (scratch.dropout(x, 0.5, seed=generator)[0] for _ in range(2))
    assert not np.array_equal(first, second)


def test_seeds_are_checked():
    for seed, error in (("x", TypeError), (1.5, TypeError), (-1, ValueError)):
        with pytest.raises(error, match="`seed` to be an integer"):
            scratch.dropout(np.ones(3), 0.5, seed=seed)


def test_scores_at_the_end_of_the_numbers():
    assert scratch.softmax(np.float32([3e38, -3e38])).tolist() == [1, 0]
    assert scratch.softmax_cross_entropy(np.float32([[3e38, -3e38]]), [0]) == 0
    assert np.isnan(scratch.softmax([np.inf, 1.0])).any()  # as TensorFlow


def test_bad_rates_are_told():
    for rate in (1, -0.1, np.nan):
        with pytest.raises(ValueError, match="`rate` to be a number at least 0"):
            scratch.dropout(np.ones(3), rate, seed=0)
    with pytest.raises(ValueError, match="the shape of `mask`"):
        scratch.dropout_backward(np.ones(2), np.ones(3))


@pytest.mark.parametrize(
    ("shape", "weights"),
    [
        ((5, 5, 1, 10), 250),
        ((5, 5, 10, 20), 5_000),
        ((320, 100), 32_000),
        ((100, 10), 1_000),
    ],
)
def test_the_counts_of_the_notes(shape, weights):
    layer = scratch.simple_cnn().weights
    assert weights in [array.size for array in layer if array.shape == shape]
