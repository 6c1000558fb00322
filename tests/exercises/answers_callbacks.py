from given import Given

from cnnkit import early_stopping, model_checkpoint, reduce_lr_on_plateau
from cnnkit.runtime import keras

Checkpoint = keras.callbacks.ModelCheckpoint
Stop = keras.callbacks.EarlyStopping
Slow = keras.callbacks.ReduceLROnPlateau
NAME = "{epoch:02d}-{val_loss:.2f}.keras"


def pair(stop, slow):
    return [Stop("val_loss", patience=stop), Slow("val_loss", patience=slow)]


GIVEN = {
    "commas": Given(
        right=[2, 2.0],
        wrong={"one_a_layer": 3, "only_the_first": 1, "lines_separate": 0},
        other=[(4, "not it yet")],
    ),
    "file_name": Given(
        right=["d", "D"],
        wrong={"believes_the_note": "a", "zero_filled": "b", "no_width": "c"},
    ),
    "checkpoint": Given(
        right=[
            Checkpoint(NAME, monitor="val_loss", save_best_only=True, mode="min"),
            model_checkpoint(NAME),
            model_checkpoint(f"./{NAME}", mode="min"),
        ],
        wrong={
            "space_in_the_name": Checkpoint(
                NAME.replace("02d", "2d"), save_best_only=True
            ),
            "older_ending": Checkpoint(
                NAME.replace(".keras", ".h5"), save_best_only=True
            ),
            "every_epoch": Checkpoint(NAME),
            "greatest": Checkpoint(NAME, save_best_only=True, mode="max"),
            "other_monitor": [
                Checkpoint(NAME, monitor="val_accuracy", save_best_only=True),
                Checkpoint(NAME, monitor="loss", save_best_only=True, mode="min"),
                Checkpoint(NAME, monitor="val_los", save_best_only=True),
            ],
            "in_a_folder": [
                model_checkpoint(f"models/{NAME}"),
                Checkpoint("{epoch:02d}/{val_loss:.2f}.keras", save_best_only=True),
            ],
        },
        other=[
            (Checkpoint("{epoch:02d}-{val_los:.2f}.keras"), "would raise KeyError"),
            (
                Checkpoint(
                    NAME.replace(".keras", ".weights.h5"),
                    save_best_only=True,
                    save_weights_only=True,
                ),
                "saves `01-0.50.weights.h5`",
            ),
            (
                Checkpoint("best.keras", save_best_only=True),
                "`best.keras` after epoch 1",
            ),
            (
                Checkpoint(NAME.replace(".2f", ".4f"), save_best_only=True),
                "saves `01-0.5000.keras` after epoch 1",
            ),
        ],
    ),
    "chance": Given(
        right=[
            pair(4, 2),
            (reduce_lr_on_plateau(patience=3), early_stopping(patience=10)),
        ],
        wrong={
            "never_stops": [pair(40, 2), pair(27, 2)],
            "at_the_same_time": [pair(3, 3)],
            "stops_first": [pair(3, 10)],
            "other_monitor": [
                [Stop("loss", patience=4), Slow("loss", patience=2)],
                [Stop("val_accuracy", patience=4), Slow("val_loss", patience=2)],
            ],
            "upside_down": [
                [Stop(patience=4, mode="max"), Slow(patience=2)],
                [Stop(patience=4), Slow(patience=2, mode="max")],
            ],
        },
        other=[
            (pair(3, 2)[:1], "an `EarlyStopping` and a `ReduceLROnPlateau`"),
            (
                [Stop("val_loss", patience=5), Slow("val_loss", patience=2, min_lr=1)],
                "no epoch runs at a lower",
            ),
        ],
    ),
}
