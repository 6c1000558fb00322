"""What the page needs of an explorer: plain values, and all arrays in one text."""

import base64
import zlib
from collections.abc import Sequence

import numpy as np

from cnnkit.explorer.steps import Step

_MOST_WEIGHTS, _TERMS = 1_000_000, 100  # of a dense layer, before it is trimmed
_BLOCK = 256  # units that are sorted at a time
_PAPER = 0.4  # share of the pixels that are 0 when the rest is ink


class _Pack:
    """Collects arrays of float32; a page needs only where each begins."""

    def __init__(self) -> None:
        self._parts: list[np.ndarray] = []
        self._count = 0

    def add(self, array: np.ndarray) -> dict[str, object]:
        part = np.ascontiguousarray(array, dtype="<f4")
        held = {"at": self._count, "shape": list(part.shape)}
        self._parts.append(part.ravel())
        self._count += part.size
        return held

    def text(self) -> str:
        """Base64 of the deflated numbers.

        The first bytes of all numbers come first, then the second ones, and so on:
        bytes that are alike lie together, which saves a seventh.
        """
        numbers = np.concatenate(self._parts) if self._parts else np.zeros(0, "<f4")
        planes = numbers.view("u1").reshape(-1, 4).T
        return base64.b64encode(zlib.compress(planes.tobytes(), 9)).decode("ascii")


def payload_of(
    steps: Sequence[Step],
    images: np.ndarray,
    answers: dict[str, np.ndarray],
    *,
    name: str,
    classes: Sequence[str],
    captions: Sequence[str],
    start: Sequence[object],
    dense_terms: int | None,
) -> dict[str, object]:
    """All that the page shows, ready for JSON.

    Args:
        steps: of the model.
        images: `(N, …)`, as the model is given them.
        answers: of each step to all images.
        name: of the model.
        classes: a name for each entry of the answer.
        captions: a name for each image.
        start: which number is shown first: the index of its layer, its place.
        dense_terms: how many terms of a number of a dense layer are kept, the
            strongest; None keeps all, but 100 in a layer of over a million weights.
    """
    pack, told, given = _Pack(), [], images
    for step in steps:
        entry = _plain(step)
        terms = _terms_of(step, given, dense_terms)
        if terms is not None:
            entry["kept"] = _strongest(step, given, terms)
            entry["kept"] = {key: pack.add(one) for key, one in entry["kept"].items()}
        entry["weights"] = {
            key: pack.add(one)
            for key, one in step.weights.items()
            if key != "kernel" or "kept" not in entry
        }
        told.append(entry)
        given = answers[step.name]
    return {
        "name": name,
        "classes": list(classes),
        "captions": list(captions),
        "start": list(start),
        "ink": is_ink(images),
        "trimmed": any("kept" in entry for entry in told),
        "images": pack.add(images),
        "steps": told,
        "answers": [pack.add(answers[step.name]) for step in steps],
        "numbers": pack.text(),
    }


def _terms_of(step: Step, given: np.ndarray, wanted: int | None) -> int | None:
    """How many terms of each number of a dense layer to keep; None for all."""
    if step.kind != "dense" or given.ndim != 2:
        return None
    if wanted is None and step.weights["kernel"].size > _MOST_WEIGHTS:
        wanted = _TERMS
    return None if wanted is None else min(wanted, given.shape[1])


def is_ink(images: np.ndarray) -> bool:
    """Whether grey images show ink on paper: mostly 0, as in MNIST; no photographs."""
    return images.shape[-1] == 1 and bool((images == 0).mean() > _PAPER)


def _plain(step: Step) -> dict[str, object]:
    """The step without its weights."""
    window = step.window and {
        "size": step.window.size,
        "strides": step.window.strides,
        "dilation": step.window.dilation,
        "zeros": step.window.zeros,
    }
    return {
        "name": step.name,
        "label": step.label,
        "kind": step.kind,
        "before": step.before,
        "after": step.after,
        "window": window,
        "bend": step.bend,
        "options": step.options,
    }


def _strongest(step: Step, given: np.ndarray, count: int) -> dict[str, np.ndarray]:
    """The strongest terms of each number of a dense layer, and what the rest brings.

    Returns:
        `inputs` and `weights`, `(N, units, count)`; `rest`, its low digits, and the
        `sizes` of the terms in it, `(N, units)`.
    """
    kernel = step.weights["kernel"]  # (inputs, units)
    kept = {key: [] for key in ("inputs", "weights", "rest", "restLow", "sizes")}
    for one in given.astype(np.float64):
        for start in range(0, kernel.shape[1], _BLOCK):
            weights = kernel[:, start : start + _BLOCK].astype(np.float64).T
            terms = one * weights  # (units of the block, inputs)
            order = np.argsort(-np.abs(terms), axis=1, kind="stable")
            first, others = order[:, :count], order[:, count:]
            rest = np.take_along_axis(terms, others, axis=1)
            high = rest.sum(axis=1).astype(np.float32)
            kept["inputs"].append(first)
            kept["weights"].append(np.take_along_axis(weights, first, axis=1))
            kept["rest"].append(high)
            kept["restLow"].append(rest.sum(axis=1) - high)
            kept["sizes"].append(np.abs(rest).sum(axis=1))
    shape = len(given), kernel.shape[1]
    whole = {key: np.concatenate(held) for key, held in kept.items()}
    return {key: held.reshape(*shape, *held.shape[1:]) for key, held in whole.items()}
