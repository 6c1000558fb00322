"""Sequential model factories: each builds what its name says.

Every model comes built and uncompiled. Every layer carries a name of its own;
the last two are always `logits`, a Dense layer with one score a class, and
`probabilities`, the Softmax that turns the scores into shares.
"""

from cnnkit.models.deep import alexnet, conv_blocks
from cnnkit.models.deskew import Deskew
from cnnkit.models.fast import accurate_cnn, fast_cnn
from cnnkit.models.layers import LocalResponseNormalization, LpPooling2D
from cnnkit.models.modern import gap_cnn
from cnnkit.models.small import lenet5, mlp, simple_cnn
from cnnkit.models.winograd import WinogradConv2D

__all__ = [
    "Deskew",
    "LocalResponseNormalization",
    "LpPooling2D",
    "WinogradConv2D",
    "accurate_cnn",
    "alexnet",
    "conv_blocks",
    "fast_cnn",
    "gap_cnn",
    "lenet5",
    "mlp",
    "simple_cnn",
]
