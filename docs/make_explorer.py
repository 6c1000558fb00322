"""Write docs/explorer.html: the explorer of a trained simple_cnn.

    python docs/make_explorer.py

Trains for about a minute, then shows the first test digit of each class.
"""

from pathlib import Path

import numpy as np

from cnnkit import explore, load_mnist, models, train

PAGE = Path(__file__).resolve().parent / "explorer.html"


def main() -> None:
    """Train the network of the course, and write its page."""
    mnist, model = load_mnist(), models.simple_cnn()
    train(model, mnist, callbacks="quick", seed=0)
    images, labels = mnist.test
    first = [int(np.flatnonzero(labels == digit)[0]) for digit in range(10)]
    captions = [f"a {digit}, test image {i}" for digit, i in enumerate(first)]
    page = explore(model, images[first], captions=captions).to_html(PAGE)
    print(f"{page.relative_to(PAGE.parents[1])}: {page.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
