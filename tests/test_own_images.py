"""Pictures of one's own: numbers worked by hand, and MNIST as the oracle."""

import doctest
import importlib.util

import numpy as np
import pytest
from conftest import ROOT
from PIL import Image

from cnnkit import ink, own_images, plots, prepare_digits, read_images
from cnnkit.own_images import preparation_steps

OWN = ROOT / "data" / "own_digits"


def saved(path, array, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path, **options)


def grey(height=4, width=6, value=200):
    return np.full((height, width), value, np.uint8)


def block(shape=(90, 70), box=(20, 30, 40, 20), paper=230, dark=20):
    """A dark block on bright paper: top, left, height, width."""
    picture = np.full(shape, paper, np.uint8)
    top, left, height, width = box
    picture[top : top + height, left : left + width] = dark
    return picture


# --- reading ---------------------------------------------------------------------


def test_sub_folders_are_classes_in_the_order_of_their_names(tmp_path):
    saved(tmp_path / "dog" / "b.png", grey(value=2))
    saved(tmp_path / "dog" / "a.png", grey(value=1))
    saved(tmp_path / "cat" / "z.png", np.full((3, 5, 3), 9, np.uint8))
    (tmp_path / "dog" / ".hidden").write_text("no picture")
    (tmp_path / "Thumbs.db").write_text("of Windows")
    mine = read_images(tmp_path)
    assert mine.names == ("cat", "dog")
    assert mine.labels.tolist() == [0, 1, 1] and mine.labels.dtype == np.int64
    assert [path.name for path in mine.paths] == ["z.png", "a.png", "b.png"]
    assert [image.shape for image in mine.images] == [(3, 5, 3), (4, 6), (4, 6)]
    assert [image.flat[0] for image in mine.images] == [9, 1, 2]


def test_a_folder_of_pictures_alone_has_no_labels(tmp_path):
    saved(tmp_path / "a.png", grey())
    mine = read_images(str(tmp_path))
    assert mine.labels is None and mine.names is None and len(mine.images) == 1


def test_a_picture_is_turned_as_the_camera_noted(tmp_path):
    photo = np.arange(6, dtype=np.uint8).reshape(2, 3)
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: turn clockwise by a quarter
    saved(tmp_path / "a.png", photo, exif=exif)
    assert read_images(tmp_path).images[0].tolist() == [[3, 0], [4, 1], [5, 2]]


def test_what_is_transparent_becomes_white(tmp_path):
    drawn = np.zeros((2, 2, 4), np.uint8)
    drawn[0, 0] = (10, 20, 30, 255)
    saved(tmp_path / "a.png", drawn)
    (image,) = read_images(tmp_path).images
    assert image[0, 0].tolist() == [10, 20, 30] and (image[1] == 255).all()


@pytest.mark.parametrize(
    ("mode", "shape"), [("1", (4, 6)), ("P", (4, 6, 3)), ("CMYK", (4, 6, 3))]
)
def test_other_kinds_of_picture_are_read_too(tmp_path, mode, shape):
    halves = grey(value=255)
    halves[:, :3] = 0
    kind = "tiff" if mode == "CMYK" else "png"
    Image.fromarray(halves).convert("RGB").convert(mode).save(tmp_path / f"a.{kind}")
    (image,) = read_images(tmp_path).images
    assert image.shape == shape and image.dtype == np.uint8
    assert np.array_equal(image.reshape(4, 6, -1)[..., 0], halves)


def test_sixteen_bits_are_scaled_to_eight(tmp_path):
    saved(tmp_path / "a.png", np.array([[0, 65535, 257 * 7]], np.uint16))
    assert read_images(tmp_path).images[0].tolist() == [[0, 255, 7]]


def test_a_large_picture_is_scaled_down(tmp_path):
    saved(tmp_path / "a.png", grey(40, 60))
    assert read_images(tmp_path, largest=30).images[0].shape == (20, 30)


def test_what_is_no_picture_is_named(tmp_path):
    (tmp_path / "notes.txt").write_text("milk, bread")
    with pytest.raises(ValueError, match=r"notes.txt to be a picture.*PNG or JPEG"):
        read_images(tmp_path)


def test_a_picture_that_is_cut_short_is_named(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    saved(tmp_path / "a.png", noise)
    whole = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"a.png to be a picture"):
        read_images(tmp_path)


def test_a_folder_must_be_there_and_hold_pictures_in_one_way(tmp_path):
    with pytest.raises(FileNotFoundError, match="to be there"):
        read_images(tmp_path / "none")
    with pytest.raises(FileNotFoundError, match="to hold pictures"):
        read_images(tmp_path)
    saved(tmp_path / "class" / "a.png", grey())
    saved(tmp_path / "stray.png", grey())
    with pytest.raises(ValueError, match=r"stray.png beside the folder class"):
        read_images(tmp_path)
    (tmp_path / "stray.png").unlink()
    (tmp_path / "class" / "deeper").mkdir()
    with pytest.raises(ValueError, match="not both"):
        read_images(tmp_path)
    (tmp_path / "class" / "a.png").unlink()
    with pytest.raises(ValueError, match="pictures alone"):
        read_images(tmp_path)


# --- ink -------------------------------------------------------------------------


def test_the_centre_of_mass_is_that_worked_by_hand():
    picture = np.zeros((4, 4))
    picture[0, 1], picture[1, 1], picture[3, 3] = 1, 1, 3
    # Rows (0 + 1 + 9) / 5, columns (1 + 1 + 9) / 5.
    assert ink.centre_of_mass(picture) == pytest.approx((2.0, 2.2))


def test_the_box_is_that_seen_by_eye():
    assert ink.ink_box(block() < 100) == (20, 30, 40, 20)
    assert ink.ink_box(np.zeros((3, 3))) is None


@pytest.mark.parametrize("turned_round", [False, True])
def test_the_rim_tells_paper_from_ink(turned_round):
    picture = block()
    found = ink.ink_of((255 - picture if turned_round else picture) / np.float32(255))
    assert np.array_equal(found, np.float32(picture < 100))


def test_uneven_light_and_faint_noise_are_taken_off(rng):
    light = np.linspace(0.4, 1, 70) + 0.0 * np.arange(90)[:, None]
    picture = block() / 255 * light + rng.normal(0, 0.01, (90, 70))
    found = ink.ink_of(np.clip(picture, 0, 1).astype(np.float32))
    assert np.array_equal(found > 0.5, block() < 100)
    assert (found[block() > 100] == 0).all()


def test_a_speck_of_dust_is_no_ink():
    picture = block()
    picture[3, 60] = 0
    assert ink.ink_box(ink.ink_of(picture / np.float32(255))) == (20, 30, 40, 20)


# --- preparing -------------------------------------------------------------------


def test_a_block_of_40_by_20_becomes_20_by_10_around_pixel_14():
    """The box is halved; a block 20 high around the middle of pixel 14 reaches from
    4.5 to 24.5, so half of pixel 4 is covered, and half of pixel 24."""
    (frame,) = prepare_digits([block()])[..., 0]
    rows, columns = np.zeros(28), np.zeros(28)
    rows[4:25], columns[9:20] = 1, 1
    rows[[4, 24]], columns[[9, 19]] = 0.5, 0.5
    np.testing.assert_allclose(frame, np.outer(rows, columns), atol=1e-3)


def test_the_size_alone_leaves_the_ink_where_it_is():
    # The middle of the box, row 40 of 90 and column 40 of 70, as shares of 28.
    (frame,) = prepare_digits([block()], centring=False)[..., 0]
    top, left, height, width = ink.ink_box(frame)
    assert height == pytest.approx(20, abs=1) and width == pytest.approx(10, abs=1)
    assert top + height / 2 == pytest.approx(28 * 40 / 90, abs=0.6)
    assert left + width / 2 == pytest.approx(28 * 40 / 70, abs=0.6)


def test_ink_in_the_corner_stays_in_the_frame():
    (frame,) = prepare_digits([block(box=(0, 0, 40, 20))], centring=False)[..., 0]
    assert ink.ink_box(frame)[2:] == (20, 10)


def test_centring_alone_moves_the_squeezed_picture():
    picture = block((56, 56), (4, 8, 20, 12))  # twice the frame
    (frame,) = prepare_digits([picture], size=False)[..., 0]
    np.testing.assert_allclose(ink.centre_of_mass(frame), (14, 14), atol=0.01)
    assert frame.sum() == pytest.approx(10 * 6, rel=1e-3)


def test_without_any_step_the_picture_is_squeezed_as_it_is():
    picture = np.arange(56 * 84, dtype=np.uint16).reshape(56, 84) % 256
    picture = picture.astype(np.uint8)
    off = {"polarity": False, "centring": False, "size": False}
    (frame,) = prepare_digits([picture], **off)[..., 0]
    means = picture.reshape(28, 2, 28, 3).mean(axis=(1, 3)) / 255
    np.testing.assert_allclose(frame, means, atol=1e-5)


def test_without_polarity_paper_stays_bright_beyond_the_picture_too():
    (frame,) = prepare_digits([block(box=(2, 2, 40, 20))], polarity=False)[..., 0]
    assert frame[0, 0] == pytest.approx(230 / 255, abs=1e-3)
    assert frame[14, 14] == pytest.approx(20 / 255, abs=1e-3)


def test_colour_counts_as_bright_as_the_eye_sees_it():
    red = np.zeros((30, 30, 3))
    red[..., 0] = 1
    off = {"polarity": False, "centring": False, "size": False}
    np.testing.assert_allclose(prepare_digits([red], **off), 0.299, atol=1e-5)


def test_an_empty_page_is_all_zero():
    assert not prepare_digits([grey(40, 30), np.zeros((40, 30, 1))]).any()


def test_mnist_itself_is_prepared_already(mnist):
    digits = mnist.test.images[:300]
    again = prepare_digits(digits)
    assert again.dtype == np.float32 and again.shape == digits.shape
    assert np.abs(again - digits).mean() < 0.02
    both = np.stack([again, digits]).reshape(2, 300, -1)
    alike = [np.corrcoef(a, b)[0, 1] for a, b in zip(*both, strict=True)]
    assert np.mean(alike) > 0.95


@pytest.mark.parametrize(
    ("images", "error", "words"),
    [
        (np.zeros((28, 28)), TypeError, "several pictures"),
        (np.zeros((28, 28, 3)), TypeError, "several pictures"),
        ([np.zeros((2, 3, 4))], ValueError, r"images\[0\]` of shape"),
        ([np.zeros((0, 3))], ValueError, "of shape"),
        ([np.full((3, 3), 7.0)], ValueError, "numbers from 0 to 1"),
        ([np.full((3, 3), np.nan)], ValueError, "numbers from 0 to 1"),
        ([np.full((3, 3), 300)], ValueError, "numbers from 0 to 255"),
    ],
)
def test_what_is_no_picture_is_refused(images, error, words):
    with pytest.raises(error, match=words):
        prepare_digits(images)


# --- the figure, the examples, the pictures that come along ----------------------


def test_the_figure_shows_each_step_of_each_picture():
    figure = plots.preparation([block(), block((50, 50), (5, 5, 9, 9))], ["a", "b"])
    shown = [ax.images[0].get_array() for ax in figure.axes]
    steps = preparation_steps([block(), block((50, 50), (5, 5, 9, 9))])
    for column, name in enumerate(steps):
        for row in range(2):
            assert np.array_equal(shown[4 * row + column], steps[name][row])
    dot = figure.axes[3].lines[-1]
    assert [dot.get_xdata()[0], dot.get_ydata()[0]] == pytest.approx([14, 14], abs=0.01)
    frame = figure.axes[1].patches[0]
    assert (frame.get_width(), frame.get_height()) == (20, 40)
    assert figure.axes[4].get_ylabel() == "b"


def test_the_figure_of_an_empty_page_has_neither_box_nor_dot():
    figure = plots.preparation([grey(40, 30)])
    assert not figure.axes[1].patches and len(figure.axes[3].lines) == 2


def test_the_examples_run(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert doctest.testmod(own_images)[0] == 0


def test_own_digits_are_what_their_script_draws():
    place = ROOT / "data" / "build_own_digits.py"
    spec = importlib.util.spec_from_file_location("build_own_digits", place)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    own = read_images(OWN)
    assert own.names == tuple("0123456789")
    assert np.bincount(own.labels).tolist() == [len(script.HANDS)] * 10
    assert sum(path.stat().st_size for path in own.paths) < 1_000_000
    for image, label, path in zip(own.images, own.labels, own.paths, strict=True):
        drawn = script.scan(int(label), int(path.stem))
        assert image.shape == drawn.shape
        # Another processor may round a pixel to the next step of 5.
        off = np.abs(image.astype(int) - drawn)
        assert off.max() <= 5 and (off > 0).mean() < 0.01
