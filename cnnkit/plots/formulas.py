"""The sizes of a picture and its kernel, and the formula of the output's size."""

from collections.abc import Sequence

from cnnkit.scratch.windows import Axis, Grid


def sizes(places: Grid) -> str:
    """The sizes of picture and kernel and the steps between windows, in words.

    Example:
        >>> sizes(grid((8, 8), (3, 3), 2, "valid"))
        '8×8 picture, 3×3 kernel, stride 2'
    """
    rows, columns = places
    parts = [f"{rows.size}×{columns.size} picture"]
    parts.append(f"{rows.kernel}×{columns.kernel} kernel")
    for name, down, right in (
        ("stride", rows.stride, columns.stride),
        ("dilation", rows.dilation, columns.dilation),
    ):
        if name == "stride" or (down, right) != (1, 1):
            both = f"{down}" if down == right else f"{down} down and {right} right"
            parts.append(f"{name} {both}")
    return ", ".join(parts)


def size_formula(places: Grid, padding: str | int | Sequence[int]) -> str:
    """The formula of the output's size with its numbers, one line or two.

    It is said that a division was rounded where it does not come out even.

    Example:
        >>> size_formula(grid((8, 8), (3, 3), 2, "valid"), "valid")
        'output: ⌊(8 − 3)/2⌋ + 1 = 3 per side (rounded down)'
    """
    same = padding == "same"
    down, right = (_one_formula(axis, same) for axis in places)
    after = [_rounding(axis, same) for axis in places]
    if down == right:
        return f"output: {down} per side{after[0]}"
    return f"height: {down}{after[0]}\nwidth: {right}{after[1]}"


def _rounding(axis: Axis, same: bool) -> str:
    if same:
        return " (rounded up)" if axis.size % axis.stride else ""
    steps = axis.before + axis.size + axis.after - axis.span
    return " (rounded down)" if steps % axis.stride else ""


def _one_formula(axis: Axis, same: bool) -> str:
    if same:
        return f"⌈{axis.size}/{axis.stride}⌉ = {axis.outputs}"
    zeros = f" + 2·{axis.before}" if axis.before else ""
    span = f"{axis.span}"
    if axis.dilation > 1:
        span = f"[{axis.dilation}·({axis.kernel} − 1) + 1]"
    return f"⌊({axis.size}{zeros} − {span})/{axis.stride}⌋ + 1 = {axis.outputs}"
