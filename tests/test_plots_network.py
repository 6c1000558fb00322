import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

from cnnkit import feature_maps, models
from cnnkit.plots.blueprint import architecture
from cnnkit.plots.sheets import network_maps
from cnnkit.runtime import keras

layers = keras.layers


def sequential(*stack, name="model"):
    return keras.Sequential(stack, name=name)


def sheets(ax, name):
    return [
        patch
        for patch in ax.patches
        if isinstance(patch, Rectangle) and patch.get_label() == f"_{name}"
    ]


def words(ax):
    return [text.get_text() for text in ax.texts]


def windows(ax):
    """The frames as (left, bottom, right, top), in the order of the layers."""
    found = [patch for patch in ax.patches if patch.get_label() == "_window"]
    corners = [(p.get_xy().min(axis=0), p.get_xy().max(axis=0)) for p in found]
    return [(*low, *high) for low, high in corners]


def overlaps(ax):
    """Pairs of texts whose boxes meet, after drawing."""
    ax.figure.canvas.draw()
    texts = [text for text in [*ax.texts, ax.title] if text.get_text().strip()]
    boxes = [(text, text.get_window_extent().shrunk(0.98, 0.9)) for text in texts]
    return [
        (one.get_text(), other.get_text())
        for index, (one, box) in enumerate(boxes)
        for other, room in boxes[index + 1 :]
        if box.overlaps(room)
    ]


def test_lenet_is_drawn_volume_by_volume():
    ax = architecture(models.lenet5())
    assert isinstance(ax, Axes)
    # Shapes and kernels of the paper, on 28×28 with the first layer padded.
    names = ["input", "conv1", "pool1", "conv2", "pool2", "flatten", "dense1"]
    names += ["dense2", "logits"]
    shapes = ["28×28×1", "28×28×6\ntanh", "14×14×6", "10×10×16\ntanh", "5×5×16"]
    shapes += ["400", "120\ntanh", "84\ntanh", "10\nthen softmax"]
    shown = words(ax)
    for name, shape in zip(names, shapes, strict=True):
        assert shown.index(name) == shown.index(shape) + 1
    steps = [text for text in shown if "convolution" in text or "pooling" in text]
    pool = "2×2\naverage\npooling\nstride 2"
    first = "5×5\nconvolution\nsame padding"
    assert steps == [first, pool, "5×5\nconvolution", pool]
    assert ax.get_title() == "lenet5: 28×28×1 → 10 classes · 61,706 parameters"
    assert "not one each" not in shown[-1]  # at most 16 channels


def test_the_title_says_classes_only_after_a_softmax():
    model = sequential(keras.Input((1200,)), layers.Dense(1000, name="scores"))
    # 1200 · 1000 weights and 1000 offsets.
    title = "model: 1,200 → 1,000 · 1,201,000 parameters"
    assert architecture(model).get_title() == title
    model = sequential(keras.Input((6,)), layers.Dense(3, activation="softmax"))
    assert "6 → 3 classes · 21 parameters" in architecture(model).get_title()


def test_sides_are_to_scale_and_sheets_grow_with_the_channels():
    ax = architecture(models.simple_cnn())
    sides = {
        name: sheets(ax, name)[0].get_height()
        for name in ("input", "conv1", "pool1", "conv2", "pool2")
    }
    ratios = {name: side / sides["input"] for name, side in sides.items()}
    expected = {"input": 28, "conv1": 24, "pool1": 12, "conv2": 8, "pool2": 4}
    assert ratios == pytest.approx({k: v / 28 for k, v in expected.items()})
    assert "Sides of the sheets: to scale." in words(ax)[-1]
    # All channels up to 16; 20 are less than a doubling more.
    counts = [len(sheets(ax, name)) for name in ("input", "pool1", "pool2")]
    assert counts == [1, 10, 16]
    assert "More sheets are more channels, not one each." in words(ax)[-1]


def test_more_channels_are_never_fewer_sheets():
    stack = [layers.Conv2D(n, 1, name=f"c{n}") for n in (15, 16, 17, 32, 64, 256)]
    ax = architecture(sequential(keras.Input((4, 4, 1)), *stack))
    counts = [len(sheets(ax, one.name)) for one in stack]
    assert counts == [15, 16, 16, 17, 18, 20]  # one more for each doubling


def test_bars_grow_with_the_root_of_the_units():
    model = sequential(
        keras.Input((400,)), layers.Dense(100, name="a"), layers.Dense(25, name="b")
    )
    ax = architecture(model)
    lengths = [sheets(ax, name)[0].get_height() for name in ("input", "a", "b")]
    assert np.divide(lengths, lengths[0]) == pytest.approx([1, 0.5, 0.25])
    bands = [patch for patch in ax.patches if patch.get_label() == "_band"]
    assert len(bands) == 2 and all(isinstance(band, Polygon) for band in bands)


def test_large_sizes_are_compressed_and_the_caption_says_so():
    ax = architecture(models.alexnet())
    ratio = sheets(ax, "pool5")[0].get_width() / sheets(ax, "input")[0].get_width()
    assert ratio == pytest.approx((6 / 227) ** 0.5)
    assert "by the square root of their size" in words(ax)[-1].replace("\n", " ")


def test_a_frame_is_what_one_output_reads():
    model = sequential(
        keras.Input((10, 20, 1)),
        layers.Conv2D(1, (3, 5), strides=(2, 3), name="conv"),  # 4×6
    )
    ax = architecture(model)
    (left, bottom, right, top), (image,) = windows(ax)[0], sheets(ax, "input")
    unit = image.get_width() / 20
    assert (right - left) / unit == pytest.approx(5)
    assert (top - bottom) / unit == pytest.approx(3)
    # The dot is the middle of output (r, c); its window starts at (2r, 3c).
    dot = next(line for line in ax.lines if line.get_marker() == "s")
    (conv,) = sheets(ax, "conv")
    across = (dot.get_xdata()[0] - conv.get_x()) / conv.get_width() * 6 - 0.5
    down = (conv.get_y() + conv.get_height() - dot.get_ydata()[0]) / unit
    down = down / (conv.get_height() / unit) * 4 - 0.5
    assert across == pytest.approx(round(across))
    assert (left - image.get_x()) / unit == pytest.approx(3 * round(across))
    head = image.get_y() + image.get_height()
    assert (head - top) / unit == pytest.approx(2 * round(down))


def test_a_frame_too_small_to_be_seen_is_an_arrow():
    model = sequential(
        keras.Input((64, 64, 1)),
        layers.Conv2D(1, 9, name="wide"),  # 9 of 64 of 1.5 inches: 0.21
        layers.Conv2D(1, 3, name="thin"),  # 0.07
    )
    ax = architecture(model)
    assert len(windows(ax)) == 1
    assert len([line for line in ax.lines if line.get_marker() == "s"]) == 1
    arrows = [text for text in ax.texts if getattr(text, "arrow_patch", None)]
    assert len(arrows) == 1
    assert "Frame" not in words(architecture(models.alexnet()))[-1]


def test_frame_and_dot_of_a_sheet_are_at_different_heights():
    ax = architecture(models.lenet5())
    dots = [line.get_ydata()[0] for line in ax.lines if line.get_marker() == "s"]
    for dot, (_, bottom, _, top) in zip(dots, windows(ax)[1:], strict=False):
        assert max(bottom - dot, dot - top) > 0.1  # inches


def test_global_pooling_reads_the_whole_map():
    ax = architecture(models.gap_cnn())
    front = sheets(ax, "conv3")[-1]
    assert windows(ax)[-1] == pytest.approx(front.get_bbox().extents)
    assert "global\naverage\npooling" in words(ax)


def test_what_happens_in_place_joins_the_label():
    ax = architecture(models.fast_cnn(dropout=0.25))
    shown = words(ax)
    assert "4×4×48\nthen batch\nnormalisation\nthen ReLU" in shown
    assert "768\nthen dropout 0.25" in shown
    assert not sheets(ax, "norm2") and not sheets(ax, "activation2")


def test_other_layers_and_a_model_inside_are_told():
    inner = sequential(layers.Conv2D(4, 3, dilation_rate=2, name="wide"), name="inner")
    model = sequential(
        *(keras.Input((12, 12, 2)), layers.ZeroPadding2D(1, name="zeros"), inner),
        *(layers.DepthwiseConv2D(3, name="deep"), layers.UpSampling2D(name="larger")),
        *(models.LpPooling2D(3, 1, name="norm"), layers.LeakyReLU(name="leaky")),
    )
    shown = words(architecture(model))
    assert "zero padding" in shown and "up sampling" in shown
    assert "3×3\nconvolution\ndilation 2" in shown and "inner/wide" in shown
    assert "3×3\ndepthwise\nconvolution" in shown
    assert "3×3\nL2 pooling" in shown and "14×14×4\nthen leaky ReLU" in shown


def test_channels_may_come_first():
    model = sequential(
        keras.Input((3, 8, 8)),
        layers.MaxPooling2D(2, data_format="channels_first", name="pool"),
    )
    ax = architecture(model)
    assert len(sheets(ax, "pool")) == 3
    half = sheets(ax, "pool")[0].get_height() / sheets(ax, "input")[0].get_height()
    assert half == pytest.approx(0.5)


def test_an_unbuilt_model_takes_a_shape():
    model = sequential(layers.Conv2D(2, 3, name="conv"))
    assert "4×4×2" in words(architecture(model, input_shape=(6, 6, 1)))
    with pytest.raises(ValueError, match="`input_shape` of one example"):
        architecture(model)


def test_architecture_refuses_a_branch_and_other_ranks():
    image = keras.Input((8, 8, 1))
    both = layers.Add(name="sum")([layers.ReLU()(image), layers.Softmax()(image)])
    with pytest.raises(ValueError, match="a chain of layers"):
        architecture(keras.Model(image, both))
    row = sequential(keras.Input((9, 2)), layers.Conv1D(3, 3, name="conv"))
    with pytest.raises(ValueError, match=r"\(H, W, C\) or \(units,\).*9×2 after input"):
        architecture(row)
    with pytest.raises(TypeError, match="`model` to be a Sequential model"):
        architecture("lenet5")


@pytest.mark.parametrize(
    "model",
    [
        *(models.mlp, models.simple_cnn, models.lenet5, models.conv_blocks),
        *(models.alexnet, models.gap_cnn, models.fast_cnn),
    ],
)
def test_no_text_meets_another(model):
    ax = architecture(model())
    assert overlaps(ax) == []
    sizes = [text.get_fontsize() for text in [*ax.texts, ax.title]]
    assert min(sizes) >= 7
    page = ax.figure.bbox
    for text in [*ax.texts, ax.title]:
        box = text.get_window_extent()
        assert page.x0 <= box.x0 and box.x1 <= page.x1, text.get_text()
        assert page.y0 <= box.y0 and box.y1 <= page.y1, text.get_text()


def test_architecture_fits_into_the_axes_it_is_given():
    _, axes = plt.subplots(1, 3, figsize=(14, 4), layout="constrained")
    factories = models.mlp, models.simple_cnn, models.gap_cnn
    for ax, model in zip(axes, factories, strict=True):
        assert architecture(model(), ax=ax) is ax
        assert overlaps(ax) == []
    _, small = plt.subplots(figsize=(3, 2))
    with pytest.raises(ValueError, match="`ax` of about .* inches, for 8 volumes"):
        architecture(models.simple_cnn(), ax=small)


def test_thirty_layers_are_still_apart():
    stack = [
        layers.Conv2D(8, 3, padding="same", name=f"convolution_{index}")
        for index in range(30)
    ]
    assert overlaps(architecture(sequential(keras.Input((32, 32, 3)), *stack))) == []


@pytest.fixture(scope="module")
def answers():
    model = models.simple_cnn()
    image = np.random.default_rng(0).random((28, 28, 1), np.float32)
    return image, feature_maps(model, image)


def test_network_maps_draw_the_first_maps_of_each_layer(answers):
    image, maps = answers
    figure = network_maps(maps, image=image, per_layer=3, title="simple_cnn")
    assert isinstance(figure, Figure)
    (ax,) = figure.axes
    first, *tiles = (drawn.get_array() for drawn in ax.images)
    assert np.array_equal(first, image[..., 0])
    for index in range(3):
        assert np.allclose(tiles[index], maps["conv1"][0, ..., index])
    limits = {drawn.get_clim() for drawn in ax.images[1:4]}
    assert limits == {(0.0, float(maps["conv1"].max()))}
    shown = words(ax)
    for line in (*maps, "image", "simple_cnn", "24×24×10\nfirst 3", "320"):
        assert line in shown


def test_network_maps_know_the_sign_and_the_scale():
    maps = {"a": np.array([[[[0.0, 2.0]]], [[[1.0, 3.25]]]])[:, 0][None]}
    maps |= {"b": np.array([[[[-4.0, 2.0]]]]), "c": np.zeros((2, 2, 1))}
    ax = network_maps(maps).axes[0]
    styles = {(im.get_cmap().name, *im.get_clim()) for im in ax.images}
    expected = {("viridis", 0, 3.25), ("RdBu_r", -4, 4), ("viridis", 0, 1)}
    assert styles == expected
    for line in ("0 to 3.2", "−4 to 4", "all are 0"):
        assert line in words(ax)


def test_units_and_maps_of_one_pixel_are_cells():
    units = np.arange(1.0, 98.0)  # 97 is a prime: some cells stay empty
    maps = {"units": units, "pixels": units[:6].reshape(1, 1, 1, 6), "end": units}
    ax = network_maps(maps).axes[0]
    cells, _, pixels, *_ = (drawn.get_array() for drawn in ax.images)
    filled = np.ma.masked_invalid(cells).compressed()
    assert np.array_equal(filled, units)
    assert np.array_equal(pixels.ravel(), units[:6])


def caption(ax):
    return words(ax)[-1].replace("\n", " ")


def ticks(ax):
    """What is written beside the bars, with its height."""
    return {
        text.get_text(): text.get_position()[1]
        for text in ax.texts
        if text.get_label() == "_tick"
    }


def test_probabilities_are_bars_on_a_scale_from_0_to_1():
    shares = np.array([[0.1, 0.7, 0.2]])
    ax = network_maps({"probabilities": shares}).axes[0]
    (bars,) = ax.containers
    scale = ticks(ax)
    assert set(scale) == {"0", "1"}
    heights = np.array([bar.get_height() for bar in bars])
    assert heights / (scale["1"] - scale["0"]) == pytest.approx(shares[0])
    assert {bar.get_y() for bar in bars} == {scale["0"]}
    assert {"0", "1", "2", "most likely: 1\nprobability 0.700"} <= set(words(ax))


@pytest.mark.parametrize(
    ("best", "said"), [(0.99951, "\nmore than 0.999"), (0.9994, " 0.999")]
)
def test_what_would_round_to_1_is_more_than_0_999(best, said):
    ax = network_maps({"p": np.array([1 - best, best])}).axes[0]
    assert f"most likely: 1\nprobability{said}" in words(ax)


def test_scores_are_bars_on_a_scale_of_their_own():
    ax = network_maps({"scores": np.array([-2.0, 1.0])}).axes[0]
    bars, scale = ax.containers[0], ticks(ax)
    heights = [bar.get_height() for bar in bars]
    assert heights[0] / heights[1] == pytest.approx(-2)
    assert {bar.get_y() for bar in bars} == {scale["0"]}  # from the same line
    assert scale["−2"] - scale["0"] == pytest.approx(heights[0])
    assert scale["1"] - scale["0"] == pytest.approx(heights[1])
    assert "greatest: 1\nwith 1" in words(ax)
    # The ends are always told; the 0 is left out where it would meet one.
    close = network_maps({"scores": np.array([-9.0, 1.0])}).axes[0]
    assert set(ticks(close)) == {"−9", "1"} and overlaps(close) == []
    # Above 0, but with another sum than 1: no probabilities.
    ax = network_maps({"gates": np.array([0.5, 0.9])}).axes[0]
    assert set(ticks(ax)) == {"0", "0.9"}
    assert set(ticks(network_maps({"none": np.zeros(3)}).axes[0])) == {"0"}


@pytest.mark.parametrize("count", [3, 20])
def test_the_cells_of_the_logits_stand_above_the_bars(count, rng):
    logits = rng.normal(size=count)
    shares = np.exp(logits) / np.exp(logits).sum()
    ax = network_maps({"logits": logits, "probabilities": shares}).axes[0]
    cells = next(im for im in ax.images if im.get_array().shape == (1, count))
    assert np.array_equal(cells.get_array()[0], logits)
    left, right, *_ = cells.get_extent()
    middles = left + (np.arange(count) + 0.5) * (right - left) / count
    bars = [bar.get_x() + bar.get_width() / 2 for bar in ax.containers[0]]
    assert bars == pytest.approx(middles)
    for index, middle in enumerate(middles):
        places = [
            text.get_position()[0]
            for text in ax.texts
            if text.get_text() == str(index) and text.get_label() != "_tick"
        ]
        assert places == pytest.approx([middle, middle])  # below each row
    assert overlaps(ax) == []


def test_each_map_has_its_number_above_it():
    ax = network_maps({"a": np.ones((4, 6, 3))}, title="three").axes[0]
    for index, drawn in enumerate(ax.images[:3]):
        left, right, _, top = drawn.get_extent()
        (text,) = (text for text in ax.texts if text.get_text() == str(index))
        across, height = text.get_position()
        assert across == pytest.approx((left + right) / 2)
        assert top < height < top + 0.1
    assert overlaps(ax) == []


def test_the_caption_says_what_is_drawn_and_no_more():
    maps = {"a": np.ones((4, 4, 1)), "b": np.ones((2, 2, 1))}
    own = "Each row has its own scale of colours, on the right."
    assert caption(network_maps(maps).axes[0]) == f"{own} Bright is strong."
    signed = caption(network_maps({"a": -np.ones((2, 2, 1))}).axes[0])
    assert "white is 0 and dark is strong" in signed and "Bright" not in signed
    empty = caption(network_maps({"units": np.arange(97.0)}).axes[0])
    assert "Units are cells" in empty and empty.endswith("Hatched is no value.")


def test_a_last_layer_with_no_number_is_cells():
    ax = network_maps({"p": np.array([0.5, np.nan, 0.5])}).axes[0]
    assert not ax.containers
    assert np.ma.masked_invalid(ax.images[0].get_array()).mask.tolist() == [
        [False, True, False]
    ]
    assert "Hatched is no value." in caption(ax)
    assert {"0", "1", "2"} <= set(words(ax))


def test_a_map_that_is_no_number_is_left_out(rng):
    broken = rng.random((4, 4, 2))
    broken[0, 0, 0], broken[1, 1, 1] = np.nan, np.inf
    ax = network_maps({"broken": broken}).axes[0]
    tiles = [np.ma.masked_invalid(drawn.get_array()) for drawn in ax.images[:2]]
    assert tiles[0].mask[0, 0] and tiles[1].mask[1, 1]
    assert ax.images[0].get_clim()[1] == np.sort(broken[np.isfinite(broken)])[-1]


def test_a_colour_image_of_bytes_is_drawn_from_0_to_1(rng):
    image = rng.integers(0, 256, (5, 6, 3), dtype=np.uint8)
    image[0, 0] = 100  # the brightest of a dark image
    image = np.minimum(image, 100)
    ax = network_maps({"a": np.ones((2, 2, 1))}, image=image).axes[0]
    assert np.allclose(ax.images[0].get_array(), image / 255)
    assert "5×6×3" in words(ax)


@pytest.mark.parametrize("count", [1, 30, 40])
def test_many_layers_share_the_sheet(count, rng):
    maps = {f"layer{index}": rng.random((6, 6, 12)) for index in range(count)}
    figure = network_maps(maps)
    assert figure.get_size_inches()[1] < 20
    assert overlaps(figure.axes[0]) == []
    assert len(figure.axes[0].images) == count * 9  # eight maps and the scale


@pytest.mark.parametrize(
    ("maps", "message"),
    [
        ({}, "1 to 40 layers. Received: 0"),
        ({str(i): np.zeros(3) for i in range(41)}, "Received: 41.*layers="),
        (
            {"conv": np.zeros((2, 4, 4, 3))},
            r"`maps` of conv for one image.*images\[i\]",
        ),
        ({"conv": np.zeros((2, 4))}, "`maps` of conv for one image"),
        ({"conv": np.zeros((4, 4, 0))}, "`maps` of conv for one image"),
        ({"conv": np.array(["a"])}, "`maps` of conv for one image"),
    ],
)
def test_network_maps_refuse(maps, message):
    with pytest.raises(ValueError, match=message):
        network_maps(maps)


def test_network_maps_want_a_dict_and_a_count():
    with pytest.raises(TypeError, match=r"`maps` to be \{layer name: array\}"):
        network_maps(np.zeros((1, 4, 4, 3)))
    maps = {"a": np.zeros((2, 2, 1))}
    with pytest.raises(ValueError, match="`image` to be one image. Received: 2"):
        network_maps(maps, image=np.zeros((2, 4, 4, 1)))
    with pytest.raises(ValueError, match="`per_layer`"):
        network_maps(maps, per_layer=0)


def test_drawings_of_networks_are_black_on_white_in_a_dark_style(answers):
    with plt.style.context("dark_background"):
        model = sequential(keras.Input((4, 4, 1)), layers.Flatten(name="flatten"))
        for ax in (architecture(model), network_maps(answers[1]).axes[0]):
            assert ax.figure.get_facecolor() == (1, 1, 1, 1)
            assert {text.get_color() for text in ax.texts} == {"black"}
        _, theirs = plt.subplots(figsize=(6, 4))
        architecture(model, ax=theirs)
        assert theirs.texts[0].get_color() == "white"
