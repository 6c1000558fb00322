"""Networks in files: what the layers are, as text, and their weights, as arrays."""

import json
import os
from typing import TYPE_CHECKING

import numpy as np

from cnnkit.arrays import read_npz
from cnnkit.errors import expected
from cnnkit.files import whole_file
from cnnkit.scratch import layers, trained_layers
from cnnkit.scratch.layers import Layer

if TYPE_CHECKING:
    from cnnkit.scratch.stack import Stack

_KINDS = (
    *(layers.ReLU, layers.LeakyReLU, layers.Sigmoid, layers.Tanh),
    *(layers.MaxPooling2D, layers.AveragePooling2D, layers.LpPooling2D),
    *(layers.GlobalAveragePooling2D, layers.Flatten, layers.Dropout),
    *(trained_layers.Conv2D, trained_layers.Dense),
)
_CLASSES = {kind.__name__: kind for kind in _KINDS}


def write_network(network: "Stack", path: str | os.PathLike) -> None:
    """Write a network to an npz file, whole or not at all."""
    for layer in network.layers:
        if type(layer) not in _KINDS:
            raise expected(
                "layers of cnnkit.scratch, which can be read back",
                f"a {type(layer).__name__}",
                advice="Save get_weights() yourself, with np.savez.",
            )
    described = {
        "layers": [[type(layer).__name__, layer.options] for layer in network.layers],
        "input_shape": network.input_shape,
        "dtype": network.dtype.name,
    }
    text = json.dumps(described, default=lambda number: number.item())
    arrays = {f"weights_{index}": array for index, array in enumerate(network.weights)}
    with whole_file(path) as partial, partial.open("wb") as file:
        np.savez(file, network=np.array(text), **arrays)


def read_network(
    path: str | os.PathLike,
) -> tuple[list[Layer], list[np.ndarray], dict]:
    """Return `(layers, weights, other arguments)` from a file of `write_network`.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged, or something else.
    """
    arrays = read_npz(path)
    try:
        described = dict(json.loads(str(arrays.pop("network"))))
        stack = [_CLASSES[name](**options) for name, options in described.pop("layers")]
        weights = [arrays.pop(f"weights_{index}") for index in range(len(arrays))]
        options = {name: described[name] for name in ("input_shape", "dtype")}
    except (KeyError, TypeError, ValueError) as error:
        raise expected(
            f"{path} to hold a network saved by scratch.Network.save",
            f"another npz file ({type(error).__name__}: {error})",
        ) from error
    return stack, weights, options
