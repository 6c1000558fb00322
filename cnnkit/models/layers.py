"""Two layers that Keras does not have: L2 pooling, and normalisation of old.

Both are registered, so a saved model is read back without naming them, and both
use Keras's own operations, so they run on every backend.
"""

from collections.abc import Sequence

from cnnkit.errors import check_choice, check_integer, check_number, expected
from cnnkit.runtime import keras
from cnnkit.shapes import output_size, padding_amounts

ops = keras.ops


@keras.saving.register_keras_serializable(package="cnnkit")
class LpPooling2D(keras.layers.Layer):
    """Lp pooling: the p-norm of each window; with p = 2, L2 pooling.

        y[n, r, c, k] = (Σ_i Σ_j |x[n, R, C, k]|ᵖ)^(1/p)

    The layer of `scratch.lp_pool2d`. A window of zeros passes no gradient.

    Args:
        pool_size: of the window, one number or (height, width). Default: 2.
        strides: one number or (down, right). Default: `pool_size`.
        padding: `"valid"` or `"same"`. Default: "valid".
        p: from 1 to 20. Default: 2.
        **kwargs: of every Keras layer, such as `name`.

    Returns:
        `(N, H, W, C)` → `(N, H', W', C)`.

    Raises:
        TypeError: a number is none.
        ValueError: an argument is out of range.

    Example:
        >>> LpPooling2D(2)(keras.ops.ones((1, 4, 4, 3))).shape
        (1, 2, 2, 3)

    Source: P. Sermanet, S. Chintala and Y. LeCun, «Convolutional neural networks
    applied to house numbers digit classification», 2012, arXiv:1204.3968.
    Taught in: notebooks/06_pooling.ipynb
    """

    data_format = "channels_last"

    def __init__(
        self,
        pool_size: int | Sequence[int] = 2,
        strides: int | Sequence[int] | None = None,
        padding: str = "valid",
        p: float = 2.0,
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)
        self.pool_size = _pair("pool_size", pool_size)
        self.strides = self.pool_size if strides is None else _pair("strides", strides)
        self.padding = check_choice("padding", padding, ("valid", "same"))
        self.p = check_number("p", p, minimum=1, below=20 + 1e-9)

    def compute_output_shape(self, input_shape: Sequence) -> tuple:
        """`(N, H, W, C)` → `(N, H', W', C)`; an unknown size stays unknown."""
        batch, *sizes, channels = input_shape
        outputs = [
            None
            if size is None
            else output_size(size, window, stride=stride, padding=self.padding)
            for size, window, stride in zip(
                sizes, self.pool_size, self.strides, strict=True
            )
        ]
        return (batch, *outputs, channels)

    def call(self, inputs: object) -> object:
        """The p-norm of each window."""
        powers = ops.abs(inputs) ** self.p
        if self.padding == "same":
            powers = ops.pad(powers, [(0, 0), *self._zeros(inputs.shape), (0, 0)])
        means = ops.average_pool(powers, self.pool_size, self.strides, "valid")
        sums = means * (self.pool_size[0] * self.pool_size[1])
        # The root has no slope at 0, so it is not taken there.
        positive = ops.where(sums > 0, sums, ops.ones_like(sums))
        return ops.where(sums > 0, positive ** (1 / self.p), ops.zeros_like(sums))

    def _zeros(self, shape: Sequence) -> list[tuple[int, int]]:
        if None in shape[1:3]:
            raise expected(
                'an input of known height and width for padding="same"', f"{shape}"
            )
        return [
            padding_amounts(size, window, stride=stride)
            for size, window, stride in zip(
                shape[1:3], self.pool_size, self.strides, strict=True
            )
        ]

    def get_config(self) -> dict:
        """The arguments, for a saved model."""
        options = ("pool_size", "strides", "padding", "p")
        return super().get_config() | {name: getattr(self, name) for name in options}


@keras.saving.register_keras_serializable(package="cnnkit")
class LocalResponseNormalization(keras.layers.Layer):
    """Local response normalisation: channels beside each other damp one another.

        y[…, k] = x[…, k] / (bias + alpha · Σ x[…, j]²)^beta
        over the `size` channels j around k

    AlexNet had it after its first two convolutions. It is kept for history:
    K. Simonyan and A. Zisserman found no gain in 2014, and batch normalisation
    took its place.

    Args:
        size: how many channels count, odd. Default: 5.
        bias: above 0. Default: 2.
        alpha: 0 or more. Default: 1e-4.
        beta: 0 or more. Default: 0.75.
        **kwargs: of every Keras layer, such as `name`.

    Returns:
        The shape of the input, `(N, H, W, C)`.

    Raises:
        TypeError: a number is none.
        ValueError: an argument is out of range.

    Example:
        >>> LocalResponseNormalization()(keras.ops.ones((1, 4, 4, 8))).shape
        (1, 4, 4, 8)

    Source: A. Krizhevsky, I. Sutskever and G. Hinton, «ImageNet classification with
    deep convolutional neural networks», 2012, 3.3.
    Taught in: notebooks/15_architectures.ipynb
    """

    def __init__(
        self,
        size: int = 5,
        bias: float = 2.0,
        alpha: float = 1e-4,
        beta: float = 0.75,
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)
        self.size = check_integer("size", size, minimum=1)
        if size % 2 == 0:
            raise expected("`size` to be odd", f"size={size}")
        self.bias = check_number("bias", bias, minimum=0, exclusive=True)
        self.alpha = check_number("alpha", alpha, minimum=0)
        self.beta = check_number("beta", beta, minimum=0)

    def compute_output_shape(self, input_shape: Sequence) -> tuple:
        """The shape of the input."""
        return tuple(input_shape)

    def call(self, inputs: object) -> object:
        """Divide each channel by what it and its neighbours amount to."""
        channels, reach = inputs.shape[-1], self.size // 2
        squares = ops.pad(inputs**2, [(0, 0), (0, 0), (0, 0), (reach, reach)])
        total = sum(
            squares[..., first : first + channels] for first in range(self.size)
        )
        return inputs / (self.bias + self.alpha * total) ** self.beta

    def get_config(self) -> dict:
        """The arguments, for a saved model."""
        options = ("size", "bias", "alpha", "beta")
        return super().get_config() | {name: getattr(self, name) for name in options}


def _pair(name: str, value: int | Sequence[int]) -> tuple[int, int]:
    both = tuple(value) if isinstance(value, tuple | list) else (value, value)
    if len(both) != 2:
        raise expected(f"`{name}` to be one number or two", f"{name}={value!r}")
    return tuple(check_integer(name, one, minimum=1) for one in both)
