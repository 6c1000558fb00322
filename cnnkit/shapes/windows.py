"""How many places a window takes along one axis, and which positions it reads."""

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

    With `P` zeros in all and a kernel that spans `K = dilation · (kernel − 1) + 1`
    positions, the window starts at 0, `stride`, `2 · stride` … and must end
    inside:

        output = ⌊(size + P − K) / stride⌋ + 1

    The division need not come out even: ⌊ ⌋ drops the rest, and the positions
    that are left over are never read (see `unread_pixels`). With `"same"` the
    zeros are chosen so that the output is `⌈size / stride⌉`.

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
        >>> output_size(5, 3), output_size(5, 3, padding=1), output_size(7, 3, stride=2)
        (3, 5, 3)

    Source: V. Dumoulin and F. Visin, «A guide to convolution arithmetic for deep
    learning», 2016, arXiv:1603.07285.
    Taught in: notebooks/04_stride.ipynb
    """
    size, span, stride = checked_window(size, kernel, stride, dilation)
    zeros = zeros_each_side(padding)
    if zeros == "same":
        return -(-size // stride)
    if span > size + 2 * zeros:
        dilated = f", dilation={dilation}: the kernel spans {span}" * (dilation > 1)
        raise expected(
            "the kernel to fit into the padded input",
            f"size={size}, kernel={kernel}, padding={padding!r}{dilated}",
        )
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
    after: TensorFlow's convention. (PyTorch pads both sides alike, so even
    kernels and strides above 1 give other numbers there.)

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
    span = dilation * (kernel - 1) + 1
    lacking = max((outputs - 1) * stride + span - size, 0)
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
    last_read = -1
    for tap in range(kernel):  # each weight of the window, and where it last reads
        place = tap * dilation - before
        windows = min((size - 1 - place) // stride, outputs - 1)
        if windows >= 0:
            last_read = max(last_read, place + windows * stride)
    return size - 1 - last_read


def checked_window(size: int, kernel: int, stride: int, dilation: int) -> tuple:
    """Return `(size, positions that the kernel spans, stride)`."""
    size = check_integer("size", size, minimum=1)
    kernel = check_integer("kernel", kernel, minimum=1)
    stride = check_integer("stride", stride, minimum=1)
    dilation = check_integer("dilation", dilation, minimum=1)
    return size, dilation * (kernel - 1) + 1, stride


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
