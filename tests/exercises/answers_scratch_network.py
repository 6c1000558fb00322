import math

import numpy as np
from given import Given

from cnnkit import load_mnist, scratch

TRAIN = load_mnist().train


def trained(*layers, epochs=8, classes=10):
    network = scratch.Network([*layers, scratch.Flatten(), scratch.Dense(classes)])
    if epochs:
        network.fit(
            *(part[:1000] for part in TRAIN),
            epochs=epochs,
            batch_size=50,
            optimizer=scratch.Adam(0.01),
            progress=False,
        )
    return network


def strided(**options):
    return trained(scratch.Conv2D(8, 8, strides=6), scratch.ReLU(), **options)


def pooled():
    return trained(
        scratch.AveragePooling2D(2),
        scratch.Conv2D(8, 5, strides=3),
        scratch.LeakyReLU(),
    )


def three_pixels():
    return scratch.Network(
        [scratch.Conv2D(2, 3), scratch.Flatten(), scratch.Dense(10)],
        input_shape=(3, 3, 1),
    )


def diverged():
    network = strided(epochs=0)
    network.set_weights([0 * weights for weights in network.get_weights()])
    return network


def by_loop(weights, gradients):
    velocity = 0
    for gradient in gradients:
        velocity = 0.9 * velocity - 0.1 * gradient
        weights = weights + velocity
    return weights


def by_sums(weights, gradients):
    steps = len(gradients)
    reach = [sum(0.9**k for k in range(steps - i)) for i in range(steps)]
    return weights - 0.1 * np.array(reach) @ gradients


def uphill(weights, gradients):
    return by_loop(weights, -gradients)


def twice(weights, gradients):
    velocity = 0
    for gradient in gradients:
        velocity = 0.9 * velocity + 0.1 * gradient
        weights = weights - 0.1 * velocity
    return weights


def late(weights, gradients):
    velocity = 0
    for gradient in gradients:
        weights = weights + velocity
        velocity = 0.9 * velocity - 0.1 * gradient
    return weights


def in_place(weights, gradients):
    weights -= 0.1 * gradients[0]
    return weights


GIVEN = {
    "first_loss": Given(
        right=[math.log(26), 3.26],
        wrong={
            "ten_digits": 2.303,
            "base_ten": math.log10(26),
            "base_two": math.log2(26),
            "probability": [1 / 26, 0.04],
            "sign": -math.log(26),
        },
        other=[(26, "not it yet")],
    ),
    "momentum": Given(
        right=[by_loop, by_sums],
        wrong={
            "no_momentum": lambda weights, rows: weights - 0.1 * rows.sum(axis=0),
            "uphill": uphill,
            "too_short": twice,
            "late": late,
        },
        other=[
            (in_place, "changed its input"),
            (lambda weights, rows: rows, "the shape should be (1,)"),
            (lambda weights, rows: by_loop(weights, rows[:1]), "should be [ 0.42"),
        ],
    ),
    "own_network": Given(
        right=[strided(), pooled()],
        wrong={
            "no_convolution": trained(scratch.AveragePooling2D(2), epochs=1),
            "too_large": scratch.simple_cnn(),
            "untrained": [strided(epochs=0), diverged()],
        },
        other=[
            (three_pixels(), "It takes (3, 3, 1) and gives 10"),
            (strided(epochs=0, classes=9), "gives 9"),
            (strided(epochs=1), "Train it longer"),
            (scratch.Network, "a trained `scratch.Network`"),
        ],
    ),
    "stuck": Given(
        right=["b", "B "],
        wrong={"more_data": "a", "overfits": "c"},
        other=[("d", "one of 'a', 'b', 'c'")],
    ),
}
