"""Figures of what the course talks about.

Each function takes arrays, or the objects of the kit, and returns the Axes (one)
or the Figure (many) that it drew. None calls `plt.show()`: in a notebook, end
the cell with it.
"""

from cnnkit.plots.classification import class_shares, confusion_matrix, worst_mistakes
from cnnkit.plots.curves import training_curves
from cnnkit.plots.images import digits
from cnnkit.plots.maps import feature_maps
from cnnkit.plots.rehearsal import rehearsal

__all__ = [
    "class_shares",
    "confusion_matrix",
    "digits",
    "feature_maps",
    "rehearsal",
    "training_curves",
    "worst_mistakes",
]
