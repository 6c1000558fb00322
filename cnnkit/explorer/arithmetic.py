"""Work out one number of a layer's answer from the numbers of the layer before."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import product

import numpy as np

from cnnkit.explorer.bends import LINEAR, bent, is_known
from cnnkit.explorer.steps import Step
from cnnkit.explorer.told import Explanation

Place = tuple[int, ...]
Fields = dict[str, object]


def worked_out(
    step: Step, given: np.ndarray, place: Place, value: float
) -> Explanation:
    """Explain one number.

    Args:
        step: the layer.
        given: what the layer before answered to one image.
        place: of the number in the layer's own answer.
        value: the number, as Keras says.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        fields = _ARITHMETIC[step.kind](step, given, place)
    return Explanation(
        layer=step.name,
        label=step.label,
        kind=step.kind,
        place=place,
        value=float(value),
        source=step.source or "the image",
        **fields,
    )


def _read(given: np.ndarray, places: Iterable[Place], shape: tuple = ()) -> Fields:
    """Fetch the numbers at the places; 0 where a place lies outside."""
    places = np.array(list(places), int).reshape(-1, given.ndim)
    inside = ((places >= 0) & (places < given.shape)).all(axis=1)
    inputs = np.zeros(len(places))
    inputs[inside] = given[tuple(places[inside].T)]
    shape = shape or (len(places),)
    return {"places": places, "inside": inside, "inputs": inputs, "shape": shape}


def _window(step: Step, given: np.ndarray, place: Place, channels: range) -> Fields:
    rows, columns = step.window.rows(place[0]), step.window.columns(place[1])
    shape = len(rows), len(columns), len(channels)
    return _read(given, product(rows, columns, channels), shape)


def _conv(step: Step, given: np.ndarray, place: Place) -> tuple[Fields, np.ndarray]:
    kernel = step.weights["kernel"]  # (kh, kw, channels of a group, filters)
    depth, in_a_group = kernel.shape[2], kernel.shape[3] // step.options["groups"]
    first = place[2] // in_a_group * depth
    read = _window(step, given, place, range(first, first + depth))
    return read, kernel[..., place[2]].ravel()


def _depthwise(step: Step, given: np.ndarray, place: Place) -> tuple:
    kernel = step.weights["kernel"]  # (kh, kw, channels, kernels for each)
    channel, which = divmod(place[2], kernel.shape[3])
    read = _window(step, given, place, range(channel, channel + 1))
    return read, kernel[:, :, channel, which].ravel()


def _dense(step: Step, given: np.ndarray, place: Place) -> tuple:
    *where, unit = place
    read = _read(given, ((*where, i) for i in range(given.shape[-1])))
    return read, step.weights["kernel"][:, unit]


_FACTORS = {"conv": _conv, "depthwise": _depthwise, "dense": _dense}


def _weighted(step: Step, given: np.ndarray, place: Place) -> Fields:
    """Products, their sum, a bias, an activation."""
    read, weights = _FACTORS[step.kind](step, given, place)
    weights = weights.astype(np.float64)
    terms = read["inputs"] * weights
    bias = float(step.weights["bias"][place[-1]]) if "bias" in step.weights else 0.0
    total = float(terms.sum() + bias)
    fields = {**read, "weights": weights, "terms": terms, "bias": bias, "total": total}
    fields["size"] = float(np.abs(terms).sum() + abs(bias))
    if step.bend["name"] != "softmax":
        return fields | _bent(step, total)
    others = [(*place[:-1], unit) for unit in range(step.after[-1])]
    alone = replace(step, bend=LINEAR)
    logits = [_weighted(alone, given, other)["total"] for other in others]
    return fields | _share(step, np.array(logits), place[-1])


def _bent(step: Step, total: float) -> Fields:
    result = bent(step.bend, total) if is_known(step.bend) else None
    return {"total": total, "bend": step.bend, "result": result}


def _share(step: Step, logits: np.ndarray, which: int) -> Fields:
    """Softmax; the largest logit is taken off first, so that nothing overflows."""
    powers = np.exp(logits - logits.max())
    numbers = {
        "logit": float(logits[which]),
        "largest logit": float(logits.max()),
        "exponential of the difference": float(powers[which]),
        "sum of all such exponentials": float(powers.sum()),
    }
    result = float(powers[which] / powers.sum())
    told = {"total": float(logits[which]), "bend": step.bend, "result": result}
    return told | {"numbers": numbers}


def _activation(step: Step, given: np.ndarray, place: Place) -> Fields:
    if step.bend["name"] == "softmax":
        read = _read(given, ((*place[:-1], i) for i in range(given.shape[-1])))
        largest = float(np.abs(read["inputs"]).max())
        return read | {"size": largest} | _share(step, read["inputs"], place[-1])
    read = _read(given, [place])
    total = float(read["inputs"][0])
    return read | {"size": abs(total)} | _bent(step, total)


def _pool(step: Step, given: np.ndarray, place: Place) -> Fields:
    read = _window(step, given, place, range(place[2], place[2] + 1))
    return read | _pooled(step, read["inputs"], read["inside"])


def _global(step: Step, given: np.ndarray, place: Place) -> Fields:
    rows, columns, _ = given.shape
    places = product(range(rows), range(columns), [place[-1]])
    read = _read(given, places, (rows, columns, 1))
    return read | _pooled(step, read["inputs"], read["inside"])


def _pooled(step: Step, inputs: np.ndarray, inside: np.ndarray) -> Fields:
    """The padding has no say, in none of the three."""
    pooling = step.options["pooling"]
    if pooling == "max":
        largest = float(inputs[inside].max())
        winners = tuple(np.flatnonzero(inside & (inputs == largest)).tolist())
        return {"result": largest, "winners": winners, "size": abs(largest)}
    if pooling == "average":
        terms = inputs / inside.sum()
        size = float(np.abs(terms).sum())
        return {"terms": terms, "result": float(terms.sum()), "size": size}
    p = step.options["p"]
    terms = np.abs(inputs) ** p
    result = float(terms.sum() ** (1 / p))
    numbers = {"p": p, "sum of the powers": float(terms.sum())}
    return {"terms": terms, "numbers": numbers, "result": result, "size": result}


def _norm(step: Step, given: np.ndarray, place: Place) -> Fields:
    read, channel = _read(given, [place]), place[-1]
    there = {name: float(held[channel]) for name, held in step.weights.items()}
    mean, variance = there["moving_mean"], there["moving_variance"]
    epsilon, x = step.options["epsilon"], float(read["inputs"][0])
    gamma, beta = there.get("gamma", 1.0), there.get("beta", 0.0)
    slope = gamma / np.sqrt(variance + epsilon)
    numbers = {"mean": mean, "variance": variance, "gamma": gamma, "beta": beta}
    return {
        **read,
        "numbers": numbers | {"epsilon": epsilon},
        "result": float(slope * (x - mean) + beta),
        "size": float(abs(slope) * (abs(x) + abs(mean)) + abs(beta)),
    }


def _rescale(step: Step, given: np.ndarray, place: Place) -> Fields:
    read = _read(given, [place])
    numbers = {name: float(held[place[-1]]) for name, held in step.weights.items()}
    scaled, offset = read["inputs"][0] * numbers["scale"], numbers["offset"]
    result, size = float(scaled + offset), float(abs(scaled) + abs(offset))
    return {**read, "numbers": numbers, "result": result, "size": size}


def _zeros(step: Step, given: np.ndarray, place: Place) -> Fields:
    row, column, channel = place
    above, left = step.options["above"], step.options["left"]
    return _kept(_read(given, [(row - above, column - left, channel)]))


def _reshape(step: Step, given: np.ndarray, place: Place) -> Fields:
    index = np.ravel_multi_index(place, step.after)
    return _kept(_read(given, [np.unravel_index(index, step.before)]))


def _same(step: Step, given: np.ndarray, place: Place) -> Fields:
    return _kept(_read(given, [place]))


def _kept(read: Fields) -> Fields:
    return read | {"result": float(read["inputs"][0])}


def _unknown(step: Step, given: np.ndarray, place: Place) -> Fields:
    return _read(given, [])


_ARITHMETIC: dict[str, Callable[[Step, np.ndarray, Place], Fields]] = {
    "conv": _weighted,
    "depthwise": _weighted,
    "dense": _weighted,
    "pool": _pool,
    "global": _global,
    "norm": _norm,
    "activation": _activation,
    "rescale": _rescale,
    "zeros": _zeros,
    "reshape": _reshape,
    "same": _same,
    "unknown": _unknown,
}
