import keras
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from oracle import conv2d, tf

from cnnkit import output_size, padding_amounts, receptive_field, unread_pixels
from cnnkit.shapes import ReceptiveField

lengths = st.integers(1, 12)
steps = st.integers(1, 4)
paddings = st.sampled_from(["valid", "same", 0, 1, 2, 5])


def windows(size, kernel, stride, padding, dilation):
    """What each window reads, from TensorFlow: `(outputs, kernel)`.

    Positions count from 1; 0 is padding. A kernel with a single 1 copies the
    pixel that it stands on.
    """
    positions = np.arange(1.0, size + 1).reshape(1, size, 1, 1)
    if not isinstance(padding, str):
        padding = (padding, 0)
    taps = []
    for tap in np.eye(kernel).reshape(kernel, kernel, 1, 1, 1):
        taps.append(conv2d(positions, tap, None, stride, padding, (dilation, 1)))
    return np.stack([np.asarray(tap)[0, :, 0, 0] for tap in taps], axis=1).astype(int)


def fits(size, kernel, padding, dilation):
    zeros = 0 if isinstance(padding, str) else padding
    return padding == "same" or dilation * (kernel - 1) + 1 <= size + 2 * zeros


@given(lengths, lengths, steps, paddings, steps)
def test_sizes_paddings_and_unread_pixels_are_tensorflows(
    size, kernel, stride, padding, dilation
):
    assume(fits(size, kernel, padding, dilation))
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    read = windows(size, kernel, stride, padding, dilation)
    assert output_size(size, kernel, **options) == len(read)
    before, after = padding_amounts(size, kernel, **options)
    # Counted from the first real pixel, window o reads o·stride − before + i·dilation.
    places = np.arange(len(read))[:, None] * stride - before
    places = places + np.arange(kernel) * dilation + 1
    assert np.array_equal(read, np.where((places >= 1) & (places <= size), places, 0))
    assert unread_pixels(size, kernel, **options) == size - read.max()
    if padding == "same":
        assert 0 <= after - before <= 1


@given(lengths, lengths, steps, st.sampled_from(["valid", "same"]), steps)
def test_sizes_are_those_of_keras_layers(size, kernel, stride, padding, dilation):
    assume(fits(size, kernel, padding, dilation))
    assume(stride == 1 or dilation == 1)  # Keras takes one of the two
    layer = keras.layers.Conv2D(
        1, kernel, strides=stride, padding=padding, dilation_rate=dilation
    )
    shape = layer.compute_output_shape((None, size, size, 1))
    options = {"stride": stride, "padding": padding}
    assert output_size(size, kernel, **options, dilation=dilation) == shape[1]
    if dilation == 1:
        pool = keras.layers.MaxPooling2D(kernel, strides=stride, padding=padding)
        shape = pool.compute_output_shape((None, size, size, 1))
        assert output_size(size, kernel, **options) == shape[1]


@pytest.mark.parametrize(
    ("arguments", "options", "size"),
    [
        ((5, 3), {}, 3),
        ((5, 3), {"padding": 1}, 5),  # 5 → 7 → 5
        ((7, 3), {}, 5),
        ((32, 5), {}, 28),
        ((32, 5), {"padding": 2}, 32),
        ((28, 5), {}, 24),
        ((24, 2), {"stride": 2}, 12),
        ((12, 5), {}, 8),
        ((8, 2), {"stride": 2}, 4),
        ((227, 11), {"stride": 4}, 55),  # AlexNet
        ((55, 3), {"stride": 2}, 27),
        ((224, 7), {"stride": 2, "padding": 3}, 112),  # ResNet
        ((7, 3), {"dilation": 3}, 1),
    ],
)
def test_known_sizes(arguments, options, size):
    assert output_size(*arguments, **options) == size


def test_hand_worked_paddings_and_leftovers():
    assert padding_amounts(5, 3) == (1, 1)
    assert padding_amounts(5, 2) == (0, 1)  # the odd zero goes after
    assert padding_amounts(28, 5, padding="valid") == (0, 0)
    assert padding_amounts(28, 5, padding=3) == (3, 3)
    assert padding_amounts(5, 1, stride=3) == (0, 0)
    assert unread_pixels(5, 2, stride=2) == 1
    assert unread_pixels(5, 2, stride=2, padding="same") == 0
    assert unread_pixels(9, 1, stride=10, padding=9) == 7  # it reads position 1


@pytest.mark.parametrize("function", [output_size, padding_amounts, unread_pixels])
@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        (
            (5, 6),
            {"padding": "valid"},
            ValueError,
            "the window to fit into the padded input",
        ),
        ((5, 3), {"padding": 0, "dilation": 3}, ValueError, "the kernel spans 7"),
        ((0, 3), {}, ValueError, "`size` to be an integer of at least 1"),
        ((5, 0), {}, ValueError, "`kernel` to be an integer of at least 1"),
        ((5, 3), {"stride": 0}, ValueError, "stride=0"),
        ((5, 3), {"stride": -1}, ValueError, "stride=-1"),
        ((5, 3), {"dilation": 0}, ValueError, "dilation=0"),
        ((5, 3), {"padding": -1}, ValueError, "padding=-1"),
        ((5, 3), {"padding": "full"}, ValueError, '"valid", "same" or the number'),
        ((5.0, 3), {}, TypeError, "size=5.0"),
        ((5, 3), {"stride": 1.5}, TypeError, "stride=1.5"),
        ((5, 3), {"stride": True}, TypeError, "stride=True"),
        ((5, (3, 3)), {}, TypeError, "kernel=(3, 3)"),
        ((5, 3), {"padding": None}, TypeError, "padding=None"),
    ],
)
def test_bad_input_is_told(function, arguments, options, error, message):
    with pytest.raises(error) as caught:
        function(*arguments, **options)
    assert message in str(caught.value) and "Expected" in str(caught.value)


def test_numpy_integers_pass_and_do_not_overflow():
    small = np.uint8
    assert output_size(np.int64(5), np.int32(3), stride=small(2)) == 2
    assert padding_amounts(small(5), small(1), stride=small(3)) == (0, 0)
    assert {type(n) for n in padding_amounts(np.int64(28), np.int64(5))} == {int}
    assert unread_pixels(500, small(3), dilation=small(200)) == 0
    fields = receptive_field([(small(3), small(2), small(1))] * 9)
    assert fields[-1] == (1023, 512, -511)
    assert {type(number) for number in fields[-1]} == {int}


@given(lengths, st.integers(1, 3))
def test_same_with_stride_one_needs_no_input_size(kernel, dilation):
    layer = (kernel, 1, "same", dilation)
    assert receptive_field([layer]) == receptive_field([layer], input_size=30)


@st.composite
def stacks(draw):
    """A few layers, and an input size that they fit."""
    size = draw(st.integers(8, 30))
    layers, reached = [], size
    for _ in range(draw(st.integers(1, 4))):
        layer = (
            draw(st.integers(1, 4)),
            draw(st.integers(1, 3)),
            draw(st.sampled_from(["valid", "same", 1, 2])),
            draw(st.integers(1, 2)),
        )
        kernel, stride, padding, dilation = layer
        if not fits(reached, kernel, padding, dilation):
            break
        options = {"stride": stride, "padding": padding, "dilation": dilation}
        reached = output_size(reached, kernel, **options)
        layers.append(layer)
    assume(layers)
    return size, layers, reached


@given(stacks(), st.data())
def test_the_receptive_field_is_where_the_gradient_arrives(stack, data):
    size, layers, outputs = stack
    index = data.draw(st.integers(0, outputs - 1))
    x = tf.ones((1, size, 1, 1), tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x
        for kernel, stride, padding, dilation in layers:
            ones = tf.ones((kernel, 1, 1, 1), tf.float64)
            zeros = padding if isinstance(padding, str) else (padding, 0)
            y = conv2d(y, ones, None, stride, zeros, (dilation, 1))
        chosen = y[0, index, 0, 0]
    reached = np.flatnonzero(tape.gradient(chosen, x).numpy())
    field = receptive_field(layers, input_size=size)[-1].of(index)
    inside = [position for position in field if 0 <= position < size]
    # A stride or a dilation can leave the first or last position of the field
    # unread when a middle layer's padding stands there; nothing outside is read.
    assert set(reached) <= set(inside)
    if all(layer[2] == "valid" for layer in layers):
        assert (reached.min(), reached.max()) == (field[0], field[-1])


def test_the_field_of_the_courses_network_is_worked_by_hand():
    fields = receptive_field([(5,), (2, 2), (5,), (2, 2)], input_size=28)
    assert fields == [(5, 1, 0), (6, 2, 0), (14, 2, 0), (16, 4, 0)]
    assert fields[-1].of(3) == range(12, 28)  # the last of the four reaches the edge


def test_same_layers_reach_into_the_padding():
    (field,) = receptive_field([(3, 1, "same")])
    assert field == ReceptiveField(size=3, jump=1, offset=-1)
    one, two = receptive_field(
        [{"kernel": 3, "padding": 1}, {"kernel": 3, "stride": 2}]
    )
    assert (one, two) == ((3, 1, -1), (5, 2, -1))


@pytest.mark.parametrize(
    ("stack", "size", "error", "message"),
    [
        ([(3, 2, "same")], None, ValueError, "`input_size` for layer 1"),
        ([(3,), (9,)], 8, ValueError, "size=6, kernel=9"),
        ([(3,), 3], None, ValueError, "layer 2 to be (kernel, stride"),
        ([()], None, ValueError, "layer 1"),
        ([(3, 1, 0, 1, 1)], None, ValueError, "layer 1"),
        ([{"kernel": 3, "strides": 2}], None, ValueError, "layer 1"),
        ([(3, 0)], None, ValueError, "stride=0"),
        ([(3, 1, "full")], None, ValueError, "padding='full'"),
        ([(3.0,)], None, TypeError, "kernel=3.0"),
        ([(3,)], 0, ValueError, "size=0"),
        (3, None, ValueError, "`stack` to be a list of layers"),
        ([(5,), (5,)], 7, ValueError, "layer 2 to fit its input, which has 3"),
    ],
)
def test_bad_stacks_are_told(stack, size, error, message):
    with pytest.raises(error) as caught:
        receptive_field(stack, input_size=size)
    assert message in str(caught.value)


def test_a_field_has_no_index_but_whole_numbers():
    field = ReceptiveField(3, 1, 0)
    with pytest.raises(TypeError, match="`index` to be an integer"):
        field.of(1.5)
    with pytest.raises(ValueError, match="index=-1"):
        field.of(-1)
