"""One look for all figures: colours that every eye can tell apart, and layout.

The line colours are those of M. Okabe and K. Ito, «Color Universal Design»
(2008). The colour maps are even in lightness, so they survive a grey print.
Figures are white, with black text, whatever style the notebook uses, and so can
be read on a dark page.
"""

import functools
import math
from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from cnnkit.errors import check_integer, expected
from cnnkit.plots.lettering import has_hangul, korean_font, romanised

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#5F5F5F"
SERIES = (BLUE, ORANGE, GREEN, "#CC79A7")  # bars and lines that stand side by side
INK = "gray_r"  # digits: dark ink on white paper
MAGNITUDE = "viridis"  # what cannot be negative, or has no natural zero
SIGNED = "RdBu_r"  # weights and the like: red above 0, blue below, 0 is white


_PAPER = {
    "text.color": "black",
    "axes.facecolor": "white",
    "axes.edgecolor": "black",
    "axes.labelcolor": "black",
    "axes.titlecolor": "black",
    "xtick.color": "black",
    "ytick.color": "black",
}


def on_paper(draw: Callable) -> Callable:
    """Draw in black on white, except on Axes that the caller brings along.

    In either case Hangul is written in a font that has it, where there is one.
    """

    @functools.wraps(draw)
    def drawn(*arguments: object, **keywords: object) -> object:
        with plt.rc_context({} if keywords.get("ax") is not None else _PAPER):
            result = draw(*arguments, **keywords)
        if korean_font():
            for text in result.figure.findobj(Text):
                if has_hangul(text.get_text()):
                    text.set_fontfamily([*text.get_fontfamily(), korean_font()])
        return result

    return drawn


def readable(text: object) -> str:
    """The text, with Hangul in Latin letters when no font here can draw it."""
    text = str(text)
    return romanised(text) if has_hangul(text) and not korean_font() else text


def signed_limit(values: np.ndarray) -> float:
    """The largest magnitude: the limit of a colour scale with 0 in its middle.

    Returns:
        Above 0; 1 when all values are 0 or there is none.
    """
    largest = np.max(np.abs(np.nan_to_num(values, posinf=0, neginf=0)), initial=0)
    return float(largest) or 1.0


def ink_on(colour: tuple[float, ...]) -> str:
    """Return "black" or "white", whichever is easier to read on the colour.

    Args:
        colour: red, green and blue from 0 to 1; what follows is ignored.

    Source: relative luminance of WCAG 2.2, w3.org/TR/WCAG22.
    """
    parts = np.asarray(colour[:3], float)
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    # Where the contrast with black, (L + 0.05) / 0.05, equals that with white.
    return "black" if luminance > 0.179 else "white"


def one_axes(ax: Axes | None, *, size: tuple[float, float]) -> Axes:
    """Return `ax`, or the Axes of a new white figure of that size in inches.

    The size is rounded to hundredths: where it comes from the width of a text, the
    last digits differ from one version of matplotlib to the next.
    """
    if ax is not None:
        return ax
    size = [round(side, 2) for side in size]
    return plt.figure(figsize=size, facecolor="white", layout="constrained").subplots()


def tiles(
    count: int,
    columns: int | None,
    *,
    side: float,
    extra: float = 0.0,
    lead: bool = False,
) -> tuple[Figure, list[Axes]]:
    """Make a figure of `count` picture tiles without ticks.

    Args:
        count: how many tiles.
        columns: how many stand in a row; None chooses up to ten.
        side: side of a tile in inches.
        extra: height that a tile needs for its title, in inches.
        lead: put one more tile before the others, as high as all rows.

    Returns:
        The figure and its Axes, row by row; the leading tile comes first.
    """
    wanted = min(count, 10) if columns is None else columns
    columns = check_integer("columns", wanted, minimum=1)
    rows = math.ceil(count / columns)
    before = rows if lead else 0  # the leading tile is a square of rows × rows
    figure = plt.figure(
        figsize=((columns + before) * side, rows * (side + extra)),
        facecolor="white",
        layout="constrained",
    )
    grid = figure.add_gridspec(rows, columns + before)
    axes = [figure.add_subplot(grid[:, :before])] if lead else []
    for index in range(count):
        row, column = divmod(index, columns)
        axes.append(figure.add_subplot(grid[row, column + before]))
    for ax in axes:
        ax.set_xticks([])
        ax.set_yticks([])
    return figure, axes


def as_pictures(name: str, images: np.ndarray) -> np.ndarray:
    """Return images as `(N, H, W)` for grey and `(N, H, W, 3)` for colour.

    Takes `(N, H, W)`, `(N, H, W, 1)` and `(N, H, W, 3)`.

    Raises:
        ValueError: another shape, or no image.
    """
    images = np.asarray(images)
    grey = images[..., 0] if images.ndim == 4 and images.shape[-1] == 1 else images
    single = images.ndim == 3 and images.shape[-1] in (1, 3)
    fits = grey.ndim == 3 or (grey.ndim == 4 and grey.shape[-1] == 3)
    if single or not fits or len(grey) == 0:
        raise expected(
            f"`{name}` of shape (N, H, W, 1), (N, H, W, 3) or (N, H, W)",
            images.shape,
            advice="Give one image an axis more: image[None]." if single else "",
        )
    return grey


def same_length(name: str, values: object, count: int) -> np.ndarray:
    """Return `values` as an array of `count` entries, or raise."""
    array = np.asarray(values)
    if array.shape[:1] != (count,):
        raise expected(f"`{name}` to have {count} entries", f"shape {array.shape}")
    return array
