"""The course's network, in NumPy."""

from collections.abc import Sequence

from cnnkit.errors import check_integer
from cnnkit.scratch.layers import Flatten, MaxPooling2D, ReLU
from cnnkit.scratch.network import Network
from cnnkit.scratch.trained_layers import Conv2D, Dense


def simple_cnn(
    *, input_shape: Sequence[int] = (28, 28, 1), num_classes: int = 10, seed: int = 0
) -> Network:
    """The network of `cnnkit.models.simple_cnn`, layer for layer, in NumPy.

    28×28 → ten 5×5 kernels → 24×24×10 → pool → 12×12×10 → twenty 5×5 kernels →
    8×8×20 → pool → 4×4×20 → 320 → 100 → 10: 38,390 parameters. Its weights fit
    into the Keras model, and give the same predictions there.

    Args:
        input_shape: `(H, W, C)` of one image. Default: (28, 28, 1).
        num_classes: size of the output, at least 2. Default: 10.
        seed: of the first weights. Default: 0.

    Returns:
        A `Network`, untrained: `(N, H, W, C)` → `(N, num_classes)`.

    Raises:
        ValueError: an argument is out of range, or the image is too small.

    Example:
        >>> simple_cnn().count_params()
        38390

    Taught in: notebooks/09_cnn_from_scratch.ipynb
    """
    check_integer("num_classes", num_classes, minimum=2)
    return Network(
        [
            Conv2D(10, 5),
            ReLU(),
            MaxPooling2D(2),
            Conv2D(20, 5),
            ReLU(),
            MaxPooling2D(2),
            Flatten(),
            Dense(100),
            ReLU(),
            Dense(num_classes),
        ],
        input_shape=input_shape,
        seed=seed,
    )
