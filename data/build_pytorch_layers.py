"""Make data/pytorch_layers.npz: what PyTorch's layers answer, and their weights.

    python data/build_pytorch_layers.py [--output data/pytorch_layers.npz]

PyTorch must be installed. Arrays are in PyTorch's order: pictures `(N, C, H, W)`,
kernels `(Cout, Cin, kh, kw)`, dense weights `(out, in)`. Notebook 18 computes the
same answers with Keras.
"""

import argparse
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent


def given(seed: int = 0) -> dict[str, np.ndarray]:
    """The input `x`, labels, and the weights of the layers that have any."""
    rng = np.random.default_rng(seed)
    shapes = {
        "x": (2, 3, 6, 6),
        "conv.weight": (4, 3, 3, 3),
        "conv.bias": (4,),
        "linear.weight": (5, 108),
        "linear.bias": (5,),
        "norm.weight": (3,),
        "norm.bias": (3,),
        "norm.running_mean": (3,),
    }
    arrays = {name: rng.normal(0, 1, shape) for name, shape in shapes.items()}
    arrays["linear.weight"] /= np.sqrt(108)
    arrays["norm.running_var"] = rng.uniform(0.5, 2, 3)
    arrays = {name: np.float32(array) for name, array in arrays.items()}
    return arrays | {"labels": np.array([3, 0])}


def answers(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What PyTorch's layers answer, each under its own name."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    x = torch.from_numpy(arrays["x"])
    layers = {
        "Conv2d": nn.Conv2d(3, 4, 3, padding=1),
        "Conv2d, stride 2": nn.Conv2d(3, 4, 3, stride=2, padding=1),
        "BatchNorm2d": nn.BatchNorm2d(3),
        "ReLU": nn.ReLU(),
        "MaxPool2d": nn.MaxPool2d(2),
        "AvgPool2d": nn.AvgPool2d(2),
        "AdaptiveAvgPool2d": nn.AdaptiveAvgPool2d(1),
        "Softmax": nn.Softmax(dim=1),
        "Flatten": nn.Flatten(),
        "Flatten, Linear": nn.Sequential(nn.Flatten(), nn.Linear(108, 5)),
        "Dropout": nn.Dropout(0.5),
    }
    with torch.no_grad():
        for name, prefix in {
            "Conv2d": "conv.",
            "Conv2d, stride 2": "conv.",
            "BatchNorm2d": "norm.",
            "Flatten, Linear": "linear.",
        }.items():
            for kind, values in [
                *layers[name].named_parameters(),
                *layers[name].named_buffers(),
            ]:
                stored = arrays.get(prefix + kind.rpartition(".")[2])
                if stored is not None:
                    values.copy_(torch.from_numpy(stored))
        told = {name: layer.eval()(x) for name, layer in layers.items()}
        told["Dropout, training"] = layers["Dropout"].train()(x)
        told["BatchNorm2d, training"] = layers["BatchNorm2d"].train()(x)
        told["running mean"] = layers["BatchNorm2d"].running_mean
        labels = torch.from_numpy(arrays["labels"])
        told["CrossEntropyLoss"] = nn.CrossEntropyLoss()(
            told["Flatten, Linear"], labels
        )
    told = {name: answer.numpy() for name, answer in told.items()}
    return told | {"version": np.array(torch.__version__.partition("+")[0])}


def main() -> None:
    """Read the command line, build, and say what was written."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=HERE / "pytorch_layers.npz")
    output = parser.parse_args().output
    arrays = given()
    arrays |= answers(arrays)
    np.savez_compressed(output, **arrays)
    print(f"{output.name}: {len(arrays)} arrays, {output.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
