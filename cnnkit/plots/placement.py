"""Where the volumes of a drawing stand, so that their labels do not meet."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import matplotlib.pyplot as plt
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from cnnkit.plots.blocks import Block
from cnnkit.plots.lettering import korean_font

BAR = 0.13  # width of a bar, inches
_LEAN, _LEAST_LEAN = 0.02, 0.014  # to the next sheet: of the longest side; inches
_PAD = 0.08  # between two texts, at least
_LINE = 1.3  # from one line of text to the next, in units of its size
_LONGEST_BAR = 1.2  # in units of the longest side of a sheet
_SHORTEST = 0.05
_ALL_UP_TO = 16  # channels, each with its sheet
_LINEAR_UP_TO = 12  # how many times longer the longest side is than the shortest


@dataclass(frozen=True)
class Manner:
    """How a drawing is laid out, from roomy to tight."""

    side: float
    """Of the largest sheet, inches."""
    levels: int = 1
    """How many heights the labels take in turn, 1 or 2."""
    gap: float = 0.42
    """Between two volumes, at least, inches."""
    font: float = 8.0
    """In points."""


@dataclass(frozen=True)
class Label:
    """A text and the room that it takes, in inches."""

    text: str
    width: float
    height: float


@dataclass(frozen=True)
class Place:
    """Where one volume stands, in inches; the middle line is at height 0."""

    block: Block
    left: float
    front: tuple[float, float]
    """Height and width of one sheet, or of the bar."""
    sheets: int
    lean: float
    """From one sheet to the next, across and down."""
    heading: Label
    step: Label

    @property
    def depth(self) -> float:
        """From the last sheet to the first, across and down."""
        return (self.sheets - 1) * self.lean

    @property
    def right(self) -> float:
        """Where the volume ends."""
        return self.left + self.front[1] + self.depth

    @property
    def top(self) -> float:
        """How high the volume reaches; it reaches as far down."""
        return (self.front[0] + self.depth) / 2

    @property
    def centre(self) -> float:
        """The middle of the volume."""
        return (self.left + self.right) / 2


def sheets(channels: int) -> int:
    """How many sheets stand for the channels: all up to 16, then one more a doubling.

    So more sheets never stand for fewer channels.
    """
    if channels <= _ALL_UP_TO:
        return channels
    return _ALL_UP_TO + round(math.log2(channels / _ALL_UP_TO))


def is_linear(blocks: Sequence[Block]) -> bool:
    """Whether the sides are drawn to scale; else by the root of their sizes."""
    sides = [size for block in blocks for size in block.sizes or ()]
    return not sides or max(sides) <= _LINEAR_UP_TO * min(sides)


def place(blocks: Sequence[Block], manner: Manner) -> list[Place]:
    """Put the volumes side by side, as close as they and their labels allow."""
    places: list[Place] = []
    lengths = _fronts(blocks, manner.side)
    for block, front in zip(blocks, lengths, strict=True):
        count = 1 if block.sizes is None else sheets(block.count)
        heading = measure(block.heading, manner, bold=True)
        step = measure(block.step, manner)
        lean = max(_LEAN * manner.side, _LEAST_LEAN)
        new = Place(block, 0.0, front, count, lean, heading, step)
        places.append(replace(new, left=_least_left(new, places, manner)))
    return places


def gap(before: Place, after: Place) -> float:
    """The middle between two volumes, where the step is written."""
    return (before.right + after.left) / 2


def measure(text: str, manner: Manner, *, bold: bool = False) -> Label:
    """The room that a text of one or more lines takes."""
    families = [*plt.rcParams["font.family"], *filter(None, [korean_font()])]
    font = FontProperties(family=families, weight="bold" if bold else "normal")
    lines, width = text.split("\n"), 0.0
    if any(lines):
        path = TextPath((0, 0), max(lines, key=len), size=manner.font, prop=font)
        width = path.vertices[:, 0].max(initial=0) / 72
    return Label(text, width, len(lines) * _LINE * manner.font / 72)


def _fronts(blocks: Sequence[Block], side: float) -> list[tuple[float, float]]:
    """Height and width of one sheet of each volume, in inches."""
    power = 1.0 if is_linear(blocks) else 0.5
    greatest = max((max(b.sizes) for b in blocks if b.sizes), default=1)
    most = max((b.count for b in blocks if b.sizes is None), default=1)
    fronts = []
    for block in blocks:
        if block.sizes is None:
            length = _LONGEST_BAR * side * (block.count / most) ** 0.5
            fronts.append((max(length, BAR), BAR))
        else:
            sizes = (side * (size / greatest) ** power for size in block.sizes)
            fronts.append(tuple(max(size, _SHORTEST) for size in sizes))
    return fronts


def _least_left(new: Place, places: list[Place], manner: Manner) -> float:
    """The least `left` of the next volume that lets nothing touch."""
    width = new.right - new.left
    half = new.heading.width / 2
    if not places:
        return max(0.0, half - width / 2)
    last, index = places[-1], len(places)
    centres = [last.right + manner.gap + width / 2]
    if manner.levels == 1:  # labels stand beside the volumes, too
        beside = last.centre + last.heading.width / 2
        centres += [last.right + _PAD + half, beside + _PAD + width / 2]
    if index >= manner.levels:
        other = places[-manner.levels]
        centres.append(other.centre + other.heading.width / 2 + _PAD + half)
    if manner.levels > 1:  # the line from a high label passes a low one
        low = last.heading.width / 2 if index % 2 else half
        centres.append(last.centre + low + _PAD)
    left = max(centres) - width / 2
    return max(left, 2 * _least_gap(new, places, manner) - last.right)


def _least_gap(new: Place, places: list[Place], manner: Manner) -> float:
    """The least middle of the next gap, for the steps written below."""
    half, index, levels = new.step.width / 2, len(places), manner.levels
    least = places[0].left + half if index == 1 else -math.inf
    if index > levels:
        before, other = places[-levels - 1 :][:2]
        least = gap(before, other) + other.step.width / 2 + _PAD + half
    if levels > 1 and index > 1:
        before, other = places[-2:]
        low = half if index % 2 else other.step.width / 2
        least = max(least, gap(before, other) + low + _PAD)
    return least
