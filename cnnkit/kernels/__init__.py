"""Kernels with a name: what people designed before networks learned their own.

Each is a small float32 array of kh rows and kw columns. Slide it over a picture,
as Keras does, without turning it round: the answer at each place is the sum of
pixel times weight. Kernels whose weights add up to 1 blur or sharpen. Those whose
weights add up to 0 (edges, lines, the curve, every `matched_filter`) answer 0 on
flat areas, and most where the picture looks like the kernel itself.

    from cnnkit import kernels, load_mnist, scratch

    digits = load_mnist().test.images[:8]  # (8, 28, 28, 1)
    bank = kernels.filter_bank(kernels.sobel("x"), kernels.sobel("y"))
    maps = scratch.conv2d(digits, bank, padding="same")  # (8, 28, 28, 2)
"""

from cnnkit.kernels.banks import NamedKernel, catalogue, filter_bank
from cnnkit.kernels.classic import (
    box_blur,
    gaussian_blur,
    identity,
    laplacian,
    prewitt,
    sharpen,
    sobel,
)
from cnnkit.kernels.drawings import curve, from_drawing, line, matched_filter

__all__ = [
    "NamedKernel",
    "box_blur",
    "catalogue",
    "curve",
    "filter_bank",
    "from_drawing",
    "gaussian_blur",
    "identity",
    "laplacian",
    "line",
    "matched_filter",
    "prewitt",
    "sharpen",
    "sobel",
]
