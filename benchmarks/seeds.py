"""How far the seed moves the test accuracy of notebook 11's network, and its time.

    python -m benchmarks.seeds 1 2 3

Trains `simple_cnn` by the standard recipe once for each seed given, and prints
the seconds that training took and the share of test digits read right.
"""

import sys
import time

from cnnkit import load_mnist, models, set_seed, train


def main(seeds: list[int]) -> None:
    """Train once for each seed; print one line each."""
    mnist = load_mnist()
    for seed in seeds:
        set_seed(seed)
        model = models.simple_cnn()
        started = time.perf_counter()
        train(model, mnist, progress=False)
        seconds = time.perf_counter() - started
        answers = model.predict(mnist.test.images, batch_size=1000, verbose=0)
        right = (answers.argmax(axis=1) == mnist.test.labels).mean()
        print(f"seed {seed}: {seconds:.0f} s, test accuracy {right:.2%}", flush=True)


if __name__ == "__main__":
    main([int(seed) for seed in sys.argv[1:]] or [0])
