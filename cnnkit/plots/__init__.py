"""Figures of what the course talks about.

Each function takes arrays, or the objects of the kit, and returns the Axes (one)
or the Figure (many) that it drew. None calls `plt.show()`: in a notebook, end
the cell with it. Names are resolved on first use, so that a picture of digits
does not wait for Keras.
"""

import importlib

# Each function, and the module that it lives in.
_HOME = {
    "digits": "images",
    "pictures": "compared",
    "preparation": "preparing",
    "pixel_values": "numbers",
    "convolution_step": "sliding",
    "convolution_strip": "sliding",
    "convolution_animation": "animating",
    "padding": "borders",
    "strides": "borders",
    "pooling": "pooled",
    "channels": "stacked",
    "activations": "functions",
    "gradient_norms": "gradients",
    "filters": "weights",
    "feature_maps": "maps",
    "network_maps": "sheets",
    "top_activations": "inside",
    "attributions": "inside",
    "receptive_field": "looking",
    "architecture": "blueprint",
    "costs": "bars",
    "training_curves": "curves",
    "spread": "studies",
    "trade_off": "studies",
    "rehearsal": "rehearsing",
    "class_shares": "classification",
    "confusion_matrix": "classification",
    "worst_mistakes": "classification",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
