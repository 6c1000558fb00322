"""The course's own CNN in NumPy, to be read: forward, backward, trained.

    from cnnkit import scratch

    y = scratch.conv2d(images, kernel, padding="same")
    dx, dkernel, dbias = scratch.conv2d_backward(grad, images, kernel, padding="same")
    scratch.simple_cnn().fit(mnist.train.images, mnist.train.labels)

Pictures are `(N, H, W, C)`, kernels `(kh, kw, Cin, Cout)`, as in Keras, and the
numbers are the same. float32 stays float32, float64 stays float64 (for checks of
gradients); integers become float32. Each `_backward` takes `grad`, the gradient
of the loss for the output, then what the function itself took.

Each file explains one thing. Read `conv.py` first, then `pool.py`,
`activations.py`, `softmax.py`, `dense.py`; then `conv_backward.py` and
`gradients.py`; last `layers.py`, `stack.py`, `network.py`.
"""

from cnnkit.scratch.activations import (
    leaky_relu,
    leaky_relu_backward,
    relu,
    relu_backward,
    sigmoid,
    sigmoid_backward,
    tanh,
    tanh_backward,
)
from cnnkit.scratch.conv import conv2d, conv2d_loops, im2col
from cnnkit.scratch.conv_backward import conv2d_backward
from cnnkit.scratch.dense import (
    dense,
    dense_backward,
    dropout,
    dropout_backward,
    flatten,
    flatten_backward,
)
from cnnkit.scratch.global_pool import global_avg_pool2d, global_avg_pool2d_backward
from cnnkit.scratch.gradients import GradientCheck, check_gradient, numerical_gradient
from cnnkit.scratch.layers import (
    AveragePooling2D,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    LeakyReLU,
    LpPooling2D,
    MaxPooling2D,
    ReLU,
    Sigmoid,
    Tanh,
)
from cnnkit.scratch.lp_pool import lp_pool2d, lp_pool2d_backward
from cnnkit.scratch.models import simple_cnn
from cnnkit.scratch.network import Network, Score
from cnnkit.scratch.optimizers import SGD, Adam, linear_decay
from cnnkit.scratch.pool import (
    avg_pool2d,
    avg_pool2d_backward,
    max_pool2d,
    max_pool2d_backward,
)
from cnnkit.scratch.softmax import (
    softmax,
    softmax_backward,
    softmax_cross_entropy,
    softmax_cross_entropy_backward,
)
from cnnkit.scratch.trained_layers import Conv2D, Dense

__all__ = [
    "Adam",
    "AveragePooling2D",
    "Conv2D",
    "Dense",
    "Dropout",
    "Flatten",
    "GlobalAveragePooling2D",
    "GradientCheck",
    "LeakyReLU",
    "LpPooling2D",
    "MaxPooling2D",
    "Network",
    "ReLU",
    "SGD",
    "Score",
    "Sigmoid",
    "Tanh",
    "avg_pool2d",
    "avg_pool2d_backward",
    "check_gradient",
    "conv2d",
    "conv2d_backward",
    "conv2d_loops",
    "dense",
    "dense_backward",
    "dropout",
    "dropout_backward",
    "flatten",
    "flatten_backward",
    "global_avg_pool2d",
    "global_avg_pool2d_backward",
    "im2col",
    "leaky_relu",
    "leaky_relu_backward",
    "linear_decay",
    "lp_pool2d",
    "lp_pool2d_backward",
    "max_pool2d",
    "max_pool2d_backward",
    "numerical_gradient",
    "relu",
    "relu_backward",
    "sigmoid",
    "sigmoid_backward",
    "simple_cnn",
    "softmax",
    "softmax_backward",
    "softmax_cross_entropy",
    "softmax_cross_entropy_backward",
    "tanh",
    "tanh_backward",
]
