"""Make data/mnist.npz from the four original IDX files, checked and repeatable.

    python data/build_mnist.py FOLDER [--output data/mnist.npz]

FOLDER holds the four files, gzipped or not; data/README.md says where to get
them. Each must have its published SHA-256. The same files give the same bytes:
the dates inside the archive are fixed, and so is the order of its members.
"""

import argparse
import hashlib
import sys
import zipfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))  # so that it also runs before an install

from cnnkit.data import ORIGINALS, read_idx_folder  # noqa: E402
from cnnkit.files import whole_file  # noqa: E402


def build(folder: Path, output: Path) -> str:
    """Write the npz file and return its SHA-256."""
    arrays = read_idx_folder(folder)
    with whole_file(output) as partial:
        with zipfile.ZipFile(partial, "w") as archive:
            for name in ORIGINALS:
                member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
                member.compress_type = zipfile.ZIP_DEFLATED
                member.create_system = 3
                member.external_attr = 0o644 << 16
                with archive.open(member, "w") as file:
                    np.lib.format.write_array(file, arrays[name], allow_pickle=False)
    return hashlib.sha256(output.read_bytes()).hexdigest()


def main() -> int:
    """Read the command line, build, and say what was written."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the four IDX files are")
    parser.add_argument("--output", type=Path, default=HERE / "mnist.npz")
    options = parser.parse_args()
    try:
        digest = build(options.folder, options.output)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    size = options.output.stat().st_size
    print(f"{options.output.name}: {size:,} bytes, SHA-256 {digest}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
