"""Exercises of notebook 12: when to stop, slow down, save."""

import os
import warnings

from cnnkit.callbacks import Rehearsal, rehearse
from cnnkit.exercises.engine import Exercise, Mistake, Solution
from cnnkit.exercises.forms import Choice, Judged, Number, as_number, chose, listed
from cnnkit.runtime import keras

commas = Exercise(
    "callbacks.commas",
    question="A study note builds a network as below, and Python refuses it. How many "
    "commas must be added at the least, so that it runs?",
    shows="keras.Sequential([\n"
    '    layers.Dense(16, name="first")\n'
    '    layers.Dense(8, name="second")\n'
    '    layers.Dense(4, name="third")\n'
    "])",
    form=Number(2, unit="commas"),
    mistakes=(
        Mistake(
            "one_a_layer",
            "With a comma behind every layer it runs, and many people write it so. But "
            "one of these commas separates nothing.",
            lambda answer: as_number(answer) == 3,
        ),
        Mistake(
            "only_the_first",
            "Python names one place, the first where it can go no further. Mend that, "
            "run it again, and see what it says.",
            lambda answer: as_number(answer) == 1,
        ),
        Mistake(
            "lines_separate",
            "Between brackets the end of a line counts no more than a space. What "
            "separates the entries of a list?",
            lambda answer: as_number(answer) == 0,
        ),
    ),
    right="A comma behind the last entry too is good style: when a layer is added "
    "below, none can be forgotten.",
    hints=(
        "Python refuses `[1 2 3]` for the same reason. How do you write it instead?",
        "A comma stands between two entries. At which of the line ends is it needed?",
    ),
    solved=Solution(
        'layers = ["first", "second", "third"]\nlen(layers) - 1',
        "A comma goes into each gap between two entries, and three entries have two "
        "gaps. The line ends do nothing between brackets.",
    ),
)

_NAMES = {
    "a": "`01-0.12f.h5`",
    "b": "`01-0.12.hdf5`",
    "c": "`1-0.12.hdf5`",
    "d": "` 1-0.12.hdf5`, with a space at its beginning.",
}
file_name = Exercise(
    "callbacks.file_name",
    question="A study note gives the files in which it saves its models a name made as "
    "below, here for epoch 1 and a validation loss of 0.1234. Which name does Python "
    "make? " + listed(_NAMES),
    shows='"{epoch:2d}-{val_loss:.2f}.hdf5".format(epoch=1, val_loss=0.1234)',
    form=Choice("d", _NAMES),
    mistakes=(
        Mistake(
            "believes_the_note",
            "That is the name that the note gives. But `.2f` asks for two decimals, "
            "and is itself no part of the name; and the ending stays as it is.",
            chose("a"),
        ),
        Mistake(
            "zero_filled",
            "Zeros in front come from `02d`. Here stands `2d`: at least two places. "
            "What fills them when nothing is said?",
            chose("b"),
        ),
        Mistake(
            "no_width",
            "The 2 is a width: the number takes two places even if it has one digit.",
            chose("c"),
        ),
    ),
    right="No such file is ever written: Keras 3 refuses the ending `.hdf5` as soon as "
    "the callback is made.",
    hints=(
        "In `{epoch:2d}` the part behind the colon says how the number is written.",
        'Try `"{n:5d}".format(n=7)`. How long is the text, and what stands in it?',
    ),
    solved=Solution(
        "f'{1:2d}-{0.1234:.2f}.hdf5'\n'd'",
        "`2d` makes the number two places wide and fills up with spaces; `02d` would "
        "fill up with zeros.",
    ),
)

_LOGS = {
    "loss": [0.60, 0.30, 0.20],
    "val_loss": [0.50, 0.12, 0.30],
    "val_accuracy": [0.80, 0.90, 0.95],
}


def _rehearsed(callbacks: object, logs: object) -> Rehearsal | str:
    """What they do on these logs; the words of the error when they cannot."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return rehearse(callbacks, logs)
    except Exception as error:  # a field or a monitor that is not logged, say
        return f"In training it would raise {type(error).__name__}: {error}"


def _saved(callback: object) -> list[tuple[int, str]]:
    return _rehearsed(callback, _LOGS).saved_files


def _judge_files(callback: keras.callbacks.ModelCheckpoint) -> str:
    played = _rehearsed(callback, _LOGS)
    if isinstance(played, str):
        return played
    if played.saved_files == [(1, "01-0.50.keras"), (2, "02-0.12.keras")]:
        return ""
    files = ", ".join(f"`{name}` after epoch {n}" for n, name in played.saved_files)
    return f"With these three losses, it saves {files or 'nothing'}."


def _in_a_folder(callback: keras.callbacks.ModelCheckpoint) -> bool:
    return os.path.dirname(callback.filepath) not in ("", ".")


def _watches_another(callback: keras.callbacks.Callback) -> bool:
    return callback.monitor != "val_loss"


checkpoint = Exercise(
    "callbacks.checkpoint",
    question="A study note saves its models as below. Keras has no class of this name, "
    "and refuses the ending. Make the callback that saves the whole model after an "
    "epoch whose validation loss is the least so far. For losses of 0.50, 0.12 and "
    "0.30 it saves `01-0.50.keras` and `02-0.12.keras`, in the folder in which you "
    "work.",
    shows="ModelCheckPoint(\n"
    '    "{epoch:2d}-{val_loss:.2f}.hdf5",\n'
    '    monitor="val_loss",\n'
    "    save_best_only=True,\n"
    '    mode="min",\n'
    ")",
    form=Judged(
        "The answer is a callback, a `keras.callbacks.ModelCheckpoint`.",
        is_kind=lambda answer: isinstance(answer, keras.callbacks.ModelCheckpoint),
        judge=_judge_files,
    ),
    mistakes=(
        Mistake(
            "other_monitor",
            "It does not watch the validation loss. Read its `monitor` letter by "
            "letter.",
            lambda callback: callback.save_best_only and _watches_another(callback),
        ),
        Mistake(
            "in_a_folder",
            "It saves into a folder. That may well be a good place, but the names that "
            "are asked for begin with the number of the epoch.",
            _in_a_folder,
        ),
        Mistake(
            "space_in_the_name",
            "Its first file would be ` 1-0.50.keras`, and that begins with a space.",
            lambda callback: _saved(callback)[0][1].startswith(" "),
        ),
        Mistake(
            "older_ending",
            "`.h5` is the older format. Keras still writes it, and warns.",
            lambda callback: _saved(callback)[0][1].endswith("0.h5"),
        ),
        Mistake(
            "every_epoch",
            "It also saves after the third epoch, although 0.30 is worse than 0.12.",
            lambda callback: len(_saved(callback)) == 3,
        ),
        Mistake(
            "greatest",
            "It saves the first model and none after it: a loss of 0.12 does not count "
            "as better than 0.50. What does its `mode` say?",
            lambda callback: [epoch for epoch, _ in _saved(callback)] == [1],
        ),
    ),
    right="No model was trained for this: `cnnkit.rehearse(callbacks, losses)` calls a "
    "callback as training would, and notes what it does.",
    hints=(
        "Of `ModelCheckPoint` one letter is wrong. And which ending do the two files "
        "have that are wanted?",
        "`2d` fills a number up with spaces. Which format fills it up with zeros?",
    ),
    solved=Solution(
        "from cnnkit import model_checkpoint\n"
        'model_checkpoint("{epoch:02d}-{val_loss:.2f}.keras", mode="min")',
        "The kit's function makes Keras's callback, with `save_best_only=True` unless "
        "you say otherwise, and refuses names that cannot be saved.",
    ),
)

_STOP, _SLOW = keras.callbacks.EarlyStopping, keras.callbacks.ReduceLROnPlateau
_FLAT = {"val_loss": [0.9, 0.6, *[0.5] * 28]}


def _slowed(callbacks: object) -> bool:
    rates = _rehearsed(callbacks, _FLAT).learning_rates
    return rates[-1] < rates[0]


def _are_two(answer: object) -> bool:
    given = answer if isinstance(answer, (list, tuple)) else []
    return len(given) == 2 and all(
        any(isinstance(one, kind) for one in given) for kind in (_STOP, _SLOW)
    )


def _waits(callbacks: object) -> int:
    """By how many epochs stopping is more patient than slowing down."""
    first, second = callbacks
    stop, slow = (first, second) if isinstance(first, _STOP) else (second, first)
    return stop.patience - slow.patience


def _judge_chance(callbacks: object) -> str:
    played = _rehearsed(callbacks, _FLAT)
    if isinstance(played, str):
        return played
    slowed = "On these losses no epoch runs at a lower rate."
    return "" if _slowed(callbacks) else slowed


chance = Exercise(
    "callbacks.chance",
    question="A study note uses the two callbacks below. The validation loss goes 0.9, "
    "0.6, 0.5 and then stays at 0.5 for good, and no epoch runs at a lower learning "
    "rate. Give a list of two such callbacks, on the validation loss too, with which "
    "at least one epoch does, and training stops before epoch 30.",
    shows='[EarlyStopping("val_loss", patience=3),\n'
    ' ReduceLROnPlateau("val_loss", factor=0.1, patience=10)]',
    form=Judged(
        "The answer is a list: an `EarlyStopping` and a `ReduceLROnPlateau`.",
        is_kind=_are_two,
        judge=_judge_chance,
    ),
    mistakes=(
        Mistake(
            "other_monitor",
            "At least one of them does not watch the validation loss. See `monitor`.",
            lambda both: any(map(_watches_another, both)),
        ),
        Mistake(
            "upside_down",
            "At least one of them takes a growing loss for an improvement. See `mode`.",
            lambda both: any(one.mode == "max" for one in both),
        ),
        Mistake(
            "never_stops",
            "After 29 epochs it still runs. How long does your early stopping wait?",
            lambda both: _rehearsed(both, _FLAT).stopped_epoch in (None, 30),
        ),
        Mistake(
            "at_the_same_time",
            "Both lose patience at the end of the same epoch: the rate drops, and "
            "training is over. No epoch runs at the lower rate.",
            lambda both: _waits(both) == 0 and not _slowed(both),
        ),
        Mistake(
            "stops_first",
            "Training stops before the rate has dropped: the callback that should "
            "help waits longer than the one that gives up.",
            lambda both: _waits(both) < 0 and not _slowed(both),
        ),
    ),
    right="`callback_preset(name, folder)` of the kit gives ready lists of callbacks. "
    "They too wait longer to stop than to slow down; only the list that is called "
    '`"notes"` keeps the numbers of the note, and warns.',
    hints=(
        "Each of them counts the epochs without improvement, up to its `patience`. "
        "Which of the two acts first?",
        "The rate must drop at least one epoch before training stops. Which patience "
        "has to be the smaller one?",
    ),
    solved=Solution(
        "from cnnkit import early_stopping, reduce_lr_on_plateau\n"
        "[early_stopping(patience=5), reduce_lr_on_plateau(factor=0.1, patience=2)]",
        "The rate drops after two flat epochs, and the lower one has three more to "
        "show whether it helps.",
    ),
)
