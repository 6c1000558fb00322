"""How long until a network reads 99 % of the test digits: ours, Keras's, PyTorch's.

    python -m benchmarks.race fast --seed 1      # one run, as one line of JSON

Each run is a process of its own. Its clock starts after the imports, so loading
and preparing the digits, tracing and training all count. It stands still while
the 10,000 test digits are read, after each epoch, which none of the three does
for training. The two examples are written anew from their published settings:

- Keras: https://keras.io/examples/vision/mnist_convnet/, 15 epochs, batch 128;
- PyTorch: https://github.com/pytorch/examples/tree/main/mnist, 14 epochs, batch
  64. Its digits are taken from one array, which is faster than the original's
  pictures, opened one by one.
"""

import argparse
import functools
import importlib.util
import json
import statistics
import sys
import time
from collections.abc import Callable

from benchmarks.timing import ROOT, as_text, run_apart, summary, table

GOAL = 0.99


class Clock:
    """Seconds since it was made, less those spent on reading the test digits."""

    def __init__(self, whole: bool) -> None:
        self._started, self._whole = time.perf_counter(), whole
        self.laps: list[dict[str, float]] = []

    def lap(self, read: Callable[[], float]) -> bool:
        """Note time and test accuracy; return whether the run may end."""
        stopped = time.perf_counter()
        accuracy = float(read())
        lap = {"seconds": stopped - self._started, "accuracy": round(accuracy, 4)}
        self.laps.append(lap)
        self._started += time.perf_counter() - stopped
        return accuracy >= GOAL and not self._whole


def ours(recipe: str, clock: Callable[[], Clock], seed: int) -> Clock:
    """`fast_cnn`, with the digits set upright or not, by the recipe made for it."""
    from cnnkit import load_mnist, models, set_seed, train

    touch_keras()
    running = clock()
    set_seed(seed)
    mnist, model = load_mnist(), models.fast_cnn(deskew=recipe == "fastest")
    train(model, mnist, recipe=recipe, progress=False)
    running.lap(lambda: read_right(model, *mnist.test))
    return running


def keras_example(clock: Callable[[], Clock], seed: int) -> Clock:
    """Keras's «Simple MNIST convnet»."""
    import numpy as np

    keras = touch_keras()
    running = clock()
    keras.utils.set_random_seed(seed)
    with np.load(ROOT / "data" / "mnist.npz") as file:
        x_train, y_train, x_test, y_test = (
            file[name] for name in ("x_train", "y_train", "x_test", "y_test")
        )
    x_train = np.expand_dims(x_train.astype("float32") / 255, -1)
    x_test = np.expand_dims(x_test.astype("float32") / 255, -1)
    y_train = keras.utils.to_categorical(y_train, 10)
    model = keras_model()
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])

    def end_of_epoch(epoch: int, logs: dict) -> None:
        model.stop_training = running.lap(lambda: read_right(model, x_test, y_test))

    watch = keras.callbacks.LambdaCallback(on_epoch_end=end_of_epoch)
    settings = {"batch_size": 128, "epochs": 15, "validation_split": 0.1}
    model.fit(x_train, y_train, **settings, callbacks=[watch], verbose=0)
    return running


def pytorch_example(clock: Callable[[], Clock], seed: int) -> Clock:
    """PyTorch's «Basic MNIST Example»."""
    import numpy as np
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    running = clock()
    torch.manual_seed(seed)
    with np.load(ROOT / "data" / "mnist.npz") as file:
        parts = [
            (
                torch.from_numpy(file[f"x_{part}"]).float().div(255).unsqueeze(1),
                torch.from_numpy(file[f"y_{part}"]).long(),
            )
            for part in ("train", "test")
        ]
    digits, answers = [((x - 0.1307) / 0.3081, y) for x, y in parts]
    model = pytorch_model()
    optimizer = torch.optim.Adadelta(model.parameters(), lr=1.0)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.7)
    batches = DataLoader(TensorDataset(*digits), batch_size=64, shuffle=True)

    def read() -> float:
        model.eval()
        with torch.no_grad():
            guesses = [model(part).argmax(1) for part in answers[0].split(1000)]
        return (torch.cat(guesses) == answers[1]).float().mean().item()

    for _ in range(14):
        model.train()
        for x, y in batches:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
        schedule.step()
        if running.lap(read):
            break
    return running


def keras_model() -> object:
    """The network of Keras's example."""
    from cnnkit.runtime import keras

    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )


def pytorch_model() -> object:
    """The network of PyTorch's example; the softmax is in the loss."""
    from torch import nn

    return nn.Sequential(
        *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU()),
        *(nn.MaxPool2d(2), nn.Dropout(0.25), nn.Flatten()),
        *(nn.Linear(9216, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10)),
    )


def touch_keras() -> object:
    """Import all that a run uses, and wake the device: none of it is training."""
    from cnnkit.runtime import keras

    keras.ops.convert_to_numpy(keras.ops.zeros(1))
    return keras


def read_right(model: object, images: object, labels: object) -> float:
    """The share of these digits that a Keras model reads right."""
    answers = model.predict(images, batch_size=1000, verbose=0)
    return (answers.argmax(axis=1) == labels).mean()


OURS = {"fastest": 1, "fast": 2}  # and their epochs
RUNNERS = {recipe: functools.partial(ours, recipe) for recipe in OURS}
RUNNERS |= {"keras": keras_example, "pytorch": pytorch_example}
NAMES = {
    "fastest": "`fast_cnn(deskew=True)`, recipe «fastest»",
    "fast": "`fast_cnn`, recipe «fast»",
    "keras": "Keras's example",
    "pytorch": "PyTorch's example",
}


def measure(rounds: int, *, whole: bool = False) -> dict[str, object]:
    """Let them run in turns, a round for each seed; print a table, return numbers.

    With `whole`, the examples do not stop at 99 % but train to their published
    end, a quarter of an hour a round.
    """
    torch = importlib.util.find_spec("torch") is not None
    names = [name for name in RUNNERS if torch or name != "pytorch"]
    if not torch:
        print("PyTorch is not here: pip install -r requirements-bench.txt\n")
    runs: dict[str, list[dict]] = {name: [] for name in names}
    for seed in range(rounds):
        for name in names:
            runs[name].append(run(name, seed, whole))
            last = runs[name][-1]["laps"][-1]
            print(f"{name}, seed {seed}: {last}", file=sys.stderr)
    return told(runs, whole)


def run(name: str, seed: int, whole: bool = False) -> dict[str, object]:
    """One run in a process of its own."""
    whole_too = ["--whole"] if whole else []
    return run_apart("benchmarks.race", name, "--seed", seed, *whole_too)


def told(runs: dict[str, list[dict]], whole: bool) -> dict[str, object]:
    """Print the runs as a table; return their numbers.

    Ours are timed to the end of their epochs, whatever they read then. The first
    is the yardstick.
    """
    mine = statistics.median(run["laps"][-1]["seconds"] for run in runs["fastest"])
    rows, numbers = [], {}
    for name, done in runs.items():
        ends = [run["laps"][-1] for run in done]
        goals = ends if name in OURS else [_first_at_goal(run) for run in done]
        reached = [lap["seconds"] for lap in goals if lap]
        finished = [lap["seconds"] for lap in ends] if whole or name in OURS else []
        accuracies = [lap["accuracy"] for lap in ends]
        epochs = OURS.get(name) or max(len(run["laps"]) for run in done)
        rows.append(
            [
                *(NAMES[name], len(done), epochs),
                *_against(reached, mine),
                *_against(finished, mine),
                f"{statistics.median(accuracies):.2%}",
                f"{min(accuracies):.2%}",
            ]
        )
        numbers[name] = {
            "to_99_percent": {
                **summary(reached),
                "times_fastest": _ratio(reached, mine),
            }
            if reached
            else None,
            "to_the_end": {**summary(finished), "times_fastest": _ratio(finished, mine)}
            if finished
            else None,
            "test_accuracy": summary(accuracies),
            "runs": done,
        }
    header = ["who", "runs", "epochs", "seconds to 99 %", "times"]
    header += ["seconds to the end", "times", "test accuracy", "worst"]
    print(table(header, rows), flush=True)
    return numbers


def _first_at_goal(run: dict) -> dict[str, float] | None:
    return next((lap for lap in run["laps"] if lap["accuracy"] >= GOAL), None)


def _ratio(times: list[float], mine: float) -> float:
    return round(statistics.median(times) / mine, 1)


def _against(times: list[float], mine: float) -> tuple[str, str]:
    return (as_text(times), f"{_ratio(times, mine)}") if times else ("–", "–")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="One run, as one line of JSON.")
    parser.add_argument("who", choices=RUNNERS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--whole", action="store_true", help="do not stop at 99 %% of the test digits"
    )
    given = parser.parse_args()
    finished = RUNNERS[given.who](lambda: Clock(given.whole), given.seed)
    print(json.dumps({"seed": given.seed, "laps": finished.laps}))
