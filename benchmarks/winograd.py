"""Conv2D beside WinogradConv2D: forward and backward, and a step of training.

    python -m benchmarks winograd --rounds 5

The layers are those of `accurate_cnn`, and some with larger maps or fewer channels.
"""

import statistics
from collections.abc import Callable

import numpy as np

from benchmarks.timing import in_turns, summary, table
from cnnkit import models
from cnnkit.runtime import keras

import tensorflow as tf  # isort: skip

BATCH = 192
KINDS = {"Conv2D": keras.layers.Conv2D, "WinogradConv2D": models.WinogradConv2D}
# name, side of the map, channels, filters, padding
LAYERS = [
    ("accurate_cnn, conv2", 12, 48, 48, "same"),
    ("accurate_cnn, conv3", 12, 48, 96, "same"),
    ("accurate_cnn, conv4", 6, 96, 192, "same"),
    ("accurate_cnn, conv5", 6, 192, 192, "valid"),
    ("fast_cnn, conv2", 6, 24, 48, "valid"),
    ("larger map", 14, 32, 32, "same"),
    ("larger map, more filters", 14, 64, 64, "same"),
]


def measure(rounds: int) -> dict[str, object]:
    """Time layers and steps in turns, print a table; return the numbers."""
    rows, numbers = [], {}
    print(f"Batch {BATCH}, milliseconds, forward and backward.\n")
    cases = {name: _layer_jobs(*shape) for name, *shape in LAYERS}
    cases["accurate_cnn, a step of training"] = _step_jobs()
    for name, jobs in cases.items():
        times = in_turns(jobs, 4 * rounds)
        usual = {kind: 1e3 * statistics.median(times[kind]) for kind in KINDS}
        ratio = usual["WinogradConv2D"] / usual["Conv2D"]
        rows.append([name, *(f"{usual[kind]:.1f}" for kind in KINDS), f"{ratio:.2f}"])
        numbers[name] = {kind: summary(times[kind]) for kind in KINDS}
    print(table(["what", *KINDS, "ratio"], rows), flush=True)
    return numbers


def _layer_jobs(
    side: int, channels: int, filters: int, padding: str
) -> dict[str, Callable[[], object]]:
    rng = np.random.default_rng(0)
    maps = rng.standard_normal((BATCH, side, side, channels), np.float32)
    jobs = {}
    for name, kind in KINDS.items():
        layer = kind(filters, 3, padding=padding, use_bias=False)
        layer.build(maps.shape)
        jobs[name] = _traced(layer, tf.constant(maps))
    return jobs


def _traced(layer: keras.Layer, maps: tf.Tensor) -> Callable[[], object]:
    """The layer and both of its gradients, as one graph."""

    @tf.function(autograph=False)
    def run() -> list[tf.Tensor]:
        kernel = layer.kernel.value
        with tf.GradientTape() as tape:
            tape.watch(maps)
            sums = layer(maps, training=True)
        return [sums, *tape.gradient(sums, [maps, kernel], output_gradients=sums)]

    return lambda: [result.numpy() for result in run()]


def _step_jobs() -> dict[str, Callable[[], object]]:
    rng = np.random.default_rng(0)
    digits = rng.random((BATCH, 28, 28, 1), np.float32)
    labels = rng.integers(0, 10, BATCH)
    jobs = {}
    for name in KINDS:
        model = models.accurate_cnn(winograd=name == "WinogradConv2D")
        model.compile("adam", "sparse_categorical_crossentropy")
        jobs[name] = lambda model=model: model.train_on_batch(digits, labels)
    return jobs
