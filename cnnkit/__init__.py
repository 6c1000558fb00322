"""Hands-on convolutional networks: the helpers that the notebooks import.

    from cnnkit import load_mnist, models, train, feature_maps, plots

Names are resolved on first use (PEP 562): `import cnnkit` loads neither NumPy
nor Keras, and a formula never costs the seconds that TensorFlow takes.
"""

import importlib

__version__ = "0.1.0"

# Each public name, and the module that it lives in.
_HOME = {
    "load_mnist": "data",
    "read_idx": "arrays",
    "stratified_split": "data",
    "read_images": "own_images",
    "prepare_digits": "own_images",
    "claim": "claims",
    "output_size": "shapes",
    "padding_amounts": "shapes",
    "unread_pixels": "shapes",
    "receptive_field": "shapes",
    "set_seed": "runtime",
    "early_stopping": "callbacks",
    "reduce_lr_on_plateau": "callbacks",
    "model_checkpoint": "callbacks",
    "callback_preset": "callbacks",
    "rehearse": "callbacks",
    "train": "training",
    "study": "studies",
    "Recipe": "recipes",
    "RandomDistortion": "distortion",
    "trace": "tracing",
    "explore": "explorer",
    "explore_live": "explorer.live",
    "feature_maps": "features",
    "filters": "features",
    "top_activations": "features",
    "saliency": "features",
    "integrated_gradients": "features",
    "grad_cam": "features",
    "grad_cam_plus_plus": "features",
    "occlusion": "features",
    "maximise_filter": "features",
}
_TOPICS = {"exercises", "kernels", "models", "plots", "scratch"}
_MODULES = {*_TOPICS, *_HOME.values()}

__all__ = sorted({*_HOME, *_TOPICS})


def __getattr__(name: str) -> object:
    if name in _HOME:
        value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    elif name in _MODULES:
        value = importlib.import_module(f"{__name__}.{name}")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
