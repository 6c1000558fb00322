"""Studies: the same measurement in several cases, each result kept on the disk."""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from cnnkit.bars import bar
from cnnkit.errors import check_integer, expected
from cnnkit.files import whole_file
from cnnkit.fingerprints import fingerprint


def study(
    measure: Callable[..., object],
    cases: Mapping[str, Mapping[str, object]],
    *,
    folder: str | os.PathLike,
    seeds: Iterable[int] = (0,),
    progress: bool = True,
) -> dict[str, list]:
    """Measure every case with every seed, and never the same thing twice.

    Each result is written to the folder as soon as it is there. The next time it
    is read, unless the case, the seed, the code of `measure` or anything that the
    code reads has changed: functions, numbers, texts and arrays of the notebook.
    A study that was interrupted goes on where it was.

    Args:
        measure: called as `measure(seed=…, **case)`. Returns a number, or a dict or
            list of numbers and texts.
        cases: `{name: {keyword: value}}`; values are numbers, texts, arrays,
            dataclasses such as a `Recipe`, functions, and lists or dicts of these.
        folder: where the results go, one small file each.
        seeds: at least one, each an integer from 0. Default: 0 alone.
        progress: show a bar while there is something to measure. Default: True.

    Returns:
        `{name: [result of each seed]}`, in the order given.

    Raises:
        TypeError: a case holds something whose content cannot be told, such as a
            model; or a result is no number, text, dict or list.
        ValueError: no case, no seed, or a file of the folder is damaged.

    Example:
        >>> def squared(seed, x):
        ...     return x * x + seed
        >>> study(squared, {"two": {"x": 2}}, seeds=(0, 1), folder="runs/squares")
        {'two': [4, 5]}

    Taught in: notebooks/14_overfitting.ipynb
    """
    seeds = [check_integer("a seed", seed, minimum=0) for seed in seeds]
    if not isinstance(cases, Mapping) or not cases or not seeds:
        raise expected("at least one case and one seed", f"{cases!r}, {seeds!r}")
    if not callable(measure):
        raise expected("`measure` to be a function", repr(measure), error=TypeError)
    code = fingerprint(measure)
    files = {}
    for name, case in cases.items():
        mark = fingerprint([code, str(name), dict(case)])
        for seed in seeds:
            files[name, seed] = Path(folder) / f"{_slug(name)}-{seed}-{mark}.json"
    missing = [key for key, file in files.items() if not file.is_file()]
    for name, seed in _with_bar(missing, progress):
        result = measure(seed=seed, **cases[name])
        _write(files[name, seed], {"case": str(name), "seed": seed, "result": result})
    return {name: [_read(files[name, seed]) for seed in seeds] for name in cases}


def _slug(name: object) -> str:
    """The name as part of a file name; two names that look alike have other marks."""
    return re.sub(r"[^a-z0-9]+", "_", str(name).lower()).strip("_") or "case"


def _with_bar(missing: list, progress: bool) -> Iterator[tuple[object, int]]:
    with bar(len(missing), shown=progress and bool(missing)) as shown:
        for name, seed in missing:
            shown.set_description(f"{name}, seed {seed}")
            yield name, seed
            shown.update()


def _write(file: Path, kept: dict) -> None:
    try:
        text = json.dumps(kept, default=_plain)
    except (TypeError, ValueError) as error:
        raise expected(
            "`measure` to return a number, a text, or a dict or list of these",
            f"{kept['result']!r}",
            error=TypeError,
        ) from error
    with whole_file(file) as partial:
        partial.write_text(text + "\n", encoding="utf-8")


def _plain(value: object) -> object:
    """NumPy's numbers and arrays as Python's."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(type(value).__name__)


def _read(file: Path) -> object:
    try:
        return json.loads(file.read_text(encoding="utf-8"))["result"]
    except (ValueError, KeyError, TypeError) as error:
        raise expected(
            "a result that `study` wrote",
            f"{file}, which is damaged",
            advice="Delete it, and it is measured again.",
        ) from error
