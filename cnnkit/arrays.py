"""Files that hold arrays: IDX, in which MNIST was published, and npz."""

import gzip
import io
import os
import struct
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cnnkit.errors import expected

_IDX_DTYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
# What Python's zipfile raises for archives that are cut short or altered.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
)


def read_idx(path: str | os.PathLike, *, advice: str = "") -> np.ndarray:
    """Read one IDX file, gzipped or not: the format that MNIST was published in.

    An IDX file starts with two zero bytes, a byte for the number type and a
    byte for the number of dimensions; then come the dimensions, 4 bytes each,
    and the numbers, all with the most significant byte first.

    Args:
        path: the file.
        advice: what to do about a bad file, for the error. Default: nothing.

    Returns:
        The array, in the machine's own byte order.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is empty, truncated, too long, or no IDX file at all.

    Example:
        >>> read_idx("train-images-idx3-ubyte.gz").shape
        (60000, 28, 28)
    """
    path = Path(path)
    content = _read_bytes(path, advice=advice)
    if content[:2] == b"\x1f\x8b":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise expected(
                f"{path} to be a whole gzip file", error, advice=advice
            ) from error
    magic = content[:4]
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _IDX_DTYPES:
        raise expected(
            f"{path} to be an IDX file, which starts with the bytes 00 00, a type "
            "and the number of dimensions",
            f"a file that starts with {magic.hex(' ') or 'nothing'}",
            advice=advice,
        )
    start, dtype = 4 + 4 * magic[3], np.dtype(_IDX_DTYPES[magic[2]])
    if len(content) < start:
        raise expected(
            f"{path} to have a whole IDX header",
            f"{len(content)} bytes",
            advice=advice,
        )
    shape = struct.unpack(f">{magic[3]}I", content[4:start])
    needed = start + int(np.prod(shape, dtype=object)) * dtype.itemsize
    if len(content) != needed:
        raise expected(
            f"{path} to hold {needed:,} bytes, as its header says",
            f"{len(content):,} bytes",
            advice=advice,
        )
    array = np.frombuffer(content, dtype, offset=start).reshape(shape)
    return array.astype(dtype.newbyteorder("="))


def read_npz(
    path: str | os.PathLike, names: Sequence[str] | None = None, *, advice: str = ""
) -> dict[str, np.ndarray]:
    """Read the arrays of an npz file; nothing in it is ever unpickled.

    Each array is read whole and compared with the checksum in the archive before
    NumPy sees it, so that a damaged file is told from one that is not meant.

    Args:
        path: the file.
        names: the arrays wanted; they must be there. Default: all there are.
        advice: what to do about a bad file, for the error. Default: nothing.

    Returns:
        `{name: array}` in the order of `names`, or of the file.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is empty, truncated, altered or no npz file, an array is
            missing, or one holds Python objects.

    Example:
        >>> read_npz("data/mnist.npz", ["y_test"])["y_test"].shape
        (10000,)
    """
    path = Path(path)
    content = _read_bytes(path, advice=advice)
    if content[:2] != b"PK":
        start = content[:4].hex(" ")
        raise expected(
            f"{path} to be an npz file", f"one that starts with {start}", advice=advice
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            there = [member.removesuffix(".npy") for member in archive.namelist()]
            names = there if names is None else list(names)
            if not set(names) <= set(there):
                raise expected(
                    f"{path} to hold the arrays {', '.join(names)}",
                    ", ".join(there) or "none",
                    advice=advice,
                )
            members = {name: archive.read(f"{name}.npy") for name in names}
    except _DAMAGE as error:
        raise expected(
            f"{path} to be a whole npz file",
            f"a truncated or altered one ({error})",
            advice=advice,
        ) from error
    return {name: _array(members[name], name, path, advice) for name in names}


def _array(member: bytes, name: str, path: Path, advice: str) -> np.ndarray:
    try:
        return np.lib.format.read_array(io.BytesIO(member), allow_pickle=False)
    except Exception as error:  # NumPy's parser raises what it meets
        raise expected(
            f"the array {name} in {path} to hold plain numbers",
            f"what would have to be unpickled, or cannot be read ({error})",
            advice=advice,
        ) from error


def _read_bytes(path: Path, *, advice: str) -> bytes:
    if not path.is_file():
        raise expected(
            f"a file at {path}", "no such file", advice=advice, error=FileNotFoundError
        )
    content = path.read_bytes()
    if not content:
        raise expected(f"{path} to hold data", "an empty file", advice=advice)
    return content
