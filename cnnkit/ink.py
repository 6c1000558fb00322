"""Ink on paper: where a picture is dark, where that lies, and how far it reaches."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image

from cnnkit.errors import expected

_LUMINANCE = np.float32([0.299, 0.587, 0.114])  # of red, green and blue
_FAINTEST = 0.08  # ink is darker than its paper by more, as a share of it
_FINEST = 160  # pixels on the longer side that a digit is measured with

Box = tuple[float, float, float, float]  # top, left, height, width


def as_grey(name: str, image: np.ndarray) -> np.ndarray:
    """The brightness of a picture, float32 `(H, W)` from 0 to 1, scaled to fit."""
    array = np.asarray(image)
    if array.ndim == 3 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim not in (2, 3) or array.shape[2:] not in ((), (3,)) or not array.size:
        shapes = "(H, W), (H, W, 1) or (H, W, 3)"
        raise expected(f"`{name}` of shape {shapes}", array.shape)
    top = 1 if array.dtype.kind == "f" else 255
    if not (array.min() >= 0 and array.max() <= top):  # NaN is refused too
        limits = f"{array.min()} to {array.max()}"
        raise expected(f"`{name}` ({array.dtype}) with numbers from 0 to {top}", limits)
    grey = array.astype(np.float32) / np.float32(top)
    grey = grey @ _LUMINANCE if array.ndim == 3 else grey
    return np.clip(_shrunk(grey, _FINEST), 0, 1)


def ink_of(grey: np.ndarray) -> np.ndarray:
    """How much ink there is at each pixel, 0 to 1, for a brightness `(H, W)`.

    The rim shows the paper; what differs from it most is ink. At each place it is
    compared with the paper around it, so that uneven light counts for nothing.
    What is fainter than a fifth of the ink becomes 0, and so does a speck of
    one or two pixels.
    """
    darkest, brightest = np.quantile(grey, [0.005, 0.995])
    rim = rim_of(grey)
    if brightest - rim > rim - darkest:
        grey = 1 - grey  # chalk on a board
    paper = _paper(grey)
    dark = np.clip((paper - grey) / np.maximum(paper, 0.05), 0, 1)
    full = np.quantile(dark, 0.995)
    if full < _FAINTEST:
        return np.zeros_like(grey)
    ink = np.clip((dark / full - 0.2) / 0.6, 0, 1).astype(np.float32)
    around = sliding_window_view(np.pad(ink > 0.5, 1), (3, 3)).sum(axis=(2, 3))
    return np.where(around > 2, ink, 0)  # (H, W)


def rim_of(grey: np.ndarray) -> float:
    """The median of the outermost pixels."""
    rows, columns = grey[[0, -1]].ravel(), grey[:, [0, -1]].ravel()
    return float(np.median(np.concatenate([rows, columns])))


def _paper(grey: np.ndarray) -> np.ndarray:
    """The brightness that the bare paper has at each place, `(H, W)`.

    In a coarse copy the greatest of each window, then the least of those: that
    closes lines up to a quarter of the longer side in width.
    """
    coarse = _shrunk(grey, 40)
    reach = max(1, max(coarse.shape) // 8)
    for smallest_or_largest in (np.max, np.min, np.mean):
        wide = np.pad(coarse, reach, mode="edge")
        windows = sliding_window_view(wide, (2 * reach + 1, 2 * reach + 1))
        coarse = smallest_or_largest(windows, axis=(2, 3))
    size = grey.shape[1], grey.shape[0]
    return np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BILINEAR))


def _shrunk(grey: np.ndarray, longest: int) -> np.ndarray:
    """The picture with its longer side at most so long, by means of areas."""
    factor = longest / max(grey.shape)
    if factor >= 1:
        return grey
    height, width = (max(1, round(factor * side)) for side in grey.shape)
    small = Image.fromarray(grey).resize((width, height), Image.Resampling.BOX)
    return np.asarray(small)


def ink_box(ink: np.ndarray) -> Box | None:
    """The box around the ink, `(top, left, height, width)`; None without ink."""
    rows, columns = (np.flatnonzero((ink > 0.5).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return None
    height, width = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    return int(rows[0]), int(columns[0]), int(height), int(width)


def centre_of_mass(ink: np.ndarray) -> tuple[float, float]:
    """The mean `(row, column)` of the pixels, each as heavy as its ink, from 0."""
    rows, columns = np.indices(ink.shape)
    mass = ink.sum(dtype=float)
    return float((rows * ink).sum() / mass), float((columns * ink).sum() / mass)
