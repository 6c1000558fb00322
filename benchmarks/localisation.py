"""Do the attributions look where the digit is?

    python -m benchmarks.localisation

A network learns to read digits anywhere in a picture of 56×56. Then 200 test
digits are pasted into the corners, and for each method two numbers are printed:
how often the hottest pixel lies in the digit's quarter of the picture, and which
share of all heat does, signs left out. Heat that knew nothing would give 25 % for
both. The figure is docs/images/gallery/localisation.png.
"""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib.patches import Rectangle

from cnnkit import (
    grad_cam,
    grad_cam_plus_plus,
    integrated_gradients,
    load_mnist,
    models,
    occlusion,
    plots,
    saliency,
    set_seed,
)

SIDE, HALF = 56, 28
FIGURE = Path(__file__).resolve().parent.parent / "docs/images/gallery/localisation.png"
METHODS = {
    "Grad-CAM": grad_cam,
    "Grad-CAM++": grad_cam_plus_plus,
    "occlusion": occlusion,
    "integrated gradients": lambda *given: integrated_gradients(*given).sum(axis=-1),
    "saliency": saliency,
}


def pasted(digits: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Each digit in an empty picture, from (row, column) on."""
    pictures = np.zeros((len(digits), SIDE, SIDE, 1), np.float32)
    for picture, digit, (row, column) in zip(pictures, digits, corners, strict=True):
        picture[row : row + HALF, column : column + HALF] = digit
    return pictures


def main() -> None:
    """Train, measure, draw."""
    mnist = load_mnist()
    set_seed(0)
    rng = np.random.default_rng(0)
    images, labels = mnist.train.images[:20_000], mnist.train.labels[:20_000]
    model = models.simple_cnn(input_shape=(SIDE, SIDE, 1))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    anywhere = rng.integers(0, HALF, (len(images), 2), endpoint=True)
    model.fit(pasted(images, anywhere), labels, epochs=3, batch_size=64, verbose=0)
    corners = HALF * np.array([(0, 0), (0, 1), (1, 0), (1, 1)])[np.arange(200) % 4]
    pictures = pasted(mnist.test.images[:200], corners)
    _, accuracy = model.evaluate(pictures, mnist.test.labels[:200], verbose=0)
    print(f"{accuracy:.1%} of the 200 digits read right")
    inside = pasted(np.ones((200, HALF, HALF, 1)), corners)[..., 0] > 0
    print(f"{'method':22}hottest pixel  share of the heat")
    for name, method in METHODS.items():
        heat = np.abs(method(model, pictures))
        hottest = heat.reshape(200, -1).argmax(axis=1)
        there = inside.reshape(200, -1)[np.arange(200), hottest].mean()
        share = (heat * inside).sum() / heat.sum()
        print(f"{name:22}{there:13.1%}{share:18.1%}")
    maps = {name: method(model, pictures[1]) for name, method in METHODS.items()}
    FIGURE.parent.mkdir(parents=True, exist_ok=True)
    figure = plots.attributions(pictures[1], maps, title="for the class it says")
    for ax in figure.axes:
        if ax.images and ax.get_images()[0].get_array().shape[:2] == (SIDE, SIDE):
            quarter = Rectangle((HALF - 0.5, -0.5), HALF, HALF, fill=False)
            ax.add_patch(quarter)
            quarter.set(edgecolor="#D55E00", linewidth=1.5, linestyle="--")
    figure.savefig(FIGURE, dpi=90)


if __name__ == "__main__":
    main()
