import numpy as np
import pytest

from cnnkit import plots

DIGIT = np.array([[0.0, 0.5, 1.0], [0.25, 0.0, 0.0]])
EDGES = np.array([[-2.0, 1.0]])
PHOTO = np.full((4, 5, 3), 0.5)


def images(figure):
    return [ax.images[0] for ax in figure.axes if ax.images]


def test_pictures_of_different_sizes_stand_in_one_row_under_their_names():
    figure = plots.pictures({"ink": DIGIT[..., None], "edges": EDGES, "photo": PHOTO})
    assert [ax.get_title() for ax in figure.axes] == ["ink", "edges", "photo"]
    for image, array in zip(images(figure), (DIGIT, EDGES, PHOTO), strict=True):
        assert np.array_equal(image.get_array(), array)
        assert image.get_interpolation() == "nearest"
    assert {ax.get_subplotspec().rowspan.start for ax in figure.axes} == {0}


def test_only_what_has_more_pixels_than_the_figure_is_smoothed():
    fine = np.zeros((600, 500, 3))
    small, large = images(plots.pictures({"digit": DIGIT, "fine": fine}))
    assert small.get_interpolation() == "nearest"
    assert large.get_interpolation() in ("antialiased", "auto")


def test_negative_numbers_get_a_scale_with_zero_in_its_middle():
    digit, edges = images(plots.pictures({"digit": DIGIT, "edges": EDGES}))
    assert digit.get_clim() == (0, 1) and digit.cmap.name == "gray"
    assert edges.get_clim() == (-2, 2) and edges.cmap.name == "RdBu_r"


def test_one_scale_for_all():
    for image in images(plots.pictures({"a": DIGIT, "b": 4 * DIGIT}, same_scale=True)):
        assert image.get_clim() == (0, 4)
    for image in images(plots.pictures({"a": DIGIT, "b": EDGES}, same_scale=True)):
        assert image.get_clim() == (-2, 2)


@pytest.mark.parametrize(
    ("colours", "array", "limits", "name"),
    [
        ("grey", DIGIT + 1, (0, 2), "gray"),
        ("ink", DIGIT, (0, 1), "gray_r"),
        ("magnitude", DIGIT + 1, (1, 2), "viridis"),
        ("magnitude", EDGES, (-2, 1), "viridis"),
        ("grey", EDGES, (-2, 1), "gray"),
        ("signed", DIGIT, (-1, 1), "RdBu_r"),
        ("grey", np.zeros((2, 2)), (0, 1), "gray"),
        ("magnitude", np.full((2, 2), 3.0), (3, 4), "viridis"),
        ("grey", np.full((2, 2), np.nan), (0, 1), "gray"),
    ],
)
def test_colours(colours, array, limits, name):
    (image,) = images(plots.pictures({"x": array}, colours=colours))
    assert image.get_clim() == limits and image.cmap.name == name


def test_a_scale_is_drawn_under_what_has_numbers():
    figure = plots.pictures({"digit": DIGIT, "photo": PHOTO}, scale=True)
    assert len(figure.axes) == 3


def test_a_window_is_framed():
    figure = plots.pictures({"a": DIGIT, "b": DIGIT}, windows={"b": (0, 1, 2, 2)})
    first, second = (ax.patches for ax in figure.axes)
    assert not first
    (frame,) = second
    assert (*frame.get_xy(), frame.get_width(), frame.get_height()) == (0.5, -0.5, 2, 2)


def test_columns_and_heading():
    figure = plots.pictures(dict.fromkeys("abc", DIGIT), columns=2, title="three")
    assert [ax.get_subplotspec().rowspan.start for ax in figure.axes] == [0, 0, 1]
    assert figure.get_suptitle() == "three"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"named": {}}, "dict of at least one picture"),
        ({"named": [DIGIT]}, "dict of at least one picture"),
        ({"named": {"x": np.zeros(3)}}, r"named\['x'\]"),
        ({"named": {"x": np.zeros((2, 2, 2))}}, r"named\['x'\]"),
        ({"named": {"x": DIGIT}, "colours": "jet"}, "colours"),
        ({"named": {"x": DIGIT}, "windows": {"y": (0, 0, 1, 1)}}, "name one of x"),
        ({"named": {"x": DIGIT}, "windows": {"x": (0, 2, 1, 2)}}, "within 2×3"),
        ({"named": {"x": DIGIT}, "windows": {"x": (0, 0, 0, 1)}}, "within 2×3"),
        ({"named": {"x": DIGIT}, "windows": {"x": (0, 0)}}, "within 2×3"),
    ],
)
def test_pictures_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        plots.pictures(**arguments)
