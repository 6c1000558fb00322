"""Whether `fit` will log what a callback asks for, found as early as it can be.

Keras tells a callback at the start of training neither the names of the logs nor
whether there is validation data. Both stand in the frame of the running `fit`.
Where they do not (a loop of one's own, a `train_step` of one's own, another
callback that writes into the logs), the first logs themselves tell.
"""

import difflib
import inspect
from collections.abc import Iterable

from cnnkit.errors import expected
from cnnkit.runtime import keras

MODES = ("auto", "min", "max")
_STEPS = ("train_step", "test_step", "evaluate", "compute_metrics")
_STEPS += ("get_metrics_result", "_get_metrics_result_or_logs")
_STEPS += ("make_train_function", "make_test_function")


class Watch:
    """Compares what a callback needs with what `fit` logs; once for each `fit`.

    Args:
        wanted: `{argument: names}`, the names that each argument asks for.
        each_batch: the callback reads the logs of batches. Default: False, those
            of epochs.
    """

    def __init__(
        self, wanted: dict[str, Iterable[str]], *, each_batch: bool = False
    ) -> None:
        self._wanted = {argument: list(names) for argument, names in wanted.items()}
        self._each_batch = each_batch
        self._settled = False
        self._validates = False

    def start(self, callback: keras.callbacks.Callback) -> None:
        """Check at the start of training what can be known by then.

        Raises:
            ValueError: `fit` will not log what the callback needs.
        """
        others, fit = _running_fit()
        self._validates = fit.get("validation_data") is not None
        self._check_every_epoch_validates(fit.get("validation_freq", 1))
        names = _metric_names(fit["self"]) if fit else None
        earlier = others[: others.index(callback)] if callback in others else []
        hook = "on_train_batch_end" if self._each_batch else "on_epoch_end"
        self._settled = names is not None and not any(
            _may_add_logs(other, hook) for other in earlier
        )
        if not self._settled:
            return
        if self._validates and not self._each_batch:
            names += [f"val_{name}" for name in names]
        if any(_logs_the_rate(other) for other in earlier) and not self._each_batch:
            names.append("learning_rate")
        self._compare(callback, names)

    def _check_every_epoch_validates(self, frequency: object) -> None:
        fields = [n for n in self._wanted.get("filepath", []) if n.startswith("val_")]
        if self._validates and fields and frequency != 1:
            raise expected(
                f"validation after each epoch, for {{{fields[0]}}} in `filepath`",
                f"validation_freq={frequency!r}",
            )

    def see(self, callback: keras.callbacks.Callback, logs: dict | None) -> None:
        """Check the first logs, if the start could not tell.

        Raises:
            ValueError: the logs lack what the callback needs.
        """
        names = list(logs or {})
        wanted = [name for group in self._wanted.values() for name in group]
        needs_validation = any(name.startswith("val_") for name in wanted)
        validated = any(name.startswith("val_") for name in names)
        later = self._validates and needs_validation and not validated
        if self._settled or (later and not self._each_batch):
            return  # validation does not run after each epoch; wait for it
        self._settled = True
        self._compare(callback, names)

    def _compare(self, callback: keras.callbacks.Callback, names: list[str]) -> None:
        for argument, wanted in self._wanted.items():
            own = {"epoch", "batch"} if self._each_batch else {"epoch"}
            allowed = {*names, *(own if argument == "filepath" else ())}
            for name in wanted:
                if name not in allowed:
                    raise self._missing(callback, argument, name, names)

    def _missing(
        self,
        callback: keras.callbacks.Callback,
        argument: str,
        name: str,
        names: list[str],
    ) -> Exception:
        listed = ", ".join(repr(known) for known in names) or "nothing"
        moment = "batch" if self._each_batch else "epoch"
        own = type(callback).__name__
        if argument == "filepath":
            extra = "'epoch', 'batch'" if self._each_batch else "'epoch'"
            requirement = f"the fields of `filepath` of {own} to be among {extra}"
            received = f"{{{name}}} in filepath={callback.filepath!r}"
        else:
            requirement = f"`{argument}` of {own} to be one"
            received = f"{argument}={name!r}"
        requirement += f" of what fit logs after each {moment}: {listed}"
        if argument == "filepath":
            requirement = requirement.replace(" of what fit", " and what fit")
        advice = self._advice(name, names)
        return expected(requirement, received, advice=advice)

    def _advice(self, name: str, names: list[str]) -> str:
        if name == "batch":
            return "{batch} is known only when save_freq is a number of batches."
        if self._each_batch and name.startswith("val_"):
            return "Validation runs after an epoch: keep save_freq='epoch' for it."
        if name.removeprefix("val_") in names and name.startswith("val_"):
            return "Give fit validation_data, or watch the training itself."
        near = difflib.get_close_matches(name, names, n=1)
        return f"Did you mean {near[0]!r}?" if near else ""


def _running_fit() -> tuple[list, dict]:
    """Return the callbacks and the local names of the `fit` that runs; or nothing."""
    frame = inspect.currentframe()
    while frame is not None:
        owner = frame.f_locals.get("self")
        starts = frame.f_code.co_name == "on_train_begin"
        if starts and isinstance(owner, keras.callbacks.CallbackList):
            above = frame.f_back
            names = dict(above.f_locals) if above.f_code.co_name == "fit" else {}
            is_fit = {"self", "validation_data"} <= names.keys()
            return list(owner.callbacks), names if is_fit else {}
        frame = frame.f_back
    return [], {}


def _metric_names(model: keras.Model) -> list[str] | None:
    """Names of the training logs; None when the model does not tell yet."""
    if not all(_is_keras_own(model, name) for name in _STEPS):
        return None
    loss = getattr(model, "_compile_loss", None)
    waits = loss is not None and not getattr(loss, "built", False)
    if waits and not _has_one_output(model, loss):
        return None  # a model with several outputs may log one loss for each
    names: list[str] = []
    try:
        for metric in model.metrics:
            if metric is model._compile_metrics and not metric.built:
                given = metric._user_metrics, metric._user_weighted_metrics
                if any(isinstance(some, dict) for some in given):
                    return None  # named by output, and logged otherwise
                names += _compiled_names(metric)
            else:
                result = metric.result()
                names += list(result) if isinstance(result, dict) else [metric.name]
    except Exception:  # a metric that cannot tell before the first batch
        return None
    return names if len(set(names)) == len(names) else None


def _has_one_output(model: keras.Model, loss: object) -> bool:
    outputs = getattr(model, "outputs", None)
    nested = isinstance(getattr(loss, "_user_loss", {}), (list, tuple, dict))
    return isinstance(outputs, list) and len(outputs) == 1 and not nested


def _compiled_names(compiled: object) -> list[str]:
    """Names of the metrics of a model that has one output and saw no batch yet."""
    given = [*(compiled._user_metrics or []), *(compiled._user_weighted_metrics or [])]
    return [metric if isinstance(metric, str) else metric.name for metric in given]


def _is_keras_own(thing: object, method: str) -> bool:
    """Whether Keras, or the kit, wrote this method."""
    if method in vars(thing):
        return False
    function = getattr(type(thing), method, None)
    module = getattr(function, "__module__", "") or ""
    return function is None or module.split(".")[0] in ("keras", "cnnkit")


def _may_add_logs(callback: keras.callbacks.Callback, hook: str) -> bool:
    hooks = {hook, "on_batch_end"} if hook == "on_train_batch_end" else {hook}
    return not all(_is_keras_own(callback, name) for name in hooks)


def _logs_the_rate(callback: keras.callbacks.Callback) -> bool:
    kinds = (
        keras.callbacks.ReduceLROnPlateau,
        keras.callbacks.LearningRateScheduler,
    )
    return isinstance(callback, kinds) or getattr(callback, "logs_the_rate", False)
