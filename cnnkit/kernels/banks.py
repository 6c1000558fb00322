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
        *kernels: one or more, all `(kh, kw)`.
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
        'Sharpens: the pixel, plus how much it differs from its four neighbours.'

    Taught in: notebooks/02_convolution.ipynb
    """
    plain = (
        *(classic.identity, classic.box_blur, classic.gaussian_blur),
        *(classic.sharpen, classic.laplacian, drawings.curve),
    )
    made = {function.__name__: (function, ()) for function in plain}
    for edges in (classic.sobel, classic.prewitt):
        made |= {f"{edges.__name__}_{axis}": (edges, (axis,)) for axis in "xy"}
    made |= {f"line_{angle}": (drawings.line, (angle,)) for angle in (0, 45, 90, 135)}
    return {
        name: NamedKernel(function(*options), function.__doc__.partition("\n")[0])
        for name, (function, options) in made.items()
    }
