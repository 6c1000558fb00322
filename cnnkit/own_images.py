"""Pictures of one's own: read a folder of them, and prepare digits as MNIST did."""

import os
from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

from cnnkit.errors import check_integer, expected
from cnnkit.ink import Box, as_grey, centre_of_mass, ink_box, ink_of

FRAME, BOX = 28, 20  # sides of MNIST's pictures, and of the box that the ink fits
MIDDLE = 14  # row and column of the pixel on which MNIST has the centre of mass
_LITTER = {"thumbs.db", "desktop.ini"}  # what systems leave in folders of pictures


class OwnImages(NamedTuple):
    """Pictures of a folder, each bytes `(H, W)` or `(H, W, 3)`, in its own size.

    `labels` are int64 `(N,)`, positions in `names`, the classes; both are None
    for a folder without sub-folders. `paths` says where each picture was.
    """

    images: tuple[np.ndarray, ...]
    labels: np.ndarray | None
    names: tuple[str, ...] | None
    paths: tuple[Path, ...]


def read_images(folder: str | os.PathLike, *, largest: int = 1_000) -> OwnImages:
    """Read the pictures of a folder, or of its sub-folders, one for each class.

    Whatever Pillow can open is read, grey or in colour, and turned upright as the
    camera noted. What is transparent becomes white. Hidden files are passed over.

    Args:
        folder: holds pictures; or nothing but folders of pictures, of which each
            bears the name of its class.
        largest: pictures with a longer side are scaled down to it, in pixels.
            Default: 1,000.

    Returns:
        `(images, labels, names, paths)`. Classes and files come in the order of
        their names, as in `keras.utils.image_dataset_from_directory`.

    Raises:
        FileNotFoundError: there is no such folder, or no picture in it.
        ValueError: a file is no picture, or is damaged; pictures lie beside
            sub-folders.

    Example:
        >>> mine = read_images("data/own_digits")
        >>> len(mine.images), mine.names[:3]
        (80, ('0', '1', '2'))

    Taught in: notebooks/18_your_own_images.ipynb
    """
    largest = check_integer("largest", largest, minimum=1)
    files, classes = _files_and_folders(Path(folder).expanduser())
    names = tuple(path.name for path in classes) if classes else None
    labels = []
    for label, path in enumerate(classes):
        inside, deeper = _files_and_folders(path)
        if deeper:
            raise expected("folders of classes to hold pictures alone", deeper[0])
        files += inside
        labels += [label] * len(inside)
    if not files:
        raise expected(
            "`folder` to hold pictures, or one folder of pictures for each class",
            f"{folder}, without any",
            error=FileNotFoundError,
        )
    images = tuple(_read(path, largest) for path in files)
    numbers = np.array(labels, np.int64) if classes else None
    return OwnImages(images, numbers, names, tuple(files))


def _files_and_folders(folder: Path) -> tuple[list[Path], list[Path]]:
    """What lies in a folder, in order; one of the two is empty."""
    if not folder.is_dir():
        raise expected("`folder` to be there", folder, error=FileNotFoundError)
    kept = [
        path
        for path in sorted(folder.iterdir(), key=lambda path: path.name)
        if not path.name.startswith(".") and path.name.lower() not in _LITTER
    ]
    folders = [path for path in kept if path.is_dir()]
    files = [path for path in kept if not path.is_dir()]
    if files and folders:
        raise expected(
            f"{folder} to hold pictures, or folders of pictures, not both",
            f"{files[0].name} beside the folder {folders[0].name}",
        )
    return files, folders


def _read(path: Path, largest: int) -> np.ndarray:
    """One picture as bytes, upright: `(H, W)` or `(H, W, 3)`."""
    try:
        with Image.open(path) as file:
            upright = ImageOps.exif_transpose(file)
            upright.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise expected(
            f"{path} to be a picture that Pillow can read",
            f"a file that it cannot ({type(error).__name__})",
            advice="Save it anew as PNG or JPEG, or take it out of the folder.",
        ) from error
    if upright.mode.startswith("I"):  # 16 bits for a pixel
        upright = Image.fromarray((np.asarray(upright) / 257).astype(np.uint8))
    if "A" in upright.getbands() or "transparency" in upright.info:
        over = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", over.size, "white"), over)
        upright = upright.convert("RGB")
    upright = upright.convert("L" if upright.mode in ("1", "L") else "RGB")
    upright.thumbnail((largest, largest))
    return np.asarray(upright)


def prepare_digits(
    images: Sequence[np.ndarray],
    *,
    polarity: bool = True,
    centring: bool = True,
    size: bool = True,
) -> np.ndarray:
    """Turn pictures of one digit each into what a network from MNIST expects.

    Each step can be left out. Then the plain thing is done instead; with all
    three left out, each picture is squeezed into 28×28 as it is.

    Args:
        images: N pictures of any size, `(H, W)`, `(H, W, 1)` or `(H, W, 3)`:
            whole numbers from 0 to 255, or floats from 0 to 1.
        polarity: make paper 0 and ink 1. The rim of the picture tells which of
            the two is brighter; uneven light is taken off, faint noise is set to
            0, full ink to 1. Else: the brightness as it is, and beyond the picture
            as at its rim. Default: True.
        centring: bring the centre of mass of the ink to where MNIST has it, row
            14 and column 14, counted from 0. Else: the ink stays where it is in
            the picture, as far as it fits. Default: True.
        size: scale the box around the ink, without distortion, to fit 20×20
            pixels. Else: height and width are squeezed to 28. Default: True.

    Returns:
        float32 `(N, 28, 28, 1)` in [0, 1]. Where no ink is found, there is
        nothing to centre or to scale, and with `polarity` all is 0.

    Raises:
        TypeError: one picture is given, instead of several: write `[picture]`.
        ValueError: a picture has another shape, or numbers out of range.

    Example:
        >>> prepare_digits([np.zeros((90, 60)), np.ones((50, 70, 3))]).shape
        (2, 28, 28, 1)

    Source: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, «Gradient-based learning
    applied to document recognition», 1998, section III.
    Taught in: notebooks/18_your_own_images.ipynb
    """
    shape = np.shape(images) if isinstance(images, np.ndarray) else (0, 0, 0)
    if len(shape) < 3 or (len(shape) == 3 and shape[-1] in (1, 3)):
        raise expected(
            "`images` to be several pictures", f"one of shape {shape}", error=TypeError
        )
    frames = np.zeros((len(images), FRAME, FRAME, 1), np.float32)
    for index, image in enumerate(images):
        grey = as_grey(f"images[{index}]", image)
        ink = ink_of(grey)
        window = _window(ink, centring=centring, size=size)
        shown, mode = (ink, "constant") if polarity else (grey, "edge")
        frames[index, ..., 0] = _squeeze(shown, window, mode)
    return frames


def preparation_steps(images: Sequence[np.ndarray]) -> dict[str, list[np.ndarray]]:
    """The same pictures after each step: what `plots.preparation` draws.

    Args:
        images: as `prepare_digits` takes them.

    Returns:
        `{step: N pictures (H, W)}`: the brightness, what the polarity step makes of
        it, then 28×28 with the size, and with the centre as well.

    Example:
        >>> list(preparation_steps([np.ones((50, 70))]))
        ['picture', 'polarity', 'size', 'centring']
    """
    greys = [as_grey(f"images[{index}]", image) for index, image in enumerate(images)]
    return {
        "picture": greys,
        "polarity": [ink_of(grey) for grey in greys],
        "size": [*prepare_digits(greys, centring=False)[..., 0]],
        "centring": [*prepare_digits(greys)[..., 0]],
    }


def _window(ink: np.ndarray, *, centring: bool, size: bool) -> Box:
    """Which part of the picture, or beyond it, becomes the 28×28 pixels."""
    picture = (0.0, 0.0, float(ink.shape[0]), float(ink.shape[1]))
    box = ink_box(ink)
    if box is None:
        return picture
    side = max(box[2:]) * FRAME / BOX
    sides = (side, side) if size else picture[2:]
    starts = []
    for axis, mean in enumerate(centre_of_mass(ink)):
        start, long, whole = box[axis], box[axis + 2], ink.shape[axis]
        if centring:
            # A pixel reaches half its side to either side of its middle.
            starts.append(mean + 0.5 - sides[axis] * (MIDDLE + 0.5) / FRAME)
        elif size:
            share = (start + long / 2) / whole
            left = start + long / 2 - share * side
            starts.append(min(max(left, start + long - side), start))
        else:
            starts.append(0.0)
    return (*starts, *sides)


def _squeeze(picture: np.ndarray, window: Box, mode: str) -> np.ndarray:
    """The window of the picture as 28×28 pixels, each the mean of what it covers.

    Beyond the picture is 0, or with mode "edge" what is nearest in it.
    """
    top, left, height, width = window
    bottom, right = top + height, left + width
    rows = max(0, ceil(-top)), max(0, ceil(bottom - picture.shape[0]))
    columns = max(0, ceil(-left)), max(0, ceil(right - picture.shape[1]))
    wide = np.pad(picture, (rows, columns), mode=mode)
    box = np.add((left, top, right, bottom), (columns[0], rows[0]) * 2)
    box = np.clip(box, 0, (wide.shape[1], wide.shape[0]) * 2)  # of rounding
    small = Image.fromarray(np.float32(wide)).resize(
        (FRAME, FRAME), Image.Resampling.BOX, box=tuple(box.tolist())
    )
    return np.clip(np.asarray(small), 0, 1)
