"""Pictures unfolded into matrices, block by block: what makes `conv2d` fast."""

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from cnnkit.scratch.windows import Grid

# How much memory the patches of one matrix product may take. Less would stay in
# the processor's cache, but make more products, and each of them waits until both
# cores are free, which takes long beside another program.
BLOCK_BYTES = 4 * 2**20


def unfolded(x: np.ndarray, places: Grid) -> np.ndarray:
    """A view of all windows, `(N, H', W', kh, kw, Cin)`; only zeros are copied."""
    rows, columns = places
    spans = (rows.span, columns.span)
    windows = sliding_window_view(padded(x, places), spans, axis=(1, 2))
    windows = windows[:, :: rows.stride, :: columns.stride]
    windows = windows[..., :: rows.dilation, :: columns.dilation]
    return windows.transpose(0, 1, 2, 4, 5, 3)


def padded(x: np.ndarray, places: Grid) -> np.ndarray:
    """`x` with the zeros of the padding around it; `x` itself where there are none."""
    rows, columns = places
    if not (rows.before or rows.after or columns.before or columns.after):
        return x
    height = rows.before + rows.size + rows.after
    width = columns.before + columns.size + columns.after
    picture = np.zeros((len(x), height, width, x.shape[-1]), x.dtype)
    picture[
        :,
        rows.before : rows.before + rows.size,
        columns.before : columns.before + columns.size,
    ] = x
    return picture


def patch_blocks(windows: np.ndarray) -> Iterator[tuple[tuple, np.ndarray]]:
    """Yield `(index, patches)`: a part of the output, and what its windows cover.

    `patches` is `(n·H'·W', kh·kw·Cin)`, one row a window, in a buffer that the
    next part overwrites. NumPy copies run by run, and long runs go faster. Copied
    window by window, a run is one row of a window, kw·Cin numbers. With a single
    channel that is short; there the windows are copied weight by weight, in runs
    of W' numbers, which takes half the time.
    """
    weights = windows[0, 0, 0].size  # kh·kw·Cin
    weight_by_weight = windows.shape[-1] == 1
    buffer = None
    for block in blocks(windows):
        part = windows[block]
        if weight_by_weight:
            part = part.transpose(3, 4, 5, 0, 1, 2)
        if buffer is None:  # the first part is the largest
            buffer = np.empty(part.size, part.dtype)
        patches = buffer[: part.size].reshape(part.shape)
        patches[...] = part
        if weight_by_weight:
            yield block, patches.reshape(weights, -1).T
        else:
            yield block, patches.reshape(-1, weights)


def blocks(windows: np.ndarray) -> Iterator[tuple[slice, slice]]:
    """Cut `(N, H', …)` into parts of at most `BLOCK_BYTES` when they are copied.

    As many whole pictures as fit; when not even one does, some of its rows, and
    never less than one row.
    """
    pictures, rows = windows.shape[:2]
    row_bytes = windows[0, 0].size * windows.itemsize
    many_rows = max(1, BLOCK_BYTES // row_bytes)
    many_pictures = max(1, many_rows // rows)
    for picture in range(0, pictures, many_pictures):
        for row in range(0, rows, many_rows):
            yield slice(picture, picture + many_pictures), slice(row, row + many_rows)
