"""Exercises of notebook 13: what a network sees."""

import numpy as np

from cnnkit.exercises.engine import Exercise, Mistake, Solution
from cnnkit.exercises.forms import (
    Array,
    Choice,
    Shape,
    as_number,
    as_shape,
    chose,
    listed,
    near,
)
from cnnkit.exercises.functions import Function, answers_as
from cnnkit.exercises.predictions import Prediction

_MAPS = {
    "a": "Only the ten arrays of 12×12: what is left after pooling.",
    "b": "The ten arrays of 24×24, and the ten of 12×12 made of them.",
    "c": "The ten kernels of 5×5.",
    "d": "The image of 28×28, as it is what the kernels are applied to.",
}
what_is_one = Exercise(
    "feature_maps.what_is_one",
    question="Ten 5×5 kernels read a 28×28 image and give ten arrays of 24×24; pooling "
    "makes ten of 12×12 of them. A study note says that a feature map is what is left "
    "after pooling. Which of these are feature maps? " + listed(_MAPS),
    form=Choice("b", _MAPS),
    mistakes=(
        Mistake(
            "believes_the_note",
            "So says the note. But then a network without pooling would have no "
            "feature maps at all. What does a kernel itself give?",
            chose("a"),
        ),
        Mistake(
            "kernels",
            "Kernels are what is learned. They stay the same for every image; a "
            "feature map belongs to one image.",
            chose("c"),
        ),
        Mistake(
            "the_input",
            "The image goes in. A feature map says where in it something was found.",
            chose("d"),
        ),
    ),
    right="The next layer reads them as this one read the image: as channels.",
    hints=(
        "A map tells for each place how strongly a feature is present there.",
        "Which step finds a feature, and which makes the finding smaller?",
    ),
    solved=Solution(
        "'b'",
        "Each kernel gives one map. Pooling makes it smaller, and it stays a map of "
        "the same feature.",
    ),
)

three_images = Exercise(
    "feature_maps.three_images",
    question="A network reads 28×28×1: `conv1` with ten 5×5 kernels, 2×2 pooling, "
    "`conv2` with twenty 5×5 kernels, 2×2 pooling, then dense layers; no padding. "
    "`model` is this network, and `images` holds three images. What is the shape of "
    "`maps`?",
    shows='maps = feature_maps(model, images)["conv2"]',
    form=Shape((3, 8, 8, 20)),
    mistakes=(
        Mistake(
            "pooled",
            "That is what the pooling after `conv2` gives, not `conv2` itself.",
            lambda answer: as_shape(answer) == (3, 4, 4, 20),
        ),
        Mistake(
            "channels_first",
            "The right sizes in the order of PyTorch. Keras counts the channels last.",
            lambda answer: as_shape(answer) == (3, 20, 8, 8),
        ),
        Mistake(
            "input_depth",
            "Ten maps go in. How many come out, one from each kernel?",
            lambda answer: as_shape(answer) == (3, 8, 8, 10),
        ),
        Mistake(
            "one_image",
            "The first axis counts the images, and there are three.",
            lambda answer: as_shape(answer) == (1, 8, 8, 20),
        ),
        Mistake(
            "first_layer",
            "That is what `conv1` gives. Its maps are pooled, and then `conv2` reads "
            "them.",
            lambda answer: as_shape(answer)[1:] in ((24, 24, 10), (24, 24, 20)),
        ),
    ),
    right="`maps[0, :, :, 4]` is one feature map: what the fifth kernel found in the "
    "first image.",
    hints=(
        "28 − 5 + 1 rows leave `conv1`, and pooling halves them. Go on like that.",
        "The order of the axes is images, rows, columns, channels.",
    ),
    solved=Solution(
        "rows = (28 - 5 + 1) // 2 - 5 + 1\n(3, rows, rows, 20)",
        "24 rows leave `conv1`, 12 the pooling, 8 `conv2`; each kernel gives one map "
        "for each image.",
    ),
)

covered = Exercise(
    "feature_maps.covered",
    question="For an image a network gives the class «7» the score 6. A grey patch "
    "covers each quarter in turn, and the score becomes 5 (top left), 8 (top right), 1 "
    "(bottom left), 6 (bottom right). Write the 2×2 occlusion map: how much the score "
    "falls when the quarter is covered.",
    form=Array(np.array([[1.0, -2.0], [5.0, 0.0]])),
    mistakes=(
        Mistake(
            "scores",
            "These are the scores that are left. How much is gone at each place?",
            near((5, 8), (1, 6), within=0.01),
        ),
        Mistake(
            "other_sign",
            "You subtract the other way round: a fall should be a positive number.",
            near((-1, 2), (-5, 0), within=0.01),
        ),
        Mistake(
            "without_sign",
            "In one quarter the score rose: the network finds «7» likelier without it. "
            "Your map does not tell that from a fall.",
            near((1, 2), (5, 0), within=0.01),
        ),
        Mistake(
            "cut_off",
            "You set what speaks against «7» to 0, as Grad-CAM does. Occlusion keeps "
            "the sign.",
            near((1, 0), (5, 0), within=0.01),
        ),
    ),
    right="The falls do not add up to 6: two quarters may tell the same, or say "
    "something only together.",
    hints=(
        "A quarter that matters makes the score fall when it is covered.",
        "At each place: the score without a patch, minus the score with it.",
    ),
    solved=Solution(
        "6 - np.array([[5, 8], [1, 6]])",
        "The bottom left quarter counts most. The top right one speaks against «7»: "
        "without it, the score is higher.",
    ),
)


def _weighted(maps: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    return maps * slopes.mean(axis=(0, 1))


def _cam(maps: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    return np.maximum(_weighted(maps, slopes).sum(axis=-1), 0)


_RNG = np.random.default_rng(0)
_TINY = np.array([[[1.0, 0.0], [2.0, 3.0]]]), np.array([[[1.0, -1.0], [1.0, -1.0]]])

cam = Exercise(
    "feature_maps.cam",
    question="Write the core of Grad-CAM, `cam(maps, slopes)`, for arrays `(H, W, K)`: "
    "K feature maps, and the slope of the score at each place of them. Each map is "
    "multiplied by the mean slope over its places, the K maps are added, and what is "
    "negative in the sum becomes 0. The result has shape `(H, W)`.",
    form=Function(
        _cam,
        cases=(_TINY, (_RNG.normal(size=(3, 4, 5)), _RNG.normal(size=(3, 4, 5)))),
        signature="cam(maps, slopes)",
    ),
    mistakes=(
        Mistake(
            "keeps_negatives",
            "Your sum keeps its negative places, which speak against the class.",
            answers_as(lambda maps, slopes: _weighted(maps, slopes).sum(axis=-1)),
        ),
        Mistake(
            "cuts_each_map",
            "You set the negative places of each map to 0 before you add. Then no map "
            "can speak against another: add first.",
            answers_as(lambda a, g: np.maximum(_weighted(a, g), 0).sum(axis=-1)),
        ),
        Mistake(
            "place_by_place",
            "You multiply each place by its own slope. All places of a map have to be "
            "multiplied by one number, its mean slope.",
            answers_as(lambda a, g: np.maximum((a * g).sum(axis=-1), 0)),
        ),
        Mistake(
            "sums_the_slopes",
            "The weight of a map is the mean of its slopes, and you take their sum.",
            answers_as(lambda a, g: _cam(a, g) * g[..., 0].size),
        ),
    ),
    right="The map is as coarse as the layer: 8×8 places for 28×28 pixels. "
    "`grad_cam` puts each place in the middle of the pixels that it depends on.",
    hints=(
        "The mean over rows and columns is `slopes.mean(axis=(0, 1))`: K numbers, one "
        "for each map. NumPy lays them along the last axis of `maps` by itself.",
        "Which axis counts the maps? The sum runs along it. `np.maximum(x, 0)` then "
        "sets to 0 what is negative.",
    ),
    solved=Solution(
        "def cam(maps, slopes):\n"
        "    weights = slopes.mean(axis=(0, 1))\n"
        "    return np.maximum((maps * weights).sum(axis=-1), 0)\n"
        "cam",
        "K weights meet the last axis of the maps. The cut at 0 comes last, when all "
        "maps have had their say.",
    ),
)

_HEAT = {
    "a": "It is much the same on both: neither is twice the other.",
    "b": "It is at least twice as large on the paper.",
    "c": "It is at least twice as large on the ink.",
}


def _where(ratio: float) -> str:
    """From the mean absolute heat on ink, divided by that on paper."""
    ratio = as_number(ratio)
    if not 0 <= ratio < np.inf:  # not a number either
        raise ValueError("a ratio of heats is no negative number")
    return "c" if ratio >= 2 else "b" if ratio <= 0.5 else "a"


untrained = Prediction(
    "feature_maps.untrained",
    question="A network that has learned nothing yet, its weights still drawn at "
    "random, reads digits. A patch of 0, the number of the empty paper, covers each "
    "place in turn: an occlusion map says how much the score of a class changes by it. "
    "Call the size of this change, without its sign, the heat of the place. How large "
    "is the mean heat on the ink of the digits, beside that on the paper round them? "
    + listed(_HEAT),
    form=Choice("c", _HEAT),
    mistakes=(
        Mistake(
            "knows_nothing",
            "It knows nothing, and yet its score depends on its input. What changes in "
            "the input when a patch of 0 covers empty paper?",
            chose("a"),
        ),
        Mistake(
            "paper",
            "Covering paper with paper changes nothing, in any network.",
            chose("b"),
        ),
    ),
    right="Heat on the digit proves no learning: compare any such map with that of an "
    "untrained network.",
    hints=(
        "What does a patch of 0 change where the image is 0 already?",
        "Kernels drawn at random find something in ink as well. What do they find "
        "where all pixels are 0?",
    ),
    solved=Solution(
        "'c'",
        "A patch of 0 on empty paper leaves the image as it is, so the score cannot "
        "move. Only patches that hide ink give heat, whatever the network knows.",
    ),
    outcome=_where,
    measured="one number: the mean heat on the ink, divided by the mean heat on all "
    "other pixels. It is 1 if both are the same, and never negative.",
)
