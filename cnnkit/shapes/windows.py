"""How many places a window takes along one axis, and which positions it reads."""

import math

from cnnkit.errors import check_integer, expected


def output_size(
    size: int,
    kernel: int,
    *,
    stride: int = 1,
    padding: int | str = "valid",
    dilation: int = 1,
) -> int:
    """How many places a window can take along one axis.

    The kernel spans `K = dilation · (kernel − 1) + 1` positions, and the input has
    `P` zeros around it, both sides together (`padding=p` makes P = 2p). The window
    starts at 0, `stride`, `2 · stride` … of the padded input and must end inside:

        output = ⌊(size + P − K) / stride⌋ + 1

    The division need not come out even: ⌊ ⌋ rounds down, and the positions that
    are left over are never read (see `unread_pixels`). With `"same"` the zeros are
    chosen so that the output is `⌈size / stride⌉`, where ⌈ ⌉ rounds up: with
    stride 1 the same as the input.

    Args:
        size: positions along the axis, at least 1.
        kernel: length of the window, at least 1.
        stride: positions from one window to the next, at least 1. Default: 1.
        padding: `"valid"` (no zeros), `"same"`, or the number of zeros on each
            side. Default: "valid".
        dilation: distance between neighbouring weights of the window, at least
            1. Default: 1.

    Returns:
        The number of windows, at least 1.

    Raises:
        TypeError: a number is not an integer.
        ValueError: a number is out of range, or the kernel is larger than the
            padded input.

    Example:
        >>> output_size(5, 3)  # the window starts at 0, 1 and 2
        3
        >>> output_size(5, 3, padding=1)  # 5 and two zeros are 7
        5
        >>> output_size(8, 3, stride=2)  # it starts at 0, 2 and 4; (8 − 3) / 2 is 2.5
        3

    Source: V. Dumoulin and F. Visin, «A guide to convolution arithmetic for deep
    learning», 2016, arXiv:1603.07285.
    Taught in: notebooks/04_stride.ipynb
    """
    size = check_integer("size", size, minimum=1)
    span = kernel_span(kernel, dilation)
    stride = check_integer("stride", stride, minimum=1)
    zeros = zeros_each_side(padding)
    if zeros == "same":
        return math.ceil(size / stride)
    if span > size + 2 * zeros:
        received = f"size={size}, kernel={kernel}, padding={padding!r}"
        if dilation > 1:
            received += f", dilation={dilation}: the kernel spans {span}"
        raise expected("the window to fit into the padded input", received)
    return (size + 2 * zeros - span) // stride + 1


def padding_amounts(
    size: int,
    kernel: int,
    *,
    stride: int = 1,
    padding: int | str = "same",
    dilation: int = 1,
) -> tuple[int, int]:
    """How many zeros stand before and after the input along one axis.

    `"same"` asks for `⌈size / stride⌉` windows. The last of them ends at
    `(output − 1) · stride + K`, and what the input lacks up to there is filled
    with zeros, half on each side. When their number is odd, the odd one goes
    after: TensorFlow's convention. (PyTorch's `"same"` agrees, for stride 1; its
    numbers of zeros are the same on both sides.)

    Args:
        size: positions along the axis, at least 1.
        kernel: length of the window, at least 1.
        stride: positions from one window to the next, at least 1. Default: 1.
        padding: `"valid"` (no zeros), `"same"`, or the number of zeros on each
            side. Default: "same".
        dilation: distance between neighbouring weights of the window, at least
            1. Default: 1.

    Returns:
        `(before, after)`.

    Raises:
        TypeError: a number is not an integer.
        ValueError: a number is out of range, or the kernel is larger than the
            padded input.

    Example:
        >>> padding_amounts(28, 5), padding_amounts(28, 4)
        ((2, 2), (1, 2))

    Source: TensorFlow, «Notes on padding», in the guide of `tf.nn`.
    Taught in: notebooks/03_padding.ipynb
    """
    outputs = output_size(
        size, kernel, stride=stride, padding=padding, dilation=dilation
    )
    zeros = zeros_each_side(padding)
    if zeros != "same":
        return zeros, zeros
    last_start = (outputs - 1) * int(stride)
    lacking = max(last_start + kernel_span(kernel, dilation) - int(size), 0)
    return lacking // 2, lacking - lacking // 2


def unread_pixels(
    size: int,
    kernel: int,
    *,
    stride: int = 1,
    padding: int | str = "valid",
    dilation: int = 1,
) -> int:
    """How many positions at the end of the input no window ever reads.

    The formula of `output_size` rounds down. What the rounding drops are
    positions behind the last window. They have no influence on the output and
    receive no gradient. (A stride longer than the kernel also skips positions
    between windows; those are not counted here.)

    Args:
        size: positions along the axis, at least 1.
        kernel: length of the window, at least 1.
        stride: positions from one window to the next, at least 1. Default: 1.
        padding: `"valid"` (no zeros), `"same"`, or the number of zeros on each
            side. Default: "valid".
        dilation: distance between neighbouring weights of the window, at least
            1. Default: 1.

    Returns:
        The count, 0 or more.

    Raises:
        TypeError: a number is not an integer.
        ValueError: a number is out of range, or the kernel is larger than the
            padded input.

    Example:
        >>> unread_pixels(8, 3, stride=2), unread_pixels(7, 3, stride=2)
        (1, 0)

    Taught in: notebooks/04_stride.ipynb
    """
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    outputs = output_size(size, kernel, **options)
    before, _ = padding_amounts(size, kernel, **options)
    size, stride, dilation = int(size), int(stride), int(dilation)  # from NumPy's
    last_read = -1
    # The last window may end in padding, and with dilation an earlier weight, in
    # an earlier window, be the last to read a pixel: so look at each weight.
    for tap in range(int(kernel)):
        place = tap * dilation - before
        windows = min((size - 1 - place) // stride, outputs - 1)
        if windows >= 0:
            last_read = max(last_read, place + windows * stride)
    return size - 1 - last_read


def kernel_span(kernel: int, dilation: int) -> int:
    """Positions from the first to the last that a kernel covers."""
    kernel = check_integer("kernel", kernel, minimum=1)
    return check_integer("dilation", dilation, minimum=1) * (kernel - 1) + 1


def zeros_each_side(padding: int | str) -> int | str:
    """The number of zeros, or «same», for which it depends on the sizes."""
    if not isinstance(padding, str):
        return check_integer("padding", padding, minimum=0)
    if padding not in ("valid", "same"):
        raise expected(
            '`padding` to be "valid", "same" or the number of zeros on each side',
            f"padding={padding!r}",
        )
    return 0 if padding == "valid" else padding
