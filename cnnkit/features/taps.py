"""Listen to layers while a model runs, whatever kind of model it is.

A layer's `call` is replaced on the layer itself, for the time of a `with` block.
So a Sequential, a Functional and a subclassed model are read in the same way, and
none has to be built anew.
"""

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

from cnnkit.errors import expected
from cnnkit.runtime import keras, tensorflow

Tap = Callable[[str, object], None]


def named_layers(model: keras.Model) -> dict[str, keras.Layer]:
    """The layers of a model by name; those inside of a layer as `outer/inner`.

    A model inside the model is told by its layers alone, a layer of the user's own
    that holds others by both. A layer that is shared has its first name, and a
    name that is taken already gets a number, as `conv (2)`.

    Raises:
        TypeError: it is no Keras model.
        ValueError: it has no layer, or one that keeps its channels first.
    """
    if not isinstance(model, keras.Model):
        received = f"{type(model).__name__}"
        raise expected("`model` to be a Keras model", received, error=TypeError)
    found: dict[str, keras.Layer] = {}
    known: set[int] = set()
    for name, layer in _walk(model, ""):
        if id(layer) in known:
            continue
        known.add(id(layer))
        numbered = (f"{name} ({number})" for number in itertools.count(2))
        names = itertools.chain([name], numbered)
        found[next(free for free in names if free not in found)] = layer
        if getattr(layer, "data_format", None) == "channels_first":
            raise expected(
                "layers with the channels last, (N, H, W, C)",
                f"{name}, which has data_format='channels_first'",
            )
    if not found:
        raise expected("a model with layers", f"{model.name}, which has none")
    return found


def _walk(holder: keras.Layer, prefix: str) -> Iterator[tuple[str, keras.Layer]]:
    is_model = isinstance(holder, keras.Model)
    inside = holder.layers if is_model else holder._flatten_layers(False, False)
    for layer in inside:
        if isinstance(layer, (keras.layers.InputLayer, keras.metrics.Metric)):
            continue
        whole = isinstance(layer, keras.Model) and layer.layers
        own = not type(layer).__module__.startswith("keras.")
        if whole or own:
            yield from _walk(layer, f"{prefix}{layer.name}/")
        if not whole:
            yield prefix + layer.name, layer


def operations_of(model: keras.Model) -> list[object]:
    """What a Functional model does outside of layers, as `keras.ops.softmax`.

    Those of models inside it too.
    """
    found = []
    for one in [*getattr(model, "operations", ()), *getattr(model, "layers", ())]:
        if isinstance(one, keras.Model):
            found += operations_of(one)
        elif not isinstance(one, keras.Layer):
            found.append(one)
    return found


def run_of(name: str, layers: Mapping[str, object]) -> tuple[str, int]:
    """Take `conv#2` apart into the layer's name and the number of its run."""
    match = re.fullmatch(r"(.+)#(\d+)", name)
    if name not in layers and match and match[1] in layers and int(match[2]) > 1:
        return match[1], int(match[2])
    return name, 1


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
def wrapped(layer: object, around: Callable) -> Iterator[None]:
    """Let `around(call, run, *arguments, **keywords)` stand for the layer's call.

    Args:
        layer: a layer or an operation.
        around: gets the layer's own `call`, and the number of the run from 1 on.
    """
    original, runs = layer.call, itertools.count(1)

    def call(*arguments: object, **keywords: object) -> object:
        return around(original, next(runs), *arguments, **keywords)

    with replaced(layer, "call", call):
        yield


@contextmanager
def tapped(layers: Mapping[str, object], tap: Tap) -> Iterator[None]:
    """Tell `tap` the name and the answer of each layer as it runs.

    A layer that runs several times is told again as `name#2`, `name#3` …; of an
    answer with several tensors each is told, as `name[0]`, `name[1]` ….
    """

    def telling(name: str) -> Callable:
        def around(call: Callable, run: int, *given: object, **named: object) -> object:
            answer = call(*given, **named)
            label = name if run == 1 else f"{name}#{run}"
            parts = keras.tree.flatten(answer)
            for index, part in enumerate(parts):
                tap(label if len(parts) == 1 else f"{label}[{index}]", part)
            return answer

        return around

    with ExitStack() as stack:
        for name, layer in layers.items():
            stack.enter_context(wrapped(layer, telling(name)))
        yield


@contextmanager
def opened(model: keras.Model, *, compiled: bool = False) -> Iterator[None]:
    """Let every call of a layer run where taps can hear it.

    Layers whose `call` is compiled would answer past the taps, or keep for good what
    was replaced; layers that run twice to save memory would be heard twice.

    Args:
        model: a built model.
        compiled: keep TensorFlow's functions compiled, unless a `call` is one.
    """
    things = [model, *named_layers(model).values()]
    with ExitStack() as stack:
        for thing in things:
            if getattr(thing, "_remat_mode", None):
                stack.enter_context(replaced(thing, "_remat_mode", None))
        has_function = any(hasattr(x.call, "get_concrete_function") for x in things)
        if keras.backend.backend() == "tensorflow" and (has_function or not compiled):
            config = tensorflow().config
            before = config.functions_run_eagerly()
            stack.callback(config.run_functions_eagerly, before)
            config.run_functions_eagerly(True)
        yield
