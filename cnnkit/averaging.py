"""A running average of the weights, which often reads better than the last ones."""

import numpy as np

from cnnkit.runtime import keras


class AveragedWeights(keras.callbacks.Callback):
    """Keeps an exponential moving average (EMA) of all weights of the model.

    Near the end of training the weights still jump from batch to batch around a
    good place. Their average lies nearer to it. The averages of each batch
    normalisation are averaged too: they belong to the weights.

    While an epoch trains, the model holds its own weights. From the end of the
    epoch on, so in validation, in a saved model and after training, it holds the
    average. So it must stand before callbacks that save the model.

    Args:
        momentum: share that the average keeps in one step, in (0, 1). Over the
            first steps n it is at most (1 + n) / (10 + n), so that the random
            weights of the start are soon forgotten.

    Source: B. Polyak and A. Juditsky, «Acceleration of stochastic approximation by
    averaging», SIAM Journal on Control and Optimization 30(4), 1992.
    """

    def __init__(self, momentum: float) -> None:
        super().__init__()
        self.momentum = momentum
        # Plain attributes, so that a snapshot of the run holds them.
        self.average: list[np.ndarray] = []
        self.own: list[np.ndarray] = []  # while the model holds the average
        self.steps = 0

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Forget an earlier run."""
        self.average, self.own, self.steps = [], [], 0

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Give the model its own weights back."""
        if self.own:
            self.model.set_weights(self.own)
            self.own = []

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Take the weights into the average; several steps count as many times."""
        weights = self._weights()
        done = int(self.model.optimizer.iterations)
        kept = min(self.momentum, (1 + done) / (10 + done)) ** (done - self.steps)
        self.steps = done
        self.average = [
            weight + np.float32(kept) * (old - weight)
            for old, weight in zip(self.average or weights, weights, strict=True)
        ]

    def on_test_begin(self, logs: dict | None = None) -> None:
        """Give the model the average, to be validated."""
        if self.average and not self.own:
            self.own = self._weights()
            self.model.set_weights(self.average)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Give the model the average if nothing was validated."""
        self.on_test_begin()

    def _weights(self) -> list[np.ndarray]:
        if hasattr(self.model, "jax_state_sync"):  # JAX keeps them elsewhere
            self.model.jax_state_sync()
        return self.model.get_weights()
