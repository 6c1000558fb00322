"""Take a model apart into the layers of its chain, models inside it included."""

from collections.abc import Iterator
from dataclasses import dataclass

from cnnkit.errors import expected
from cnnkit.runtime import keras

Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class Link:
    """One layer of a chain, and what the model's graph knows about its shapes."""

    name: str
    layer: keras.Layer  # or an operation, such as `keras.ops.relu(x)`
    before: Shape | None  # without the batch axis; None: there is no graph
    after: Shape | None
    trainable: bool  # False inside a model that is frozen as a whole


def links(model: keras.Model, prefix: str = "", trainable: bool = True) -> list[Link]:
    """The layers in the order in which the data pass them; `outer/inner` names."""
    found, trainable = [], trainable and model.trainable
    for layer, before, after in _steps(model, prefix + model.name):
        name = prefix + layer.name
        if is_open(layer):
            found += links(layer, f"{name}/", trainable)
        else:
            found.append(Link(name, layer, before, after, trainable))
    return found


def is_open(layer: object) -> bool:
    """Whether it is a model whose layers say all that it does.

    That holds for Sequential and Functional models; not for one with a `call` of
    its own.
    """
    if not isinstance(layer, keras.Model) or not is_kerass_own(layer):
        return False
    return isinstance(layer, keras.Sequential) or hasattr(layer, "operations")


def is_kerass_own(layer: object) -> bool:
    """Whether what the layer does is code of Keras or the kit, not a new `call`."""
    module = getattr(type(layer).call, "__module__", "") or ""
    return module.startswith(("keras.", "cnnkit.models."))


def _steps(model: keras.Model, where: str) -> Iterator[tuple]:
    """Each layer, with the shapes before and behind it where a graph has them."""
    if isinstance(model, keras.Sequential):
        for layer in model.layers:
            if not isinstance(layer, keras.layers.InputLayer):
                yield layer, None, None
        return
    for what in ("inputs", "outputs"):
        if len(getattr(model, what)) != 1:
            raise expected(
                f"a chain of layers, with one input and one output ({where})",
                f"{len(getattr(model, what))} {what}{_where_it_branches(model)}",
            )
    steps, tensor = [], model.outputs[0]
    while tensor is not model.inputs[0]:
        history = tensor._keras_history
        sources = _sources(tensor)
        if len(sources) != 1:
            raise expected(
                f"a chain of layers, each fed by the one before it ({where})",
                f"{history.operation.name}, which is fed by {len(sources)} of them"
                f"{_where_it_branches(model)}",
                advice="A trace tells one path; give it the part before the branch.",
            )
        shapes = (tuple(part.shape[1:]) for part in (sources[0], tensor))
        steps.append((history.operation, *shapes))
        tensor = sources[0]
    yield from reversed(steps)


def _sources(tensor: keras.KerasTensor) -> list:
    """The tensors that the tensor was made from, each once."""
    history = tensor._keras_history
    node = history.operation._inbound_nodes[history.node_index]
    return list({id(source): source for source in node.input_tensors}.values())


def _where_it_branches(model: keras.Model) -> str:
    """The first place whose answer goes more than one way, as words."""
    readers: dict[int, list[str]] = {}
    seen: dict[int, object] = {}
    waiting = list(model.outputs)
    for tensor in model.outputs:
        readers.setdefault(id(tensor), []).append("an output of the model")
    while waiting:
        tensor = waiting.pop(0)
        if id(tensor) in seen:
            continue
        seen[id(tensor)] = tensor
        for source in _sources(tensor):
            reader = tensor._keras_history.operation.name
            readers.setdefault(id(source), []).append(reader)
            waiting.append(source)
    for tensor in reversed(seen.values()):  # from the input on
        names = sorted(set(readers.get(id(tensor), [])))
        if len(names) > 1:
            branch = tensor._keras_history.operation.name
            return f"; it branches after {branch}, into {' and '.join(names)}"
    return ""
