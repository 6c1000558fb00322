"""MNIST: find it, check it, split it."""

import hashlib
import os
import struct
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cnnkit.arrays import read_idx, read_npz
from cnnkit.errors import check_integer, expected

# The four original files. Each digest is that of the unpacked IDX file, and so
# also that of the array below it once its header is put back in front.
ORIGINALS = {
    "x_train": (
        "train-images-idx3-ubyte",
        (60_000, 28, 28),
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    "y_train": (
        "train-labels-idx1-ubyte",
        (60_000,),
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    "x_test": (
        "t10k-images-idx3-ubyte",
        (10_000, 28, 28),
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    "y_test": (
        "t10k-labels-idx1-ubyte",
        (10_000,),
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
}
ADVICE = (
    "Restore it with `git checkout -- data/mnist.npz`, or build it again "
    "as data/README.md says."
)


class Digits(NamedTuple):
    """Images `(N, 28, 28, 1)`, float32 in [0, 1], and their labels `(N,)`, int64."""

    images: np.ndarray
    labels: np.ndarray


class Mnist(NamedTuple):
    """The three parts that training needs, none sharing an image with another."""

    train: Digits
    validation: Digits
    test: Digits


def load_mnist(
    *,
    validation_size: int = 5_000,
    seed: int = 0,
    path: str | os.PathLike | None = None,
) -> Mnist:
    """Load MNIST, and take the validation images out of the training set.

    The file is looked for in this order: `path`; the repository's `data/`; what
    the environment variable `CNNKIT_DATA` names; last, `keras.datasets.mnist`,
    which downloads it once. Wherever it comes from, its arrays are checked
    against the SHA-256 of the four original files.

    Args:
        validation_size: how many training images to set aside, from 0 to
            59,999. Each digit keeps its share. Default: 5,000.
        seed: which images those are. Default: 0.
        path: an npz file with the arrays `x_train`, `y_train`, `x_test` and
            `y_test`, or a folder that holds `mnist.npz` or the four IDX files,
            gzipped or not. Default: look in the places above.

    Returns:
        `(train, validation, test)`, each with `images`, float32
        `(N, 28, 28, 1)` in [0, 1], and `labels`, int64 `(N,)`. The test set
        holds its 10,000 digits in their order, untouched.

    Raises:
        FileNotFoundError: there is no file where you said, or none anywhere.
        ValueError: the file is damaged or is not MNIST, or `validation_size` is
            out of range.

    Example:
        >>> train, validation, test = load_mnist()
        >>> train.images.shape
        (55000, 28, 28, 1)

    Source: Y. LeCun, C. Cortes, C. J. C. Burges, «The MNIST database of
    handwritten digits».
    Taught in: notebooks/11_mnist_pipeline.ipynb
    """
    size = check_integer("validation_size", validation_size, minimum=0, maximum=59_999)
    arrays = _find_arrays(path)
    kept, held = stratified_split(arrays["y_train"], size, seed=seed)
    x, y = arrays["x_train"], arrays["y_train"]
    return Mnist(
        _digits(x, y, kept),
        _digits(x, y, held),
        _digits(arrays["x_test"], arrays["y_test"], np.arange(len(arrays["y_test"]))),
    )


def stratified_split(
    labels: np.ndarray, size: int, *, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Choose `size` positions at random, so that each class keeps its share.

    Args:
        labels: class numbers `(N,)`.
        size: how many positions to set aside, from 0 to N.
        seed: seeds the choice. Default: 0.

    Returns:
        `(kept, held)`: two increasing int64 arrays; together they hold every
        position from 0 to N − 1 once, and `len(held) == size`.

    Example:
        >>> stratified_split(np.array([0, 0, 1, 1]), 2)[1].shape
        (2,)
    """
    labels = np.asarray(labels)
    if labels.ndim != 1:
        raise expected("`labels` to be one row of class numbers", labels.shape)
    size = check_integer("size", size, minimum=0, maximum=len(labels))
    seed = check_integer("seed", seed, minimum=0)
    _, counts = np.unique(labels, return_counts=True)
    # Every class gets its share rounded down; the largest remainders get one more.
    shares = counts * size / max(len(labels), 1)
    quota = np.floor(shares).astype(int)
    quota[np.argsort(quota - shares, kind="stable")[: size - quota.sum()]] += 1
    order = np.random.default_rng(seed).permutation(len(labels))
    by_class = order[np.argsort(labels[order], kind="stable")]
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    held = [by_class[s : s + n] for s, n in zip(starts, quota, strict=False)]
    held = np.sort(np.concatenate([*held, np.empty(0, int)]))
    kept = np.ones(len(labels), bool)
    kept[held] = False
    return np.flatnonzero(kept), held


def _digits(images: np.ndarray, labels: np.ndarray, chosen: np.ndarray) -> Digits:
    """The chosen digits, their pixels between 0 and 1."""
    pixels = np.empty((len(chosen), *images.shape[1:], 1), np.float32)
    for start in range(0, len(chosen), 1_000):  # no second copy of all of them
        part = slice(start, start + 1_000)
        some = images[chosen[part], ..., np.newaxis]  # (1000, 28, 28, 1)
        np.divide(some, np.float32(255), out=pixels[part])
    return Digits(pixels, labels[chosen].astype(np.int64))


def _find_arrays(path: str | os.PathLike | None) -> dict[str, np.ndarray]:
    """Read the arrays from the first place that is named or has them."""
    repository = Path(__file__).resolve().parent.parent
    bundled = repository / "data" / "mnist.npz"
    if path is not None:
        return _read_arrays(Path(path).expanduser())
    if bundled.is_file() and (repository / "pyproject.toml").is_file():
        return _read_arrays(bundled)
    if os.environ.get("CNNKIT_DATA"):
        return _read_arrays(Path(os.environ["CNNKIT_DATA"]).expanduser())
    return _download()


def _download() -> dict[str, np.ndarray]:
    """Fetch MNIST through Keras; the one place where this floor looks up."""
    from cnnkit.runtime import keras  # only here: no file was found anywhere

    try:
        (x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
    except Exception as error:
        raise expected(
            "MNIST in the repository's data/, where CNNKIT_DATA points, or on the "
            "network through keras.datasets.mnist",
            f"none of them ({error})",
            advice="Pass path=, or set CNNKIT_DATA to a copy of data/mnist.npz.",
            error=FileNotFoundError,
        ) from error
    arrays = {"x_train": x_train, "y_train": y_train}
    arrays |= {"x_test": x_test, "y_test": y_test}
    return verify(arrays, "the download of keras.datasets.mnist")


def _read_arrays(path: Path) -> dict[str, np.ndarray]:
    if path.is_dir() and not (path / "mnist.npz").is_file():
        return read_idx_folder(path)
    file = path / "mnist.npz" if path.is_dir() else path
    return verify(read_npz(file, list(ORIGINALS), advice=ADVICE), file)


def read_idx_folder(folder: Path) -> dict[str, np.ndarray]:
    """Read and verify the four original files, gzipped or not, from one folder."""
    arrays = {}
    for name, (file, _, _) in ORIGINALS.items():
        found = [p for p in (folder / file, folder / f"{file}.gz") if p.is_file()]
        if not found:
            raise expected(
                f"the folder {folder} to hold mnist.npz or {file} (or {file}.gz)",
                "a folder without them" if folder.is_dir() else "no such folder",
                advice="data/README.md says where to get the four files.",
                error=FileNotFoundError,
            )
        advice = "data/README.md says where to get the four files."
        arrays[name] = read_idx(found[0], advice=advice)
    return verify(arrays, folder)


def verify(arrays: dict[str, np.ndarray], source: object) -> dict[str, np.ndarray]:
    """Return the arrays when they are MNIST, to the last bit.

    The header of the IDX file is put back in front of each array, so that its
    digest is that of the published file.

    Raises:
        ValueError: an array has another shape, type or content.
    """
    for name, (file, shape, digest) in ORIGINALS.items():
        array = arrays[name]
        if array.shape != shape or array.dtype != np.uint8:
            raise expected(
                f"the array {name} of {source} to be uint8 of shape {shape}",
                f"{array.dtype} of shape {array.shape}",
                advice=ADVICE,
            )
        header = struct.pack(f">4B{len(shape)}I", 0, 0, 8, len(shape), *shape)
        digest_of = hashlib.sha256(header)
        digest_of.update(np.ascontiguousarray(array))
        found = digest_of.hexdigest()
        if found != digest:
            raise expected(
                f"the array {name} of {source} to equal the original {file} "
                f"(SHA-256 {digest[:12]}…)",
                f"other numbers (SHA-256 {found[:12]}…)",
                advice=ADVICE,
            )
    return arrays
