"""File names of checkpoints: their endings, their fields, their folder."""

import os
import re
import string
import tempfile
from pathlib import Path

from cnnkit.errors import expected


def check_filepath(filepath: object, *, save_weights_only: bool) -> str:
    """Return the file name or template as text, or raise.

    Raises:
        TypeError: it is no path.
        ValueError: Keras cannot save under this ending, the template is
            malformed, or a field would put a space into the file name.
    """
    named = os.fspath(filepath) if isinstance(filepath, (str, os.PathLike)) else None
    if not isinstance(named, str):
        message = "`filepath` to be a path"
        raise expected(message, f"filepath={filepath!r}", error=TypeError)
    ending = (".weights.h5",) if save_weights_only else (".keras", ".h5")
    weights_alone = not save_weights_only and named.endswith(".weights.h5")
    stem = os.path.basename(named).removesuffix(".h5").removesuffix(".keras")
    if not named.endswith(ending) or weights_alone or not stem:
        raise expected(
            f"`filepath` to end in {' or '.join(ending)}",
            f"filepath={named!r}",
            advice="Keras saves a model as .keras or .h5, weights as .weights.h5 "
            "with save_weights_only=True.",
        )
    fields_of(named)
    return named


def fields_of(filepath: str) -> list[str]:
    """Return the names of the fields of a template: epoch, val_loss ….

    Raises:
        ValueError: the template is malformed.
    """
    try:
        parts = list(string.Formatter().parse(filepath))
    except ValueError as error:
        raise _malformed(filepath, str(error)) from error
    names = []
    for _, field, spec, conversion in parts:
        if field is None:
            continue
        name = re.split(r"[.\[]", field)[0]
        if not name or name.isdigit():
            raise _malformed(filepath, "a field without a name")
        names.append(name)
        nested = fields_of(spec)
        names += nested
        if not nested and name == field:
            _check_format(filepath, name, spec, conversion)
    return names


def _malformed(filepath: str, reason: str) -> Exception:
    return expected(
        "`filepath` to be a file name with fields such as {epoch:02d}",
        f"filepath={filepath!r} ({reason})",
        advice="Write {{ and }} for braces that stay.",
    )


def _check_format(filepath: str, name: str, spec: str, conversion: str | None) -> None:
    """Raise when a field cannot be written so, or is padded with spaces."""
    formatter = string.Formatter()
    counts = name in ("epoch", "batch")
    try:
        value = formatter.convert_field(1 if counts else 0.5, conversion)
        text = formatter.format_field(value, spec)
    except ValueError as error:
        raise _malformed(filepath, str(error)) from error
    if " " in text:
        better = f"{{{name}:02d}}" if counts else f"{{{name}:.4f}}"
        raise expected(
            "`filepath` to give file names without padding spaces",
            f"{{{name}:{spec}}} in filepath={filepath!r}, which writes {text!r}",
            advice=f"Write {better}.",
        )


def split_template(filepath: str) -> tuple[str, str]:
    """Return the folder that no field changes, and the rest of the path."""
    folder = os.path.dirname(filepath.split("{")[0])
    return folder, filepath[len(folder) :].lstrip("/" + os.sep)


def check_folder(filepath: str) -> None:
    """Make the folder of a template, and write to it once; nothing stays there.

    Raises:
        ValueError: it cannot be made or written to, or the file is a folder.
    """
    folder = Path(split_template(filepath)[0] or ".")
    reached = folder
    try:
        for reached in [*reversed(folder.parents), folder]:
            reached.mkdir(exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        told = error.strerror
        if isinstance(error, FileNotFoundError):  # from a file system without folders
            told = f"{reached.name} cannot be made in {reached.parent}"
        elif isinstance(error, FileExistsError):
            told = f"{reached} is a file"
        raise expected(
            "`filepath` in a folder that can be written to",
            f"filepath={filepath!r} ({told})",
        ) from error
    if Path(filepath).is_dir():
        raise expected(
            "`filepath` to name a file", f"filepath={filepath!r}, which is a folder"
        )
