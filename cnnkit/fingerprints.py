"""Fingerprints: a short mark that changes when a value, or a function, changes."""

import dataclasses
import dis
import hashlib
import inspect
import json
from collections.abc import Iterator, Mapping
from types import CodeType, FunctionType

import numpy as np

from cnnkit.errors import expected

_READING = {"LOAD_GLOBAL", "LOAD_NAME"}


def fingerprint(value: object) -> str:
    """Return twelve characters that stand for the content of a value.

    A function counts by its source, and by what it reads of the module or notebook
    that it was written in: the functions there, numbers, texts, arrays and
    dataclasses. What it imports counts by name alone.

    Args:
        value: numbers, texts, arrays, dataclasses, functions, classes, and dicts
            and lists of these.

    Raises:
        TypeError: there is something else in it, whose content cannot be told.

    Example:
        >>> fingerprint({"epochs": 3}) == fingerprint({"epochs": 3})
        True
    """
    text = json.dumps(_told(value, seen=()), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _told(value: object, seen: tuple[object, ...]) -> object:
    if value is None or isinstance(value, (bool, int, float, str)):
        return [type(value).__name__, repr(value)]
    if isinstance(value, np.generic):
        return _told(value.item(), seen)
    if isinstance(value, np.ndarray) and value.dtype != object:
        digest = hashlib.blake2b(np.ascontiguousarray(value).data, digest_size=12)
        return ["array", str(value.dtype), list(value.shape), digest.hexdigest()]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [(f.name, getattr(value, f.name)) for f in dataclasses.fields(value)]
        return [type(value).__name__, _told(fields, seen)]
    if isinstance(value, Mapping):
        return ["dict", [[_told(k, seen), _told(v, seen)] for k, v in value.items()]]
    if isinstance(value, (list, tuple)):
        return ["list", [_told(entry, seen) for entry in value]]
    if isinstance(value, FunctionType):
        return _told_function(value, seen)
    if isinstance(getattr(value, "__wrapped__", None), FunctionType):  # a cached one
        return _told_function(value.__wrapped__, seen)
    if hasattr(value, "__qualname__"):  # a class, or a function written in C
        return [str(getattr(value, "__module__", "")), value.__qualname__]
    raise expected(
        "numbers, texts, arrays, dataclasses, functions, or dicts and lists of these",
        f"{type(value).__name__}: {value!r:.80}",
        advice="Pass what it is made from, and make it in the function.",
        error=TypeError,
    )


def _told_function(function: FunctionType, seen: tuple[object, ...]) -> list:
    if function in seen:
        return ["again", function.__qualname__]
    try:
        source = inspect.getsource(function)
    except (OSError, TypeError):  # typed into a plain Python, which keeps no source
        source = [repr(part) for part in _parts(function.__code__)]
    seen = (*seen, function)
    defaults = [function.__defaults__, function.__kwdefaults__]
    cells = [cell.cell_contents for cell in function.__closure__ or ()]
    read = {
        name: _told_if_possible(function.__globals__[name], function, seen)
        for name in sorted(_names(function.__code__))
        if name in function.__globals__
    }
    told = [_told_if_possible(part, function, seen) for part in (*defaults, *cells)]
    return [function.__qualname__, source, told, read]


def _told_if_possible(
    value: object, function: FunctionType, seen: tuple[object, ...]
) -> object:
    """Its content; for what was imported, or holds no content to tell, its name."""
    home = getattr(value, "__module__", None)
    is_function = isinstance(getattr(value, "__wrapped__", value), FunctionType)
    if is_function and home != function.__module__:
        return [str(home), value.__qualname__]
    try:
        return _told(value, seen)
    except TypeError:
        return getattr(value, "__name__", type(value).__name__)


def _parts(code: CodeType) -> Iterator[object]:
    yield from (code.co_code, code.co_names)
    for constant in code.co_consts:
        yield from _parts(constant) if isinstance(constant, CodeType) else [constant]


def _names(code: CodeType) -> set[str]:
    """What the code, and the functions inside it, read from outside."""
    inner = [part for part in code.co_consts if isinstance(part, CodeType)]
    read = {
        step.argval for step in dis.get_instructions(code) if step.opname in _READING
    }
    return read.union(*map(_names, inner))
