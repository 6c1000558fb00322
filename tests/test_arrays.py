import gzip
import struct

import numpy as np
import pytest

from cnnkit import read_idx
from cnnkit.arrays import read_npz


def idx(array, magic=None):
    magic = magic or bytes([0, 0, 8, array.ndim])
    return magic + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def test_read_idx_reads_what_was_written(tmp_path, rng):
    array = rng.integers(0, 256, (3, 4, 5), dtype=np.uint8)
    path = tmp_path / "images"
    path.write_bytes(idx(array))
    assert np.array_equal(read_idx(path), array)
    path.write_bytes(gzip.compress(idx(array)))
    assert np.array_equal(read_idx(path), array)


def test_read_idx_reads_wide_numbers(tmp_path):
    path = tmp_path / "floats"
    numbers = np.array([1.5, -2.0], ">f4")
    path.write_bytes(idx(numbers, bytes([0, 0, 13, 1])))
    assert read_idx(path).tolist() == [1.5, -2.0]
    assert read_idx(path).dtype == np.float32


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "an empty file"),
        (b"\0\0", "to be an IDX file.*00 00"),
        (b"\0\1\x08\1" + bytes(8), "to be an IDX file.*00 01 08 01"),
        (b"\0\0\x07\1" + bytes(8), "to be an IDX file.*00 00 07 01"),
        (b"\0\0\x08\3" + bytes(5), "a whole IDX header.*9 bytes"),
        (b"\0\0\x08\1\0\0\0\3ab", "to hold 11 bytes.*10 bytes"),
        (b"\0\0\x08\1\0\0\0\1abc", "to hold 9 bytes.*11 bytes"),
        (gzip.compress(b"\0\0\x08\1\0\0\0\1a", mtime=0)[:-6], "a whole gzip file"),
        (b"\x1f\x8bnonsense", "a whole gzip file"),
    ],
)
def test_read_idx_refuses_damage(tmp_path, content, message):
    path = tmp_path / "images-idx3-ubyte"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_idx(path)


def test_read_npz_reads_what_was_written(tmp_path, rng):
    array = rng.normal(size=(2, 3))
    np.savez_compressed(tmp_path / "a.npz", weights=array, other=array + 1)
    read = read_npz(tmp_path / "a.npz", ["weights"])
    assert list(read) == ["weights"] and np.array_equal(read["weights"], array)


def test_read_npz_names_what_is_missing_and_says_what_to_do(tmp_path):
    np.savez(tmp_path / "a.npz", weights=1)
    with pytest.raises(ValueError, match="arrays biases. Received: weights. Mend it."):
        read_npz(tmp_path / "a.npz", ["biases"], advice="Mend it.")
