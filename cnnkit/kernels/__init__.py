"""Kernels with a name: what people designed before networks learned their own.

Each is a small float32 array `(kh, kw)`. Slide it over a picture as Keras does,
without turning it round, and it answers with a large number where the picture
looks like the kernel itself.

    from cnnkit import kernels, scratch

    bank = kernels.filter_bank(kernels.sobel("x"), kernels.sobel("y"))
    maps = scratch.conv2d(images, bank, padding="same")  # (N, H, W, 2)
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
