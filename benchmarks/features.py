"""What looking inside costs, beside a plain prediction.

    python benchmarks/features.py [maps|figures|all]

Each part is measured in turns within one run, as this and any other machine is
noisy; the median of the ratios counts. The network need not be trained for it.
"""

import statistics
import sys
import time
from collections.abc import Callable

import matplotlib

matplotlib.use("Agg")

from cnnkit import feature_maps, load_mnist, models, plots, set_seed

ROUNDS = 7


def seconds(job: Callable[[], object]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def maps(images: object) -> None:
    """All feature maps of 1,000 digits beside `model.predict`."""
    set_seed(0)
    model = models.simple_cnn()
    jobs = (
        lambda: feature_maps(model, images),
        lambda: model.predict(images, verbose=0),
    )
    for job in jobs:  # the first call builds what the others use
        job()
    pairs = [[seconds(job) for job in jobs] for _ in range(ROUNDS)]
    ratio = statistics.median(ours / theirs for ours, theirs in pairs)
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"feature_maps {ours:.2f} s, predict {theirs:.2f} s: {ratio:.2f} times")


def figures(images: object) -> None:
    """The whole network on one sheet, and a sliding window."""
    set_seed(0)
    model = models.simple_cnn()
    sheet = feature_maps(model, images[0])

    def one_sheet() -> None:
        plots.network_maps(sheet, image=images[0]).savefig("/dev/null", format="png")

    def sliding() -> None:
        plots.convolution_animation(images[0, 8:15, 8:15, 0], [[1, 0, -1]] * 3)

    for name, job in (("one sheet", one_sheet), ("sliding window, 7×7", sliding)):
        job()
        times = [seconds(job) for _ in range(3)]
        print(f"{name}: {statistics.median(times):.2f} s")


def main() -> None:
    """Run the part that the command line names."""
    part = sys.argv[1] if len(sys.argv) > 1 else "all"
    if part not in ("maps", "figures", "all"):
        sys.exit(__doc__)
    images = load_mnist().test.images[:1000]
    if part != "figures":
        maps(images)
    if part != "maps":
        figures(images)


if __name__ == "__main__":
    main()
