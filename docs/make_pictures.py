"""Take the pictures for the README out of the executed notebooks.

    python docs/make_pictures.py

The first picture of each cell tagged `picture` is written to
docs/images/<notebook>.png. `make notebooks` does so after executing them.
"""

import base64
from pathlib import Path

import nbformat

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Write one picture for each tagged cell."""
    for path in sorted((HERE.parent / "notebooks").glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if "picture" not in cell.metadata.get("tags", ()):
                continue
            found = [o.data["image/png"] for o in cell.outputs if "data" in o]
            picture = HERE / "images" / f"{path.stem}.png"
            picture.parent.mkdir(exist_ok=True)
            picture.write_bytes(base64.b64decode(found[0]))
            print(picture.relative_to(HERE.parent))


if __name__ == "__main__":
    main()
