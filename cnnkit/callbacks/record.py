"""What a rehearsal showed."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Rehearsal:
    """What callbacks did on a scripted curve. Epochs count from 1.

    Attributes:
        losses: the script, as it was given: a list, or a dict of lists.
        learning_rates: the rate used in each epoch that ran, rounded to float32 as
            in a real run.
        stopped_epoch: the last epoch, when a callback stopped training there;
            None if it ran to the end.
        best_epoch: the best epoch for early stopping, by its `min_delta` and its
            `start_from_epoch`; without early stopping, the epoch that ran with
            the best monitored number. None when there is none.
        restored_epoch: the epoch whose weights came back; None when the weights
            stay those of the last epoch.
        saved_files: `(epoch, file name)` in order; a name that comes again was
            overwritten. The folder that all files share is left out.
        monitor: the log that the callbacks watch; `val_loss` when none does.
    """

    losses: list[float] | dict[str, list[float]]
    learning_rates: list[float]
    stopped_epoch: int | None
    best_epoch: int | None
    restored_epoch: int | None
    saved_files: list[tuple[int, str]]
    monitor: str = "val_loss"

    @property
    def curve(self) -> list[float]:
        """The scripted values of the monitored log, of epochs that never ran too."""
        if isinstance(self.losses, dict):
            values = self.losses.get(self.monitor)
            return next(iter(self.losses.values())) if values is None else values
        return self.losses

    def __repr__(self) -> str:
        ran, scripted = len(self.learning_rates), len(self.curve)
        lines = [f"Rehearsal: {ran} of {scripted} epochs ran, counted from 1"]
        events = sorted(self._events(), key=lambda event: event[0])
        return "\n".join(lines + [f"  epoch {e:>3}: {text}" for e, text in events])

    def _events(self) -> list[tuple[int, str]]:
        """`(epoch, what happened)`; within an epoch in the order of time."""
        rates = self.learning_rates
        events = [(1, f"learning rate {rates[0]:.3g}")]
        for epoch, (old, new) in enumerate(zip(rates, rates[1:], strict=False), 2):
            if new != old:
                events.append((epoch, f"learning rate {old:.3g} → {new:.3g}"))
        if self.best_epoch is not None:
            value = self.curve[self.best_epoch - 1]
            events.append((self.best_epoch, f"best {self.monitor}, {value:.4g}"))
        seen: set[str] = set()
        for epoch, name in self.saved_files:
            verb = "overwrote" if name in seen else "saved"
            events.append((epoch, f"{verb} {name}"))
            seen.add(name)
        if self.stopped_epoch is not None:
            events.append((self.stopped_epoch, "training stopped"))
        if self.restored_epoch is not None:
            text = f"weights of epoch {self.restored_epoch} restored"
            events.append((len(rates), text))
        return events
