"""The channels of a picture, or of feature maps, as a stack of sheets."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Polygon
from matplotlib.transforms import Affine2D

from cnnkit.errors import expected
from cnnkit.plots.inputs import written
from cnnkit.plots.style import (
    GREY,
    INK,
    MAGNITUDE,
    SIGNED,
    on_paper,
    one_axes,
    readable,
    same_length,
    signed_limit,
)

_SHOWN = 6  # sheets; of more, the first four and the last
_SLIM, _RISE = 0.62, 0.30  # a sheet's width and slant, seen from the side
_STEP = 0.52  # from one sheet to the next, in widths
_WHOLE, _ARROW = 0.75, 0.3  # size of the whole picture; room for the arrow after it
# Red, green and blue that are equally light, so that none is darker than the others.
_NAMES = ("red", "green", "blue")
_TINTS = np.array([[0.97, 0.32, 0.27], [0.15, 0.64, 0.25], [0.32, 0.54, 1.0]])
_MIDDLE = 0.6  # the value that is drawn in the tint; lower ones darker, others paler


@on_paper
def channels(
    array: np.ndarray,
    *,
    names: Sequence[str] | None = None,
    colour: bool | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the channels of one picture as sheets, one behind the other.

    Height, width and the number of channels are written on the edges. A colour
    photograph, drawn first, falls apart into a red, a green and a blue sheet: the
    lighter, the more of that colour. Other sheets share one scale, so that the same
    shade is the same number on all of them: ink for a single channel, dark blue to
    yellow for several, and red above 0, blue below, when one number is negative.
    Of more than six channels, the first four and the last are drawn.

    Args:
        array: `(H, W, C)`.
        names: one for each channel. Default: red, green and blue for a photograph,
            else the numbers from 0.
        colour: draw the three channels as red, green and blue. Default: when
            there are three, without `names`, of uint8 or of floats from 0 to 1.
        title: the heading. Default: none.
        ax: where to draw. Default: a new figure.

    Returns:
        The Axes: an image for each sheet, the first channel in front; of a
        photograph, the whole picture is the last image.

    Raises:
        TypeError: the array does not hold real numbers.
        ValueError: it is empty, not finite or of another shape, a name is too many
            or missing, or `colour` is asked for without three such channels.

    Example:
        >>> channels(photograph)  # (H, W, 3): three tinted sheets

    Taught in: notebooks/05_channels.ipynb
    """
    array = _checked(array)
    height, width, count = array.shape
    three = _is_colour(array)
    if colour and not three:
        raise expected(
            "three channels of integers from 0 to 255, or numbers from 0 to 1, as "
            "colours",
            f"shape {array.shape}, values from {array.min():g} to {array.max():g}",
        )
    if colour is None:
        usual = array.dtype.kind == "f" or array.dtype == np.uint8
        colour = three and usual and names is None
    if names is None:
        names = _NAMES if colour else range(count) if count > 1 else [""]
    names = [readable(name) for name in names]
    same_length("names", names, count)
    shown = list(range(count)) if count <= _SHOWN else [0, 1, 2, 3, count - 1]
    stack = _Stack(height, width, shown, max(map(len, names)), whole=colour)
    ax = stack.new_axes() if ax is None else ax
    scale = {} if colour else _scale(array)
    for position, channel in zip(stack.positions, shown, strict=True):
        sheet = _tinted(array, channel) if colour else array[..., channel]
        stack.draw(ax, sheet, position, scale)
        ax.text(position, -0.07, names[channel], fontsize=9, ha="left", va="top")
    if colour:
        _draw_whole(ax, stack, array)
    _write_sizes(ax, stack, array.shape)
    told = "the lighter, the more of the colour" if colour else _told(array, scale)
    middle = sum(stack.limits[:2]) / 2
    ax.text(middle, -0.5, told, fontsize=8, ha="center", va="center")
    if title:
        ax.set_title(readable(title), fontsize=10)
    return ax


class _Stack:
    """Where the sheets stand. The longer side of a sheet is one unit."""

    def __init__(
        self, height: int, width: int, shown: list[int], letters: int, *, whole: bool
    ) -> None:
        self.whole = whole
        self.height, self.width = np.array([height, width]) / max(height, width)
        step = max(_STEP * self.width, 0.25, 0.045 * letters)
        places = np.arange(len(shown), dtype=float)
        self.skips = shown[-1] >= len(shown)
        if self.skips:
            places[-1] += 0.8
        self.positions = (step * places).tolist()
        self.gap = (self.positions[-2] + self.positions[-1]) / 2 if self.skips else 0
        self.right = self.positions[-1] + _SLIM * self.width
        self.top = self.height + _RISE * self.width

    def new_axes(self) -> Axes:
        """Make a figure of the right proportions, at most ten inches wide."""
        left, right, low, high = self.limits
        inches = min(2.0, 10 / (right - left))
        size = (max((right - left) * inches, 2.2), (high - low) * inches + 0.35)
        return one_axes(None, size=size)

    @property
    def limits(self) -> tuple[float, float, float, float]:
        """What the Axes show: left, right, low and high."""
        right = max(self.right + 0.15, self.positions[-1] + 0.55)
        room = _ARROW + max(_WHOLE * self.width, 0.35)
        left = -0.25 - room if self.whole else -0.2
        return left, right, -0.6, self.top + 0.05

    def draw(self, ax: Axes, sheet: np.ndarray, position: float, scale: dict) -> None:
        """Draw one sheet, in front of those that stand further right."""
        wide, rise = _SLIM * self.width, _RISE * self.width
        seen = [[wide, 0, position], [rise, self.height, 0], [0, 0, 1]]
        place = Affine2D(np.array(seen)) + ax.transData
        order = 2 - 0.1 * self.positions.index(position)
        unit = {"extent": (0, 1, 0, 1), "transform": place, "zorder": order}
        ax.imshow(sheet, **unit, **scale)
        corners = [(0, 0), (1, 0), (1, 1), (0, 1)]
        edge = Polygon(corners, fill=False, edgecolor=GREY, linewidth=0.8)
        edge.set(transform=place, zorder=order)
        ax.add_patch(edge)


def _draw_whole(ax: Axes, stack: _Stack, array: np.ndarray) -> None:
    """Draw the photograph itself on the left, and an arrow from it to the sheets."""
    height, end = _WHOLE * stack.height, -0.2 - _ARROW
    low = (stack.height - height) / 2
    left = end - _WHOLE * stack.width
    ax.imshow(_from_0_to_1(array), extent=(left, end, low, low + height))
    ax.text((left + end) / 2, low - 0.04, "picture", fontsize=9, ha="center", va="top")
    look = {"arrowstyle": "->", "color": GREY, "shrinkA": 0, "shrinkB": 0}
    middle = stack.height / 2
    ax.annotate("", (end + 0.26, middle), (end + 0.06, middle), arrowprops=look)


def _write_sizes(ax: Axes, stack: _Stack, shape: tuple[int, ...]) -> None:
    """Write height, width and channels on the edges, and set the limits."""
    height, width, count = shape
    style = {"fontsize": 9, "ha": "center", "va": "center"}
    ax.text(-0.09, stack.height / 2, f"height {height}", rotation=90, **style)
    slant = np.degrees(np.arctan2(_RISE, _SLIM))
    last = stack.positions[-1]
    along = {"ha": "left", "va": "top", "rotation_mode": "anchor", "fontsize": 9}
    ax.text(last + 0.09, -0.005, f"width {width}", rotation=slant, **along)
    if count > 1:
        look = {"arrowstyle": "->", "color": GREY, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", (last, -0.24), (0, -0.24), arrowprops=look)
    word = "channel" if count == 1 else "channels"
    ax.text(
        last / 2 if count > 1 else _SLIM * stack.width / 2,
        -0.33,
        f"{count} {word}",
        **style,
    )
    if stack.skips:
        ax.text(stack.gap + 0.3 * stack.width, stack.height / 2, "…", fontsize=16)
    left, right, low, high = stack.limits
    ax.set_aspect("equal")
    ax.set_xlim(left, right)
    ax.set_ylim(low, high)
    ax.set_axis_off()


def _checked(array: np.ndarray) -> np.ndarray:
    array = np.asarray(array)
    if array.dtype.kind not in "buif":
        raise expected("`array` to hold numbers", f"{array.dtype}", error=TypeError)
    if array.ndim != 3 or array.size == 0:
        raise expected(
            "`array` of one picture, (H, W, C)",
            f"shape {array.shape}",
            advice="Pick one picture of a batch with array[i].",
        )
    if not np.isfinite(array).all():
        raise expected("`array` to hold finite numbers", "NaN or infinity")
    return array.astype(np.uint8) if array.dtype.kind == "b" else array


def _is_colour(array: np.ndarray) -> bool:
    """Whether the numbers can be red, green and blue."""
    most = 1 if array.dtype.kind == "f" else 255
    return array.shape[-1] == 3 and array.min() >= 0 and array.max() <= most


def _tinted(array: np.ndarray, channel: int) -> np.ndarray:
    """One channel in its own colour, from black to nearly white, `(H, W, 3)`."""
    values, tint = _from_0_to_1(array)[..., channel], _TINTS[channel]
    stops = [np.zeros(3), tint, 0.2 * tint + 0.8]
    parts = [np.interp(values, [0, _MIDDLE, 1], part) for part in np.transpose(stops)]
    return np.stack(parts, axis=-1)


def _from_0_to_1(array: np.ndarray) -> np.ndarray:
    return array / (1 if array.dtype.kind == "f" else 255)


def _told(array: np.ndarray, scale: dict[str, object]) -> str:
    """What the colours mean, and from where to where they go."""
    ends = array.min() if array.min() < 0 else 0, array.max()
    whole = array.dtype.kind in "iu"
    low, high = [f"{end}".replace("-", "−") for end in ends] if whole else written(ends)
    low = "0" if ends[0] == 0 else low
    colours = {
        SIGNED: "blue below 0, red above",
        INK: "white to black",
        MAGNITUDE: "dark to bright",
    }
    return f"from {low} to {high}: {colours[scale['cmap']]}"


def _scale(array: np.ndarray) -> dict[str, object]:
    """One colour scale for all sheets."""
    if array.min() < 0:
        limit = signed_limit(array)
        return {"cmap": SIGNED, "vmin": -limit, "vmax": limit}
    cmap = INK if array.shape[-1] == 1 else MAGNITUDE
    return {"cmap": cmap, "vmin": 0, "vmax": array.max() or 1}
