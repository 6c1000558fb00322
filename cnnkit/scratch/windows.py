"""Where a sliding window reads: the arithmetic under convolution and pooling."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cnnkit.errors import check_choice, check_integer, expected
from cnnkit.shapes import output_size, padding_amounts


class Axis(NamedTuple):
    """A window that slides along one axis of the picture."""

    size: int
    kernel: int
    stride: int
    dilation: int
    before: int
    """Zeros in front of the first position."""
    after: int
    """Zeros behind the last position."""
    outputs: int
    """How many places the window takes."""

    @property
    def span(self) -> int:
        """Positions from the first to the last that the window covers."""
        return self.dilation * (self.kernel - 1) + 1

    def taps(self) -> Iterator[tuple[int, slice, slice]]:
        """For each position in the window: which outputs read which inputs there.

        Output `o` reads input `o · stride − before + tap · dilation`. Where that
        falls into the padding, the output is left out: nothing is read.

        Yields:
            `(tap, outputs, inputs)`, two slices of equal length.

        Example:
            >>> pairs = grid((4, 4), (2, 2), 2, "valid").rows
            >>> list(pairs.taps())  # windows at 0 and 2; tap 1 reads 1 and 3
            [(0, slice(0, 2, None), slice(0, 3, 2)),
             (1, slice(0, 2, None), slice(1, 4, 2))]
        """
        for tap in range(self.kernel):
            place = tap * self.dilation - self.before
            first = max(-(place // self.stride), 0)  # the first o inside
            last = min((self.size - 1 - place) // self.stride, self.outputs - 1)
            if first <= last:
                start, stop = place + first * self.stride, place + last * self.stride
                yield tap, slice(first, last + 1), slice(start, stop + 1, self.stride)


class Grid(NamedTuple):
    """A window that slides over both axes of a picture."""

    rows: Axis
    columns: Axis

    def taps(self) -> Iterator[tuple[int, int, tuple, tuple]]:
        """For each weight of the window: which outputs read which inputs there.

        Yields:
            `(i, j, outputs, inputs)`: row and column in the window, and two
            indices into arrays of shape `(N, H', W', …)` and `(N, H, W, …)`.
        """
        everything = slice(None)
        for i, output_rows, input_rows in self.rows.taps():
            for j, output_columns, input_columns in self.columns.taps():
                outputs = (everything, output_rows, output_columns)
                inputs = (everything, input_rows, input_columns)
                yield i, j, outputs, inputs


def grid(
    sizes: Sequence[int],
    kernel: Sequence[int],
    strides: int | Sequence[int],
    padding: str | int | Sequence[int],
    dilation_rate: int | Sequence[int] = 1,
    *,
    name: str = "kernel",
) -> Grid:
    """Work out both axes: `sizes` is `(H, W)`, `kernel` is `(kh, kw)`.

    Raises:
        TypeError: a number is not an integer.
        ValueError: a number is out of range, or the window does not fit; the
            error calls the window `name`.
    """
    strides, dilations = pair("strides", strides), pair("dilation_rate", dilation_rate)
    zeros = padding_pair(padding)
    down = axis("height", sizes[0], kernel[0], strides[0], zeros[0], dilations[0], name)
    right = axis("width", sizes[1], kernel[1], strides[1], zeros[1], dilations[1], name)
    return Grid(down, right)


def axis(
    title: str,
    size: int,
    kernel: int,
    stride: int,
    padding: str | int,
    dilation: int,
    name: str,
) -> Axis:
    """Work out one axis.

    Raises:
        ValueError: the window does not fit.
    """
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    try:
        outputs = output_size(size, kernel, **options)
    except ValueError as error:
        spread = f" × dilation_rate {dilation}" if dilation > 1 else ""
        raise expected(
            f"`{name}` to fit into the padded {title} of `x`",
            f"{title}={size}, padding={padding!r}, {name}={kernel}{spread}",
        ) from error
    before, after = padding_amounts(size, kernel, **options)
    return Axis(size, kernel, stride, dilation, before, after, outputs)


def padding_pair(padding: str | int | Sequence[int]) -> tuple[str | int, str | int]:
    """Return the padding of both axes: «valid», «same» or zeros on each side.

    Raises:
        TypeError: it is neither text nor integers.
        ValueError: it is another text, or negative.
    """
    if isinstance(padding, str):
        return padding, check_choice("padding", padding, ("valid", "same"))
    if padding is None:
        raise expected('`padding` to be "valid", "same" or zeros on each side', "None")
    return pair("padding", padding, minimum=0)


def pair(name: str, value: int | Sequence[int], *, minimum: int = 1) -> tuple[int, int]:
    """Return `(vertical, horizontal)`; one number stands for both.

    Raises:
        TypeError: it is neither an integer nor two of them.
        ValueError: an integer is below `minimum`.
    """
    if isinstance(value, tuple | list):
        if len(value) != 2:
            raise expected(
                f"`{name}` to be one integer or (vertical, horizontal)",
                f"{name}={value!r}",
            )
        vertical, horizontal = value
    else:
        vertical = horizontal = value
    return (
        check_integer(name, vertical, minimum=minimum),
        check_integer(name, horizontal, minimum=minimum),
    )
