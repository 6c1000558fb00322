import gzip
import hashlib
import io
import shutil
import struct
import subprocess
import zipfile

import numpy as np
import pytest
from conftest import PYTHON, ROOT

from cnnkit import data
from cnnkit.data import ORIGINALS, load_mnist, stratified_split

BUNDLED = ROOT / "data" / "mnist.npz"


@pytest.fixture(scope="module")
def arrays():
    with np.load(BUNDLED) as file:
        return {name: file[name] for name in file.files}


@pytest.fixture(scope="module")
def idx_folder(arrays, tmp_path_factory):
    """The four original files, two of them gzipped."""
    folder = tmp_path_factory.mktemp("idx")
    for name, (file, shape, digest) in ORIGINALS.items():
        header = struct.pack(f">4B{len(shape)}I", 0, 0, 8, len(shape), *shape)
        content = header + arrays[name].tobytes()
        assert hashlib.sha256(content).hexdigest() == digest
        if "test" in name:
            (folder / f"{file}.gz").write_bytes(gzip.compress(content, 1))
        else:
            (folder / file).write_bytes(content)
    return folder


def test_load_mnist_keeps_its_contract(mnist):
    assert mnist._fields == ("train", "validation", "test")
    for part, count in zip(mnist, (55_000, 5_000, 10_000), strict=True):
        assert part.images.shape == (count, 28, 28, 1)
        assert part.images.dtype == np.float32
        assert part.labels.shape == (count,)
        assert part.labels.dtype == np.int64
        assert part.images.min() == 0 and part.images.max() == 1


def test_pixels_are_those_of_the_file(mnist, arrays):
    pixels = np.rint(mnist.test.images[..., 0] * 255).astype(np.uint8)
    assert np.array_equal(pixels, arrays["x_test"])
    assert np.array_equal(mnist.test.labels, arrays["y_test"])


def test_published_mean_and_deviation(arrays):
    # 0.1307 and 0.3081 are what everybody normalises MNIST with.
    pixels = arrays["x_train"] / 255
    assert pixels.mean() == pytest.approx(0.1307, abs=5e-5)
    assert pixels.std() == pytest.approx(0.3081, abs=5e-5)


def test_published_counts_of_the_test_digits(mnist):
    counts = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert np.bincount(mnist.test.labels).tolist() == counts


def test_training_and_validation_make_up_the_training_set(mnist, arrays):
    parts = np.concatenate([mnist.train.images, mnist.validation.images])
    ours = {(np.rint(image * 255)).astype(np.uint8).tobytes() for image in parts}
    theirs = {image.tobytes() for image in arrays["x_train"]}
    assert len(parts) == 60_000 and ours == theirs


def test_validation_depends_on_the_seed_alone(mnist):
    again = load_mnist()
    other = load_mnist(seed=1)
    assert np.array_equal(mnist.validation.images, again.validation.images)
    assert not np.array_equal(mnist.validation.images, other.validation.images)
    assert np.array_equal(mnist.test.images, other.test.images)


@pytest.mark.parametrize("size", [0, 1, 59_999])
def test_validation_sizes_at_the_edges(size):
    train, validation, _ = load_mnist(validation_size=size)
    assert len(train.labels) == 60_000 - size
    assert validation.images.shape == (size, 28, 28, 1)


@pytest.mark.parametrize(
    ("size", "error"), [(-1, ValueError), (60_000, ValueError), (0.1, TypeError)]
)
def test_validation_sizes_out_of_range(size, error):
    with pytest.raises(error, match="`validation_size` to be an integer of at least 0"):
        load_mnist(validation_size=size)


def test_stratified_split_by_hand():
    # Six of class 0, three of class 1: a third of each is two and one.
    kept, held = stratified_split(np.array([0, 1, 0, 0, 1, 0, 0, 1, 0]), 3)
    assert np.array([0, 1, 0, 0, 1, 0, 0, 1, 0])[held].sum() == 1
    assert sorted([*kept, *held]) == list(range(9))


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5])
def test_stratified_split_takes_the_size_asked_for(size):
    kept, held = stratified_split(np.array([7, 7, 7, 2, 2]), size)
    assert len(held) == size and len(kept) == 5 - size
    assert set(kept).isdisjoint(held)


def test_stratified_split_refuses_a_table():
    with pytest.raises(ValueError, match="one row of class numbers"):
        stratified_split(np.zeros((2, 2), int), 1)


@pytest.mark.parametrize("name", ["a.npz", "folder", "idx"])
def test_every_form_of_the_data_gives_the_same(
    name, tmp_path, idx_folder, mnist, monkeypatch
):
    if name == "a.npz":
        path = shutil.copy(BUNDLED, tmp_path / name)
    elif name == "folder":
        path = tmp_path / name
        path.mkdir()
        shutil.copy(BUNDLED, path / "mnist.npz")
    else:
        path = idx_folder
    assert np.array_equal(load_mnist(path=path).train.images, mnist.train.images)


def test_environment_names_the_data_outside_the_repository(
    tmp_path, monkeypatch, idx_folder
):
    monkeypatch.setattr(data, "__file__", str(tmp_path / "site" / "cnnkit" / "data.py"))
    monkeypatch.setenv("CNNKIT_DATA", str(idx_folder))
    assert len(load_mnist().test.labels) == 10_000
    monkeypatch.setenv("CNNKIT_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load_mnist()


def test_without_any_file_keras_is_asked(tmp_path, monkeypatch, arrays):
    from cnnkit.runtime import keras

    monkeypatch.setattr(data, "__file__", str(tmp_path / "site" / "cnnkit" / "data.py"))
    monkeypatch.delenv("CNNKIT_DATA", raising=False)
    train = (arrays["x_train"], arrays["y_train"])
    test = (arrays["x_test"], arrays["y_test"])
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: (train, test))
    assert len(load_mnist().train.labels) == 55_000

    def offline():
        raise OSError("no network")

    monkeypatch.setattr(keras.datasets.mnist, "load_data", offline)
    with pytest.raises(FileNotFoundError, match="no network.*CNNKIT_DATA"):
        load_mnist()


def saved(path, **arrays):
    np.savez(path, **arrays)
    return path


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="gone.npz.*no such file"):
        load_mnist(path=tmp_path / "gone.npz")


def test_folder_without_data(tmp_path):
    with pytest.raises(FileNotFoundError, match="mnist.npz or train-images"):
        load_mnist(path=tmp_path)


def test_empty_file(tmp_path):
    path = tmp_path / "empty.npz"
    path.touch()
    with pytest.raises(ValueError, match="empty.npz to hold data.*an empty file"):
        load_mnist(path=path)


def test_text_instead_of_npz(tmp_path):
    path = tmp_path / "page.npz"
    path.write_text("<html>")
    with pytest.raises(ValueError, match="page.npz to be an npz file"):
        load_mnist(path=path)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.999])
def test_truncated_npz(tmp_path, share):
    content = BUNDLED.read_bytes()
    path = tmp_path / "cut.npz"
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match="cut.npz to be a whole npz file.*truncated"):
        load_mnist(path=path)


def test_one_flipped_byte(tmp_path):
    content = bytearray(BUNDLED.read_bytes())
    content[len(content) // 2] ^= 1
    path = tmp_path / "flipped.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="flipped.npz to be a whole.*altered"):
        load_mnist(path=path)


def test_a_flipped_byte_anywhere_is_an_error_or_harmless(tmp_path, arrays, rng):
    """Headers and the archive's index too; on small arrays, so that it is quick."""
    whole = io.BytesIO()
    np.savez_compressed(whole, **{name: a[:20] for name, a in arrays.items()})
    path = tmp_path / "small.npz"
    for position in range(0, len(whole.getvalue()), 7):
        content = bytearray(whole.getvalue())
        content[position] ^= 1 << rng.integers(8)
        path.write_bytes(content)
        with pytest.raises(ValueError, match="^Expected "):
            load_mnist(path=path)


def test_altered_pixel_with_a_sound_archive(tmp_path, arrays):
    altered = arrays["x_train"].copy()
    altered[5, 14, 14] ^= 1
    path = saved(tmp_path / "altered.npz", **{**arrays, "x_train": altered})
    with pytest.raises(ValueError, match="x_train of .*altered.npz to equal the orig"):
        load_mnist(path=path)


def test_pickled_object(tmp_path, arrays):
    hostile = np.array([object()], dtype=object)
    path = saved(tmp_path / "pickled.npz", **{**arrays, "y_train": hostile})
    with pytest.raises(ValueError, match="y_train in .*plain numbers.*unpickled"):
        load_mnist(path=path)


def test_labels_of_another_length(tmp_path, arrays):
    path = saved(tmp_path / "m.npz", **{**arrays, "y_test": arrays["y_test"][:-1]})
    with pytest.raises(ValueError, match=r"y_test .* shape \(10000,\).*\(9999,\)"):
        load_mnist(path=path)


def test_another_dtype(tmp_path, arrays):
    path = saved(tmp_path / "m.npz", **{**arrays, "y_test": arrays["y_test"] * 1.0})
    with pytest.raises(ValueError, match="y_test .* to be uint8.*float64"):
        load_mnist(path=path)


def test_missing_array(tmp_path, arrays):
    path = saved(tmp_path / "m.npz", x_train=arrays["x_train"])
    with pytest.raises(ValueError, match="hold the arrays x_train, y_train.*: x_train"):
        load_mnist(path=path)


def test_build_mnist_makes_the_committed_file_again(idx_folder, tmp_path):
    output = tmp_path / "mnist.npz"
    command = [PYTHON, ROOT / "data" / "build_mnist.py", idx_folder]
    subprocess.run([*command, "--output", output], check=True, capture_output=True)
    with zipfile.ZipFile(output) as ours, zipfile.ZipFile(BUNDLED) as theirs:
        for a, b in zip(ours.infolist(), theirs.infolist(), strict=True):
            assert (a.filename, a.date_time, a.CRC) == (b.filename, b.date_time, b.CRC)
    first = output.read_bytes()
    subprocess.run([*command, "--output", output], check=True, capture_output=True)
    assert output.read_bytes() == first


def test_build_mnist_refuses_altered_files_and_writes_nothing(idx_folder, tmp_path):
    folder = tmp_path / "altered"
    shutil.copytree(idx_folder, folder)
    labels = folder / "train-labels-idx1-ubyte"
    content = bytearray(labels.read_bytes())
    content[1000] ^= 1
    labels.write_bytes(content)
    output = tmp_path / "mnist.npz"
    result = subprocess.run(
        [PYTHON, ROOT / "data" / "build_mnist.py", folder, "--output", output],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1
    assert "y_train" in result.stderr and "Traceback" not in result.stderr
    assert not output.exists()
