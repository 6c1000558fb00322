"""Listen to layers while a model runs, whatever kind of model it is.

A layer's `call` is replaced on the layer itself, for the time of a `with` block.
So a Sequential, a Functional and a subclassed model are read in the same way, and
none has to be built anew.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

from cnnkit.errors import expected
from cnnkit.runtime import keras

Tap = Callable[[str, object], None]


def named_layers(model: keras.Model) -> dict[str, keras.Layer]:
    """The layers of a model by name; those of a model inside as `outer/inner`.

    Raises:
        TypeError: it is no Keras model.
        ValueError: it has no layer, or one that keeps its channels first.
    """
    if not isinstance(model, keras.Model):
        received = f"{type(model).__name__}"
        raise expected("`model` to be a Keras model", received, error=TypeError)
    found = dict(_walk(model, ""))
    if not found:
        raise expected("a model with layers", f"{model.name}, which has none")
    for name, layer in found.items():
        if getattr(layer, "data_format", None) == "channels_first":
            raise expected(
                "layers with the channels last, (N, H, W, C)",
                f"{name}, which has data_format='channels_first'",
            )
    return found


def _walk(model: keras.Model, prefix: str) -> Iterator[tuple[str, keras.Layer]]:
    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        if isinstance(layer, keras.Model) and layer.layers:
            yield from _walk(layer, f"{prefix}{layer.name}/")
        else:
            yield prefix + layer.name, layer


@contextmanager
def replaced(thing: object, attribute: str, value: object) -> Iterator[None]:
    """Give one object another attribute, a method too, and take it back."""
    own = vars(thing)  # past Keras's bookkeeping: nothing is tracked, nothing locked
    before = {attribute: own[attribute]} if attribute in own else {}
    own[attribute] = value
    try:
        yield
    finally:
        del own[attribute]
        own.update(before)


@contextmanager
def tapped(layers: Mapping[str, object], tap: Tap) -> Iterator[None]:
    """Tell `tap` the name and the answer of each layer as it runs.

    A layer that runs several times is told again as `name#2`, `name#3` …; of an
    answer with several tensors each is told, as `name[0]`, `name[1]` ….
    """
    with ExitStack() as stack:
        for name, layer in layers.items():
            stack.enter_context(replaced(layer, "call", _telling(name, layer, tap)))
        yield


def _telling(name: str, layer: object, tap: Tap) -> Callable:
    original, runs = layer.call, itertools.count(1)

    def call(*arguments: object, **keywords: object) -> object:
        answer = original(*arguments, **keywords)
        run = next(runs)
        label = name if run == 1 else f"{name}#{run}"
        parts = keras.tree.flatten(answer)
        for index, part in enumerate(parts):
            tap(label if len(parts) == 1 else f"{label}[{index}]", part)
        return answer

    return call
