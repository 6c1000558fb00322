"""What more minutes buy: test accuracy against the time of training.

    python -m benchmarks.accuracy accurate --epochs 6 --seed 1   # one run, as JSON

Each run is a process of its own, timed as in `benchmarks.race`: from after the
imports to the end of training. The test digits are read once, after that.
"""

import argparse
import json
import statistics
import sys
from pathlib import Path

from benchmarks.race import Clock, read_right, touch_keras
from benchmarks.timing import ROOT, as_text, run_apart, summary, table

FIGURE = ROOT / "docs/images/performance/accuracy.png"
# Network and epochs; None stands for the recipe's own.
RUNS = [
    ("fast", None),
    *(("accurate", epochs) for epochs in (2, 5, 10, None)),
]
MOST_ROUNDS = 3  # a round takes a quarter of an hour on quick cores


def one(network: str, epochs: int | None, seed: int) -> dict[str, float]:
    """Train a network as it is meant to be; seconds and test accuracy."""
    from cnnkit import load_mnist, models, set_seed, train

    touch_keras()
    clock = Clock(whole=True)
    set_seed(seed)
    # The accurate network may learn from more, and be watched on less.
    mnist = load_mnist(validation_size=5_000 if network == "fast" else 1_000)
    model = getattr(models, f"{network}_cnn")()
    history = train(model, mnist, recipe=network, epochs=epochs, progress=False)
    clock.lap(lambda: read_right(model, *mnist.test))
    return {**clock.laps[0], "epochs": len(history.epoch)}


def measure(rounds: int) -> dict[str, object]:
    """Run all of them in turns, a round for each seed; table, figure, numbers."""
    runs: list[list[dict]] = [[] for _ in RUNS]
    for seed in range(min(rounds, MOST_ROUNDS)):
        for (network, epochs), done in zip(RUNS, runs, strict=True):
            fewer = [] if epochs is None else ["--epochs", epochs]
            done.append(
                run_apart("benchmarks.accuracy", network, "--seed", seed, *fewer)
            )
            print(f"{network}, seed {seed}: {done[-1]}", file=sys.stderr)
    numbers, rows = [], []
    for (network, _), done in zip(RUNS, runs, strict=True):
        seconds = [run["seconds"] for run in done]
        right = [run["accuracy"] for run in done]
        mean = statistics.mean(right)
        rows.append(
            [
                *(f"{network}_cnn", done[0]["epochs"], len(done), as_text(seconds, 0)),
                *(f"{mean:.2%}", f"{min(right):.2%}", f"{max(right):.2%}"),
            ]
        )
        numbers.append(
            {
                "network": network,
                "epochs": done[0]["epochs"],
                "seconds": summary(seconds),
                "test_accuracy": {**summary(right), "mean": round(mean, 5)},
            }
        )
    header = ["network", "epochs", "runs", "seconds", "mean", "worst", "best"]
    print(table(header, rows), flush=True)
    draw(numbers, FIGURE)
    return numbers


def draw(numbers: list[dict], path: Path) -> None:
    """Errors among 10,000 test digits against seconds, both axes logarithmic."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
    colours = {"fast": "#D55E00", "accurate": "#0072B2"}
    for network, colour in colours.items():
        mine = [run for run in numbers if run["network"] == network]
        middle = [run["seconds"]["median"] for run in mine]
        means = [1e4 * (1 - run["test_accuracy"]["mean"]) for run in mine]
        ax.loglog(middle, means, "o-", color=colour, label=f"{network}_cnn, mean")
        for run in mine:
            errors = [1e4 * (1 - right) for right in run["test_accuracy"]["all"]]
            ax.loglog(run["seconds"]["all"], errors, ".", color=colour, alpha=0.4)
            ax.annotate(
                run["epochs"],
                (
                    run["seconds"]["median"],
                    1e4 * (1 - run["test_accuracy"]["mean"]),
                ),
                xytext=(6, 6),
                textcoords="offset points",
                fontsize=8,
            )
    ax.set(xlabel="seconds of training", ylabel="wrong of 10,000 test digits")
    ax.set_xlim(2.5, 2_000)
    seconds, errors = [3, 10, 30, 60, 120, 300, 600, 1200], [25, 30, 40, 50, 70, 100]
    ax.set_xticks(seconds, seconds)
    ax.set_yticks(errors, errors)
    ax.minorticks_off()
    ax.grid(alpha=0.25)
    ax.legend(fontsize=8, title="numbers: epochs", title_fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=100)
    plt.close(figure)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="One run, as one line of JSON.")
    parser.add_argument("network", choices=["fast", "accurate"])
    parser.add_argument("--epochs", type=int, default=None)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    print(json.dumps(one(given.network, given.epochs, given.seed)))
