"""The formula of the output's size, with its numbers in."""

from collections.abc import Sequence

from cnnkit.scratch.windows import Axis, Grid


def size_formula(places: Grid, padding: str | int | Sequence[int]) -> str:
    """The formula of the output's size with its numbers, one line or two.

    Example:
        >>> size_formula(grid((8, 8), (3, 3), 2, "valid"), "valid")
        'output: ⌊(8 − 3)/2⌋ + 1 = 3'
    """
    down, right = (_one_formula(axis, padding == "same") for axis in places)
    return f"output: {down}" if down == right else f"height: {down}\nwidth: {right}"


def _one_formula(axis: Axis, same: bool) -> str:
    if same:
        return f"⌈{axis.size}/{axis.stride}⌉ = {axis.outputs}"
    zeros = f" + 2·{axis.before}" if axis.before else ""
    span = f"{axis.span}"
    if axis.dilation > 1:
        span = f"[{axis.dilation}·({axis.kernel} − 1) + 1]"
    return f"⌊({axis.size}{zeros} − {span})/{axis.stride}⌋ + 1 = {axis.outputs}"
