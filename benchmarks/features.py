"""What looking inside costs, beside a plain prediction.

    python -m benchmarks features

The network need not be trained for it.
"""

import statistics

import matplotlib

matplotlib.use("Agg")

from benchmarks.timing import as_text, in_turns, summary, table
from cnnkit import feature_maps, load_mnist, models, plots, set_seed


def measure(rounds: int) -> dict[str, object]:
    """All feature maps of 1,000 digits, and two figures, beside `predict`."""
    set_seed(0)
    images, model = load_mnist().test.images[:1000], models.simple_cnn()
    sheet = feature_maps(model, images[0])

    def one_sheet() -> None:
        plots.network_maps(sheet, image=images[0]).savefig("/dev/null", format="png")

    jobs = {
        "`predict`, 1,000 digits": lambda: model.predict(images, verbose=0),
        "`feature_maps`, 1,000 digits": lambda: feature_maps(model, images),
        "`plots.network_maps`, one sheet": one_sheet,
        "`plots.convolution_animation`, 7×7": lambda: plots.convolution_animation(
            images[0, 8:15, 8:15, 0], [[1, 0, -1]] * 3
        ),
    }
    times = in_turns(jobs, rounds)
    base = next(iter(times.values()))
    ratios = {
        name: statistics.median(a / b for a, b in zip(taken, base, strict=True))
        for name, taken in times.items()
    }
    rows = [
        [name, as_text(taken, 2), f"{ratios[name]:.2f}"]
        for name, taken in times.items()
    ]
    print(table(["what", "seconds", "times predict"], rows), flush=True)
    return {
        name.strip("`"): {**summary(taken), "times_predict": round(ratios[name], 2)}
        for name, taken in times.items()
    }
