"""The part of the input that one output depends on."""

from collections.abc import Iterable
from typing import NamedTuple

from cnnkit.errors import check_integer, expected
from cnnkit.shapes.windows import (
    kernel_span,
    output_size,
    padding_amounts,
    zeros_each_side,
)


class ReceptiveField(NamedTuple):
    """What part of the input one output depends on, along one axis.

    Output `i` reads nothing outside the input positions `offset + i · jump` to
    `offset + i · jump + size − 1`; with dilation, or a stride longer than the
    kernel, it skips some inside. Positions below 0 or behind the input's end are
    padding.
    """

    size: int
    """Input positions from the first to the last that one output depends on."""
    jump: int
    """Input positions from one output's field to the next one's."""
    offset: int
    """Where the field of output 0 starts; negative when it starts in padding."""

    def of(self, index: int) -> range:
        """The input positions from the first to the last of output `index`.

        Example:
            >>> ReceptiveField(size=3, jump=2, offset=-1).of(2)
            range(3, 6)
        """
        start = self.offset + check_integer("index", index, minimum=0) * self.jump
        return range(start, start + self.size)


def receptive_field(
    stack: Iterable[tuple | dict], *, input_size: int | None = None
) -> list[ReceptiveField]:
    """Follow the receptive field through a stack of windows, layer by layer.

    Before the first layer an «output» is one input position: size 1, jump 1,
    offset 0. A layer whose kernel spans `K = dilation · (kernel − 1) + 1`
    positions, with `before` zeros at its start, changes that to:

        size   ← size + (K − 1) · jump
        offset ← offset − before · jump
        jump   ← jump · stride

    Layers that look at one position only (ReLU, batch normalisation, dropout)
    change nothing and are left out.

    Args:
        stack: a layer each: `(kernel,)`, `(kernel, stride)`, `(kernel, stride,
            padding)` or `(kernel, stride, padding, dilation)`, or a dict with
            these keys. What is left out is stride 1, no padding, dilation 1.
        input_size: positions along the axis. It is needed to place the zeros
            of a `"same"` layer with a stride above 1; with it, a layer that
            does not fit is an error. Default: unknown.

    Returns:
        One `ReceptiveField` a layer; the last is that of the whole stack.

    Raises:
        TypeError: a number is not an integer.
        ValueError: a layer is not of these forms or does not fit, a number is
            out of range, or `input_size` is needed and missing.

    Example:
        >>> receptive_field([(5,), (2, 2), (5,), (2, 2)])[-1]
        ReceptiveField(size=16, jump=4, offset=0)

        One output of the last layer sees 16 positions, its neighbour the 16 that
        start 4 further on.

    Source: A. Araujo, W. Norris and J. Sim, «Computing receptive fields of
    convolutional neural networks», Distill, 2019, doi:10.23915/distill.00021.
    Taught in: notebooks/04_stride.ipynb
    """
    if not isinstance(stack, Iterable) or isinstance(stack, str | dict):
        raise expected("`stack` to be a list of layers, as [(5,), (2, 2)]", repr(stack))
    field, fields, reached = ReceptiveField(1, 1, 0), [], input_size
    for position, layer in enumerate(stack, start=1):
        options = _layer_options(position, layer)
        kernel = options["kernel"]
        span = kernel_span(kernel, options["dilation"])
        stride = check_integer("stride", options["stride"], minimum=1)
        before = zeros_each_side(options["padding"])
        if reached is not None:
            before, reached = _padding_and_output(position, reached, options)
        elif before == "same" and stride == 1:
            before = (span - 1) // 2
        elif before == "same":
            raise expected(
                f'`input_size` for layer {position}, which has padding="same" and a '
                "stride above 1",
                "input_size=None",
            )
        size, jump, offset = field
        field = ReceptiveField(
            size + (span - 1) * jump, jump * stride, offset - before * jump
        )
        fields.append(field)
    return fields


def _padding_and_output(position: int, size: int, options: dict) -> tuple[int, int]:
    """Zeros in front, and outputs, of one layer; an error names the layer."""
    try:
        return padding_amounts(size, **options)[0], output_size(size, **options)
    except ValueError as error:
        raise expected(
            f"layer {position} to fit its input, which has {size} positions", error
        ) from error


def _layer_options(position: int, layer: tuple | dict) -> dict:
    options = {"kernel": None, "stride": 1, "padding": "valid", "dilation": 1}
    if isinstance(layer, dict):
        given = layer
    elif isinstance(layer, tuple | list) and len(layer) <= len(options):
        given = dict(zip(options, layer, strict=False))
    else:
        given = {}
    if "kernel" not in given or not given.keys() <= options.keys():
        raise expected(
            f"layer {position} to be (kernel, stride, padding, dilation), or a dict "
            "with these keys; all but the kernel may be left out",
            repr(layer),
            advice="A kernel alone is (5,), with the comma.",
        )
    return {**options, **given}
