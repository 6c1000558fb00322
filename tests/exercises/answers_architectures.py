import numpy as np
from given import Given

from cnnkit.models import gap_cnn
from cnnkit.runtime import keras

layers = keras.layers


def model(*stack, sides=(None, None), channels=1):
    return keras.Sequential([keras.Input((*sides, channels)), *stack])


def convolutions(*filters):
    return [layers.Conv2D(count, 3, activation="relu") for count in filters]


def ending(units=10, activation="softmax"):
    mean = layers.GlobalAveragePooling2D()
    return [mean, layers.Dense(units, activation=activation)]


def functional():
    image = keras.Input((None, None, 1))
    maps = layers.Conv2D(8, 5, strides=2, padding="same")(image)
    maps = layers.GlobalMaxPooling2D()(layers.Conv2D(16, 3, padding="same")(maps))
    return keras.Model(image, layers.Softmax()(layers.Dense(10)(maps)))


GIVEN = {
    "first_layer": Given(
        right=[(55, 55, 96), [55, 55, 96]],
        wrong={
            "one_place_less": (54, 54, 96),
            "a_map_a_channel": [(55, 55, 3), (55, 55, 288)],
            "padded": [(57, 57, 96), (56, 56, 96)],
            "no_stride": (217, 217, 96),
        },
        other=[((60, 60, 96), "number 0 and number 1"), ((55, 55), "this has 2")],
    ),
    "two_towers": Given(
        right=[307_456, np.int64(307_456)],
        wrong={
            "nothing_saved": 614_656,
            "biases_left_out": 307_200,
            "biases_halved": 307_328,
            "one_card": [153_728, 153_664, 153_600],
        },
        other=[(614_400, "not it yet")],
    ),
    "any_size": Given(
        right=[model(*convolutions(4, 8), *ending()), functional()],
        wrong={
            "fixed_size": [
                gap_cnn(filters=(8, 16)),
                model(*convolutions(4, 8), *ending(), sides=(28, None)),
            ],
            "maps_left": model(*convolutions(4, 8), ending()[1]),
            "too_many": model(*convolutions(64, 64), *ending()),
            "too_few_convolutions": model(*convolutions(4), *ending()),
            "scores": model(*convolutions(4, 8), *ending(activation=None)),
        },
        other=[
            (model(*convolutions(4, 8), *ending(12)), "(2, 12)"),
            (keras.Sequential([*convolutions(4, 8), *ending()]), "no weights yet"),
            (model(*convolutions(4, 8), *ending(), channels=3), "refused"),
        ],
    ),
    "mean_or_flatten": Given(
        right=["b", "B"],
        wrong={"believes_the_note": "a", "learns_by_heart": "c"},
        other=[("d", "one of 'a'")],
        happened={"flatten": (1.0, 0.906), "gap": (0.989, 0.898)},
    ),
}
