"""Walk along a model's chain and write a row for each layer."""

import math
import random
from collections.abc import Sequence

from cnnkit.errors import check_integer, expected
from cnnkit.runtime import keras
from cnnkit.tracing.chain import Link, Shape, is_open, links
from cnnkit.tracing.costs import multiply_adds, parameter_formula
from cnnkit.tracing.rows import Row, Trace
from cnnkit.tracing.show import times
from cnnkit.tracing.sizes import axes, formula
from cnnkit.tracing.view import View

_FLOAT32 = 4  # bytes


def trace(model: keras.Model, input_shape: Sequence[int] | None = None) -> Trace:
    """Tell a model layer by layer, with the numbers in the formulas.

    For each layer: the output-size formula, the zeros that padding adds and the
    pixels that no window reads, the parameters and their product, the
    multiply-adds and the memory of the output for one example (float32), and the
    receptive field. Nothing is run, and the model stays as it is: layers that are
    not built yet are copied, and the copies are built.

    Multiply-adds are counted for convolutions and dense layers, with the zeros of
    the padding; a transposed convolution spreads each input over a window. Pooling,
    activations and the like count as 0, and what the kit does not know as unknown.
    Where it knows no formula, the row says so.

    Args:
        model: a chain of layers: a Sequential model, or a Functional one in which
            each layer is fed by the one before it. Models inside the model are
            told layer by layer, as `outer/inner`.
        input_shape: of one example, without the batch, as (28, 28, 1). It is
            needed when the model is not built or leaves sizes open. Default: the
            model's own.

    Returns:
        A `Trace`: `print` it, show it in a notebook, or read its `rows` and
        totals.

    Raises:
        TypeError: `model` is no Keras model, or its layers cannot be reached.
        ValueError: the model branches, has several inputs or outputs, or
            `input_shape` is missing, is too small or is not what the model takes.

    Example:
        >>> trace(models.simple_cnn()).rows[0].formula
        '(28 + 2·0 − 5)/1 + 1 = 24'

    Taught in: notebooks/10_sequential_models.ipynb
    """
    if not is_open(model):
        received = f"{type(model).__name__} {getattr(model, 'name', '')}".strip()
        raise expected(
            "`model` to be a Sequential model, or a Functional one that is a chain",
            received,
            error=TypeError,
        )
    chain = links(model)
    shape = reached = _input_shape(model, input_shape)
    view, seen, rows = View.start(shape, _layout(chain)), {}, []
    ready: dict[int, object] = {}
    for link in chain:
        layer, after = _built(link, reached, ready)
        told = axes(layer, reached, after)
        view = view.through(layer, reached, after, told)
        rows.append(_row(link, layer, reached, after, told, view, seen))
        reached = after
    trainable = sum(count for count, learns in seen.values() if learns)
    total = sum(count for count, _ in seen.values())
    return Trace(model.name, shape, tuple(rows), trainable, total - trainable)


def _row(
    link: Link,
    layer: object,
    before: Shape,
    after: Shape,
    told: tuple | None,
    view: View,
    seen: dict,
) -> Row:
    """Write the row, and enter the layer's weights among those `seen`."""
    weights = getattr(layer, "weights", [])
    learning = getattr(layer, "trainable_weights", []) if link.trainable else []
    learns = {id(weight) for weight in learning}
    counts = {id(w): (math.prod(w.shape), id(w) in learns) for w in weights}
    shared = bool(counts) and counts.keys() <= seen.keys()
    seen.update(counts)
    work, product = multiply_adds(layer, before, after)
    windows = [axis for axis in told or () if axis.field is not None]
    return Row(
        name=link.name,
        kind=type(layer).__name__,
        formula=formula(layer, before, after, told),
        output_shape=after,
        padding=tuple(axis.padding for axis in windows),
        unread=tuple(axis.unread for axis in windows),
        parameters=sum(count for count, _ in counts.values()),
        parameter_formula=parameter_formula(layer),
        trainable_parameters=sum(n for n, learns in counts.values() if learns),
        multiply_adds=work,
        multiply_add_formula=product,
        activation_bytes=None if None in after else _FLOAT32 * math.prod(after),
        receptive_field=view.fields,
        sees_everything=view.everything,
        shared=shared,
    )


def _input_shape(model: keras.Model, given: Sequence[int] | None) -> tuple[int, ...]:
    """The shape of one example, from the model, the caller or both."""
    own = None
    if getattr(model, "inputs", None):
        own = tuple(model.inputs[0].shape[1:])
    takes = f", as {model.name} takes {times(own)}" if own is not None else ""
    if given is None and (own is None or None in own):
        raise expected(
            f"`input_shape` of one example, as (28, 28, 1){takes}", "input_shape=None"
        )
    if given is None:
        return own
    given = given.tolist() if hasattr(given, "tolist") else given
    whole = f"`input_shape` to be the sizes of one example, without the batch{takes}"
    if isinstance(given, str) or not isinstance(given, Sequence) or None in given:
        raise expected(whole, f"input_shape={given!r}")
    shape = tuple(check_integer("input_shape", size, minimum=1) for size in given)
    fits = own is None or len(own) == len(shape)
    if own is not None and fits:
        fits = all(mine in (None, size) for mine, size in zip(own, shape, strict=True))
    if not fits or not shape:
        raise expected(whole, f"input_shape={given!r}")
    return shape


def _layout(chain: list[Link]) -> str:
    """Where the channels are, by the first layer with a window."""
    for link in chain:
        if any(part in type(link.layer).__name__ for part in ("Conv", "Pooling")):
            return getattr(link.layer, "data_format", None) or "channels_last"
    return keras.config.image_data_format()


def _built(link: Link, before: Shape, ready: dict) -> tuple[object, Shape]:
    """The layer, or a built copy of it, and the shape of its output."""
    layer = ready.get(id(link.layer), link.layer)
    if link.before == before and None not in link.after:  # Keras knows it already
        return layer, link.after
    if not isinstance(layer, keras.Layer):
        raise expected(
            f"a model whose sizes are all fixed, for the operation {link.name}",
            times(link.before),
            advice="Build it with an Input that leaves no size open.",
        )
    tensor = keras.KerasTensor((None, *before), dtype=layer.compute_dtype)
    try:
        if layer.built:
            answer = layer.compute_output_spec(tensor)
        else:
            layer, answer = _built_copy(layer, tensor)
            ready[id(link.layer)] = layer
        after = tuple(answer.shape[1:])
    except (ValueError, TypeError, AttributeError, NotImplementedError) as error:
        raise _refused(link, before) from error
    if any(size is not None and size < 1 for size in after):
        raise _refused(link, before)
    return layer, after


def _built_copy(layer: keras.Layer, tensor: keras.KerasTensor) -> tuple:
    drawn = random.getstate()  # a copy's initial weights draw a seed from it
    try:
        copy = type(layer).from_config(layer.get_config())
    except Exception:  # a layer of the caller's own may fail in any way
        # A layer without weights, as Lambda, can be asked without building it.
        return layer, layer.compute_output_spec(tensor)
    else:
        return copy, copy(tensor)
    finally:
        random.setstate(drawn)


def _refused(link: Link, before: Shape) -> Exception:
    return expected(
        f"`input_shape` to be large enough and the layers to fit, up to {link.name}",
        f"{times(before)} before {type(link.layer).__name__} {link.name}",
        advice="If the layer is your own, build the model first: model.build(…).",
    )
