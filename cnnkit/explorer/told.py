"""One number of a network, taken apart: what was read, what was done, what came."""

import math
from dataclasses import dataclass, field

import numpy as np

from cnnkit.explorer.bends import LINEAR, Bend

_CLOSE = 1e-5  # of the size of the terms; a float32 sum of thousands keeps to it
_MOST_LINES = 12


@dataclass(frozen=True, eq=False)
class Explanation:
    """How one number of a layer's answer came about.

    The arrays have one entry for each number that was read, in the order of rows,
    columns, channels. `result` is worked out from them in float64; `value` is what
    Keras says.
    """

    layer: str
    label: str
    kind: str
    place: tuple[int, ...]
    value: float
    source: str
    places: np.ndarray
    """Where each number was read: `(n, axes of the layer before)`."""
    inside: np.ndarray
    """Whether it lies in the layer before, and not in the padding: `(n,)`."""
    inputs: np.ndarray
    """The numbers that were read, 0 in the padding: `(n,)`."""
    shape: tuple[int, ...]
    """How the entries lie: `(rows, columns, channels)` of a window."""
    weights: np.ndarray | None = None
    """What each is multiplied by: `(n,)`; None where there is none."""
    terms: np.ndarray | None = None
    """What each brings to the sum: `(n,)`; None where nothing is added up."""
    bias: float = 0.0
    total: float = math.nan
    """What goes into the activation."""
    bend: Bend = field(default_factory=lambda: LINEAR)
    result: float | None = None
    """None where the kit does not know the arithmetic."""
    winners: tuple[int, ...] = ()
    """Entries that are the largest, of max pooling; several when they tie."""
    numbers: dict[str, float] = field(default_factory=dict)
    """What else comes in, by name: the four numbers of a normalisation, say."""
    size: float = 0.0
    """How large the numbers were that were added up; errors grow with it."""

    @property
    def difference(self) -> float:
        """How far the result lies from what Keras says; 0 if both are NaN."""
        if self.result is None:
            return math.nan
        if self.result == self.value or (
            math.isnan(self.result) and math.isnan(self.value)
        ):
            return 0.0
        return abs(self.result - self.value)

    @property
    def agrees(self) -> bool:
        """Whether the result is Keras's, but for the rounding of float32."""
        close = _CLOSE * max(self.size, abs(self.value), 1e-30)
        return self.difference == 0 or self.difference <= close

    @property
    def channel_sums(self) -> np.ndarray:
        """What each channel that was read brings to the sum: `(channels,)`."""
        if self.terms is None:
            return np.zeros(0)
        return self.terms.reshape(self.shape).reshape(-1, self.shape[-1]).sum(axis=0)

    def strongest(self, count: int = 10) -> list[int]:
        """The entries that bring most, whatever their sign, strongest first."""
        if self.terms is None:
            return []
        return np.argsort(-np.abs(self.terms), kind="stable")[:count].tolist()

    def __str__(self) -> str:
        return "\n".join([*self._head(), *self._middle(), *self._end()])

    def _head(self) -> list[str]:
        head = [f"{self.layer} at {_place(self.place)}, a number of {self.label}"]
        count, outside = len(self.inputs), int((~self.inside).sum())
        if count:
            said = f"reads {_counted(count, 'number')} of {self.source}"
            if count == 1:
                said += f", at {_place(self.places[0])}"
            elif len(self.shape) == 3:
                first, last = self.places[0], self.places[-1]
                said += (
                    f", rows {_number(first[0])} to {_number(last[0])}, "
                    f"columns {_number(first[1])} to {_number(last[1])}"
                )
            head.append(
                said + (f"; {outside} of them in the padding" if outside else "")
            )
        return head

    def _middle(self) -> list[str]:
        if self.kind in ("conv", "depthwise"):
            return self._rows() if self.shape[-1] == 1 else self._maps()
        if self.kind == "dense":
            lines = [
                f"  {self._product(i)} = {_number(self.terms[i])}, "
                f"from {_place(self.places[i])}"
                for i in self.strongest(len(self.terms))
            ]
            return _cut(lines, "smaller ones")
        if self.winners:
            lines = [
                f"  the largest is at {_place(self.places[i])}" for i in self.winners
            ]
            return _cut(lines, "that are as large")
        if 1 < len(self.inputs) <= _MOST_LINES:
            return ["  " + ", ".join(map(_number, self.inputs))]
        return []

    def _rows(self) -> list[str]:
        """The products of a window with one channel, row by row."""
        width, lines = self.shape[1], []
        for start in range(0, len(self.inputs), width):
            row = range(start, start + width)
            products = " + ".join(map(self._product, row))
            lines.append(f"  {products} = {_number(self.terms[row].sum())}")
        return _cut(lines, "more rows")

    def _maps(self) -> list[str]:
        channels = self.places[: self.shape[-1], -1].tolist()
        sums = zip(channels, self.channel_sums, strict=True)
        return _cut(
            [f"  map {c} brings {_number(one)}" for c, one in sums], "more maps"
        )

    def _product(self, entry: int) -> str:
        return f"{_number(self.inputs[entry])}·{_number(self.weights[entry])}"

    def _end(self) -> list[str]:
        says = f"Keras says {_number(self.value)}"
        lines = [f"  {name} {_number(one)}" for name, one in self.numbers.items()]
        if self.weights is not None:
            lines.append(f"  bias {_number(self.bias)}, together {_number(self.total)}")
        if self.result is None:
            return [
                *lines,
                f"what {self.label} does then, the kit does not know; {says}",
            ]
        if self.bend["name"] != "linear":
            lines.append(f"  {self.bend['name']}: {_number(self.result)}")
        sign = "✓" if self.agrees else f"✗, {self.difference:.2g} apart"
        return [*lines, f"= {_number(self.result)}; {says} {sign}"]


def _cut(lines: list[str], rest: str) -> list[str]:
    more = len(lines) - _MOST_LINES
    return lines if more <= 0 else [*lines[:_MOST_LINES], f"  and {more:,} {rest}"]


def _place(place: object) -> str:
    return "(" + ", ".join(str(int(one)) for one in place) + ")"


def _number(value: float) -> str:
    return f"{value + 0.0:.6g}".replace("-", "−")  # + 0.0: no −0


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
