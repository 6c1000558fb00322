import random
import re
from html.parser import HTMLParser

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnkit import models
from cnnkit.tracing import Row, Trace, trace

layers = keras.layers


def value(product):
    """What a formula in the row's notation comes to."""
    assert re.fullmatch(r"[\d·+()/ ]*", product)
    return eval(product.replace("·", "*") or "0")


def answers(formula):
    """The number behind the last equals sign of each line."""
    return [int(line.rsplit("= ", 1)[1]) for line in formula.split("\n")]


def chain(*stack, shape=None, name="chain"):
    start = [] if shape is None else [keras.Input(shape)]
    return keras.Sequential([*start, *stack], name=name)


def one(layer, shape):
    return trace(chain(layer), shape).rows[0]


def test_the_course_network_row_by_row():
    told = trace(models.simple_cnn())
    conv1, pool1, conv2, pool2, flatten, dense, logits, softmax = told.rows
    assert isinstance(told, Trace) and isinstance(conv1, Row)
    assert [row.formula for row in told.rows] == [
        "(28 + 2·0 − 5)/1 + 1 = 24",
        "(24 + 2·0 − 2)/2 + 1 = 12",
        "(12 + 2·0 − 5)/1 + 1 = 8",
        "(8 + 2·0 − 2)/2 + 1 = 4",
        "4·4·20 = 320",
        "units = 100",
        "units = 10",
        "as its input",
    ]
    assert [row.output_shape for row in told.rows] == [
        *((24, 24, 10), (12, 12, 10), (8, 8, 20), (4, 4, 20)),
        *((320,), (100,), (10,), (10,)),
    ]
    assert [row.parameter_formula for row in (conv1, conv2, dense, logits)] == [
        *("5·5·1·10 + 10", "5·5·10·20 + 20", "320·100 + 100", "100·10 + 10")
    ]
    assert [row.parameters for row in told.rows] == [
        *(260, 0, 5_020, 0, 0, 32_100, 1_010, 0)
    ]
    assert [row.multiply_adds for row in told.rows] == [
        *(144_000, 0, 320_000, 0, 0, 32_000, 1_000, 0)
    ]
    assert conv2.multiply_add_formula == "8·8·5·5·10·20"
    assert conv1.activation_bytes == 24 * 24 * 10 * 4
    fields = [row.receptive_field[0] for row in (conv1, pool1, conv2, pool2)]
    assert fields == [(5, 1, 0), (6, 2, 0), (14, 2, 0), (16, 4, 0)]
    assert [row.sees_everything for row in told.rows] == [False] * 4 + [True] * 4
    assert (softmax.kind, flatten.name) == ("Softmax", "flatten")
    assert told.multiply_adds == 497_000
    assert told.activation_bytes == 4 * (5760 + 1440 + 1280 + 320 * 2 + 100 + 10 + 10)


def test_the_text_of_the_course_network():
    text = str(trace(models.simple_cnn()))
    assert text == repr(trace(models.simple_cnn()))
    assert max(map(len, text.splitlines())) <= 100
    assert "simple_cnn: 28×28×1 → 10" in text
    assert re.search(r"conv2 +Conv2D +8×8×20 +\(12 .* = 8 +0 +0 +14 +2 +0\n", text)
    assert re.search(r"total +38,390 +497,000 +36,960\n", text)
    assert "38,390 parameters are trainable, 0 are not" in text


FACTORIES = ("mlp", "simple_cnn", "lenet5", "conv_blocks", "gap_cnn", "fast_cnn")


@pytest.mark.parametrize("name", [*FACTORIES, "alexnet"])
def test_totals_are_kerass(name):
    model = getattr(models, name)(**({} if name == "mlp" else {"pooling": "l2"}))
    model.layers[1].trainable = False
    told = trace(model)
    assert_totals(told, model)
    for row, layer in zip(told.rows, model.layers, strict=True):
        assert row.output_shape == layer.output.shape[1:]
        assert row.parameters == layer.count_params()
        assert "no formula" not in row.formula and row.multiply_adds is not None


def test_alexnet_by_its_published_numbers():
    told = trace(models.alexnet(groups=2, local_response_normalization=True))
    rows = {row.name: row for row in told.rows}
    assert told.parameters == 60_965_224
    assert rows["conv1"].formula == "(227 + 2·0 − 11)/4 + 1 = 55"
    assert rows["conv2"].parameter_formula == "5·5·(96/2)·256 + 256"
    assert rows["norm1"].formula == "as its input"
    assert rows["pool5"].receptive_field[0][:2] == (195, 32)
    # By hand: 105.4 + 223.9 + 149.5 + 112.1 + 74.8 + 37.7 + 16.8 + 4.1 million.
    assert told.multiply_adds == 724_406_816


def assert_totals(told, model):
    def count(weights):
        return sum(int(np.prod(weight.shape)) for weight in weights)

    assert told.parameters == model.count_params()
    assert told.trainable_parameters == count(model.trainable_weights)
    assert told.non_trainable_parameters == count(model.non_trainable_weights)


# --- random chains ---------------------------------------------------------

pairs = st.tuples(st.integers(1, 4), st.integers(1, 4))
paddings = st.sampled_from(["valid", "same"])
steps = st.one_of(
    st.tuples(pairs, st.just((1, 1))), st.tuples(st.just((1, 1)), pairs)
)  # Keras takes strides or a dilation


@st.composite
def stacks(draw):
    """A function that makes fresh layers, for they are told built and unbuilt."""
    makers = []
    for _ in range(draw(st.integers(1, 5))):
        (strides, dilation), kernel = draw(steps), draw(pairs)
        options = {"padding": draw(paddings), "strides": strides}
        bias, filters = draw(st.booleans()), draw(st.sampled_from([2, 4]))
        spread = {**options, "dilation_rate": dilation, "use_bias": bias}
        sides = (draw(pairs), draw(pairs))
        makers.append(
            draw(
                st.sampled_from(
                    [
                        (layers.Conv2D, (filters, kernel), spread),
                        (layers.Conv2D, (filters, kernel), {**spread, "groups": 2}),
                        (layers.DepthwiseConv2D, (kernel,), spread),
                        (layers.SeparableConv2D, (filters, kernel), spread),
                        (layers.Conv2DTranspose, (filters, kernel), options),
                        (layers.MaxPooling2D, (kernel,), options),
                        (layers.AveragePooling2D, (kernel,), options),
                        (layers.ZeroPadding2D, (sides,), {}),
                        (layers.Cropping2D, (((1, 0), (0, 1)),), {}),
                        (layers.UpSampling2D, (kernel,), {}),
                        (layers.BatchNormalization, (), {"scale": bias}),
                        (layers.Dropout, (0.5,), {}),
                        (layers.ReLU, (), {}),
                    ]
                )
            )
        )
    ending = draw(st.sampled_from(["flatten", "average", "none"]))
    if ending != "none":
        last = layers.Flatten if ending == "flatten" else layers.GlobalAveragePooling2D
        makers += [(last, (), {}), (layers.Dense, (3,), {})]
    return lambda: [kind(*given, **options) for kind, given, options in makers]


@settings(max_examples=100)
@given(stacks(), st.integers(8, 24), st.integers(8, 24))
def test_random_chains_agree_with_keras(stack, height, width):
    shape = (height, width, 2)
    unbuilt = chain(*stack())
    try:
        model = chain(*stack(), shape=shape)
    except ValueError:  # a window is larger than what reaches it
        with pytest.raises(ValueError, match="large enough"):
            trace(unbuilt, shape)
        return
    if not all(size for layer in model.layers for size in layer.output.shape[1:]):
        with pytest.raises(ValueError, match="large enough"):
            trace(model)
        return
    told, copied = trace(model), trace(unbuilt, shape)
    assert not any(layer.weights for layer in unbuilt.layers)
    assert_totals(told, model)
    for row, other, layer in zip(told.rows, copied.rows, model.layers, strict=True):
        assert row.output_shape == other.output_shape == layer.output.shape[1:]
        assert (row.formula, row.parameters) == (other.formula, other.parameters)
        assert "no formula" not in row.formula
        if len(row.output_shape) == 3 and row.formula != "as its input":
            sides = answers(row.formula)
            assert tuple(sides * (3 - len(sides))) == row.output_shape[:2]
        elif "=" in row.formula:
            assert answers(row.formula) == [row.output_shape[0]]
        assert value(row.parameter_formula) == row.parameters == layer.count_params()
        assert value(row.multiply_add_formula) == row.multiply_adds


# --- one layer at a time ---------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "formula", "padding", "unread"),
    [
        (layers.Conv2D(1, 5, padding="same", strides=2), "⌈28/2⌉ = 14", (1, 2), 0),
        (layers.Conv2D(1, 5, strides=2), "⌊(28 + 2·0 − 5)/2⌋ + 1 = 12", (0, 0), 1),
        (
            layers.Conv2D(1, 5, dilation_rate=2),
            "span 2·(5 − 1) + 1 = 9: (28 + 2·0 − 9)/1 + 1 = 20",
            (0, 0),
            0,
        ),
        (layers.ZeroPadding2D(3), "28 + 3 + 3 = 34", (3, 3), 0),
    ],
)
def test_hand_worked_formulas(layer, formula, padding, unread):
    row = one(layer, (28, 28, 1))
    assert row.formula == formula
    assert row.padding == (padding, padding)
    assert row.unread == (unread, unread)


def test_axes_that_differ_are_both_told():
    row = one(layers.Conv2D(1, (3, 5), strides=2), (28, 28, 1))
    assert row.formula == (
        "height: ⌊(28 + 2·0 − 3)/2⌋ + 1 = 13\nwidth: ⌊(28 + 2·0 − 5)/2⌋ + 1 = 12"
    )
    assert row.receptive_field == ((3, 2, 0), (5, 2, 0))


def test_products_of_other_layers():
    assert one(layers.BatchNormalization(), (4, 4, 10)).parameter_formula == "4·10"
    assert one(layers.BatchNormalization(), (4, 4, 10)).trainable_parameters == 20
    grouped = one(layers.Conv2D(256, 5, groups=2, padding="same"), (27, 27, 96))
    assert grouped.parameter_formula == "5·5·(96/2)·256 + 256"  # AlexNet's second
    assert grouped.parameters == 307_456
    assert grouped.multiply_adds == 27 * 27 * 5 * 5 * 48 * 256
    depthwise = one(layers.DepthwiseConv2D(3), (28, 28, 10))
    assert value(depthwise.parameter_formula) == 3 * 3 * 10 + 10


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (lambda **o: layers.Conv2D(7, (3, 5), strides=2, **o), (16, 15, 4)),
        (lambda **o: layers.DepthwiseConv2D(3, depth_multiplier=2, **o), (9, 8, 3)),
        (lambda **o: layers.SeparableConv2D(5, 3, strides=2, **o), (9, 9, 3)),
        (lambda padding, **o: layers.Dense(7, **o), (4, 5, 6)),
        (lambda padding, **o: layers.Dense(7, **o), (11,)),
    ],
)
def test_multiply_adds_are_half_of_tensorflows_operations(layer, shape, padding):
    layer = layer(padding=padding, use_bias=False)
    row = one(layer, shape)

    run = tf.function(lambda x: layer(x))
    graph = run.get_concrete_function(tf.TensorSpec((1, *shape))).graph
    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    counted = tf.compat.v1.profiler.profile(graph, options=options)
    assert 2 * row.multiply_adds == counted.total_float_ops


@pytest.mark.parametrize(
    "stack",
    [
        [
            layers.Conv2D(2, (3, 2), strides=2, padding="same"),
            layers.AveragePooling2D(2),
            layers.Conv2D(1, 2, dilation_rate=2),
        ],
        [
            layers.ZeroPadding2D(((2, 1), (0, 3))),
            layers.DepthwiseConv2D(3, strides=2),
            layers.BatchNormalization(),
            layers.SeparableConv2D(2, (2, 3), padding="same"),
        ],
        [
            layers.Cropping2D(((1, 2), (3, 0))),
            layers.AveragePooling2D(3, strides=2, padding="same"),
            layers.Conv2D(1, 1),
        ],
    ],
)
def test_receptive_fields_are_where_the_gradient_is(stack):
    model = chain(*stack, shape=(30, 31, 1))
    for layer in stack:
        if not isinstance(layer, layers.BatchNormalization):
            layer.set_weights([np.ones_like(array) for array in layer.get_weights()])
    image = tf.Variable(tf.zeros((1, 30, 31, 1)))
    for axis, field in enumerate(trace(model).rows[-1].receptive_field):
        for index in (2, 3):
            with tf.GradientTape() as tape:
                answer = tf.reduce_sum(tf.gather(model(image), index, axis=axis + 1))
            touched = tape.gradient(answer, image).numpy().any(axis=(0, 2 - axis, 3))
            (positions,) = np.nonzero(touched)
            assert positions[0] == field.of(index)[0]
            assert positions[-1] == field.of(index)[-1]


def test_global_pooling_and_dense_see_everything():
    stack = [layers.Conv2D(2, 2, strides=2), layers.GlobalMaxPooling2D()]
    assert trace(chain(*stack), (8, 8, 1)).rows[-1].sees_everything
    last = trace(chain(*stack), (9, 9, 1)).rows[-1]  # the ninth pixel is not read
    assert not last.sees_everything and last.receptive_field[0].size == 8
    dense = trace(chain(layers.Dense(2), layers.Flatten(), layers.Dense(3)), (4, 4, 1))
    assert [row.sees_everything for row in dense.rows] == [False, True, True]


def test_channels_first_is_told_without_running_it():
    options = {"data_format": "channels_first"}
    stack = [layers.Conv2D(10, 5, **options), layers.MaxPooling2D(2, **options)]
    told = trace(chain(*stack, layers.Flatten(), layers.Dense(2)), (1, 28, 28))
    assert told.rows[1].output_shape == (10, 12, 12)
    assert told.rows[0].multiply_adds == 144_000
    assert told.rows[1].receptive_field == ((6, 2, 0), (6, 2, 0))
    assert told.rows[-1].sees_everything


# --- models of other forms -------------------------------------------------


class Twice(layers.Layer):
    def __init__(self, units, **options):
        super().__init__(**options)
        self.inner = layers.Dense(units)

    def call(self, x):
        return 2 * self.inner(x)


def test_what_is_not_known_is_said_and_still_counted():
    told = trace(chain(layers.Conv2D(2, 3), Twice(5), layers.Flatten()), (8, 8, 1))
    row = told.rows[1]
    assert row.formula == "no formula for Twice"
    assert (row.output_shape, row.parameters) == ((6, 6, 5), 2 * 5 + 5)
    assert row.multiply_adds is None and row.receptive_field is None
    assert "≥ 648" in str(told)  # 6·6·3·3·2, and what Twice does


def test_a_rewritten_layer_gets_no_formula():
    class Odd(layers.Conv2D):
        def call(self, x):
            return super().call(x) + 1

    assert one(Odd(2, 3), (8, 8, 1)).formula == "no formula for Odd"


def test_lambda_and_operations():
    told = trace(chain(layers.Lambda(lambda x: x * 2), layers.Flatten()), (3, 3, 1))
    assert told.rows[1].output_shape == (9,)
    image = keras.Input((8, 8, 1))
    convolved = layers.Conv2D(2, 3)(image)
    told = trace(keras.Model(image, keras.ops.relu(convolved)))
    assert [row.kind for row in told.rows] == ["Conv2D", "Relu"]


def test_chains_in_chains_are_flattened_and_shared_weights_counted_once():
    shared = layers.Conv2D(2, 3, padding="same", name="shared")
    image = keras.Input((8, 8, 2))
    head = chain(layers.Flatten(name="flatten"), layers.Dense(3, name="d"), name="head")
    model = keras.Model(image, head(shared(shared(image))))
    head.trainable = False
    told = trace(model)
    assert [row.name for row in told.rows] == [
        *("shared", "shared", "head/flatten", "head/d")
    ]
    assert [row.shared for row in told.rows] == [False, True, False, False]
    assert_totals(told, model)
    assert "counted above" in str(told)


def test_open_sizes_take_the_callers():
    image = keras.Input((None, None, 1))
    model = keras.Model(image, layers.Conv2D(2, 3, name="conv")(image), name="open")
    assert trace(model, (8, 9, 1)).rows[0].output_shape == (6, 7, 2)
    with pytest.raises(ValueError, match="as open takes .×.×1"):
        trace(model)


def test_the_callers_model_stays_as_it_is():
    model = chain(layers.Conv2D(2, 3), layers.Dropout(0.5), layers.Dense(2))
    state = random.getstate()
    told = trace(model, (8, 8, 1))
    assert random.getstate() == state
    assert not model.built and not model.layers[0].built
    model.build((None, 8, 8, 1))
    assert_totals(told, model)


# --- errors ----------------------------------------------------------------


def branched():
    image = keras.Input((8, 8, 2))
    first = layers.Conv2D(2, 3, padding="same", name="first")(image)
    second = layers.Conv2D(2, 3, padding="same", name="second")(first)
    return image, first, second


def test_branches_are_named():
    image, first, second = branched()
    for outputs in (layers.Add(name="add")([first, second]), [first, second]):
        with pytest.raises(ValueError, match="Expected a chain .* branches after firs"):
            trace(keras.Model(image, outputs))


def test_several_inputs_are_refused():
    image, other = keras.Input((4,)), keras.Input((4,))
    with pytest.raises(ValueError, match="one input and one output .* 2 inputs"):
        trace(keras.Model([image, other], layers.Add()([image, other])))


@pytest.mark.parametrize(
    ("shape", "error", "message"),
    [
        (None, ValueError, "`input_shape` of one example"),
        ((None, 28, 28, 1), ValueError, "without the batch"),
        ("28", ValueError, "without the batch"),
        ((28, 28.0, 1), TypeError, "input_shape"),
        ((3, 3, 1), ValueError, "up to conv. Received: 3×3×1 before Conv2D conv"),
        ((), ValueError, "without the batch"),
    ],
)
def test_bad_shapes_are_told(shape, error, message):
    model = chain(layers.Conv2D(2, 5, name="conv"))
    with pytest.raises(error, match=message):
        trace(model, shape)


def test_augmentation_rests():
    stack = [layers.RandomFlip(name="flip"), layers.RandomZoom(0.1, name="zoom")]
    rows = trace(chain(*stack, layers.Conv2D(2, 5, name="conv")), (8, 8, 1)).rows
    assert [row.formula for row in rows[:2]] == ["as its input"] * 2
    assert rows[2].receptive_field[0].size == 5 and rows[0].multiply_adds == 0


def test_an_array_may_give_the_shape():
    row = trace(chain(layers.Conv2D(2, 5, name="conv")), np.array([8, 8, 1])).rows[0]
    assert row.output_shape == (4, 4, 2)


def test_a_shape_that_the_model_does_not_take():
    with pytest.raises(ValueError, match="simple_cnn takes 28×28×1"):
        trace(models.simple_cnn(), (32, 32, 1))


@pytest.mark.parametrize("thing", [3, Twice(2), keras.Model()])
def test_other_things_are_refused(thing):
    with pytest.raises(TypeError, match="Sequential model, or a Functional one"):
        trace(thing)


# --- the table in a notebook -----------------------------------------------


class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.tags, self.texts, self.columns = [], set(), [], []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        assert not {name for name, _ in attrs} - {"style"}
        if tag == "tr":
            self.columns.append(0)
        self.columns[-1:] = [n + (tag in ("td", "th")) for n in self.columns[-1:]]
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def test_the_html_is_two_plain_whole_tables():
    stack = [layers.Conv2D(2, (3, 5), name="conv"), layers.Flatten(name="flatten")]
    page = trace(chain(*stack, name="<script>&"), (8, 9, 1))._repr_html_()
    reader = Reader()
    reader.feed(page)
    assert not reader.open
    assert reader.tags == {
        *("div", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"),
        *("br", "small"),
    }
    assert "&lt;script&gt;&amp;" in page
    assert reader.columns == [9, 9, 9, 6, 6, 6, 6]  # heads, two layers; and totals
    assert {"width: (9 + 2·0 − 5)/1 + 1 = 5", "3·5·1·2 + 2", "32"} <= set(reader.texts)
    assert "color" not in page and "http" not in page
