"""Arrays on their way into a figure: checked, and written as numbers."""

import math

import numpy as np

from cnnkit.errors import expected
from cnnkit.plots.style import as_pictures


def finite_array(name: str, values: object) -> np.ndarray:
    """Return `values` as an array of floats, or raise when one is no finite number."""
    try:
        array = np.asarray(values, float)
    except (TypeError, ValueError) as error:
        raise expected(f"{name} to be an array of numbers", error) from error
    if array.size == 0 or not np.isfinite(array).all():
        bad = f"{np.sum(~np.isfinite(array))} that are not" if array.size else "none"
        raise expected(f"{name} to hold finite numbers", bad)
    return array


def one_picture(name: str, image: np.ndarray) -> np.ndarray:
    """Return one image as `(H, W)` for grey or `(H, W, 3)` for colour.

    Takes `(H, W)`, `(H, W, 1)`, `(H, W, 3)`, and these in a batch of one.

    Raises:
        ValueError: another shape.
    """
    image = np.asarray(image)
    colours = image.ndim == 3 and image.shape[-1] in (1, 3)
    batch = image[None] if image.ndim == 2 or colours else image
    if batch.ndim not in (3, 4) or len(batch) != 1 or 0 in batch.shape:
        raise expected(
            f"`{name}` to be one image, (H, W), (H, W, 1) or (H, W, 3)",
            f"shape {image.shape}",
            advice="Pick one image of a batch with images[i].",
        )
    return as_pictures(name, batch)[0]


def in_gamut(pictures: np.ndarray) -> np.ndarray:
    """Return colour pictures as matplotlib takes them; grey ones as they are.

    Whole numbers from 0 to 255, and others from 0 to 1, stay; what lies elsewhere
    is stretched, all pictures together, from the least to the greatest.
    """
    if pictures.shape[-1] != 3:
        return pictures
    low, high = float(pictures.min()), float(pictures.max())
    whole = pictures.dtype.kind in "iu"
    if low >= 0 and high <= (255 if whole else 1):
        return pictures.astype(np.uint8) if whole else pictures.astype(float)
    if 0 <= low and high <= 255:
        return pictures / 255
    return (pictures - low) / ((high - low) or 1.0)


def written(values: np.ndarray, *, digits: int = 3) -> list[str]:
    """Write numbers with the same number of decimals.

    Args:
        values: any shape.
        digits: of the largest number, in significant figures; whole digits are
            never dropped. Default: 3.

    Returns:
        A text for each.
    """
    values = np.asarray(values, float).ravel()
    largest = float(np.max(np.abs(values), initial=0)) or 1.0
    decimals = max(digits - 1 - math.floor(math.log10(largest)), 0)
    form = ",.0f" if decimals == 0 else f".{decimals}f"
    if not 1e-5 < largest < 1e6:
        form = f".{digits - 1}e"
    return [f"{value:{form}}".replace("-", "−") for value in values]
