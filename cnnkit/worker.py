"""One of several workers that train one network together: what each of them runs.

    python -m cnnkit.worker --images 5120 --batch-size 128 --epochs 3

Three environment variables tell a worker where worker 0 can be reached, how many
workers there are, and which one it is. `cnnkit.workers` sets them on one machine.

Taught in: notebooks/17_beyond_one_machine.ipynb
"""

import argparse
import hashlib
import json
import os
import time

import numpy as np

import cnnkit.models
from cnnkit.data import load_mnist
from cnnkit.runtime import keras


def work(name: str, images: int, batch_size: int, epochs: int, seed: int) -> None:
    """Meet the other workers, and train with them on a share of each batch."""
    keras.distribution.initialize()  # waits until all workers have met
    alike = keras.distribution.DataParallel(auto_shard_dataset=False)
    keras.distribution.set_distribution(alike)  # one network, held by all of them
    workers = int(os.environ["KERAS_DISTRIBUTION_NUM_PROCESSES"])
    me = int(os.environ["KERAS_DISTRIBUTION_PROCESS_ID"])

    keras.utils.set_random_seed(seed)  # the same seed: the same first weights
    model = getattr(cnnkit.models, name)()
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")

    digits, labels = load_mnist().train
    for epoch in range(epochs):
        order = np.random.default_rng((seed, epoch)).permutation(images)
        batches = order.reshape(-1, batch_size)  # (steps, batch_size)
        mine = batches[:, me::workers].ravel()  # (steps * batch_size / workers,)
        share = batch_size // workers
        started = time.perf_counter()
        history = model.fit(
            digits[mine], labels[mine], batch_size=share, shuffle=False, verbose=0
        )
        seconds = (time.perf_counter() - started) / len(batches)
        report(loss=history.history["loss"][0], seconds=seconds)
    weights = b"".join(array.tobytes() for array in model.get_weights())
    report(weights=hashlib.sha256(weights).hexdigest()[:12])


def report(**numbers: object) -> None:
    """Say something in one line that `cnnkit.workers` can read."""
    print(json.dumps(numbers), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train as one of several workers.")
    parser.add_argument("--name", default="lenet5", help="a model of cnnkit.models")
    for option, default in {"images": 5_120, "batch-size": 128, "epochs": 3}.items():
        parser.add_argument(f"--{option}", type=int, default=default)
    parser.add_argument("--seed", type=int, default=0)
    work(**vars(parser.parse_args()))
