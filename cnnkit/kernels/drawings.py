"""Small drawings as numbers, and the kernels that look for them."""

import math
from collections.abc import Sequence

import numpy as np

from cnnkit.errors import check_number, expected
from cnnkit.kernels.classic import odd_size

_CURVE = """
. . . . . # #
. . . . # . .
. . . # . . .
. . # . . . .
. . # . . . .
. . # . . . .
. . # . . . .
"""


def from_drawing(drawing: str | Sequence | np.ndarray) -> np.ndarray:
    """Turns a small drawing into numbers: ink is 1, paper is 0.

    Args:
        drawing: text, one line a row, `#` for ink and `.` for paper, blanks are
            ignored; or a 2-D array or nested list of finite numbers, kept as
            they are.

    Returns:
        `(kh, kw)` float32.

    Raises:
        ValueError: a row is longer than another, a character is neither `#` nor
            `.`, or the array is not 2-D and finite.

    Example:
        >>> from_drawing('''
        ... . #
        ... # .
        ... ''')
        array([[0., 1.],
               [1., 0.]], dtype=float32)

    Taught in: notebooks/02_convolution.ipynb
    """
    if isinstance(drawing, str):
        rows = ["".join(row.split()) for row in drawing.splitlines() if row.strip()]
        lengths = [len(row) for row in rows]
        if len(set(lengths)) != 1:
            raise expected("`drawing` to have rows of equal length", f"{lengths}")
        strange = "".join(sorted({*"".join(rows)} - {"#", "."}))
        if strange:
            raise expected("`drawing` to be made of `#` and `.`", repr(strange))
        drawing = [[mark == "#" for mark in row] for row in rows]
    try:
        numbers = np.asarray(drawing)
        if numbers.dtype.kind not in "buif":
            raise TypeError(f"the type {numbers.dtype}")
        with np.errstate(over="ignore"):  # told below, as not finite
            array = numbers.astype(np.float32)
    except (TypeError, ValueError) as error:
        raise expected("`drawing` to be text or numbers", error) from error
    if array.ndim != 2 or not array.size or not np.isfinite(array).all():
        raise expected(
            "`drawing` to be text, or a 2-D array of finite numbers",
            f"an array of shape {array.shape}",
        )
    return array


def matched_filter(drawing: str | Sequence | np.ndarray) -> np.ndarray:
    """The kernel that answers most to one small drawing.

    Among all kernels with the same sum of squared weights, the one that answers
    most to a pattern is the pattern itself. The average is taken away, so that a
    flat area answers 0 however bright it is; then the weights are scaled, so that
    the drawing itself, with ink 1 and paper 0, answers 1, and its negative −1.

    Where did it answer most? An index of a `"valid"` convolution is the upper left
    corner of the window; with `"same"`, an odd kernel and stride 1 it is the
    middle.

    Args:
        drawing: as for `from_drawing`: text of `#` and `.`, or a 2-D array.

    Returns:
        `(kh, kw)` float32; the weights add up to 0.

    Raises:
        ValueError: the drawing cannot be read, or is the same everywhere.

    Example:
        >>> matched_filter([[0, 1], [1, 0]])
        array([[-0.5,  0.5],
               [ 0.5, -0.5]], dtype=float32)
        >>> picture = np.zeros((1, 9, 9, 1))
        >>> picture[0, 3, 6, 0] = picture[0, 4, 5, 0] = 1
        >>> bank = filter_bank(matched_filter([[0, 1], [1, 0]]))
        >>> answers = scratch.conv2d(picture, bank)[0, :, :, 0]
        >>> row, column = np.unravel_index(answers.argmax(), answers.shape)
        >>> int(row), int(column)
        (3, 5)

    Source: D. North, «An analysis of the factors which determine signal/noise
    discrimination in pulsed-carrier systems», RCA report PTR-6C, 1943.
    Taught in: notebooks/02_convolution.ipynb
    """
    pattern = from_drawing(drawing).astype(np.float64)
    if np.ptp(pattern) == 0:
        raise expected("`drawing` to have ink and paper", "the same everywhere")
    pattern -= pattern.mean()
    strength = (pattern**2).sum()
    if strength < 1e-30:
        raise expected("`drawing` to have ink and paper", "numbers too small to tell")
    return (pattern / strength).astype(np.float32)


def curve() -> np.ndarray:
    """Finds one curve: it comes straight up and bends off to the upper right.

    Returns:
        `(7, 7)` float32, the matched filter of a drawing: 1 on the drawing
        itself, 0 on a flat area.

    Example:
        >>> curve().shape
        (7, 7)

    Taught in: notebooks/02_convolution.ipynb
    """
    return matched_filter(_CURVE)


def line(angle: float = 0.0, *, size: int = 5) -> np.ndarray:
    """Finds a bright line of one direction through the middle of the window.

    Args:
        angle: degrees, counterclockwise from horizontal: 0 lies flat, 45 rises to
            the right, 90 stands. Default: 0.
        size: side of the kernel, odd, at least 3. Default: 5.

    Returns:
        `(size, size)` float32, the matched filter of a line whose ink is 1 in the
        middle and fades to 0 at a distance of one pixel: 1 on that line, 0 on a
        flat area.

    Raises:
        ValueError: `size` is not odd or below 3, or `angle` is not finite.

    Example:
        >>> line(90, size=3).round(2)
        array([[-0.17,  0.33, -0.17],
               [-0.17,  0.33, -0.17],
               [-0.17,  0.33, -0.17]], dtype=float32)

    Taught in: notebooks/02_convolution.ipynb
    """
    size = odd_size(size, minimum=3)
    angle = check_number("angle", angle, minimum=-1e6, below=1e6)
    radians = math.radians(angle)
    steps = np.arange(size) - size // 2
    right, up = steps[None, :], -steps[:, None]  # rows are counted downwards
    # How far each pixel is from the line, square to its direction.
    distance = np.abs(up * math.cos(radians) - right * math.sin(radians))
    return matched_filter(np.clip(1 - distance, 0, 1))
