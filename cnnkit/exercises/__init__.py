"""Exercises that know what went wrong: a module for each notebook.

    from cnnkit.exercises import padding as ex

    ex.same_size                # the question
    ex.same_size.check(...)     # your answer in the place of the dots
    ex.same_size.hint()
    ex.same_size.solution()

`progress()` lists what has been checked in this kernel; `check_all` reads
filled-in notebooks, for teachers.
"""

import importlib

TOPICS = (
    *("why_convolution", "convolution", "padding", "stride", "channels", "pooling"),
    *("activations", "backpropagation", "scratch_network", "sequential", "pipeline"),
    *("callbacks", "feature_maps", "overfitting", "architectures", "fast_training"),
    *("scale", "own_images"),
)
_HOME = {"progress": "engine", "check_all": "teacher"}

__all__ = ["TOPICS", *_HOME, *TOPICS]


def __getattr__(name: str) -> object:
    if name in _HOME:
        value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    elif name in TOPICS:
        value = importlib.import_module(f"{__name__}.{name}")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
