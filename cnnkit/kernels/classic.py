"""The classics of image processing: blur, sharpen, find edges."""

import math

import numpy as np

from cnnkit.errors import check_choice, check_integer, check_number, expected


def identity(size: int = 3) -> np.ndarray:
    """Gives back the picture as it is: a single 1 in the middle.

    Args:
        size: side of the kernel, odd, so that there is a middle. Default: 3.

    Returns:
        `(size, size)` float32.

    Raises:
        ValueError: `size` is not odd, or below 1.

    Example:
        >>> identity()[1]
        array([0., 1., 0.], dtype=float32)

    Taught in: notebooks/02_convolution.ipynb
    """
    size = odd_size(size)
    kernel = np.zeros((size, size), np.float32)
    kernel[size // 2, size // 2] = 1
    return kernel


def box_blur(size: int = 3) -> np.ndarray:
    """Blurs: every pixel becomes the average of its square neighbourhood.

    Args:
        size: side of the kernel, at least 1. Default: 3.

    Returns:
        `(size, size)` float32; the weights add up to 1.

    Raises:
        ValueError: `size` is below 1.

    Example:
        >>> box_blur(2)
        array([[0.25, 0.25],
               [0.25, 0.25]], dtype=float32)

    Taught in: notebooks/02_convolution.ipynb
    """
    size = check_integer("size", size, minimum=1)
    return np.full((size, size), 1 / size**2, np.float32)


def gaussian_blur(size: int = 5, *, sigma: float = 1.0) -> np.ndarray:
    """Blurs softly: near neighbours count more than far ones, in a bell shape.

    The weight at distance `d` from the middle is `exp(−d² / (2σ²))`, divided by
    the sum of all. Since d² is the sum of the squares down and across, the weight
    is the product of two bells in one dimension.

    Args:
        size: side of the kernel, odd. Default: 5.
        sigma: width of the bell, in pixels, above 0. Default: 1.0.

    Returns:
        `(size, size)` float32; the weights add up to 1.

    Raises:
        ValueError: `size` is not odd, or `sigma` is not above 0.

    Example:
        >>> (16 * gaussian_blur(3, sigma=0.85)).round()  # the well-known 1-2-1
        array([[1., 2., 1.],
               [2., 4., 2.],
               [1., 2., 1.]], dtype=float32)

    Taught in: notebooks/02_convolution.ipynb
    """
    size = odd_size(size)
    sigma = check_number("sigma", sigma, minimum=0, below=math.inf, exclusive=True)
    with np.errstate(over="ignore"):  # a very narrow bell is 0 beside the middle
        bell = np.exp(-0.5 * ((np.arange(size) - size // 2) / sigma) ** 2)
    weights = np.outer(bell, bell)
    return (weights / weights.sum()).astype(np.float32)


def sharpen() -> np.ndarray:
    """Sharpens: the pixel, plus how much it differs from its four neighbours.

    Returns:
        `(3, 3)` float32; the weights add up to 1, so flat areas stay as they are.

    Example:
        >>> sharpen()[1]
        array([-1.,  5., -1.], dtype=float32)

    Taught in: notebooks/02_convolution.ipynb
    """
    return identity() - laplacian()


def sobel(axis: str = "x") -> np.ndarray:
    """Finds edges by the difference of two sides, the middle counted twice.

    With `"x"` it compares right with left, and so answers to *vertical* edges:
    positive where the picture grows brighter to the right. With `"y"` it
    compares below with above, and answers to horizontal edges.

    Args:
        axis: `"x"` or `"y"`. Default: "x".

    Returns:
        `(3, 3)` float32; the weights add up to 0, so flat areas answer 0.

    Raises:
        ValueError: `axis` is neither.

    Example:
        >>> sobel("x")
        array([[-1.,  0.,  1.],
               [-2.,  0.,  2.],
               [-1.,  0.,  1.]], dtype=float32)

    Source: I. Sobel and G. Feldman, «A 3×3 isotropic gradient operator for image
    processing», talk at the Stanford AI project, 1968.
    Taught in: notebooks/02_convolution.ipynb
    """
    return _difference([1, 2, 1], axis)


def prewitt(axis: str = "x") -> np.ndarray:
    """Finds edges by the difference of two sides, all counted alike.

    The axis means what it means for `sobel`.

    Args:
        axis: `"x"` or `"y"`. Default: "x".

    Returns:
        `(3, 3)` float32; the weights add up to 0, so flat areas answer 0.

    Raises:
        ValueError: `axis` is neither.

    Example:
        >>> prewitt("y")[:, 0]
        array([-1.,  0.,  1.], dtype=float32)

    Source: J. Prewitt, «Object enhancement and extraction», in Picture
    Processing and Psychopictorics, 1970.
    Taught in: notebooks/02_convolution.ipynb
    """
    return _difference([1, 1, 1], axis)


def laplacian(*, diagonals: bool = False) -> np.ndarray:
    """Finds edges in every direction: the neighbours, minus as many times the pixel.

    Args:
        diagonals: count all eight neighbours, not only four. Default: False.

    Returns:
        `(3, 3)` float32; the weights add up to 0, so flat areas answer 0.

    Example:
        >>> laplacian()[1], laplacian(diagonals=True)[1]
        (array([ 1., -4.,  1.], dtype=float32), array([ 1., -8.,  1.], dtype=float32))

    Taught in: notebooks/02_convolution.ipynb
    """
    corner = float(bool(diagonals))
    kernel = np.array([[corner, 1, corner], [1, 0, 1], [corner, 1, corner]])
    kernel[1, 1] = -kernel.sum()
    return kernel.astype(np.float32)


def _difference(weights: list[int], axis: str) -> np.ndarray:
    check_choice("axis", axis, ("x", "y"))
    kernel = np.outer(weights, [-1, 0, 1]).astype(np.float32)
    return kernel if axis == "x" else kernel.T.copy()


def odd_size(size: int, minimum: int = 1) -> int:
    """Return `size` when it is odd and at least `minimum`; else raise."""
    size = check_integer("size", size, minimum=minimum)
    if size % 2 == 0:
        raise expected("`size` to be odd, so that there is a middle", f"size={size}")
    return size
