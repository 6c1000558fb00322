"""Optimisers: how far each weight moves, given its gradient."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from cnnkit.errors import check_integer, check_number, expected

Rate = Callable[[int], float]


@dataclass(eq=False)
class SGD:
    """Stochastic gradient descent: a step downhill, with momentum like a ball's.

        v ← momentum · v − learning_rate · g
        w ← w + v

    w is a weight, g its gradient, v its velocity, which starts at 0. Without
    momentum this is w ← w − learning_rate · g.

    Args:
        learning_rate: above 0; or a function that takes the number of the step,
            from 0, and gives the rate. Default: 0.01.
        momentum: share of the last step that is kept, in [0, 1). Default: 0.

    Raises:
        TypeError: an argument is not a number.
        ValueError: a number is out of range.

    Example:
        >>> weights = [np.array([1.0])]
        >>> SGD(learning_rate=0.1).update(weights, [np.array([2.0])])
        >>> weights
        [array([0.8])]

    Source: B. Polyak, «Some methods of speeding up the convergence of iteration
    methods», 1964; the form is Keras's.
    Taught in: notebooks/09_cnn_from_scratch.ipynb
    """

    learning_rate: float | Rate = 0.01
    momentum: float = 0.0
    _weights: list = field(default_factory=list, init=False, repr=False)
    _velocities: list = field(default_factory=list, init=False, repr=False)
    _step: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        _rate_at(self.learning_rate, 0)
        check_number("momentum", self.momentum, minimum=0, below=1)

    def update(
        self, weights: Sequence[np.ndarray], gradients: Sequence[np.ndarray]
    ) -> None:
        """Move the weights, in place.

        Raises:
            ValueError: the weights are not the arrays of the last call, or a
                gradient has another shape; nothing is moved then.
        """
        if _are_new(self._weights, weights, gradients):
            self._weights = list(weights)
            self._velocities = [np.zeros_like(w) for w in weights]
        rate = _rate_at(self.learning_rate, self._step)
        self._step += 1
        for w, g, v in zip(weights, gradients, self._velocities, strict=True):
            v *= self.momentum
            v -= rate * g
            w += v


@dataclass(eq=False)
class Adam:
    """Adam: each weight has a step size of its own, from its last gradients.

        m ← β₁ · m + (1 − β₁) · g              the mean of the last gradients
        s ← β₂ · s + (1 − β₂) · g²             the mean of their squares
        w ← w − learning_rate · (√(1 − β₂ᵗ) / (1 − β₁ᵗ)) · m / (√s + ε)

    w is a weight, g its gradient. m and s start at 0 and are too small at first;
    the factor with t, which counts the steps from 1, corrects that.

    Args:
        learning_rate: above 0; or a function that takes the number of the step,
            from 0, and gives the rate. Default: 0.001.
        beta_1: β₁, in [0, 1). Default: 0.9.
        beta_2: β₂, in [0, 1). Default: 0.999.
        epsilon: ε, above 0, keeps the quotient finite. Default: 1e-7.

    Raises:
        TypeError: an argument is not a number.
        ValueError: a number is out of range.

    Example:
        >>> weights = [np.array([1.0])]
        >>> Adam(learning_rate=0.1).update(weights, [np.array([2.0])])
        >>> weights[0].round(6)  # the first step is the learning rate
        array([0.9])

    Source: D. Kingma and J. Ba, «Adam: a method for stochastic optimization»,
    2014, arXiv:1412.6980; the form is Keras's.
    Taught in: notebooks/09_cnn_from_scratch.ipynb
    """

    learning_rate: float | Rate = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    _weights: list = field(default_factory=list, init=False, repr=False)
    _means: list = field(default_factory=list, init=False, repr=False)
    _squares: list = field(default_factory=list, init=False, repr=False)
    _step: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        _rate_at(self.learning_rate, 0)
        check_number("beta_1", self.beta_1, minimum=0, below=1)
        check_number("beta_2", self.beta_2, minimum=0, below=1)
        check_number("epsilon", self.epsilon, minimum=0, exclusive=True)

    def update(
        self, weights: Sequence[np.ndarray], gradients: Sequence[np.ndarray]
    ) -> None:
        """Move the weights, in place.

        Raises:
            ValueError: the weights are not the arrays of the last call, or a
                gradient has another shape; nothing is moved then.
        """
        if _are_new(self._weights, weights, gradients):
            self._weights = list(weights)
            self._means = [np.zeros_like(w) for w in weights]
            self._squares = [np.zeros_like(w) for w in weights]
        rate = _rate_at(self.learning_rate, self._step)
        self._step += 1
        rate *= (1 - self.beta_2**self._step) ** 0.5 / (1 - self.beta_1**self._step)
        for w, g, m, s in zip(
            weights, gradients, self._means, self._squares, strict=True
        ):
            m *= self.beta_1
            m += (1 - self.beta_1) * g
            s *= self.beta_2
            s += (1 - self.beta_2) * g**2
            w -= rate * m / (np.sqrt(s) + self.epsilon)


def _rate_at(learning_rate: float | Rate, step: int) -> float:
    """The learning rate of this step, checked."""
    if callable(learning_rate):
        return check_number(f"learning_rate({step})", learning_rate(step), minimum=0)
    return check_number("learning_rate", learning_rate, minimum=0, exclusive=True)


def _are_new(
    known: Sequence[np.ndarray],
    weights: Sequence[np.ndarray],
    gradients: Sequence[np.ndarray],
) -> bool:
    """Whether this is the first step; raises when it is one for other weights."""
    wanted, given = ([np.shape(a) for a in some] for some in (weights, gradients))
    if wanted != given:
        raise expected(f"gradients of the shapes {wanted}", f"the shapes {given}")
    same = len(known) == len(weights) and all(
        old is new for old, new in zip(known, weights, strict=True)
    )
    if known and not same:
        raise expected(
            "the weights that this optimiser has moved before",
            "other arrays",
            advice="Make a new optimiser for another network.",
        )
    return not known


def linear_decay(start: float, steps: int) -> Rate:
    """A learning rate that falls from `start` to 0 in a straight line.

    Large steps at first go far; small ones at the end settle.

    Args:
        start: the rate of the first step, above 0.
        steps: after how many the rate is 0: epochs · ⌈examples / batch_size⌉.

    Returns:
        A function of the step, for the `learning_rate` of an optimiser.

    Raises:
        TypeError: `steps` is no integer, or `start` no number.
        ValueError: a number is out of range.

    Example:
        >>> rate = linear_decay(0.006, 860)  # 2 epochs of ⌈55,000 / 128⌉ steps
        >>> rate(0), rate(430), rate(860)
        (0.006, 0.003, 0.0)

    Taught in: notebooks/09_cnn_from_scratch.ipynb
    """
    start = check_number("start", start, minimum=0, exclusive=True)
    steps = check_integer("steps", steps, minimum=1)
    return lambda step: start * max(1 - step / steps, 0)


def optimizer_named(optimizer: str | SGD | Adam) -> SGD | Adam:
    """Return the optimiser, or a new one for `"sgd"` or `"adam"`.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(optimizer, SGD | Adam):
        return optimizer
    made = {"adam": Adam, "sgd": SGD}
    if isinstance(optimizer, str) and optimizer in made:
        return made[optimizer]()
    raise expected(
        '`optimizer` to be "adam", "sgd", or one made by scratch.Adam() or '
        "scratch.SGD(), with the brackets",
        f"optimizer={optimizer!r}",
    )
