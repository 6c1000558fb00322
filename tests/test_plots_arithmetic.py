import io
import re
import time
from fractions import Fraction

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from cnnkit import scratch
from cnnkit.plots import rounding
from cnnkit.plots.animating import Animation, convolution_animation
from cnnkit.plots.borders import padding, strides
from cnnkit.plots.formulas import size_formula
from cnnkit.plots.marks import times_read
from cnnkit.plots.numbers import pixel_values
from cnnkit.plots.pooled import pooling
from cnnkit.plots.sliding import convolution_step, convolution_strip
from cnnkit.plots.stacked import channels
from cnnkit.plots.steps import Steps, lines_of
from cnnkit.plots.style import BLUE, ORANGE
from cnnkit.scratch.windows import grid
from cnnkit.shapes import output_size, padding_amounts, unread_pixels

KERNEL = np.array([[1, 0], [-1, 2]])
# By hand: 1·1 + 2·0 + 4·(−1) + 5·2 = 7; and so on, one more for each step right.
IMAGE = np.arange(1, 10).reshape(3, 3)
ANSWERS = [[7, 9], [13, 15]]


def words(ax):
    """What is written on the cells, by (row, column)."""
    return {
        tuple(map(int, text.get_position()[::-1])): text.get_text()
        for text in ax.texts
        if text.get_visible() and text.get_gid() != "letter"
    }


def number(text):
    return Fraction(text.replace("−", "-"))


def gids(ax, name):
    return [patch for patch in ax.patches if patch.get_gid() == name]


def coloured(ax, colour):
    """Corner and size of each frame of a colour: (row, column, height, width)."""
    boxes = [p for p in ax.patches if p.get_edgecolor() == to_rgba(colour)]
    return [
        (b.get_y() + 0.5, b.get_x() + 0.5, b.get_height(), b.get_width()) for b in boxes
    ]


def caption(figure):
    return figure.texts[-1].get_text().replace("\n", " ")


# ------------------------------------------------------------------- rounding


@pytest.mark.parametrize(
    ("values", "most", "decimals"),
    [
        (["1", "-2"], 2, 0),
        (["0.5", "3"], 2, 1),
        (["0.25"], 2, 2),
        (["0.125"], 2, 2),  # too many for 2, so it is rounded
        (["0.125"], 3, 3),
        (["0"], 2, 0),
        (["0.01234", "-0.056"], 2, 3),  # two digits of 0.056
        (["0.0000123"], 2, 6),
        (["99.999"], 2, 2),
    ],
)
def test_decimals_are_as_many_as_needed(values, most, decimals):
    assert rounding.decimals_for(map(Fraction, values), most=most) == decimals


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        ("7", 0, "7"),
        ("-0.5", 2, "−0.50"),
        ("-0.001", 2, "0.00"),
        ("0.005", 1, "0.0"),
        ("1.999", 2, "2.00"),
        ("-12.34", 1, "−12.3"),
    ],
)
def test_numbers_are_written(value, decimals, text):
    assert rounding.written(Fraction(value), decimals) == text


def test_largest_remainders_by_hand():
    terms = [Fraction(14, 10), Fraction(-12, 10), Fraction(25, 10), Fraction(3)]
    # Down: 1, −2, 2, 3 = 4; the sum is 5.7, so 6: two units for −1.2 and 2.5.
    assert rounding.adding_up(terms, 0) == [1, -1, 3, 3]


@given(
    st.lists(st.floats(-1e5, 1e5).map(rounding.exactly), min_size=1, max_size=30),
    st.integers(0, 4),
)
def test_rounded_terms_add_up(terms, decimals):
    shown = rounding.adding_up(terms, decimals)
    unit = Fraction(1, 10**decimals)
    assert sum(shown) == round(sum(terms) / unit) * unit
    for term, rounded in zip(terms, shown, strict=True):
        assert abs(term - rounded) < unit
        assert (rounded / unit).denominator == 1


def test_float32_is_taken_as_it_prints():
    given_as = np.float32([[0.1, -2.5]])
    assert rounding.as_written(given_as).tolist() == [[0.1, -2.5]]
    assert rounding.as_written(np.uint8([7])).tolist() == [7.0]


finite = st.floats(-50, 50, width=32)


@given(
    st.lists(finite, min_size=16, max_size=16),
    st.lists(finite, min_size=4, max_size=4),
    finite,
    st.tuples(st.integers(0, 2), st.integers(0, 2)),
)
def test_what_a_step_shows_adds_up(pixels, weights, bias, place):
    values = np.array([*pixels, *weights, bias])
    values[np.abs(values) < 1e-3] = 0
    x, kernel = values[:16].reshape(4, 4), values[16:20].reshape(2, 2)
    steps = Steps(x, kernel, bias=values[20])
    products, shown_bias = steps.shown(place)
    answer = number(steps.answer(place))
    assert sum(products) + shown_bias == answer
    written = [number(text) for text in steps.product_texts(place)]
    assert written == products
    y = scratch.conv2d(x[None, ..., None], kernel[..., None, None], values[20:])
    unit = Fraction(1, 10**steps.decimals.sums)
    assert abs(answer - Fraction(float(y[(0, *place, 0)]))) <= unit / 2


def test_three_decimals_are_shown_in_full():
    steps = Steps(np.float32([[0.5, 0.1]]), np.float32([[0.25, 0.03]]), bias=1)
    assert steps.decimals == (True, 1, 2, 3)
    assert steps.product_texts((0, 0)) == ["0.125", "0.003"]
    assert " ".join(steps.sum_parts((0, 0))) == (
        "0.5·0.25 + 0.1·0.03 + bias 1.000 = 1.128"
    )


def test_four_decimals_are_rounded():
    steps = Steps([[0.04, 0.04, 0.04]], [[0.1, 0.1, 0.1]])  # 0.004 each: in full
    assert steps.answer((0, 0)) == "0.012"
    steps = Steps([[0.44, 0.44, 0.44]], [[0.11, 0.11, 0.11]])  # 0.0484 each
    assert steps.decimals.sums == 2 and not steps.decimals.exact
    assert steps.product_texts((0, 0)) == ["0.05", "0.05", "0.05"]
    assert steps.answer((0, 0)) == "0.15"


def test_lines_break_between_parts():
    assert lines_of(["1·2", "+ 3·4", "= 14"], 10) == "1·2 + 3·4\n= 14"


# --------------------------------------------------------------- pixel values


def test_pixels_bear_their_numbers():
    ax = pixel_values([[0, 255], [128, 7]], title="커널")
    assert isinstance(ax, Axes)
    assert words(ax) == {(0, 0): "0", (0, 1): "255", (1, 0): "128", (1, 1): "7"}
    assert ax.images[0].get_array().tolist() == [[0, 255], [128, 7]]
    assert ax.images[0].get_clim() == (0, 255)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("column", "row")
    inks = {text.get_text(): text.get_color() for text in ax.texts}
    assert (inks["0"], inks["255"]) == ("black", "white")  # high is dark ink


def test_signed_pixels_have_white_in_the_middle():
    ax = pixel_values([[-0.5, 2]])
    assert ax.images[0].get_clim() == (-3, 3)  # half as much again
    assert words(ax) == {(0, 0): "−0.5", (0, 1): "2.0"}
    assert pixel_values([[1, 3]], signed=True).images[0].get_clim() == (-4.5, 4.5)
    chosen = pixel_values([[1, 3]], signed=True, vmax=9)
    assert chosen.images[0].get_clim() == (-9, 9)
    assert pixel_values([[1, 3]], vmin=1, vmax=9).images[0].get_clim() == (1, 9)
    assert pixel_values([[0, 0]]).images[0].get_clim() == (0, 1)


def test_a_weight_has_one_shade_in_both_figures():
    kernel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    alone = pixel_values(kernel)
    step = convolution_step(np.eye(3), kernel).axes[1]
    assert alone.images[0].get_clim() == step.images[0].get_clim()
    inks = [[text.get_color() for text in ax.texts] for ax in (alone, step)]
    assert inks[0] == inks[1]


def test_numbers_of_either_sign_have_one_ink():
    values = np.arange(1, 13) / 12
    for limit in (1, 1.5):
        ax = pixel_values([values, -values], vmin=-limit, vmax=limit)
        inks = np.array([text.get_color() for text in ax.texts]).reshape(2, -1)
        assert np.array_equal(*inks)
        assert set(inks[0]) == {"black", "white"}
    # 9·2 and 9·(−2) as products
    products = convolution_step([[9, 9]], [[-2, 2]]).axes[2]
    assert len({text.get_color() for text in products.texts}) == 1


@pytest.mark.parametrize("shape", [(1, 1), (12, 12), (3, 3, 1, 1), (2, 9, 1)])
def test_pixels_of_any_small_grid(rng, shape):
    values = rng.normal(size=shape)
    ax = pixel_values(values)
    assert len(ax.texts) == values.size
    shown = np.array(ax.images[0].get_array())
    assert np.array_equal(shown, values.reshape(shape[:2]))
    longest = max(ax.texts, key=lambda text: len(text.get_text()))
    ax.figure.canvas.draw()
    cell = ax.get_window_extent().width / shape[1]
    assert longest.get_window_extent().width <= cell
    assert all(text.get_fontsize() >= 7 for text in ax.figure.findobj(Text))


def test_pixels_are_drawn_where_told():
    _, (left, right) = plt.subplots(1, 2)
    assert pixel_values(np.eye(3), ax=right) is right
    assert not left.images


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        (np.zeros((13, 2)), ValueError, r"at most 12 × 12.*values\[:12, :12\]"),
        (np.zeros(3), ValueError, r"`values` to be a grid \(H, W\)"),
        (np.zeros((0, 3)), ValueError, r"`values` to be a grid \(H, W\)"),
        (np.zeros((3, 3, 2)), ValueError, r"`values` to be a grid \(H, W\)"),
        ([["a"]], TypeError, "`values` to be an array of numbers"),
        ([[1j]], TypeError, "`values` to be an array of numbers"),
        ([[np.nan]], ValueError, "finite numbers"),
        ([[-np.inf]], ValueError, "finite numbers"),
        ([[1e6]], ValueError, "largest of `values`.*Scale"),
        ([[1e-9]], ValueError, "largest of `values`.*Scale"),
    ],
)
def test_pixels_refuse(values, error, message):
    with pytest.raises(error, match=message):
        pixel_values(values)


def test_pixels_want_room():
    _, ax = plt.subplots(figsize=(1.5, 1.5))
    with pytest.raises(ValueError, match="`ax` of at least"):
        pixel_values(np.full((12, 12), 0.25), ax=ax)


# ---------------------------------------------------------------- convolution


def test_a_step_shows_window_products_and_sum():
    figure = convolution_step(IMAGE, KERNEL, (0, 1), bias=3)
    assert isinstance(figure, Figure)
    before, kernel, products, output = figure.axes
    assert [ax.get_title() for ax in figure.axes] == [
        *("input 3×3", "kernel 2×2", "products", "output 2×2")
    ]
    assert np.array_equal(before.images[0].get_array(), IMAGE)
    assert words(kernel) == {(0, 0): "1", (0, 1): "0", (1, 0): "−1", (1, 1): "2"}
    # 2·1 + 3·0 + 5·(−1) + 6·2 + 3 = 12
    assert words(products) == {(0, 0): "2", (0, 1): "0", (1, 0): "−5", (1, 1): "12"}
    assert words(output) == {(0, 0): "10", (0, 1): "12"}
    assert np.ma.getmaskarray(output.images[0].get_array()).tolist() == [
        [False, False],
        [True, True],
    ]
    assert coloured(before, BLUE) == [(0, 1, 2, 2)]
    (row, column, height, width) = coloured(output, ORANGE)[0]
    assert (row - 0.5 + height / 2, column - 0.5 + width / 2) == pytest.approx((0, 1))
    assert caption(figure) == (
        "output row 0, column 1: 2·1 + 3·0 + 5·(−1) + 6·2 + bias 3 = 12"
    )


def test_every_step_shows_what_conv2d_answers(rng):
    x, kernel = rng.integers(0, 9, (5, 6)), rng.integers(-2, 3, (3, 2))
    options = {"strides": (2, 1), "padding": (1, 2), "dilation_rate": (1, 2)}
    expected = scratch.conv2d(
        x[None, ..., None], kernel[..., None, None], [2], **options
    )[0, ..., 0]
    last = tuple(size - 1 for size in expected.shape)
    figure = convolution_step(
        x[..., None], kernel[..., None, None], last, bias=2, **options
    )
    shown = words(figure.axes[3])
    assert {place: int(number(text)) for place, text in shown.items()} == {
        place: int(value) for place, value in np.ndenumerate(expected)
    }
    assert caption(figure).endswith(f"= {shown[last]}")
    zeros = gids(figure.axes[0], "zero")
    assert len(zeros) == (5 + 2) * (6 + 4) - 5 * 6
    rows = grid((5, 6), (3, 2), **options).rows
    top = last[0] * 2 - rows.before
    frames = coloured(figure.axes[0], BLUE)
    assert (top, last[1] - 2, 3, 3) in frames
    assert len(frames) == 1 + 3 * 2  # dilated: each pixel that is read, too


def test_long_sums_are_told_by_their_grid():
    figure = convolution_step(np.ones((4, 4)), np.ones((4, 4)), bias=-2)
    assert caption(figure) == (
        "output row 0, column 0: 16 (the 16 products) + bias (−2) = 14"
    )
    figure = convolution_step(np.ones((4, 4)), np.ones((4, 4)))
    assert caption(figure) == "output row 0, column 0: the 16 products add up to 16"


def test_rounded_steps_say_so():
    figure = convolution_step([[1 / 3, 1 / 3, 1 / 3]], [[1 / 3, 1 / 3, 1 / 3]])
    assert caption(figure) == (
        "output row 0, column 0: 0.11 + 0.11 + 0.11 = 0.33 "
        "(rounded so that the numbers shown add up)"
    )


@pytest.mark.parametrize("size", [1, 5, 12])
def test_the_text_of_a_step_is_inside(rng, size):
    kernel = rng.normal(size=(min(size, 3), min(size, 3)))
    figure = convolution_step(rng.random((size, size)), kernel, bias=-1.5)
    figure.canvas.draw()
    for text in figure.findobj(Text):
        box = text.get_window_extent()
        if text.get_text() and text.get_visible():
            assert box.x0 >= 0 and box.y0 >= 0 and text.get_fontsize() >= 7
            assert box.x1 <= figure.bbox.width and box.y1 <= figure.bbox.height


@pytest.mark.parametrize(
    ("arguments", "keywords", "error", "message"),
    [
        ((np.eye(13), KERNEL), {}, ValueError, "`image` to have at most 12 × 12"),
        ((IMAGE, np.ones((8, 8))), {}, ValueError, "`kernel` to have at most 7 × 7"),
        ((IMAGE, np.ones((2, 2, 3, 1))), {}, ValueError, "`kernel` to be a grid"),
        ((IMAGE * np.nan, KERNEL), {}, ValueError, "finite"),
        ((IMAGE, KERNEL + np.inf), {}, ValueError, "finite"),
        ((IMAGE, KERNEL), {"bias": np.nan}, ValueError, "`bias` to be 0 or from"),
        ((IMAGE, KERNEL), {"bias": "a"}, TypeError, "`bias` to be one number"),
        ((IMAGE, KERNEL), {"bias": [1, 2]}, TypeError, "`bias` to be one number"),
        ((IMAGE, KERNEL, (2, 0)), {}, ValueError, "row of place"),
        ((IMAGE, KERNEL, (0, -1)), {}, ValueError, "column of place"),
        ((IMAGE, KERNEL, (0, 0.5)), {}, TypeError, "column of place"),
        ((IMAGE, KERNEL, 1), {}, ValueError, r"`place` to be \(row, column\)"),
        ((IMAGE, np.eye(4)), {}, ValueError, "`kernel` to fit"),
        ((IMAGE, KERNEL), {"padding": 9}, ValueError, "with the zeros"),
        ((IMAGE, KERNEL), {"padding": "full"}, ValueError, "`padding` to be one of"),
        ((IMAGE * 9e4, KERNEL * 9), {}, ValueError, "products and sums below"),
    ],
)
def test_a_step_refuses(arguments, keywords, error, message):
    with pytest.raises(error, match=message):
        convolution_step(*arguments, **keywords)


def test_a_strip_fills_the_output():
    figure = convolution_strip(IMAGE, KERNEL)
    *frames, kernel = figure.axes
    assert len(frames) == 2 * 4
    assert words(kernel) == {(0, 0): "1", (0, 1): "0", (1, 0): "−1", (1, 1): "2"}
    assert kernel.get_title() == "kernel 2×2" and not kernel.get_xlabel()
    windows = [coloured(ax, BLUE)[0] for ax in frames[::2]]
    assert windows == [(0, 0, 2, 2), (0, 1, 2, 2), (1, 0, 2, 2), (1, 1, 2, 2)]
    filled = [len(words(ax)) for ax in frames[1::2]]
    assert filled == [1, 2, 3, 4]
    last = frames[-1]
    assert np.array_equal(last.images[0].get_array(), ANSWERS)
    assert words(last)[1, 1] == "15"
    assert figure.axes[2].get_title() == "output row 0, column 1"
    assert figure.axes[0].get_ylabel() == "input"
    assert figure.axes[1].get_ylabel() == "output"


def test_a_strip_shows_the_frames_asked_for():
    image = np.ones((6, 6))
    chosen = convolution_strip(image, KERNEL, frames=[(4, 4), (0, 2)])
    titles = [ax.get_title() for ax in chosen.axes[:-1:2]]
    assert titles == ["output row 4, column 4", "output row 0, column 2"]
    even = convolution_strip(image, KERNEL, frames=3)
    titles = [ax.get_title() for ax in even.axes[:-1:2]]
    assert titles == [f"output row {i}, column {i}" for i in (0, 2, 4)]
    assert len(convolution_strip(image, KERNEL).axes) == 2 * 9 + 1
    one = convolution_strip(image, KERNEL, frames=4, columns=1)
    assert len({round(ax.get_position().x0, 3) for ax in one.axes[:-1:2]}) == 1


@pytest.mark.parametrize("size", [(3, 20), (9, 9), (30, 4)])
def test_the_kernel_of_a_strip_has_room(rng, size):
    kernel = rng.normal(size=(3, 3))
    figure = convolution_strip(rng.random(size), kernel, bias=-0.5, frames=2)
    figure.canvas.draw()
    *frames, panel = figure.axes
    assert panel.get_xlabel() == "bias −0.5"
    box = panel.get_tightbbox()
    assert box.x0 >= 0 and box.y0 >= 0 and box.y1 <= figure.bbox.height
    assert all(ax.get_tightbbox().x0 > box.x1 for ax in frames)


def test_a_strip_of_a_large_picture_has_colours_alone(mnist):
    image = mnist.test.images[0]
    figure = convolution_strip(image, KERNEL, frames=2, padding="same")
    before, after, kernel = figure.axes[2:]
    assert len(words(kernel)) == 4
    assert not words(before) and not words(after)
    expected = scratch.conv2d(image[None], KERNEL[..., None, None], padding="same")
    shown = after.images[0].get_array()
    assert np.allclose(shown, expected[0, ..., 0], atol=1e-6)


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"frames": 0}, ValueError, "`frames` to be an integer"),
        ({"frames": []}, TypeError, "`frames` to be an integer"),
        ({"frames": [(0, 9)]}, ValueError, "column of place"),
        ({"columns": 0}, ValueError, "`columns` to be an integer"),
    ],
)
def test_a_strip_refuses(keywords, error, message):
    with pytest.raises(error, match=message):
        convolution_strip(IMAGE, KERNEL, **keywords)
    with pytest.raises(ValueError, match="at most 64 × 64"):
        convolution_strip(np.zeros((65, 3)), KERNEL)


# ------------------------------------------------------------------ animation


def test_an_animation_has_a_frame_for_each_place():
    before = plt.get_fignums()
    film = convolution_animation(IMAGE, KERNEL, bias=3, padding="same")
    assert plt.get_fignums() == before
    assert len(film) == 9
    assert repr(film) == "<Animation of 9 frames, 0.5 s each>"
    still = convolution_step(IMAGE, KERNEL, (1, 2), bias=3, padding="same")
    still.set_dpi(100)
    still.canvas.draw()
    drawn = np.asarray(still.canvas.buffer_rgba())[..., :3]
    frame = np.asarray(film.frames[5])
    assert frame.shape == drawn.shape
    assert np.abs(frame.astype(int) - drawn).mean() < 0.2  # of 255


def test_a_notebook_gets_an_animated_png():
    film = convolution_animation(IMAGE, KERNEL, seconds_per_step=0.25)
    with Image.open(io.BytesIO(film._repr_png_())) as picture:
        assert picture.format == "PNG" and picture.n_frames == 4
        assert picture.info["loop"] == 0
        picture.seek(1)
        assert picture.info["duration"] == 250
        assert picture.convert("RGB").getpixel((2, 2)) == (255, 255, 255)


@pytest.mark.parametrize("ending", ["png", "gif", "GIF"])
def test_animations_are_saved(tmp_path, ending):
    film = convolution_animation(IMAGE, KERNEL)
    path = tmp_path / "new" / f"film.{ending}"
    film.save(path)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    with Image.open(path) as picture:
        assert picture.format == ending.upper()
        assert picture.n_frames == 4 and picture.size == film.frames[0].size


def test_one_frame_is_a_picture_too(tmp_path):
    film = convolution_animation([[3]], [[2]])
    film.save(tmp_path / "one.gif")
    with Image.open(io.BytesIO(film._repr_png_())) as picture:
        assert len(film) == 1 and getattr(picture, "n_frames", 1) == 1


def test_animations_refuse(tmp_path):
    with pytest.raises(ValueError, match=r"ends in \.png or \.gif"):
        convolution_animation([[3]], [[2]]).save(tmp_path / "film.mp4")
    with pytest.raises(ValueError, match="at most 150 steps.*larger stride"):
        convolution_animation(np.ones((12, 13 - 1)), [[1]], padding=1)
    with pytest.raises(ValueError, match="`seconds_per_step`"):
        convolution_animation([[3]], [[2]], seconds_per_step=0)
    with pytest.raises(ValueError, match="at least one frame"):
        Animation([])


def test_an_animation_does_not_take_long():
    start = time.process_time()
    film = convolution_animation(np.eye(7), np.ones((3, 3)))
    film._repr_png_()
    assert len(film) == 25 and time.process_time() - start < 5


# ------------------------------------------------------- padding and strides

INSET = 0.14


@settings(max_examples=40)
@given(st.integers(1, 12), st.integers(1, 4), st.integers(1, 4), st.integers(1, 3))
def test_padding_draws_the_zeros_that_shapes_tells(size, kernel, stride, dilation):
    ax = padding((size, 5), (kernel, 2), strides=stride, dilation_rate=dilation)
    options = {"stride": stride, "padding": "same", "dilation": dilation}
    down = padding_amounts(size, kernel, **options)
    right = padding_amounts(5, 2, **options)
    whole = (size + sum(down)) * (5 + sum(right))
    assert len(gids(ax, "zero")) == whole - size * 5
    out = output_size(size, kernel, **options), output_size(5, 2, **options)
    assert ax.get_title().endswith(f"{out[0]}×{out[1]} output")
    first, *last = gids(ax, "first window") + gids(ax, "last window")
    assert first.get_xy() == (-0.5 - right[0], -0.5 - down[0])
    for box in last:
        x, y = (out[1] - 1) * stride - right[0], (out[0] - 1) * stride - down[0]
        # A little inside, so that both frames are seen.
        assert box.get_xy() == pytest.approx((x - 0.5 + INSET, y - 0.5 + INSET))
        assert box.get_width() == pytest.approx(first.get_width() - 2 * INSET)
    assert bool(last) == (out != (1, 1))
    plt.close(ax.figure)


def test_padding_by_hand():
    ax = padding(5, 3)
    assert isinstance(ax, Axes)
    assert ax.get_title() == "5×5 picture, 3×3 kernel: 5×5 output"
    assert ax.get_xlabel() == "1 + 5 + 1 = 7 columns"
    assert ax.get_ylabel() == "1 + 5 + 1 = 7 rows"
    assert len(gids(ax, "zero")) == 24
    assert ax.images[0].get_array().shape == (5, 5)
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["first window", "last window", "zero of the padding"]
    alone = padding(3, 3, padding="valid").get_legend().get_texts()
    assert [text.get_text() for text in alone] == ["the only window"]


def test_strides_by_hand():
    ax = strides(8, 3)
    assert ax.get_title() == (
        "8×8 picture, 3×3 kernel, stride 2\n"
        "output: ⌊(8 − 3)/2⌋ + 1 = 3 per side (rounded down)"
    )
    assert "".join(words(ax)[0, column] for column in range(8)) == "11212110"
    assert words(ax)[2, 4] == "4"
    assert len(gids(ax, "unread")) == 15  # the last row and the last column
    starts = ax.collections[-1].get_paths()
    assert len(starts) == 9
    assert gids(ax, "next window")[0].get_xy() == (1.5 + INSET, -0.5 + INSET)


def test_holes_between_windows_are_hatched():
    ax = strides((1, 8), (1, 2), strides=3, dilation_rate=1)
    # Windows read 0 1, 3 4 and 6 7.
    assert [words(ax)[0, column] for column in range(8)] == list("11011011")
    assert [patch.get_x() + 0.5 for patch in gids(ax, "unread")] == [2, 5]


@given(
    st.integers(1, 14),
    st.integers(1, 5),
    st.integers(1, 5),
    st.integers(1, 3),
    st.sampled_from(["valid", "same", 0, 1, 2]),
)
def test_counts_and_formula_are_right(size, kernel, stride, dilation, zeros):
    options = {"stride": stride, "padding": zeros, "dilation": dilation}
    try:
        outputs = output_size(size, kernel, **options)
    except ValueError:
        with pytest.raises(ValueError, match="to fit"):
            strides(size, kernel, strides=stride, padding=zeros, dilation_rate=dilation)
        return
    places = grid((size, size), (kernel, kernel), stride, zeros, dilation)
    counts = np.diagonal(np.sqrt(times_read(places)))
    before, _ = padding_amounts(size, kernel, **options)
    by_hand = np.zeros(size)
    for window in range(outputs):
        for tap in range(kernel):
            position = window * stride - before + tap * dilation
            if 0 <= position < size:
                by_hand[position] += 1
    assert np.array_equal(counts, by_hand)
    unread = unread_pixels(size, kernel, **options)
    assert len(np.trim_zeros(counts, "b")) == size - unread
    formula = size_formula(places, zeros).removeprefix("output: ")
    left, right = formula.split(" = ")
    right, told = right.split(" per side")
    uneven = size if zeros == "same" else size + 2 * before - dilation * (kernel - 1)
    uneven = (uneven - (zeros != "same")) % stride > 0
    rounded = "up" if zeros == "same" else "down"
    assert told == (f" (rounded {rounded})" if uneven else "")
    left = re.sub(r"⌊(.*)/(\d+)⌋", r"(\1)//\2", left.replace("−", "-"))
    left = re.sub(r"⌈(\d+)/(\d+)⌉", r"-(-\1//\2)", left).replace("·", "*")
    left = left.replace("[", "(").replace("]", ")")
    assert eval(left) == int(right) == outputs


def test_the_axes_differ_when_the_sizes_do():
    ax = strides((6, 9), (2, 3), strides=(2, 4))
    assert ax.get_title() == (
        "6×9 picture, 2×3 kernel, stride 2 down and 4 right\n"
        "height: ⌊(6 − 2)/2⌋ + 1 = 3\n"
        "width: ⌊(9 − 3)/4⌋ + 1 = 2 (rounded down)"
    )
    title = strides(9, 3, strides=1, dilation_rate=2).get_title()
    assert title == (
        "9×9 picture, 3×3 kernel, stride 1, dilation 2\n"
        "output: ⌊(9 − [2·(3 − 1) + 1])/1⌋ + 1 = 5 per side"
    )
    title = strides(7, 3, padding=1).get_title()
    assert title.endswith("\noutput: ⌊(7 + 2·1 − 3)/2⌋ + 1 = 4 per side")
    title = strides(7, 3, padding="same").get_title()
    assert title.endswith("\noutput: ⌈7/2⌉ = 4 per side (rounded up)")


@pytest.mark.parametrize("draw", [padding, strides])
def test_borders_are_drawn_where_told_or_refused(draw):
    with plt.style.context("dark_background"):
        _, axes = plt.subplots(1, 2)
        assert draw(6, 3, ax=axes[1]) is axes[1]
    with pytest.raises(ValueError, match="at most 32 × 32"):
        draw(33, 3)
    with pytest.raises(ValueError, match="`kernel` to fit"):
        draw(3, 5, padding="valid")
    with pytest.raises(TypeError, match="`size` to be an integer"):
        draw(2.5, 1)


# -------------------------------------------------------------------- pooling


def rings(ax):
    boxes = [p for p in ax.patches if p.get_edgecolor() == to_rgba("black")]
    middles = [
        (b.get_y() + b.get_height() / 2, b.get_x() + b.get_width() / 2) for b in boxes
    ]
    return {(round(row), round(column)) for row, column in middles}


def test_pooling_rings_the_winners():
    image = np.array([[1, 5, 2, 2], [3, 4, 2, 0], [0, 0, 7, 8], [0, 0, 9, 6]])
    figure = pooling(image)
    before, after = figure.axes
    assert words(before)[3, 2] == "9"
    assert words(after) == {(0, 0): "5", (0, 1): "2", (1, 0): "0", (1, 1): "9"}
    # Of three 2s and of four 0s, the first wins.
    assert rings(before) == {(0, 1), (0, 2), (2, 0), (3, 2)}
    assert not gids(before, "unread")
    assert [ax.get_title() for ax in figure.axes] == ["input 4×4", "output 2×2"]


@pytest.mark.parametrize(
    ("kind", "pool"),
    [
        ("max", scratch.max_pool2d),
        ("average", scratch.avg_pool2d),
        ("l2", scratch.lp_pool2d),
    ],
)
@pytest.mark.parametrize(
    "options",
    [{}, {"pool_size": 3, "strides": 2}, {"pool_size": (1, 3), "padding": "same"}],
)
def test_pooling_shows_what_scratch_answers(rng, kind, pool, options):
    image = rng.normal(size=(7, 6))
    figure = pooling(image[..., None], kind=kind, **options)
    expected = pool(image[None, ..., None], **({"pool_size": 2} | options))
    assert np.array_equal(figure.axes[1].images[0].get_array(), expected[0, ..., 0])
    shown = np.array([float(number(t)) for t in words(figure.axes[1]).values()])
    assert np.abs(shown - expected.ravel()).max() <= 0.005 + 1e-12
    assert bool(rings(figure.axes[0])) == (kind == "max")


def letters(ax):
    """Which letter stands in which cell."""
    found = [text for text in ax.texts if text.get_gid() == "letter"]
    places = [np.add(text.get_position(), 0.5).astype(int) for text in found]
    return {
        text.get_text(): (row, column)
        for text, (column, row) in zip(found, places, strict=True)
    }


def test_a_window_and_its_output_bear_one_letter():
    figure = pooling(np.ones((5, 7)), pool_size=3, strides=2)
    before, after = map(letters, figure.axes)
    places = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    assert after == dict(zip("abcdef", places, strict=True))
    assert before == {
        name: (2 * row, 2 * column) for name, (row, column) in after.items()
    }
    assert "same letter" in caption(figure)
    many = letters(pooling(np.ones((12, 12))).axes[1])
    assert (many["z"], many["aa"], many["aj"]) == ((4, 1), (4, 2), (5, 5))


def test_the_remainder_of_pooling_is_hatched():
    figure = pooling(np.ones((5, 4)))
    assert len(gids(figure.axes[0], "unread")) == 4
    assert "hatched: in no window" in caption(figure)
    figure = pooling(np.ones((5, 4)), padding="same")
    assert len(gids(figure.axes[0], "zero")) == 4
    assert "never read" in caption(figure)


def test_windows_that_overlap_far_are_framed_in_part():
    some = pooling(np.ones((6, 6)), pool_size=3, strides=1)
    assert "framed: the first window and its neighbours" in caption(some)
    assert len(coloured(some.axes[0], BLUE)) == 1
    every = pooling(np.ones((4, 4)))
    assert len(coloured(every.axes[0], BLUE)) == 1
    assert len(coloured(every.axes[0], ORANGE)) == 1


@pytest.mark.parametrize(
    ("image", "keywords", "message"),
    [
        (np.ones((13, 2)), {}, "`image` to have at most 12 × 12"),
        ([[np.nan, 1], [1, 1]], {}, "finite"),
        (np.ones((4, 4)), {"kind": "mean"}, "`kind` to be one of 'max', 'average'"),
        (np.ones((2, 2)), {"pool_size": 3}, "`pool_size` to fit"),
        (np.ones((2, 2)), {"padding": 2}, "`padding` to be less"),
    ],
)
def test_pooling_refuses(image, keywords, message):
    with pytest.raises(ValueError, match=message):
        pooling(image, **keywords)


# ------------------------------------------------------------------- channels


def written_on(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


def test_a_photograph_falls_apart_into_colours(rng):
    photograph = rng.integers(0, 256, (6, 4, 3), np.uint8)
    ax = channels(photograph, title="photograph")
    assert isinstance(ax, Axes)
    *sheets, whole = ax.images
    assert np.allclose(whole.get_array(), photograph / 255)
    for index, sheet in enumerate(sheets):
        tinted = sheet.get_array()
        assert (tinted.argmax(axis=-1) == index).all()
        order = np.argsort(photograph[..., index], axis=None)
        assert (np.diff(tinted.sum(axis=-1).ravel()[order]) >= 0).all()
    assert {"red", "green", "blue", "picture"} <= set(written_on(ax))
    assert {"height 6", "width 4", "3 channels"} <= set(written_on(ax))
    front, *behind = [sheet.get_zorder() for sheet in sheets]
    assert front > max(behind)


def test_blue_is_as_light_as_red_and_green():
    ramp = np.linspace(0, 1, 11)[None, :, None] * np.ones(3)
    sheets = [sheet.get_array()[0] for sheet in channels(ramp).images[:3]]
    for sheet in sheets:
        assert np.allclose(sheet[0], 0) and sheet[-1].min() > 0.8
    # Relative luminance, as WCAG 2.2 defines it.
    linear = ((np.array(sheets) + 0.055) / 1.055) ** 2.4  # (sheets, values, 3)
    light = linear @ [0.2126, 0.7152, 0.0722]
    assert np.ptp(light[:, 1:], axis=0).max() < 0.04


@pytest.mark.parametrize(
    ("array", "told"),
    [
        ([[[-1.2, 3.4]]], "from −1.20 to 3.40: blue below 0, red above"),
        ([[[0.5, 3.4]]], "from 0 to 3.40: dark to bright"),
        ([[[7]]], "from 0 to 7: white to black"),
        ([[[-7, 12]]], "from −7 to 12: blue below 0, red above"),
        ([[[0.5, 0.5, 1.0]]], "the lighter, the more of the colour"),
    ],
)
def test_channels_say_what_their_shades_mean(array, told):
    assert told in written_on(channels(np.array(array)))


def test_channels_share_one_scale(rng):
    maps = rng.normal(size=(5, 7, 3))
    ax = channels(maps, names=["a", "b", "모서리"])
    limit = np.abs(maps).max()
    assert {sheet.get_clim() for sheet in ax.images} == {(-limit, limit)}
    for index, sheet in enumerate(ax.images):
        assert np.array_equal(sheet.get_array(), maps[..., index])


def test_of_many_channels_the_first_and_the_last_are_drawn(rng):
    maps = rng.random((3, 3, 20))
    ax = channels(maps)
    drawn = [0, 1, 2, 3, 19]
    for index, sheet in zip(drawn, ax.images, strict=True):
        assert np.array_equal(sheet.get_array(), maps[..., index])
    told = written_on(ax)
    assert "20 channels" in told and "…" in told and "19" in told
    assert len(channels(maps[..., :6]).images) == 6
    assert "1 channel" in written_on(channels(maps[..., :1]))


def test_small_integers_are_no_photograph():
    toy = np.arange(12).reshape(2, 2, 3)
    assert channels(toy).images[0].get_array().shape == (2, 2)
    assert channels(toy, colour=True).images[0].get_array().shape == (2, 2, 3)
    floats = channels(toy / 11, colour=False)
    assert floats.images[0].get_array().shape == (2, 2)


def test_sheets_are_seen_from_the_side():
    ax = channels(np.zeros((4, 4, 2)))
    place = ax.images[1].get_transform() - ax.transData
    corners = place.transform([(0, 0), (1, 0), (0, 1)])
    left, right, top = corners
    assert right[1] > left[1] and right[0] > left[0]  # the far edge stands higher
    assert top[0] == left[0] and top[1] > left[1]
    assert left[0] > 0  # behind the first


@pytest.mark.parametrize(
    ("array", "keywords", "error", "message"),
    [
        (np.zeros((3, 3)), {}, ValueError, r"one picture, \(H, W, C\).*array\[i\]"),
        (np.zeros((1, 3, 3, 3)), {}, ValueError, r"\(H, W, C\)"),
        (np.zeros((0, 3, 3)), {}, ValueError, r"\(H, W, C\)"),
        (np.full((2, 2, 2), np.nan), {}, ValueError, "finite"),
        (np.full((2, 2, 2), "a"), {}, TypeError, "`array` to hold numbers"),
        (np.zeros((2, 2, 2)), {"names": ["a"]}, ValueError, "`names` to have 2"),
        (np.zeros((2, 2, 2)), {"colour": True}, ValueError, "three channels"),
    ],
)
def test_channels_refuse(array, keywords, error, message):
    with pytest.raises(error, match=message):
        channels(array, **keywords)


def test_channels_are_drawn_where_told():
    _, axes = plt.subplots(1, 2)
    assert channels(np.zeros((2, 2, 2)), ax=axes[0]) is axes[0]


def test_all_are_black_on_white_in_a_dark_style():
    with plt.style.context("dark_background"):
        figures = [
            pixel_values(np.eye(2)).figure,
            convolution_step(IMAGE, KERNEL, padding="same"),
            convolution_strip(IMAGE, KERNEL),
            padding(4, 3).figure,
            strides(5, 2).figure,
            pooling(np.eye(4)),
            channels(np.eye(3)[..., None]).figure,
        ]
        for figure in figures:
            assert figure.get_facecolor() == (1, 1, 1, 1)
            outside = [*figure.texts, *(ax.title for ax in figure.axes)]
            outside += [ax.xaxis.label for ax in figure.axes]
            assert {to_rgba(text.get_color()) for text in outside} == {(0, 0, 0, 1)}
