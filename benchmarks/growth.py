"""How the time of one epoch grows with the data, the image and the network.

Each factor is changed alone, the others stay; every point is the median of some
epochs, the points taken in turns. The exponent is the slope of a line through
them on logarithmic axes: 1 means twice as much takes twice as long. Little work
hides behind the fixed cost of a step, so that the lowest points flatten the line;
the slope of the upper half is told as well.
"""

import statistics
import time
from pathlib import Path

import numpy as np

from benchmarks.timing import table
from cnnkit import load_mnist, models, set_seed
from cnnkit.runtime import keras

FIGURE = Path(__file__).resolve().parent.parent / "docs/images/performance/growth.png"
IMAGES = 6_875  # an eighth of the training set
FACTORS = {
    "images": [IMAGES * 2**power for power in range(7)],
    "side": [28, 40, 56, 80, 112],
    "width": [1, 2, 4, 8],
}
LABELS = {
    "images": "training images",
    "side": "side of the image, pixels",
    "width": "times as many filters",
}
BATCH = 192


def measure(rounds: int) -> dict[str, object]:
    """Time all points, print a table, draw the figure; return the numbers."""
    digits = load_mnist().train
    numbers = {}
    for factor, sizes in FACTORS.items():
        epochs = [_epoch(factor, size, digits) for size in sizes]
        times: list[list[float]] = [[] for _ in sizes]
        for _ in range(rounds):
            for epoch, seconds in zip(epochs, times, strict=True):
                seconds.append(epoch())
        medians = [statistics.median(seconds) for seconds in times]
        numbers[factor] = {
            "sizes": sizes,
            "seconds": [round(number, 3) for number in medians],
            "exponent": _slope(sizes, medians),
            "exponent_of_upper_half": _slope(sizes[-3:], medians[-3:]),
        }
    _print(numbers)
    _draw(numbers)
    return numbers


def _epoch(factor: str, size: int, digits: object) -> object:
    """A job that trains for one epoch and returns its seconds."""
    images = size if factor == "images" else IMAGES
    side = size if factor == "side" else 28
    width = size if factor == "width" else 1
    set_seed(0)
    model = models.fast_cnn(
        input_shape=(side, side, 1), filters=(24 * width, 48 * width)
    )
    model.compile("adam", "sparse_categorical_crossentropy", steps_per_execution=20)
    chosen = np.arange(images) % len(digits.labels)
    x, y = _resized(digits.images[chosen], side), digits.labels[chosen]
    model.fit(x[: 20 * BATCH], y[: 20 * BATCH], batch_size=BATCH, verbose=0)  # traced
    marks: list[float] = []
    note = lambda *_: marks.append(time.perf_counter())  # noqa: E731
    watch = keras.callbacks.LambdaCallback(on_epoch_begin=note, on_epoch_end=note)

    def run() -> float:
        marks.clear()
        model.fit(x, y, batch_size=BATCH, verbose=0, callbacks=[watch])
        return marks[1] - marks[0]

    return run


def _resized(images: np.ndarray, side: int) -> np.ndarray:
    """Each image at another size, by its nearest pixels."""
    if side == images.shape[1]:
        return images
    nearest = np.arange(side) * images.shape[1] // side
    return images[:, nearest[:, np.newaxis], nearest]


def _slope(sizes: list[int], seconds: list[float]) -> float:
    return round(float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0]), 2)


def _print(numbers: dict) -> None:
    rows = [
        [
            LABELS[factor],
            f"{found['sizes'][0]:,} to {found['sizes'][-1]:,}",
            f"{found['seconds'][0]:.2f} to {found['seconds'][-1]:.2f}",
            f"{found['exponent']:.2f}",
            f"{found['exponent_of_upper_half']:.2f}",
        ]
        for factor, found in numbers.items()
    ]
    header = ["what grows", "from … to", "seconds an epoch", "exponent", "upper half"]
    print(table(header, rows), flush=True)


def _draw(numbers: dict) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(10, 3.2), layout="constrained")
    for ax, (factor, found) in zip(axes, numbers.items(), strict=True):
        sizes, seconds = np.array(found["sizes"]), np.array(found["seconds"])
        slope, start = np.polyfit(np.log(sizes), np.log(seconds), 1)
        line = np.exp(start) * sizes**slope
        label = f"fitted, exponent {slope:.2f}"
        ax.loglog(sizes, line, "--", color="#999999", label=label)
        ax.loglog(sizes, seconds, "o", color="#0072B2", label="measured")
        ax.set(xlabel=LABELS[factor], ylabel="seconds an epoch")
        ax.set_xticks(sizes, [f"{size:,}" for size in sizes], fontsize=7)
        ax.minorticks_off()
        ticks = [t for t in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50) if _inside(t, seconds)]
        ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        ax.grid(alpha=0.25)
        ax.legend(fontsize=8)
    axes[0].tick_params(axis="x", rotation=45)
    FIGURE.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(FIGURE, dpi=100)
    plt.close(figure)


def _inside(tick: float, seconds: np.ndarray) -> bool:
    return 0.7 * seconds.min() <= tick <= 1.5 * seconds.max()
