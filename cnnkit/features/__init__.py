"""What a network sees: NumPy arrays out of any Keras model.

What its layers answer, the kernels they hold, the images that excite them, and
which pixels decided. Scores are logits: a softmax or a sigmoid at the end is
looked behind, as its flat ends would swallow the gradient.
"""

from cnnkit.features.cam import grad_cam, grad_cam_plus_plus
from cnnkit.features.covered import occlusion
from cnnkit.features.gradients import integrated_gradients, saliency
from cnnkit.features.maps import feature_maps, filters
from cnnkit.features.maximised import maximise_filter
from cnnkit.features.strongest import TopActivations, top_activations

__all__ = [
    "TopActivations",
    "feature_maps",
    "filters",
    "grad_cam",
    "grad_cam_plus_plus",
    "integrated_gradients",
    "maximise_filter",
    "occlusion",
    "saliency",
    "top_activations",
]
