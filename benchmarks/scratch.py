"""How fast the NumPy arithmetic is, beside TensorFlow's on the same cores.

    python -m benchmarks.scratch              # all parts, about three minutes
    python -m benchmarks.scratch convolution  # or: loops, memory, network

Both sides of a ratio are timed in turns, in one run, and medians are compared: a
busy machine slows both.
"""

import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable

import numpy as np

from benchmarks.timing import table
from cnnkit import load_mnist, scratch
from cnnkit.errors import check_choice
from cnnkit.runtime import keras  # noqa: F401  (imports TensorFlow quietly)

import tensorflow as tf  # isort: skip

BATCH = 128
# name, input (H, W, C), kernel (kh, kw), filters, stride, padding
SHAPES = [
    ("simple_cnn, first", (28, 28, 1), 5, 10, 1, "valid"),
    ("simple_cnn, second", (12, 12, 10), 5, 20, 1, "valid"),
    ("colour picture", (32, 32, 3), 5, 16, 1, "same"),
    ("block, second", (14, 14, 16), 3, 32, 1, "same"),
    ("block, third", (7, 7, 32), 3, 64, 1, "same"),
    ("stride 2", (28, 28, 1), 5, 32, 2, "valid"),
]


def main(parts: list[str]) -> None:
    """Run the parts named, or all."""
    known = {
        "convolution": convolution,
        "loops": loops,
        "memory": memory,
        "network": network,
    }
    for part in parts or known:
        known[check_choice("part", part, known)]()


def convolution() -> None:
    """Forward, and forward and backward, over six shapes of the course."""
    measure(10)


def measure(rounds: int) -> dict[str, object]:
    """Time the six shapes, print a table; return the numbers."""
    print(f"Batch {BATCH}, milliseconds, NumPy : TensorFlow.\n")
    rows, numbers = [], {}
    for name, picture, side, filters, stride, padding in SHAPES:
        rng = np.random.default_rng(0)
        x = rng.standard_normal((BATCH, *picture), np.float32)
        kernel = rng.standard_normal((side, side, picture[-1], filters), np.float32)
        options = {"strides": stride, "padding": padding}
        y = scratch.conv2d(x, kernel, **options)
        forward = in_turns(
            lambda x=x, kernel=kernel, options=options: scratch.conv2d(
                x, kernel, **options
            ),
            tensorflow_forward(x, kernel, stride, padding),
            rounds,
        )
        backward = in_turns(
            lambda y=y, x=x, kernel=kernel, options=options: scratch.conv2d_backward(
                y, x, kernel, **options
            ),
            tensorflow_backward(y, x, kernel, stride, padding),
            rounds,
        )
        both = [sum(pair) for pair in zip(forward, backward, strict=True)]
        rows.append([name, as_text(forward), as_text(both)])
        numbers[name] = {
            "forward": round(forward[0] / forward[1], 2),
            "forward and backward": round(both[0] / both[1], 2),
        }
    means = {
        part: round(statistics.geometric_mean(n[part] for n in numbers.values()), 2)
        for part in ("forward", "forward and backward")
    }
    rows.append(["geometric mean of the ratios", *(f"{m:.2f}" for m in means.values())])
    print(table(["shape", *means], rows), flush=True)
    return {"ratios": numbers, "geometric_mean": means}


def loops() -> None:
    """`conv2d` beside `conv2d_loops`: one 28×28×10 picture, twenty 5×5 kernels."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1, 28, 28, 10), np.float32)
    kernel = rng.standard_normal((5, 5, 10, 20), np.float32)
    started = time.perf_counter()
    slow_result = scratch.conv2d_loops(x, kernel)
    slow = time.perf_counter() - started
    fast, _ = in_turns(lambda: scratch.conv2d(x, kernel), lambda: None)
    assert np.allclose(slow_result, scratch.conv2d(x, kernel), atol=1e-3)
    print(f"loops {slow:.2f} s, matrix product {1000 * fast:.2f} ms: ", end="")
    print(f"{slow / fast:,.0f} times faster")


def memory() -> None:
    """What `conv2d` takes beside its input and output, for a batch of 4,096."""
    x = np.ones((4096, 14, 14, 16), np.float32)
    kernel = np.ones((3, 3, 16, 32), np.float32)
    tracemalloc.start()
    y = scratch.conv2d(x, kernel)
    peak = tracemalloc.get_traced_memory()[1] - y.nbytes
    tracemalloc.stop()
    windows = y.nbytes // 32 * 9 * 16
    print(f"all windows unfolded: {windows / 2**20:,.0f} MB; ", end="")
    print(f"taken beside input and output: {peak / 2**20:.1f} MB")


def network() -> None:
    """`scratch.simple_cnn` on MNIST: seconds and test accuracy, epoch by epoch."""
    mnist = load_mnist()
    steps = 2 * -(-len(mnist.train.labels) // BATCH)
    for seed in range(3):
        model = scratch.simple_cnn(seed=seed)
        optimizer = scratch.Adam(scratch.linear_decay(0.006, steps))
        seconds = 0.0
        for epoch in (1, 2):
            started = time.perf_counter()
            model.fit(
                *mnist.train,
                batch_size=BATCH,
                optimizer=optimizer,
                seed=2 * seed + epoch,
                progress=False,
            )
            seconds += time.perf_counter() - started
            accuracy = model.evaluate(*mnist.test).accuracy
            print(f"seed {seed}, epoch {epoch}: {seconds:.0f} s, ", end="")
            print(f"test accuracy {accuracy:.2%}", flush=True)


def tensorflow_forward(
    x: np.ndarray, kernel: np.ndarray, stride: int, padding: str
) -> Callable[[], object]:
    """`tf.nn.conv2d`, its arrays handed over before."""
    x, kernel = tf.constant(x), tf.constant(kernel)
    return lambda: tf.nn.conv2d(x, kernel, stride, padding.upper()).numpy()


def tensorflow_backward(
    y: np.ndarray, x: np.ndarray, kernel: np.ndarray, stride: int, padding: str
) -> Callable[[], object]:
    """The operations that TensorFlow itself takes for the three gradients."""
    grad, pictures, weights = tf.constant(y), tf.constant(x), tf.constant(kernel)
    options = {"strides": [1, stride, stride, 1], "padding": padding.upper()}

    def run() -> None:
        tf.raw_ops.Conv2DBackpropInput(
            input_sizes=x.shape, filter=weights, out_backprop=grad, **options
        ).numpy()
        tf.raw_ops.Conv2DBackpropFilter(
            input=pictures, filter_sizes=kernel.shape, out_backprop=grad, **options
        ).numpy()
        tf.raw_ops.BiasAddGrad(out_backprop=grad).numpy()

    return run


def in_turns(
    ours: Callable[[], object], theirs: Callable[[], object], rounds: int = 10
) -> tuple[float, float]:
    """Median seconds of both, called in turns, some times in a row.

    The first calls of each turn are not counted: the threads of the other side
    are still winding down.
    """
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for function, seconds in zip((ours, theirs), times, strict=True):
            for call in range(8):
                started = time.perf_counter()
                function()
                if call >= 4:
                    seconds.append(time.perf_counter() - started)
    return statistics.median(times[0]), statistics.median(times[1])


def as_text(pair: tuple[float, float]) -> str:
    """Two times in milliseconds, and their ratio."""
    ours, theirs = (1000 * seconds for seconds in pair)
    return f"{ours:.2f} : {theirs:.2f} = {ours / theirs:.2f}"


if __name__ == "__main__":
    main(sys.argv[1:])
