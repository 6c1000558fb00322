from given import Given

from cnnkit.runtime import keras

layers = keras.layers


def small(*stack, shape=(32, 32, 3)):
    return keras.Sequential([keras.Input(shape), *stack])


def conv(filters=8):
    return layers.Conv2D(filters, 3, strides=2, activation="relu")


def ending(units=5, activation="softmax"):
    return [layers.GlobalAveragePooling2D(), layers.Dense(units, activation=activation)]


GIVEN = {
    "with_biases": Given(
        right=[38_390, 38_390.0],
        wrong={
            "weights_only": 38_250,
            "bias_a_layer": 38_254,
            "bias_a_place": 38_250 + 24 * 24 * 10 + 8 * 8 * 20 + 110,
            "kernels_only": 38_280,
            "units_only": 38_360,
            "ten_missing": 38_380,
            "without_weights": 140,
        },
        other=[(38_370, "not it yet"), (38_350, "not it yet")],
    ),
    "smaller_kernels": Given(
        right=[(5, 5, 20), [5, 5, 20]],
        wrong={
            "as_before": (4, 4, 20),
            "rounds_up": (6, 6, 20),
            "unpooled": (11, 11, 20),
            "padded": (7, 7, 20),
        },
        other=[((5, 5, 200), "number 2"), ((500,), "this has 1")],
    ),
    "turned": Given(
        right=["c", " C"],
        wrong={"classes": "a", "yes_or_no": "b", "no_negatives": "d"},
    ),
    "five_classes": Given(
        right=[
            small(conv(), conv(), *ending()),
            small(
                conv(),
                layers.MaxPooling2D(2),
                layers.Flatten(),
                layers.Dense(5),
                layers.Softmax(),
            ),
            small(conv(), *ending(), shape=(None, None, 3)),
        ],
        wrong={
            "not_built": keras.Sequential([conv(), *ending()]),
            "other_pictures": small(conv(), *ending(), shape=(28, 28, 1)),
            "other_classes": [
                small(conv(), *ending(10)),
                small(conv(), layers.Dense(5, activation="softmax")),
            ],
            "no_probabilities": [
                small(conv(), *ending(activation=None)),
                small(conv(), *ending(activation="sigmoid")),
            ],
            "only_dense": small(
                layers.AveragePooling2D(4),
                layers.Flatten(),
                layers.Dense(5, activation="softmax"),
            ),
            "too_many": small(
                conv(32),
                layers.Flatten(),
                layers.Dense(5, activation="softmax"),
            ),
        },
    ),
    "zeros": Given(
        right=["b", "B "],
        wrong={"start_is_forgotten": "a", "only_slower": "c"},
        other=[("d", "one of 'a', 'b', 'c'")],
        happened=0.1135,
    ),
}
