"""Many kernels at once: a filter bank for a convolution, a catalogue to browse."""

from typing import NamedTuple

import numpy as np

from cnnkit.errors import check_integer, expected
from cnnkit.kernels import classic, drawings


def filter_bank(*kernels: np.ndarray, channels: int = 1) -> np.ndarray:
    """Stack kernels of one size into the 4-D array that a convolution takes.

    On a picture with several channels each kernel reads their average: it is
    repeated for every channel and divided by their number.

    Args:
        *kernels: one or more, all `(kh, kw)`: arrays, or drawings in text.
        channels: of the pictures to come. Default: 1.

    Returns:
        `(kh, kw, channels, number of kernels)` float32.

    Raises:
        ValueError: there is no kernel, or their shapes differ.

    Example:
        >>> filter_bank(sobel("x"), sobel("y"), channels=3).shape
        (3, 3, 3, 2)

    Taught in: notebooks/05_channels.ipynb
    """
    channels = check_integer("channels", channels, minimum=1)
    if any(np.ndim(kernel[0]) == 2 for kernel in kernels if len(kernel)):
        raise expected(
            "kernels (kh, kw), one by one",
            "several in one",
            advice="Write filter_bank(a, b), or filter_bank(*kernels).",
        )
    kernels = [drawings.from_drawing(kernel) for kernel in kernels]
    shapes = [kernel.shape for kernel in kernels]
    if len(set(shapes)) != 1:
        raise expected("one or more kernels of the same shape", shapes or "none")
    bank = np.stack(kernels, axis=-1)[:, :, None, :] / np.float32(channels)
    return np.repeat(bank, channels, axis=2)  # (kh, kw, channels, kernels)


class NamedKernel(NamedTuple):
    """A kernel `(kh, kw)`, and what it is for, in one line."""

    kernel: np.ndarray
    purpose: str


def catalogue() -> dict[str, NamedKernel]:
    """Every kernel of this module in its usual size, by name.

    Returns:
        `{name: (kernel, purpose)}`, new arrays at each call.

    Example:
        >>> catalogue()["sharpen"].purpose
        'Sharpens: makes differences larger.'

    Taught in: notebooks/02_convolution.ipynb
    """
    right, below = "brighter to the right", "brighter downwards"
    purposes = {
        "identity": (classic.identity(), "Gives back the picture as it is."),
        "box_blur": (classic.box_blur(), "Blurs: the mean of a square."),
        "gaussian_blur": (
            classic.gaussian_blur(),
            "Blurs: near pixels count more.",
        ),
        "sharpen": (classic.sharpen(), "Sharpens: makes differences larger."),
        "sobel_x": (classic.sobel("x"), f"Vertical edges, {right}."),
        "sobel_y": (
            classic.sobel("y"),
            f"Horizontal edges, {below}.",
        ),
        "prewitt_x": (
            classic.prewitt("x"),
            f"Vertical edges, {right}; plain.",
        ),
        "prewitt_y": (
            classic.prewitt("y"),
            f"Horizontal edges, {below}; plain.",
        ),
        "laplacian": (classic.laplacian(), "Edges in every direction."),
        "curve": (drawings.curve(), "A curve that bends off to the upper right."),
        "line_0": (drawings.line(0), "Lines that lie flat."),
        "line_45": (drawings.line(45), "Lines that rise to the right."),
        "line_90": (drawings.line(90), "Lines that stand upright."),
        "line_135": (drawings.line(135), "Lines that fall to the right."),
    }
    return {name: NamedKernel(*pair) for name, pair in purposes.items()}
