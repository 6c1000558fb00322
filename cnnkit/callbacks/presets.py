"""Ready-made sets of the three callbacks."""

import os
import warnings
from pathlib import Path

from cnnkit.callbacks.checkpoint import model_checkpoint
from cnnkit.callbacks.monitored import early_stopping, reduce_lr_on_plateau
from cnnkit.errors import check_choice
from cnnkit.runtime import keras

_BEST = {"filepath": "best.keras", "save_best_only": True}
_PRESETS = {
    "quick": {
        "early_stopping": {"patience": 2},
        "reduce_lr_on_plateau": {"factor": 0.3, "patience": 1, "min_delta": 0.01},
        "model_checkpoint": _BEST,
    },
    # Why these numbers: the rate drops after the first epoch that gains less than
    # 0.01 of validation loss, and so has several chances to help before four
    # epochs without any gain end the run.
    "standard": {
        "early_stopping": {"patience": 4},
        "reduce_lr_on_plateau": {"factor": 0.3, "patience": 1, "min_delta": 0.01},
        "model_checkpoint": _BEST,
    },
    "patient": {
        "early_stopping": {"patience": 10},
        "reduce_lr_on_plateau": {"factor": 0.5, "patience": 3, "min_lr": 1e-6},
        "model_checkpoint": _BEST,
    },
    "notes": {
        "early_stopping": {
            "patience": 3,
            "mode": "min",
            "restore_best_weights": False,
        },
        "reduce_lr_on_plateau": {
            "factor": 0.1,
            "patience": 10,
            "mode": "min",
            "min_lr": 1e-4,
        },
        "model_checkpoint": {
            "filepath": "{epoch:02d}-{val_loss:.2f}.keras",
            "save_best_only": True,
            "mode": "min",
        },
    },
}


def callback_preset(
    name: str, run_dir: str | os.PathLike | None
) -> list[keras.callbacks.Callback]:
    """Return a ready-made list of callbacks that work together.

    All three watch `val_loss`.

    | preset | stops after | lowers the rate | saves | why |
    | --- | --- | --- | --- | --- |
    | `quick` | 2 epochs without gain | × 0.3 after 1 epoch with gain < 0.01, \
not below 1e-5 | `best.keras` | a first look: one lower rate is tried, then it ends |
    | `standard` | 4 epochs without gain | × 0.3 after 1 epoch with gain < 0.01, \
not below 1e-5 | `best.keras` | a lower rate has several chances to help |
    | `patient` | 10 epochs without gain | × 0.5 after 3 epochs with gain < 0.0001, \
not below 1e-6 | `best.keras` | the last tenth of a per cent: small steps, long waits |
    | `notes` | 3 epochs without gain | × 0.1 after 10 epochs with gain < 0.0001, \
not below 1e-4 | `01-0.12.keras` …, each new best | the values of the study notes, \
to see what they do |

    The first three bring the best weights back, and lower the rate sooner than
    they stop, so a lower rate always has a chance. `notes` does neither: training
    stops before the rate can drop, and a warning says so. Its file name is
    `{epoch:02d}-{val_loss:.2f}.keras`; that of the notes, `{epoch:2d}-….hdf5`,
    cannot be saved.

    Args:
        name: the preset.
        run_dir: the folder in which the files are kept. None leaves the
            checkpoint out.

    Returns:
        New callbacks; one list serves one model.

    Raises:
        ValueError: there is no preset of that name.

    Example:
        >>> len(callback_preset("standard", "run"))
        3

    Taught in: notebooks/12_callbacks.ipynb
    """
    values = _PRESETS[check_choice("name", name, _PRESETS)]
    stop = early_stopping(**values["early_stopping"])
    plateau = reduce_lr_on_plateau(**values["reduce_lr_on_plateau"])
    if plateau.patience >= stop.patience:
        warnings.warn(
            f"With the preset {name!r}, the rate will never drop: training stops "
            f"after {stop.patience} epochs without gain, and the rate waits for "
            f"{plateau.patience}.",
            UserWarning,
            stacklevel=2,
        )
    if run_dir is None:
        return [stop, plateau]
    keywords = dict(values["model_checkpoint"])
    path = _as_text(run_dir) / keywords.pop("filepath")
    return [stop, plateau, model_checkpoint(path, **keywords)]


def _as_text(folder: str | os.PathLike) -> Path:
    """The folder of a template: braces in its name are no fields."""
    return Path(os.fspath(folder).replace("{", "{{").replace("}", "}}"))
