"""The course's own CNN in NumPy, to be read: forward, backward, trained.

    from cnnkit import scratch

    y = scratch.conv2d(images, kernel, padding="same")
    dx, dkernel, dbias = scratch.conv2d_backward(grad, images, kernel, padding="same")
    scratch.simple_cnn().fit(mnist.train.images, mnist.train.labels)

Letters. A batch has N pictures of H rows and W columns, with C channels: 1 for
grey, 3 for colour, one for each kernel after a convolution. Cin and Cout are the
channels that go in and come out. A kernel has kh rows and kw columns; the output
has H' rows and W' columns. In formulas n counts the pictures, (r, c) is the row
and column in the output, (i, j) in the kernel, k counts the input channels, o the
output channels, all from 0. Arrays are ordered as in Keras, and so are results.

Types. float32 stays float32, float64 stays float64 (for checks of gradients),
integers become float32.

Gradients. The loss is one number: how wrong the network is. The gradient of the
loss with respect to an array has the shape of that array, and each entry is a
slope: how fast the loss grows when that one number grows. Training moves the
weights against it. How are slopes found through many steps? When an output grows
by s for each 1 that an input grows, and the loss by g for each 1 of the output,
then the loss grows by g · s through that output. An input that feeds several
outputs adds these products up. That is the chain rule, and every `_backward` is
this rule: it takes `grad`, the gradient with respect to the function's output,
then what the function took (without the bias, which no gradient needs; dropout
takes its mask), and gives the gradients with respect to those.

Each file explains one thing. To follow a picture through, read `cnnkit/shapes`,
`windows.py`, `conv.py`, `pool.py`, `activations.py`, `softmax.py`, `dense.py`. To
follow the gradients back, `conv_backward.py`, `gradients.py`, `optimizers.py`. To
see it trained, `layers.py`, `trained_layers.py`, `stack.py`, `network.py`. What
makes it fast is apart, in `unfold.py`. (`cnnkit.shapes` reckons with one axis and
says `kernel`, `stride`, `dilation`; here the options have Keras's names.)
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
