"""Write files whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a path to write to; the file takes its real name when it is whole.

    The data goes to a hidden neighbour of `path` first, is flushed to the disk,
    and is then renamed in one step. Whoever opens `path`, at any moment and
    after any crash of the process, finds the old file or the new one, never a
    half of one.
    The neighbour keeps the whole name, so endings such as `.weights.h5` stay.

    Args:
        path: the file to be written. Its folder is made when it is missing.

    Example:
        >>> with whole_file("run/log.txt") as partial:
        ...     partial.write_text("done")
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".partial-{path.name}")
    try:
        yield partial
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
