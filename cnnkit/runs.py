"""Run folders: what a training run is, and whether the one found there is the same."""

import dataclasses
import hashlib
import json
import os
from pathlib import Path

import numpy as np

from cnnkit.errors import expected
from cnnkit.recipes import Recipe
from cnnkit.runtime import keras
from cnnkit.snapshots import Snapshot, read_snapshot


def open_folder(run_dir: str | os.PathLike | None, resume: bool) -> Path | None:
    """Make the folder of the run before any work is done for it."""
    if run_dir is None:
        if resume:
            raise expected("a `run_dir` to resume the run from", "run_dir=None")
        return None
    if not isinstance(run_dir, str | os.PathLike) or not os.fspath(run_dir):
        raise expected("`run_dir` to be the path of a folder", f"run_dir={run_dir!r}")
    try:
        Path(run_dir).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise expected(
            "`run_dir` to be a folder that can be written to",
            f"run_dir={os.fspath(run_dir)!r} ({error.strerror})",
        ) from error
    return Path(run_dir)


def settings_of(
    model: keras.Model, recipe: Recipe, chosen: list, seed: int, labels: np.ndarray
) -> dict:
    """What a run must have in common with the run that it goes on with."""
    layers = [[type(layer).__name__, _config(layer)] for layer in model.layers]
    return {
        "model": f"{model.count_params():,} parameters, layers {_digest(layers)}",
        "recipe": repr(_comparable(recipe)),
        "augmentation": _digest(_without_names(recipe.augmentation)),
        "callbacks": ", ".join(type(callback).__name__ for callback in chosen),
        "seed": int(seed),
        "training set": f"{len(labels):,} images, labels {_digest(labels.tolist())}",
    }


def _comparable(recipe: Recipe) -> Recipe:
    """The recipe without the epochs, where a longer run begins like a shorter one."""
    epochs = 1 if recipe.schedule == "constant" else recipe.epochs
    return dataclasses.replace(recipe, epochs=epochs, augmentation=())


def _config(layer: keras.Layer) -> object:
    try:
        return _without_names(layer.get_config())
    except NotImplementedError:  # a layer of the learner's own that cannot be saved
        return None


def _without_names(config: object) -> object:
    """A layer's settings without the names, which depend on what ran before.

    Nor do the first weights count, which differ between releases of Keras in how
    they are written down, nor settings that are not made.
    """
    if isinstance(config, dict):
        kept = config.keys() - {"name", "inbound_nodes", "input_layers"}
        kept -= {"output_layers", "build_config"}
        kept -= {key for key in kept if key.endswith("_initializer")}
        kept -= {key for key in kept if config[key] is None}
        return {key: _without_names(config[key]) for key in sorted(kept)}
    if isinstance(config, (list, tuple)):
        return [_without_names(entry) for entry in config]
    return config


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, default=lambda thing: type(thing).__name__)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def check_same_run(snapshot: Snapshot | None, settings: dict, run: Path) -> None:
    """Raise when the run in the folder is another one.

    One that is resumed must agree in everything, one that is replaced in its model.
    """
    found, names = snapshot, list(settings)
    if snapshot is None:
        try:
            found, names = read_snapshot(run), ["model"]
        except ValueError:  # a damaged one, which is replaced
            return
    for name in names if found else ():
        if found.settings.get(name) != settings[name]:
            raise expected(
                f"the {name} of the run in {run} ({found.settings.get(name)})",
                settings[name],
                advice="Pass what that run had, or another run_dir"
                + (", or resume=False." if snapshot else "."),
            )
