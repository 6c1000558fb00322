"""Draw the pictures of docs/gallery.md.

    python docs/make_gallery.py

Trains `simple_cnn` for two epochs and twelve small networks, then writes
docs/images/gallery/<name>.png.
"""

from collections.abc import Callable
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np

matplotlib.use("Agg")

import cnnkit
from cnnkit import kernels, models, plots

GALLERY = Path(__file__).resolve().parent / "images" / "gallery"


def photograph() -> np.ndarray:
    """The colour photograph that comes with matplotlib, `(600, 512, 3)`."""
    with matplotlib.cbook.get_sample_data("grace_hopper.jpg") as file:
        return plt.imread(file)


def arithmetic(digit: np.ndarray) -> dict[str, Callable]:
    """Figures of the operations, on a digit `(28, 28, 1)` and a photograph."""
    corner = np.round(9 * digit[6:13, 6:13, 0])  # small whole numbers, 7×7
    edge = kernels.sobel("x")

    def pictures() -> plt.Figure:
        edges = cnnkit.scratch.conv2d(digit[None], kernels.filter_bank(edge))[0]
        named = {"photograph": photograph(), "a seven": digit, "its edges": edges}
        return plots.pictures(named, windows={"a seven": (6, 6, 7, 7)}, scale=True)

    def padding_and_stride() -> plt.Figure:
        figure, axes = plt.subplots(1, 2, figsize=(8, 3.6), layout="constrained")
        plots.padding(5, 3, ax=axes[0])
        plots.strides(8, 3, strides=2, ax=axes[1])
        return figure

    return {
        "convolution_step": lambda: plots.convolution_step(corner, edge, (1, 2)),
        "sliding_window": lambda: plots.convolution_animation(corner, edge),
        "padding_and_stride": padding_and_stride,
        "pooling": lambda: plots.pooling(corner[:6, :6]),
        "pictures": pictures,
        "channels": lambda: plots.channels(photograph()).figure,
    }


def network(mnist: object) -> dict[str, Callable]:
    """Figures of a network, trained for two epochs."""
    cnnkit.set_seed(0)
    model = models.simple_cnn()
    before = cnnkit.filters(model, "conv1")
    cnnkit.train(model, mnist, epochs=2, seed=0)
    digit = mnist.test.images[0]
    methods = {
        "saliency": cnnkit.saliency(model, digit, smooth=16),
        "integrated gradients": cnnkit.integrated_gradients(model, digit),
        "Grad-CAM": cnnkit.grad_cam(model, digit),
        "occlusion": cnnkit.occlusion(model, digit, size=5, stride=1),
    }
    sure = model.predict(digit[None], verbose=0)[0, 7]
    top = cnnkit.top_activations(model, "conv2", mnist.test.images, 8, units=range(6))
    return {
        "filters": lambda: plots.filters(
            cnnkit.filters(model, "conv1"), before=before, title="conv1"
        ),
        "network_maps": lambda: plots.network_maps(
            cnnkit.feature_maps(model, digit), image=digit
        ),
        "top_activations": lambda: plots.top_activations(top),
        "attributions": lambda: plots.attributions(
            digit, methods, title=f"for the class 7, to which it gives {sure:.1%}"
        ),
        "architecture": lambda: plots.architecture(models.lenet5()).figure,
    }


def small_networks(mnist: object) -> tuple[dict, dict]:
    """Parameters, and the accuracy of three seeds each, by the first filters."""
    few = tuple(part[:2_000] for part in mnist.train), mnist.validation
    parameters, accuracy = {}, {}
    for count in (2, 4, 8, 16):
        name = f"{count} and {2 * count} filters"
        accuracy[name] = []
        for seed in range(3):
            cnnkit.set_seed(seed)
            model = models.fast_cnn(filters=(count, 2 * count))
            cnnkit.train(model, few, epochs=8, recipe="fast", seed=seed, progress=False)
            answers = model.predict(mnist.validation.images, verbose=0).argmax(axis=1)
            accuracy[name].append(np.mean(answers == mnist.validation.labels))
        parameters[name] = model.count_params()
    return parameters, accuracy


def studies(mnist: object) -> dict[str, Callable]:
    """Figures of a comparison with several seeds, and of pictures made ready."""
    parameters, accuracy = small_networks(mnist)
    points = {name: (parameters[name], accuracy[name]) for name in accuracy}
    own = cnnkit.read_images(GALLERY.parents[2] / "data" / "own_digits")
    chosen = [4, 33, 57]
    return {
        "spread": lambda: plots.spread(accuracy, xlabel="accuracy").figure,
        "trade_off": lambda: plots.trade_off(points, score="accuracy").figure,
        "preparation": lambda: plots.preparation(
            [own.images[at] for at in chosen], own.labels[chosen]
        ),
    }


def main() -> None:
    """Write every picture."""
    GALLERY.mkdir(parents=True, exist_ok=True)
    mnist = cnnkit.load_mnist()
    drawn = {**arithmetic(mnist.test.images[0]), **network(mnist), **studies(mnist)}
    for name, draw in drawn.items():
        path = GALLERY / f"{name}.png"
        picture = draw()
        if hasattr(picture, "savefig"):
            picture.savefig(path, dpi=110)
            plt.close(picture)
        else:
            picture.save(path)
        print(path.relative_to(GALLERY.parents[2]))


if __name__ == "__main__":
    main()
