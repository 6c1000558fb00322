"""The three callbacks, checked; the sets made of them; and their rehearsal.

from cnnkit.callbacks import callback_preset, early_stopping, rehearse
"""

from cnnkit.callbacks.checkpoint import model_checkpoint
from cnnkit.callbacks.monitored import early_stopping, reduce_lr_on_plateau
from cnnkit.callbacks.presets import callback_preset
from cnnkit.callbacks.record import Rehearsal
from cnnkit.callbacks.rehearsal import rehearse

__all__ = [
    "Rehearsal",
    "callback_preset",
    "early_stopping",
    "model_checkpoint",
    "reduce_lr_on_plateau",
    "rehearse",
]
