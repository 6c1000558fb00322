import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cnnkit import plots
from cnnkit.plots.classification import count_confusions


@pytest.fixture
def images(rng):
    return rng.random((7, 4, 4, 1), np.float32)


def pictures(figure):
    return [ax.images[0].get_array() for ax in figure.axes if ax.images]


def titles(figure):
    return [ax.get_title() for ax in figure.axes if ax.images]


def test_digits_shows_each_image_with_its_label(images):
    figure = plots.digits(images, np.arange(7))
    assert isinstance(figure, Figure)
    assert titles(figure) == list("0123456")
    for shown, image in zip(pictures(figure), images, strict=True):
        assert np.array_equal(shown, image[..., 0])
    limits = {ax.images[0].get_clim() for ax in figure.axes}
    assert len(limits) == 1  # one scale for all


def test_digits_marks_wrong_predictions(images):
    labels = np.array([1, 2, 3, 4, 5, 6, 7])
    figure = plots.digits(images, labels, predictions=[1, 2, 9, 4, 5, 6, 7])
    assert titles(figure)[:4] == ["1", "2", "9, is 3", "4"]
    colours = [ax.title.get_color() for ax in figure.axes]
    assert colours[2] != colours[0] == colours[3]


def test_digits_takes_grey_and_colour(rng):
    assert len(plots.digits(rng.random((2, 5, 6))).axes) == 2
    colour = rng.random((2, 5, 6, 3))
    assert np.array_equal(pictures(plots.digits(colour))[1], colour[1])


def test_rows_follow_the_columns(images):
    figure = plots.digits(images, columns=3)
    rows = {round(ax.get_subplotspec().rowspan.start) for ax in figure.axes}
    assert rows == {0, 1, 2} and len(figure.axes) == 7


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.zeros((2, 2)),), "`images` of shape"),
        ((np.zeros((0, 4, 4, 1)),), "`images` of shape"),
        ((np.zeros((1, 4, 4, 2)),), "`images` of shape"),
        ((np.zeros((2, 4, 4)), [1]), "`labels` to have 2 entries"),
    ],
)
def test_digits_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        plots.digits(*arguments)


HISTORY = {
    "loss": [0.9, 0.5, 0.4, 0.3],
    "accuracy": [0.5, 0.7, 0.8, 0.9],
    "val_loss": [0.8, 0.4, 0.5, 0.45],
    "val_accuracy": [0.6, 0.8, 0.7, 0.85],
    "learning_rate": [0.1, 0.1, 0.1, 0.05],
}


def test_training_curves_draw_the_history():
    figure = plots.training_curves(HISTORY)
    loss, accuracy = figure.axes
    assert (loss.get_ylabel(), accuracy.get_ylabel()) == ("loss", "accuracy")
    assert loss.get_xlabel() == "epoch"
    lines = {line.get_label(): line for line in loss.lines}
    assert list(lines["training"].get_xdata()) == [1, 2, 3, 4]
    assert list(lines["training"].get_ydata()) == HISTORY["loss"]
    assert list(lines["validation"].get_ydata()) == HISTORY["val_loss"]


def test_training_curves_mark_best_epoch_and_rate():
    loss = plots.training_curves(HISTORY).axes[0]
    lines = {line.get_label(): line for line in loss.lines}
    assert lines["best val_loss: epoch 2"].get_xdata() == [2, 2]
    dotted = [line for line in loss.lines if line.get_linestyle() == ":"]
    assert [line.get_xdata()[0] for line in dotted] == [3.5]
    assert [text.get_text() for text in loss.texts] == ["rate 0.05"]


def test_training_curves_share_one_legend_that_hides_no_curve():
    figure = plots.training_curves(HISTORY)
    figure.canvas.draw()
    (legend,) = figure.legends
    told = [text.get_text() for text in legend.get_texts()]
    assert told == ["training", "validation", "best val_loss: epoch 2"]
    for ax in figure.axes:
        assert ax.get_legend() is None
        assert not legend.get_window_extent().overlaps(ax.get_tightbbox())


def test_the_best_of_an_accuracy_is_its_greatest():
    figure = plots.training_curves(HISTORY, monitor="val_accuracy")
    labels = [line.get_label() for line in figure.axes[0].lines]
    assert "best val_accuracy: epoch 4" in labels


def test_training_curves_take_a_keras_history_and_one_curve():
    class History:
        history = {"loss": [2.0, 1.0]}

    assert len(plots.training_curves(History(), monitor="loss").axes) == 1


@pytest.mark.parametrize("history", [{}, {"loss": []}, None, [1, 2]])
def test_training_curves_need_an_epoch(history):
    with pytest.raises(ValueError, match="a history with the loss"):
        plots.training_curves(history)


def test_training_curves_name_the_monitors_there_are():
    with pytest.raises(ValueError, match="`monitor` to be one of 'loss'"):
        plots.training_curves({"loss": [1.0]})


LABELS = np.array([0, 0, 1, 1, 1, 2])
SAID = np.array([0, 1, 1, 1, 0, 2])


def test_confusions_by_hand():
    counts = [[1, 1, 0], [1, 2, 0], [0, 0, 1]]
    assert count_confusions(LABELS, SAID).tolist() == counts


def test_confusion_matrix_shows_counts_and_shades_mistakes():
    ax = plots.confusion_matrix(LABELS, SAID, class_names=["cat", "dog", "pig"])
    assert isinstance(ax, Axes)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("the model said", "it is")
    shown = {text.get_position(): text.get_text() for text in ax.texts}
    assert shown == {(0, 0): "1", (1, 0): "1", (0, 1): "1", (1, 1): "2", (2, 2): "1"}
    shades = ax.images[0].get_array()
    assert np.ma.getmaskarray(shades).diagonal().all()
    assert shades[0, 1] == 1
    assert [t.get_text() for t in ax.get_xticklabels()] == ["cat", "dog", "pig"]


def test_confusion_matrix_draws_where_it_is_told():
    _, ax = plt.subplots()
    assert plots.confusion_matrix(LABELS, SAID, ax=ax) is ax


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (SAID[:-1], "`predictions` to have 6 entries"),
        (np.eye(6), "`predictions` to be class numbers.*argmax"),
        (SAID / 2, "`predictions` to be class numbers"),
        (SAID - 1, "`predictions` to start at 0"),
    ],
)
def test_confusion_matrix_refuses(said, message):
    with pytest.raises(ValueError, match=message):
        plots.confusion_matrix(LABELS, said)


def test_confusion_matrix_wants_a_name_for_each_class():
    with pytest.raises(ValueError, match="`class_names` for 3 classes"):
        plots.confusion_matrix(LABELS, SAID, class_names=["cat"])


SHARES = np.array(
    [
        [0.6, 0.4],  # is 0: right
        [0.3, 0.7],  # is 0: wrong, the truth got 0.3
        [0.9, 0.1],  # is 1: wrong, the truth got 0.1
        [0.2, 0.8],  # is 1: right
    ]
)


def test_worst_mistakes_come_worst_first(images):
    figure = plots.worst_mistakes(images[:4], [0, 0, 1, 1], SHARES)
    assert titles(figure) == ["said 0 (90%)\nis 1 (10%)", "said 1 (70%)\nis 0 (30%)"]
    assert np.array_equal(pictures(figure)[0], images[2, ..., 0])


def test_worst_mistakes_stop_at_the_count(images):
    assert (
        len(plots.worst_mistakes(images[:4], [0, 0, 1, 1], SHARES, count=1).axes) == 1
    )


def test_worst_mistakes_need_one(images):
    with pytest.raises(ValueError, match="at least one mistake"):
        plots.worst_mistakes(images[:4], SHARES.argmax(axis=1), SHARES)
    with pytest.raises(ValueError, match="`probabilities` of shape"):
        plots.worst_mistakes(images[:4], [0, 0, 1, 1], [0, 1, 0, 1])


def test_class_shares_are_per_cent():
    ax = plots.class_shares({"a": np.array([0, 0, 0, 1]), "b": np.array([1, 2])})
    heights = [bar.get_height() for bar in ax.patches]
    assert heights == [75, 25, 0, 0, 50, 50]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]
    assert ax.get_ylabel() == "share of the images (%)"


def test_class_shares_refuse():
    with pytest.raises(ValueError, match="one to 4 `parts`"):
        plots.class_shares({})
    with pytest.raises(ValueError, match="`a` to be class numbers"):
        plots.class_shares({"a": np.array([0.5])})


def test_feature_maps_share_one_scale(rng):
    maps = rng.random((1, 6, 6, 12), np.float32)
    figure = plots.feature_maps(maps, title="conv1")
    shown = [ax.images[0] for ax in figure.axes if ax.get_title().startswith("map")]
    assert len(shown) == 12
    for index, tile in enumerate(shown):
        assert np.array_equal(tile.get_array(), maps[0, ..., index])
    limits = {image.get_clim() for image in shown}
    assert limits == {(float(maps.min()), float(maps.max()))}
    assert figure.get_suptitle() == "conv1"


def test_feature_maps_put_the_image_in_front(rng):
    image = rng.random((9, 9, 1), np.float32)
    figure = plots.feature_maps(rng.random((6, 6, 4)), image=image, columns=2)
    assert titles(figure)[0] == "image"
    assert np.array_equal(pictures(figure)[0], image[..., 0])


@pytest.mark.parametrize("shape", [(6, 6), (2, 6, 6, 4), (6, 6, 0)])
def test_feature_maps_want_one_image_and_one_layer(shape):
    with pytest.raises(ValueError, match=r"one image and one layer, \(H, W, C\)"):
        plots.feature_maps(np.zeros(shape))


def test_figures_are_black_on_white_in_a_dark_style():
    with plt.style.context("dark_background"):
        ax = plots.confusion_matrix(LABELS, SAID)
        assert ax.figure.get_facecolor() == ax.get_facecolor() == (1, 1, 1, 1)
        written = [*ax.texts, ax.xaxis.label, *ax.get_xticklabels()]
        assert {text.get_color() for text in written} == {"black"}
        _, theirs = plt.subplots()
        plots.confusion_matrix(LABELS, SAID, ax=theirs)
        assert theirs.texts[0].get_color() == "white"


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint64])
def test_confusions_do_not_overflow(dtype):
    labels = np.tile(np.arange(40), 3).astype(dtype)
    counts = count_confusions(labels, labels.astype(np.int64))
    assert np.array_equal(counts, 3 * np.eye(40))


def test_worst_mistakes_refuse_classes_that_are_not_there(images):
    with pytest.raises(ValueError, match="`labels` below 2"):
        plots.worst_mistakes(images[:4], [0, 0, 1, 2], SHARES)


def test_one_image_is_not_taken_for_many(rng):
    with pytest.raises(ValueError, match=r"axis more: image\[None\]"):
        plots.digits(rng.random((28, 28, 1)))


def test_an_epoch_of_nan_is_not_the_best():
    figure = plots.training_curves({"loss": [0.5, np.nan, 0.3]}, monitor="loss")
    labels = [line.get_label() for line in figure.axes[0].lines]
    assert "best loss: epoch 3" in labels
