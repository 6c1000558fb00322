"""Write docs/explorer.html: the explorer of a trained simple_cnn.

    python docs/make_explorer.py

Trains for about a minute, then shows the first test digit of each class. Where
Chromium is found, a picture of the page is written to docs/images/explorer.png.
"""

import shutil
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
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium:
        take_picture(page, chromium)
    else:
        print("Chromium was not found: the picture of the page stays as it was.")


def take_picture(page: Path, chromium: str) -> None:
    """Open the page at a number of conv1, and keep what is seen."""
    from playwright.sync_api import sync_playwright

    picture = page.parent / "images" / "explorer.png"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"]
        )
        opened = browser.new_page(viewport={"width": 1200, "height": 1010})
        opened.goto(page.as_uri())
        opened.wait_for_selector(".result")
        opened.screenshot(path=picture)
        browser.close()
    print(picture.relative_to(PAGE.parents[1]))


if __name__ == "__main__":
    main()
