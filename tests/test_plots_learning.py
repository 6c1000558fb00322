from dataclasses import dataclass
from types import SimpleNamespace
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

from cnnkit.plots.bars import costs
from cnnkit.plots.functions import activations
from cnnkit.plots.gradients import gradient_norms
from cnnkit.plots.inputs import finite_array, in_gamut, one_picture, written
from cnnkit.plots.inside import attributions, top_activations
from cnnkit.plots.looking import receptive_field
from cnnkit.plots.style import INK, MAGNITUDE, SIGNED
from cnnkit.plots.weights import filters
from cnnkit.shapes import ReceptiveField
from cnnkit.shapes import receptive_field as fields_of


def words(holder):
    """All that is written on a figure or an Axes."""
    found = [artist.get_text() for artist in holder.findobj(plt.Text)]
    return [text for text in found if text]


def drawn(figure):
    """The figure, after all has found its place: nothing may warn."""
    figure.canvas.draw()
    return figure


# What the figures take


def test_one_picture_takes_one():
    for shape in [(4, 5), (4, 5, 1), (1, 4, 5, 1)]:
        assert one_picture("image", np.zeros(shape)).shape == (4, 5)
    for shape in [(4, 5, 3), (1, 4, 5, 3)]:
        assert one_picture("image", np.zeros(shape)).shape == (4, 5, 3)


@pytest.mark.parametrize("shape", [(), (5,), (2, 4, 5, 1), (4, 5, 2), (0, 4), (1, 4)])
def test_one_picture_refuses_the_rest(shape):
    if shape == (1, 4):  # a row of pixels is a picture
        assert one_picture("image", np.zeros(shape)).shape == shape
        return
    with pytest.raises(ValueError, match="Expected `image`.*Received"):
        one_picture("image", np.zeros(shape))


@pytest.mark.parametrize(
    ("least", "most", "ends"), [(0, 1, (0, 1)), (0, 255, (0, 1)), (-2, 2, (0, 1))]
)
def test_colours_come_into_the_range_of_matplotlib(least, most, ends):
    picture = np.array([[[least, most, (least + most) / 2]]])
    assert in_gamut(picture)[0, 0].tolist() == [*ends, 0.5]


def test_whole_colours_stay():
    assert in_gamut(np.array([[[0, 128, 255]]]))[0, 0].tolist() == [0, 128, 255]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([3, 2.984], ["3.00", "2.98"]),
        ([-0.0123, 0], ["−0.0123", "0.0000"]),
        ([1234.5, 7], ["1,234", "7"]),
        ([0, 0], ["0.00", "0.00"]),
        ([2.5e-9], ["2.50e−09"]),
    ],
)
def test_numbers_share_their_decimals(values, texts):
    assert written(values) == texts


@pytest.mark.parametrize("bad", [[np.nan, 1.0], [], "words", [[1], [1, 2]]])
def test_numbers_are_numbers(bad):
    with pytest.raises(ValueError, match="Expected `w` to .*Received"):
        finite_array("`w`", bad)


# Activation functions


def test_activations_draw_outputs_and_slopes():
    figure = drawn(activations())
    assert isinstance(figure, Figure) and len(figure.axes) == 8
    outputs, slopes = figure.axes[::2], figure.axes[1::2]
    names = ["sigmoid", "tanh", "relu", "leaky_relu"]
    assert [ax.get_title() for ax in outputs] == names
    x = outputs[0].lines[0].get_xdata()
    assert (x[0], x[-1]) == (-6, 6)
    logistic = 1 / (1 + np.exp(-x))
    by_hand = {
        "sigmoid": (logistic, logistic * (1 - logistic)),
        "tanh": (np.tanh(x), 1 / np.cosh(x) ** 2),
        "relu": (np.maximum(x, 0), x > 0),
        "leaky_relu": (np.where(x > 0, x, 0.2 * x), np.where(x > 0, 1, 0.2)),
    }
    for name, above, below in zip(names, outputs, slopes, strict=True):
        assert np.allclose(above.lines[0].get_ydata(), by_hand[name][0])
        slope = below.lines[0].get_ydata()
        breaks = np.flatnonzero(np.isnan(slope))
        assert len(breaks) == (1 if "relu" in name else 0)
        assert np.allclose(np.delete(slope, breaks), by_hand[name][1])
        # Of relu, 0 itself still belongs to the left.
        assert not len(breaks) or x[breaks[0] - 1] == 0
    assert outputs[0].get_ylabel() == "output" and slopes[0].get_ylabel() == "slope"
    assert len({ax.get_ylim() for ax in slopes}) == 1  # to be compared


def test_activations_say_the_largest_slope():
    below = activations(["sigmoid", "tanh"]).axes[1::2]
    assert [ax.get_title() for ax in below] == [
        "slope at most 0.25",
        "slope at most 1",
    ]


def shaded(ax):
    """First and last x of each shaded stretch."""
    boxes = [patch.get_extents() for patch in ax.patches]
    inverse = ax.transData.inverted()
    return [inverse.transform(box)[:, 0].round(1).tolist() for box in boxes]


def test_flat_stretches_are_shaded():
    sigmoid, relu, leaky = activations(["sigmoid", "relu", "leaky_relu"]).axes[1::2]
    # The slope of the sigmoid is 0.01 at ±ln(98.99) = ±4.6.
    assert shaded(sigmoid) == [[-6, -4.6], [4.6, 6]]
    assert shaded(relu) == [[-6, 0]]
    assert shaded(leaky) == []
    assert "hardly learns" in words(sigmoid) and "slope 0" not in words(sigmoid)
    assert "slope 0" in words(relu) and "hardly learns" not in words(relu)
    assert not {"slope 0", "hardly learns"} & set(words(leaky))


def test_the_slope_of_an_own_function_is_broken_at_its_kinks():
    figure = activations({"hard": lambda x: np.clip(x, -1, 1), "peak": narrow})
    kinks, peak = figure.axes[1::2]
    x, slope = kinks.lines[0].get_data()
    assert {round(abs(place), 1) for place in x[np.isnan(slope)]} == {1.0}
    assert not np.isnan(peak.lines[0].get_ydata()).any()


def narrow(x):
    """A steep but smooth rise, about as wide as one step of the grid."""
    return 0.02 * np.tanh(50 * x)


def test_own_functions_have_their_slope_measured():
    figure = activations({"square": lambda x: x**2, "sine": np.sin}, limits=(-2, 3))
    x = figure.axes[0].lines[0].get_xdata()
    assert (x[0], x[-1]) == (-2, 3)
    assert np.allclose(figure.axes[1].lines[0].get_ydata(), 2 * x)
    assert np.allclose(figure.axes[3].lines[0].get_ydata(), np.cos(x), atol=1e-4)
    assert figure.axes[1].get_title() == "slope at most 6"


def test_a_step_has_no_slope():
    below = activations({"step": lambda x: (x > 0) * 1.0}).axes[1]
    x, slope = below.lines[0].get_data()
    assert x[np.isnan(slope)].tolist() == [0]
    assert not np.nan_to_num(slope).any()
    assert shaded(below) == [[-6, 6]]


def test_own_functions_may_work_in_float32():
    below = activations({"tanh": lambda x: np.tanh(x.astype(np.float32))}).axes[1]
    x, slope = below.lines[0].get_data()
    assert np.allclose(slope, 1 / np.cosh(x) ** 2, atol=1e-4)


@pytest.mark.parametrize(
    ("functions", "error", "message"),
    [
        ("swish", ValueError, "`functions` to be one of 'sigmoid'"),
        ([], ValueError, "at least one function"),
        ({"three": 3}, TypeError, "three to be a function"),
        ({"relu": None}, TypeError, "relu to be a function"),
        ({"sum": np.sum}, ValueError, "sum to return a finite number for each"),
        ({"nan": lambda x: x * np.nan}, ValueError, "Received: what is infinite"),
    ],
)
def test_activations_refuse(functions, error, message):
    with pytest.raises(error, match=message):
        activations(functions)


@pytest.mark.parametrize("limits", [(1, 1), (2, -2), 5, (0, np.inf), (0, 1, 2)])
def test_activations_want_limits_in_order(limits):
    with pytest.raises(ValueError, match="Expected `limits`"):
        activations(limits=limits)


# Gradients


def test_gradient_norms_by_hand():
    layers = {"conv1": np.array([[3.0], [4.0]]), "dense": [[2, 1], [[2]]], "logits": 7}
    ax = gradient_norms(layers)
    assert isinstance(ax, Axes) and ax.get_yscale() == "log"
    assert np.allclose(ax.lines[0].get_ydata(), [5, 3, 7])
    assert [tick.get_text() for tick in ax.get_xticklabels()] == list(layers)
    assert ax.get_xlabel() == "layer, from the input on"
    assert ax.get_ylabel() == "norm of the gradient"
    assert ax.get_legend() is None
    low, high = ax.get_ylim()
    assert low < 3 and high > 7


def test_gradient_norms_compare_curves():
    ax = gradient_norms(
        {"sigmoid": {"a": 1e-6, "b": 1e-2}, "relu": {"a": 0.5, "b": 0.6}}
    )
    drawn(ax.figure)
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["sigmoid", "relu"]
    lines = {line.get_label(): line for line in ax.lines}
    assert np.allclose(lines["relu"].get_ydata(), [0.5, 0.6])
    assert lines["relu"].get_marker() != lines["sigmoid"].get_marker()


def test_a_gradient_of_zero_is_marked_at_the_bottom():
    ax = gradient_norms(
        {"dead": {"a": 0, "b": np.zeros(3), "c": 1}, "alive": {"a": 2, "b": 3, "c": 4}}
    )
    line = next(line for line in ax.lines if line.get_label() == "dead")
    assert np.isnan(line.get_ydata()).tolist() == [True, True, False]
    hollow = [mark for mark in ax.lines if mark.get_markerfacecolor() == "none"]
    places = np.concatenate([mark.get_xdata() for mark in hollow])
    assert np.allclose(places, [0, 1])  # alone, so at the tick itself
    assert [text.get_text() for text in ax.texts] == ["0", "0"]
    # Nothing else may stand where the marks stand.
    assert (ax.transData.transform([(0, 1)]) > ax.transAxes.transform((0, 0.12)))[0, 1]


def test_zeros_of_several_curves_stand_side_by_side_at_their_tick():
    curves = {str(index): {"a": 0, "b": 1} for index in range(3)}
    ax = gradient_norms(curves)
    hollow = [mark for mark in ax.lines if mark.get_markerfacecolor() == "none"]
    places = np.concatenate([mark.get_xdata() for mark in hollow])
    assert np.allclose(places, [-0.15, 0, 0.15])


@pytest.mark.parametrize(
    ("norms", "ticks"),
    [
        ((1e-6, 1.0), {"10⁻⁵", "10⁻²", "10⁰"}),
        ((2e-5, 3e-5), {"10⁻⁵", "2·10⁻⁵", "3·10⁻⁵"}),
        ((0.02, 50.0), {"0.01", "0.1", "1", "10"}),
    ],
)
def test_gradient_norms_write_their_ticks_in_one_style(norms, ticks):
    ax = gradient_norms(dict(zip("ab", norms, strict=True)))
    ax.figure.canvas.draw()
    both = [*ax.get_yticklabels(), *ax.get_yticklabels(minor=True)]
    found = {tick.get_text() for tick in both} - {""}
    assert ticks <= found
    assert len({bool(set(text) & set("⁰¹²³⁴⁵⁶⁷⁸⁹")) for text in found}) == 1
    assert not any("e" in text for text in found)


def test_gradient_norms_can_all_be_zero():
    ax = gradient_norms({"a": 0.0, "b": 0.0})
    assert len(ax.texts) == 2
    drawn(ax.figure)


def test_gradient_norms_take_very_small_and_large_ones():
    ax = gradient_norms({"a": [3e-45, 4e-45], "b": 1e38, "c": 0})
    assert np.allclose(ax.lines[0].get_ydata()[:2], [5e-45, 1e38], rtol=1e-6, atol=0)
    drawn(ax.figure)


def test_gradient_norms_draw_where_they_are_told():
    _, ax = plt.subplots()
    assert gradient_norms({"x": {"a": 1.0}}, ax=ax) is ax


@pytest.mark.parametrize(
    ("gradients", "message"),
    [
        ({}, "`gradients` as {layer: gradient}"),
        ([1.0], "`gradients` as {layer: gradient}"),
        ({"x": {}}, "`gradients` as {curve"),
        ({"x": {"a": 1}, "b": 2}, "`gradients` as {curve"),
        ({"x": {"a": 1}, "y": {"b": 2}}, r"y to have the layers \['a'\]"),
        ({str(i): {"a": 1} for i in range(9)}, "at most 8 curves"),
        ({"a": [np.nan]}, "the gradient of a to hold finite numbers"),
        ({"a": 1e300}, "the norm of a to be 0, or from 1e-100 to 1e100.*1e.300"),
        ({"a": -1.0}, "the norm of a to be 0 or more"),
    ],
)
def test_gradient_norms_refuse(gradients, message):
    with pytest.raises(ValueError, match=message):
        gradient_norms(gradients)


# Filters


def test_filters_share_one_symmetric_scale(rng):
    kernels = rng.normal(size=(5, 4, 1, 12))
    figure = drawn(filters(kernels, title="conv1"))
    board, bar = figure.axes
    assert len(board.images) == 12
    for index, tile in enumerate(board.images):
        assert np.array_equal(tile.get_array(), kernels[:, :, 0, index])
        assert tile.get_clim() == (-np.abs(kernels).max(), np.abs(kernels).max())
        assert tile.get_cmap().name == SIGNED
    assert figure.get_suptitle() == "conv1"
    assert bar.get_ylabel() == "weight"
    expected = ["filter 0", *map(str, range(1, 10)), "filter 10", "11"]
    assert [text for text in words(board) if text[0] in "f0123456789"] == expected


def test_filters_lie_in_rows_and_do_not_overlap(rng):
    board = filters(rng.normal(size=(2, 4, 5)), columns=3).axes[0]
    boxes = [tile.get_extent() for tile in board.images]
    assert [round(box[0], 2) for box in boxes] == [0, 1.08, 2.16, 0, 1.08]
    for left, right, bottom, top in boxes:
        assert right - left == 1 and np.isclose(bottom - top, 0.5)  # 2 × 4
    assert boxes[3][3] > boxes[0][2]  # below


def test_filters_take_one_and_a_bank(rng):
    kernel = rng.normal(size=(3, 3))
    assert np.array_equal(filters(kernel).axes[0].images[0].get_array(), kernel)
    bank = rng.normal(size=(3, 3, 2))
    assert np.array_equal(filters(bank).axes[0].images[1].get_array(), bank[..., 1])


def test_filters_of_zeros_are_white():
    tile = filters(np.zeros((3, 3))).axes[0].images[0]
    colour = tile.cmap(tile.norm(0.0))
    assert min(colour) > 0.95 and tile.get_clim() == (-1, 1)


def test_filters_on_colours_are_colours_round_grey():
    kernels = np.zeros((1, 1, 3, 2))
    kernels[0, 0, :, 1] = [0.5, -0.5, 0.25]
    figure = drawn(filters(kernels))
    tiles = [tile.get_array()[0, 0].tolist() for tile in figure.axes[0].images]
    assert tiles == [[0.5, 0.5, 0.5], [1, 0, 0.75]]
    assert "grey: weight 0; colours from −0.50 to 0.50" in words(figure)


def test_filters_on_many_channels_take_a_row_each(rng):
    kernels = rng.normal(size=(3, 3, 10, 20))
    figure = drawn(filters(kernels))
    board = figure.axes[0]
    assert len(board.images) == 64
    for place, tile in enumerate(board.images):
        row, column = divmod(place, 8)
        assert np.array_equal(tile.get_array(), kernels[:, :, column, row])
    assert "rows: filters, 8 of 20; columns: input channels, 8 of 10" in words(figure)
    assert "filter 7" in words(board)
    few = filters(kernels[:, :, :4, :2], columns=3)
    assert len(few.axes[0].images) == 6
    assert "rows: filters; columns: input channels, 3 of 4" in words(few)


def test_filters_say_how_many_are_left_out(rng):
    figure = filters(rng.normal(size=(3, 3, 130)))
    assert len(figure.axes[0].images) == 100
    assert "100 of 130 filters" in words(figure)


def test_filters_before_training_stand_above_on_the_same_scale(rng):
    kernels, before = rng.normal(size=(3, 3, 1, 4)), 3 * rng.normal(size=(3, 3, 1, 4))
    figure = drawn(filters(kernels, before=before))
    tiles = figure.axes[0].images
    assert len(tiles) == 8
    for index in range(4):
        old, new = tiles[2 * index], tiles[2 * index + 1]
        assert np.array_equal(old.get_array(), before[:, :, 0, index])
        assert np.array_equal(new.get_array(), kernels[:, :, 0, index])
        assert old.get_extent()[2] < new.get_extent()[3]
    limit = max(np.abs(kernels).max(), np.abs(before).max())
    assert {tile.get_clim() for tile in tiles} == {(-limit, limit)}
    assert {"before\ntraining", "after\ntraining"} <= set(words(figure))


def test_filters_on_many_channels_stand_beside_those_before(rng):
    kernels, before = rng.normal(size=(3, 3, 2, 4)), 3 * rng.normal(size=(3, 3, 2, 4))
    old, new, _ = drawn(filters(kernels, before=before)).axes
    assert (old.get_title(), new.get_title()) == ("before training", "after training")
    assert np.array_equal(old.images[3].get_array(), before[:, :, 1, 1])
    assert np.array_equal(new.images[3].get_array(), kernels[:, :, 1, 1])
    limits = {tile.get_clim() for tile in [*old.images, *new.images]}
    assert len(limits) == 1


def test_filters_on_colours_share_the_scale_with_those_before():
    kernels, before = np.zeros((1, 1, 3, 1)), np.zeros((1, 1, 3, 1))
    kernels[0, 0, 0], before[0, 0, 1] = 1, -2
    old, new = filters(kernels, before=before).axes[0].images
    assert old.get_array()[0, 0].tolist() == [0.5, 0, 0.5]
    assert new.get_array()[0, 0].tolist() == [0.75, 0.5, 0.5]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kernels": np.zeros(3)}, "`kernels` of shape"),
        ({"kernels": np.full((3, 3), np.inf)}, "`kernels` to hold finite"),
        ({"kernels": np.zeros((3, 3)), "before": np.zeros((3, 2))}, "`before` of the"),
        ({"kernels": np.zeros((3, 3)), "columns": 0}, "`columns` to be an integer"),
        (
            {"kernels": np.zeros((3, 3)), "before": np.full((3, 3), np.nan)},
            "`before` to hold finite",
        ),
    ],
)
def test_filters_refuse(arguments, message):
    with pytest.raises(ValueError, match=message):
        filters(arguments.pop("kernels"), **arguments)


# Costs


@dataclass(frozen=True)
class Layer:
    name: str
    parameters: int
    multiply_adds: int | None
    shared: bool = False


def trace_of(*rows):
    own = sum(row.parameters for row in rows if not row.shared)
    work = sum(row.multiply_adds or 0 for row in rows)
    return SimpleNamespace(rows=rows, parameters=own, multiply_adds=work)


SMALL = trace_of(Layer("conv", 60, 750), Layer("pool", 0, 0), Layer("dense", 140, 250))


def widths(ax):
    return [bar.get_width() for bar in ax.patches]


def test_costs_are_bars_with_number_and_share():
    figure = drawn(costs(SMALL))
    left, right = figure.axes
    assert widths(left) == [60, 140] and widths(right) == [750, 250]
    assert [text.get_text() for text in left.texts] == ["60 (30.0%)", "140 (70.0%)"]
    assert [text.get_text() for text in right.texts] == ["750 (75.0%)", "250 (25.0%)"]
    assert left.get_title() == "parameters: 200"
    assert right.get_title() == "multiply-adds for one example: 1,000"
    assert [tick.get_text() for tick in left.get_yticklabels()] == ["conv", "dense"]
    assert left.get_ylim()[0] > left.get_ylim()[1]  # the first layer on top
    assert "no parameters, no multiply-adds: pool" in words(figure)


def test_costs_mark_what_is_unknown_shared_or_tiny():
    figure = costs(
        trace_of(
            Layer("custom", 1, None),
            Layer("dense", 9999, 9999),
            Layer("again", 9999, 9999, shared=True),
        )
    )
    left, right = figure.axes
    assert [text.get_text() for text in left.texts] == [
        "1 (<0.1%)",
        "9,999 (100.0%)",
        "counted above",
    ]
    assert [text.get_text() for text in right.texts][0] == "unknown"
    assert right.get_title() == "multiply-adds for one example: ≥ 19,998"
    assert left.patches[2].get_hatch() and not left.patches[1].get_hatch()


@pytest.mark.parametrize(
    ("factory", "parameters", "largest"),
    [("simple_cnn", 38_390, 32_100), ("alexnet", 62_378_344, 37_752_832)],
)
def test_costs_of_published_counts(factory, parameters, largest):
    from cnnkit import models, trace

    figure = drawn(costs(trace(getattr(models, factory)())))
    assert figure.axes[0].get_title() == f"parameters: {parameters:,}"
    assert sum(widths(figure.axes[0])) == parameters
    assert max(widths(figure.axes[0])) == largest
    assert any("pool1, pool2" in text for text in words(figure))


def test_long_numbers_do_not_leave_their_panel():
    large = Layer("dense1", 37_752_832, 447_897_600)
    left, right = (figure := drawn(costs(trace_of(large)))).axes
    renderer = figure.canvas.get_renderer()
    for ax in (left, right):
        for text in ax.texts:
            assert text.get_window_extent(renderer).x1 <= ax.get_window_extent().x1


def test_many_idle_layers_are_not_all_named():
    idle = [Layer(f"pool{i}", 0, 0) for i in range(20)]
    assert "no parameters, no multiply-adds: pool0, pool1, pool2, pool3, pool4, " in (
        " ".join(text for text in words(costs(trace_of(*idle, *SMALL.rows))))
    )


def test_costs_refuse():
    with pytest.raises(TypeError, match="a trace of a model.*cnnkit.trace"):
        costs([1, 2])
    with pytest.raises(ValueError, match="a layer with parameters"):
        costs(trace_of(Layer("pool", 0, 0)))


# Attributions


def panels(figure):
    """The Axes with pictures, without the colour bars."""
    return [ax for ax in figure.axes if ax.images and ax.get_label() != "<colorbar>"]


def test_attributions_draw_map_and_overlay(rng):
    image = rng.random((6, 5, 1))
    strong, signed = rng.random((6, 5)), rng.normal(size=(1, 6, 5))
    figure = drawn(attributions(image, {"cam": strong, "gradient": signed}, title="7"))
    first, cam, over, gradient, _ = panels(figure)
    assert np.array_equal(first.images[0].get_array(), image[..., 0])
    assert first.images[0].get_cmap().name == INK
    assert [ax.get_title() for ax in (first, cam, gradient)] == [
        "image",
        "cam",
        "gradient",
    ]
    assert np.array_equal(cam.images[0].get_array(), strong)
    assert cam.images[0].get_clim() == (0, strong.max())
    assert cam.images[0].get_cmap().name == MAGNITUDE
    assert np.array_equal(gradient.images[0].get_array(), signed[0])
    limit = np.abs(signed).max()
    assert gradient.images[0].get_clim() == (-limit, limit)
    assert gradient.images[0].get_cmap().name == SIGNED
    grey, colours = over.images
    assert grey.get_cmap().name == "gray"
    assert np.array_equal(colours.get_array(), strong)
    share = colours.get_alpha() / colours.get_alpha().max()
    assert np.allclose(share, strong / strong.max())
    assert figure.get_suptitle() == "7"


def test_attributions_say_their_scale():
    maps = {"a": np.array([[0.0, 3.2]]), "b": np.array([[-0.5, 0.25]])}
    figure = drawn(attributions(np.zeros((1, 2)), maps))
    bars = [ax for ax in figure.axes if ax.get_label() == "<colorbar>"]
    ticks = [[tick.get_text() for tick in ax.get_xticklabels()] for ax in bars]
    assert ticks == [["0", "3.2"], ["−0.50", "0", "0.50"]]


def test_channels_are_added_when_signed_else_the_largest_counts():
    signed = np.array([[[1.0, -3.0, 1.0]]])
    strong = np.array([[[1.0, 3.0, 2.0]]])
    image = np.zeros((1, 1, 3))
    figure = attributions(image, {"signed": signed, "strong": strong[None]})
    _, first, _, second, _ = panels(figure)
    assert first.images[0].get_array().tolist() == [[-1]]
    assert second.images[0].get_array().tolist() == [[3]]


def test_attributions_take_a_photograph(rng):
    photo = rng.integers(0, 256, (8, 6, 3), np.uint8)
    figure = drawn(attributions(photo, {"none": np.zeros((8, 6))}))
    first, _, over = panels(figure)
    assert np.array_equal(first.images[0].get_array(), photo)
    light = photo @ [0.299, 0.587, 0.114]
    grey = over.images[0].get_array()
    assert np.array_equal(np.argsort(grey, axis=None), np.argsort(light, axis=None))


def test_attributions_wrap(rng):
    maps = {f"method {i}": rng.random((4, 4)) for i in range(7)}
    figure = drawn(attributions(rng.random((4, 4)), maps))
    assert len(panels(figure)) == 1 + 2 * 7
    columns = {ax.get_subplotspec().colspan.start for ax in panels(figure)}
    assert columns == set(range(6))


@pytest.mark.parametrize(
    ("maps", "message"),
    [
        ({}, "`maps` as {method: map}"),
        (np.zeros((4, 4)), "`maps` as {method: map}"),
        ({"cam": np.zeros((2, 2))}, r"map cam to have the height.*\(4, 4\).*\(2, 2\)"),
        ({"cam": np.zeros((2, 4, 4))}, "map cam to have the height"),
        ({"cam": np.full((4, 4), np.nan)}, "map cam to hold finite numbers"),
    ],
)
def test_attributions_refuse(maps, message):
    with pytest.raises(ValueError, match=message):
        attributions(np.zeros((4, 4)), maps)


# The strongest answers


class Top(NamedTuple):
    layer: str
    units: np.ndarray
    values: np.ndarray
    indices: np.ndarray
    places: np.ndarray
    patches: np.ndarray | None
    pictures: np.ndarray


@pytest.fixture
def top(rng):
    return Top(
        "conv2",
        np.array([3, 5, 8]),
        np.array([[4.0, 3.25], [1.5, 0.5], [0.25, 0.125]]),
        np.zeros((3, 2), int),
        np.zeros((3, 2, 2), int),
        rng.random((3, 2, 4, 5, 1)),
        rng.random((3, 2, 9, 9, 1)),
    )


def test_top_activations_are_rows_of_patches(top):
    figure = drawn(top_activations(top))
    board = figure.axes[0]
    shown = [tile.get_array() for tile in board.images]
    assert np.array_equal(shown, top.patches.reshape(6, 4, 5))
    assert {tile.get_clim() for tile in board.images} == {
        (top.patches.min(), top.patches.max())
    }
    texts = words(board)
    for text in ["filter 3", "filter 5", "filter 8", "4.00", "3.25", "1.50", "0.50"]:
        assert texts.count(text) == 1
    assert figure.get_suptitle() == "conv2: strongest answers first"
    rows = [tile.get_extent()[2] for tile in board.images]
    assert rows[0] == rows[1] < rows[2] == rows[3] < rows[4]


def test_top_activations_of_some_filters(top):
    figure = top_activations(top, units=[8, 3], count=1)
    shown = [tile.get_array() for tile in figure.axes[0].images]
    assert np.array_equal(shown, top.patches[[2, 0], 0, ..., 0])
    assert any("2 of 3 filters" in text for text in words(figure))


def test_top_activations_without_patches_show_the_pictures(top):
    figure = drawn(top_activations(top._replace(patches=None)))
    shown = [tile.get_array() for tile in figure.axes[0].images]
    assert np.array_equal(shown, top.pictures.reshape(6, 9, 9))
    assert "number: the answer\npicture: the whole image" in words(figure)


def test_units_of_a_dense_layer_are_called_so(top):
    figure = top_activations(top._replace(places=np.zeros((3, 2, 0), int)))
    assert "unit 3" in words(figure) and "filter 3" not in words(figure)


def test_top_activations_in_colour(top, rng):
    patches = rng.random((3, 2, 4, 5, 3))
    figure = drawn(top_activations(top._replace(patches=patches)))
    assert np.array_equal(figure.axes[0].images[5].get_array(), patches[2, 1])


def test_top_activations_refuse(top):
    with pytest.raises(ValueError, match=r"`units` out of \[3, 5, 8\]"):
        top_activations(top, units=[4])
    with pytest.raises(ValueError, match="`count`.*at most 2"):
        top_activations(top, count=3)
    with pytest.raises(TypeError, match="`units` to be an integer"):
        top_activations(top, units=[1.5])
    with pytest.raises(TypeError, match="what cnnkit.top_activations returns"):
        top_activations(top.patches)


def test_top_activations_of_a_real_model(few):
    from cnnkit import models
    from cnnkit.features import top_activations as strongest

    found = strongest(models.simple_cnn(), "conv2", few.test.images[:20], k=3)
    tiles = drawn(top_activations(found)).axes[0].images
    assert len(tiles) == 16 * 3  # the first 16 of 20 filters
    row, column = found.places[2, 1]
    image = few.test.images[found.indices[2, 1], ..., 0]
    seen = image[2 * row : 2 * row + 14, 2 * column : 2 * column + 14]
    assert np.array_equal(tiles[2 * 3 + 1].get_array(), seen)


# Receptive fields

IMAGE = np.zeros((28, 28))


def boxes(ax):
    """(left, top, right, bottom) of the outlines in the image, by their label."""
    found = {}
    for patch in ax.patches:
        name = patch.get_label()
        if isinstance(patch, Rectangle) and name:
            x, y = patch.get_xy()
            found[name] = (x, y, x + patch.get_width(), y + patch.get_height())
    return found


def test_receptive_field_by_hand():
    """5×5, 2×2 pooling, 5×5, 2×2 pooling: output (1, 2) sees 16 from 4 and from 8."""
    field = fields_of([(5,), (2, 2), (5,), (2, 2)])[-1]
    ax = receptive_field(IMAGE, field, place=(1, 2))
    assert isinstance(ax, Axes)
    assert boxes(ax) == {"output (1, 2): sees 16×16 pixels": (7.5, 3.5, 23.5, 19.5)}
    assert np.array_equal(ax.images[0].get_array(), IMAGE)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("column", "row")
    assert not [patch for patch in ax.patches if type(patch) is Polygon]


def test_the_default_place_looks_at_the_middle():
    field = ReceptiveField(size=5, jump=1, offset=0)
    (box,) = boxes(receptive_field(np.zeros((9, 7)), field)).values()
    assert box == (0.5, 1.5, 5.5, 6.5)  # 5 of 7 columns, 5 of 9 rows


def test_axes_may_differ():
    pair = (ReceptiveField(3, 1, 0), ReceptiveField(5, 2, 1))
    ((name, box),) = boxes(receptive_field(IMAGE, pair, place=(2, 3))).items()
    assert name == "output (2, 3): sees 3×5 pixels"
    assert box == (6.5, 1.5, 11.5, 4.5)


def test_what_lies_in_padding_is_dashed_outside_of_the_image():
    ax = receptive_field(IMAGE, ReceptiveField(5, 1, -2), place=(0, 27))
    shown = boxes(ax)
    assert shown["output (0, 27): sees 5×5 pixels"] == (24.5, -0.5, 27.5, 2.5)
    assert shown["padding"] == (-0.5, -2.5, 29.5, 27.5)
    (whole,) = (p for p in ax.patches if type(p) is Polygon)
    assert whole.get_linestyle() == "--"
    x, y = whole.get_xy().T
    assert (x.min(), x.max(), y.min(), y.max()) == (24.5, 29.5, -2.5, 2.5)
    left, right = ax.get_xlim()
    bottom, top = ax.get_ylim()
    assert left <= -0.5 and right >= 29.5 and top <= -2.5 and bottom >= 27.5


def test_no_dashes_are_drawn_inside_of_the_image():
    ax = receptive_field(IMAGE, ReceptiveField(5, 1, -2), place=(0, 0))
    for patch in ax.patches:
        patch.set_visible(type(patch) is Polygon)
    pixels = np.asarray(drawn(ax.figure).canvas.buffer_rgba())[::-1]

    def coloured(start, end):
        """Whether there is any colour on the way, one point to each side."""
        (x0, y0), (x1, y1) = np.sort(ax.transData.transform([start, end]), axis=0)
        part = pixels[int(y0) - 1 : int(y1) + 2, int(x0) - 1 : int(x1) + 2, :3]
        return bool((np.ptp(part.astype(int), axis=-1) > 60).any())

    assert coloured((-2.5, 2), (-2.5, -2)) and coloured((-2, -2.5), (2, -2.5))
    assert not coloured((0.2, 2.5), (2.5, 2.5)) and not coloured((2.5, 2), (2.5, 0.2))


def test_nested_fields_have_names_colours_and_dashes():
    stack = [(5,), (2, 2), (5,), (2, 2)]
    names = ["conv1", "pool1", "conv2", "pool2"]
    ax = receptive_field(IMAGE, dict(zip(names, fields_of(stack), strict=True)))
    drawn(ax.figure)
    shown = boxes(ax)
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert [text.split(",")[0] for text in legend] == names
    assert legend[-1] == "pool2, output (1, 1): sees 16×16"
    inner, *outer = (shown[text] for text in legend)
    for box in outer:  # each holds the one before
        assert box[0] <= inner[0] and box[1] <= inner[1]
        assert box[2] >= inner[2] and box[3] >= inner[3]
        inner = box
    outlines = [patch for patch in ax.patches if patch.get_label() in legend]
    assert len({patch.get_edgecolor() for patch in outlines}) == 4
    assert len({str(patch.get_linestyle()) for patch in outlines}) == 4


def test_receptive_field_takes_rows_of_a_trace():
    from cnnkit import models, trace

    rows = trace(models.simple_cnn()).rows
    ax = receptive_field(IMAGE, rows[3], place=(3, 3))
    assert boxes(ax) == {"pool2, output (3, 3): sees 16×16": (11.5, 11.5, 27.5, 27.5)}
    with pytest.raises(ValueError, match="`place` to be an output of 4 × 4"):
        receptive_field(IMAGE, rows[3], place=(4, 0))
    dense = receptive_field(IMAGE, {"first": rows[0], "dense": rows[5]})
    assert boxes(dense)["dense, output (0, 0): sees 28×28"] == (-0.5, -0.5, 27.5, 27.5)


def test_receptive_field_draws_where_it_is_told():
    _, ax = plt.subplots()
    assert receptive_field(IMAGE, ReceptiveField(3, 1, 0), ax=ax) is ax


FIELD = ReceptiveField(3, 1, 0)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"fields": None}, ValueError, "to be a ReceptiveField.*an unknown one"),
        ({"fields": (FIELD,)}, ValueError, "to be a ReceptiveField, or a pair"),
        ({"fields": (3, 1, 0)}, ValueError, "to be a ReceptiveField, or a pair"),
        ({"fields": {}}, ValueError, "one to 8 layers"),
        ({"fields": {str(i): FIELD for i in range(9)}}, ValueError, "one to 8 layers"),
        ({"fields": FIELD, "place": (40, 0)}, ValueError, "output that sees the image"),
        ({"fields": FIELD, "place": (1.5, 0)}, TypeError, "`place` to be an integer"),
        ({"fields": FIELD, "place": 3}, ValueError, "`place` to be two integers"),
        (
            {"fields": FIELD, "place": (9, 5), "output_size": (10, 5)},
            ValueError,
            "`place` to be an output of 10 × 5",
        ),
    ],
)
def test_receptive_field_refuses(arguments, error, message):
    with pytest.raises(error, match=message):
        receptive_field(IMAGE, arguments.pop("fields"), **arguments)


# All of them


@pytest.mark.parametrize(
    "draw",
    [
        lambda top: activations(),
        lambda top: gradient_norms({"a": {"conv": 1.0}, "b": {"conv": 0.0}}).figure,
        lambda top: filters(np.eye(3), before=np.eye(3)),
        lambda top: filters(np.ones((3, 3, 5, 9))),
        lambda top: costs(SMALL),
        lambda top: attributions(IMAGE, {"map": IMAGE - 1}, title="a"),
        lambda top: top_activations(top),
        lambda top: receptive_field(IMAGE, ReceptiveField(5, 1, -2)).figure,
    ],
)
def test_figures_are_readable_on_a_dark_page(draw, top):
    with plt.style.context("dark_background"):
        figure = drawn(draw(top))
    white = to_rgba("white")
    assert figure.get_facecolor() == white
    for text in figure.findobj(plt.Text):
        if text.get_text() and text.get_visible():
            assert text.get_fontsize() >= 7
            assert to_rgba(text.get_color()) != white


def test_attributions_say_what_their_colours_mean():
    picture = np.zeros((6, 6, 1))
    signed, strong = np.eye(6) - 0.5, np.eye(6)
    said = " ".join(words(drawn(attributions(picture, {"a": signed, "b": strong}))))
    assert "Red speaks for the class" in said and "its own scale" in said
    alone = " ".join(words(drawn(attributions(picture, {"b": strong}))))
    assert "Red" not in alone and "Bright counts much" in alone
