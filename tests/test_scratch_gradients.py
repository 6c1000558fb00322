import numpy as np
import pytest

from cnnkit import scratch


def square(x):
    return x**2


def test_numerical_gradients_are_those_of_school():
    x = np.array([[1.0, -2.0], [0.5, 3.0]])
    assert np.allclose(scratch.numerical_gradient(square, x), 2 * x)
    assert np.allclose(scratch.numerical_gradient(np.sin, x), np.cos(x))
    upstream = np.array([[1.0, 2.0], [3.0, 4.0]])
    found = scratch.numerical_gradient(square, x, grad=upstream)
    assert np.allclose(found, 2 * x * upstream)
    total = scratch.numerical_gradient(lambda x: x.sum(), x)
    assert np.allclose(total, 1)


def test_a_right_gradient_passes_and_says_so():
    x = np.linspace(-1, 1, 12).reshape(3, 4)
    result = scratch.check_gradient(np.exp, x, np.exp(x))
    assert result and result.passed and result.wrong == 0
    assert repr(result) == "✓ the gradient agrees with finite differences at 12 places"
    one = scratch.check_gradient(square, 3.0, 6.0)
    assert repr(one).endswith("at 1 place") and one.worst == ()


def test_the_function_never_sees_a_changed_input():
    x = np.ones(3)
    scratch.check_gradient(square, x, 2 * x)
    assert np.array_equal(x, np.ones(3))


def test_float32_input_is_checked_in_float64():
    x = np.linspace(1, 2, 5, dtype=np.float32)
    assert scratch.check_gradient(square, x, 2 * x)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda x: x, "It is 0.5 times what it should be, everywhere."),
        (lambda x: -2 * x, "It has the wrong sign everywhere."),
        (lambda x: 2 * x + 1e-4, "finite differences say"),
        (lambda x: 0 * x, "is wrong at 3 of 3 places"),
        (lambda x: 2 * x[::-1], "is wrong at 2 of 3 places"),
        (lambda x: np.nan * x, "it says nan"),
        (lambda x: np.where(x == 1.5, np.nan, 2 * x), "At (1,) it says nan"),
        (lambda x: 2 * x * np.array([1, 1, 1.001]), "At (2,)"),
    ],
)
def test_a_wrong_gradient_is_found_and_told(wrong, told):
    x = np.array([1.0, 1.5, 2.0])
    result = scratch.check_gradient(square, x, wrong(x))
    assert not result and result.wrong > 0 and told in repr(result)


def test_a_transposed_gradient_is_found(rng):
    x, kernel, grad = (rng.standard_normal((3, 3)) for _ in range(3))
    right = scratch.dense_backward(grad, x, kernel)[1]
    function = lambda kernel: scratch.dense(x, kernel)  # noqa: E731
    assert scratch.check_gradient(function, kernel, right, grad=grad)
    assert not scratch.check_gradient(function, kernel, right.T, grad=grad)


def test_samples_are_drawn_by_the_seed():
    calls = []

    def counted(x):
        calls.append(1)
        return x**2

    x = np.ones(1000)
    result = scratch.check_gradient(counted, x, 2 * x, samples=5)
    assert result and result.places == 5 and len(calls) == 15
    wrong = np.where(np.arange(1000) < 500, 2.0, 3.0)
    results = [
        scratch.check_gradient(square, x, wrong, samples=20, seed=1) for _ in range(2)
    ]
    assert results[0] == results[1] and not results[0]
    assert scratch.check_gradient(square, x, 2 * x, samples=5000).places == 1000


def test_bad_input_is_told():
    x = np.ones(3)
    with pytest.raises(ValueError, match=r"the shape of `x`, \(3,\)"):
        scratch.check_gradient(square, x, np.ones(2))
    with pytest.raises(ValueError, match="the shape of the function's output"):
        scratch.check_gradient(square, x, x, grad=np.ones(2))
    with pytest.raises(ValueError, match="`step` to be a number above 0"):
        scratch.numerical_gradient(square, x, step=0)
    with pytest.raises(ValueError, match="samples=0"):
        scratch.check_gradient(square, x, x, samples=0)
    with pytest.raises(ValueError, match="numbers in float64"):
        scratch.check_gradient(lambda x: x.astype(np.float32), x, x)
    with pytest.raises(ValueError, match="at least one element"):
        scratch.numerical_gradient(square, [])


def test_the_usual_reasons_are_told(rng):
    corner = scratch.check_gradient(scratch.relu, [0.0, 1.0], [0.0, 1.0])
    assert not corner and "the slope is 0, just above 1: this is a corner" in repr(
        corner
    )
    x, kernel, grad = (rng.standard_normal((3, 3)) for _ in range(3))
    _, dkernel, _ = scratch.dense_backward(grad, x, kernel)
    function = lambda kernel: scratch.dense(x, kernel)  # noqa: E731
    assert scratch.check_gradient(function, kernel, dkernel, grad=grad)
    forgotten = scratch.check_gradient(function, kernel, dkernel)
    assert not forgotten and "pass that as grad=" in repr(forgotten)
    with pytest.raises(ValueError, match="two different results"):
        scratch.check_gradient(lambda x: x * rng.random(), x, x)


def scaled(factors):
    return lambda x: np.array(factors) * x


@pytest.mark.parametrize(
    ("function", "x", "gradient"),
    [
        (square, [1.0, 2.0], [np.inf, 123.0]),
        (square, [1.0, 2.0], [2.0, np.inf]),
        (scaled([1e7, 1, 1, 1]), [1.0, 2, 1, 1], [1e7, -1, -1, -1]),
        (scaled([1e6, 1]), [1.0, 1.0], [1e6, 0]),
        (scaled([1, 1, 1e-4]), [1.0, 2, 3], [1, 1, 1.5e-4]),
    ],
)
def test_a_wrong_gradient_beside_a_large_number_is_found(function, x, gradient):
    result = scratch.check_gradient(function, x, gradient)
    assert not result and "1 times" not in repr(result)


@pytest.mark.parametrize(
    ("function", "x", "gradient"),
    [
        (square, [1e8], [2e8]),
        (square, [1e12, 1e-12], [2e12, 2e-12]),
        (lambda x: np.sum(x**2) + 1e6, [1e-3], [2e-3]),
        (scratch.sigmoid, [20.0, -20.0], scratch.sigmoid_backward([1, 1], [20.0, -20])),
        (scaled([1e7, 1, 1e-7]), [1.0, 2, 3], [1e7, 1, 1e-7]),
        (np.zeros_like, [1.0, 2.0], [0.0, 0.0]),
    ],
)
def test_a_right_gradient_passes_whatever_its_size(function, x, gradient):
    assert scratch.check_gradient(function, x, gradient)


def test_a_confident_network_passes(rng):
    for _ in range(20):
        logits, labels = 8 * rng.standard_normal((3, 5)), rng.integers(0, 5, 3)
        gradient = scratch.softmax_cross_entropy_backward(1.0, logits, labels)
        loss = lambda x, labels=labels: scratch.softmax_cross_entropy(x, labels)  # noqa: E731
        assert scratch.check_gradient(loss, logits, gradient)
        y_gradient = scratch.softmax_backward(logits, 5 * logits)
        assert scratch.check_gradient(
            scratch.softmax, 5 * logits, y_gradient, grad=logits
        )


def test_functions_that_use_their_arrays_again_are_seen_through():
    buffer = np.zeros(2)

    def reuses(x):
        buffer[...] = x**2
        return buffer

    def overwrites(x):
        return np.multiply(x, x, out=x)

    for function in (reuses, overwrites):
        assert scratch.check_gradient(function, [1.0, 2.0], [2.0, 4.0])
        assert not scratch.check_gradient(function, [1.0, 2.0], [0.0, 0.0])


def test_a_curve_is_no_corner():
    result = scratch.check_gradient(np.sqrt, [1e-3, 1.0], [1.0, 1.0])
    assert not result and "corner" not in repr(result)
