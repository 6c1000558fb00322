"""The same operations by TensorFlow, with gradients: what `scratch` must give."""

import numpy as np

from cnnkit.runtime import keras  # noqa: F401  (imports TensorFlow quietly)

import tensorflow as tf  # isort: skip


def both(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def conv2d(x, kernel, bias=None, strides=1, padding="valid", dilation_rate=1):
    """Any stride with any dilation: zeros stand between the weights."""
    down, right = both(dilation_rate)
    kh, kw, channels, filters = kernel.shape
    zeros = [[0, 0], [0, down - 1], [0, 0], [0, right - 1], [0, 0], [0, 0]]
    spread = tf.pad(tf.reshape(kernel, (kh, 1, kw, 1, channels, filters)), zeros)
    spread = tf.reshape(spread, (kh * down, kw * right, channels, filters))
    spread = spread[: (kh - 1) * down + 1, : (kw - 1) * right + 1]
    if not isinstance(padding, str):
        x = tf.pad(x, [[0, 0], *([zeros, zeros] for zeros in both(padding)), [0, 0]])
        padding = "valid"
    y = tf.nn.conv2d(x, spread, both(strides), padding.upper())
    return y if bias is None else y + bias


def gradients(function, grad, *arrays):
    """`(output, gradients)`, as NumPy arrays; `grad` takes the output's shape."""
    variables = [tf.constant(array) for array in arrays]
    with tf.GradientTape() as tape:
        tape.watch(variables)
        y = function(*variables)
    upstream = tf.constant(grad(y.shape), y.dtype)
    found = tape.gradient(y, variables, output_gradients=upstream)
    return y.numpy(), upstream.numpy(), [np.asarray(one) for one in found]
