"""Several workers on this machine: start them, watch them, gather what they report.

Each is a process of its own that runs `cnnkit.worker` on one processor core, as if
it were alone on a machine. They talk through 127.0.0.1 and nothing else. Keras
brings several processes together on the JAX backend alone, so JAX must be there:
`pip install "cnnkit[distributed]"`.
"""

import importlib.metadata
import importlib.util
import os
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cnnkit.errors import check_choice, check_integer, check_number, expected
from cnnkit.team import Member, team

# Networks without dropout: nothing in them is drawn at random once they train. In
# `lenet5`, tanh and averages everywhere, nothing jumps either, so what is rounded
# off stays small. ReLU and maxima decide: there one last digit can tip a decision,
# and after a hundred steps the losses of one and two workers may differ visibly.
MODELS = ("lenet5", "simple_cnn", "mlp")
_REPOSITORY = Path(__file__).resolve().parent.parent
# Runs `python -m cnnkit.worker`. Older releases of JAX (before 0.5 or so) must be
# told in Python how processes without a GPU are to be joined; it is the default now.
_START = """
import jax, runpy
jax.config.update("jax_cpu_collectives_implementation", "gloo")
runpy.run_module("cnnkit.worker", run_name="__main__", alter_sys=True)
"""


class Trained(NamedTuple):
    """What several workers report when they have trained one network.

    Attributes:
        losses: the mean loss of each epoch, over the shares of all workers.
        seconds: for each worker, how long one step takes, in its quickest epoch;
            the first, which includes preparations, counts only if it is alone.
        weights: for each worker, a fingerprint of the weights that it ends with.
    """

    losses: list[float]
    seconds: list[float]
    weights: list[str]


def missing() -> str:
    """Why workers cannot be started here, for `claim(…, unless=missing())`.

    Returns:
        The reason; "" when nothing is missing.

    Example:
        >>> missing()
        ''
    """
    if sys.platform == "win32":
        return "JAX joins processes on Linux and macOS only"
    if importlib.util.find_spec("jax") is None:
        return 'JAX is not installed: pip install "cnnkit[distributed]"'
    keras = importlib.metadata.version("keras")
    if tuple(map(int, keras.split(".")[:2])) < (3, 11):
        return f"Keras {keras} cannot share out arrays among processes, 3.11 can"
    return ""


def train_in_processes(
    workers: int = 2,
    *,
    model: str = "lenet5",
    images: int = 5_120,
    batch_size: int = 128,
    epochs: int = 3,
    seed: int = 0,
    timeout: float = 300,
    progress: bool = True,
) -> Trained:
    """Train one network in several processes, each on its share of every batch.

    All start from the same weights, and average their gradients after each step. So
    the losses are those of one process, up to rounding. Nothing is written, and no
    process is left behind, whatever happens.

    Args:
        workers: how many processes. Default: 2.
        model: "lenet5", "simple_cnn" or "mlp". In the last two, ReLU and maxima let
            rounding grow, often within a hundred steps. Default: "lenet5".
        images: how many of MNIST's training digits, a multiple of `batch_size`.
            Default: 5,120.
        batch_size: digits a step, of all workers together; a multiple of `workers`.
            Default: 128.
        epochs: how often they go through the digits. Default: 3.
        seed: decides the first weights and the order of the digits. Default: 0.
        timeout: seconds after which to give up. Default: 300.
        progress: print a line for each epoch. Default: True.

    Returns:
        The losses, the seconds a step and the fingerprints of the weights.

    Raises:
        ModuleNotFoundError: JAX is not installed, or cannot join processes here, or
            Keras is older than 3.11.
        RuntimeError: a worker failed; the message has the last lines that it wrote.
        TimeoutError: they were not done in time.
        ValueError: an argument is out of range, or the digits or batches cannot be
            shared out evenly.

    Example:
        >>> train_in_processes(2, images=1_024).losses  # one for each epoch

    Taught in: notebooks/17_beyond_one_machine.ipynb
    """
    check_choice("model", model, MODELS)
    _check_shares(workers, images, batch_size)
    options = {"name": model, "images": images, "batch-size": batch_size}
    options["epochs"] = check_integer("epochs", epochs, minimum=1)
    options["seed"] = check_integer("seed", seed, minimum=0, maximum=2**32 - 1)
    check_number("timeout", timeout, minimum=0, exclusive=True)
    if missing():
        requirement = "processes that JAX can join"
        raise expected(requirement, missing(), error=ModuleNotFoundError)
    command = [sys.executable, "-c", _START]
    command += [f"--{option}={value}" for option, value in options.items()]
    address = f"127.0.0.1:{_free_port()}"
    told = [_environment(number, workers, address) for number in range(workers)]
    with team(command, told) as members:
        _watch(members, epochs, timeout, progress)
        return _gathered([member.reports() for member in members])


def environment_of(number: int, workers: int, address: str) -> dict[str, str]:
    """What a worker is told through its environment, on any host.

    Args:
        number: which worker it is, from 0.
        workers: how many there are.
        address: where worker 0 can be reached: `"host:port"`.

    Returns:
        Environment variables and their values.

    Example:
        >>> environment_of(1, 2, "10.0.0.1:1234")["KERAS_DISTRIBUTION_PROCESS_ID"]
        '1'

    Taught in: notebooks/17_beyond_one_machine.ipynb
    """
    return {
        "KERAS_BACKEND": "jax",
        "KERAS_DISTRIBUTION_JOB_ADDRESSES": address,
        "KERAS_DISTRIBUTION_NUM_PROCESSES": str(workers),
        "KERAS_DISTRIBUTION_PROCESS_ID": str(number),
    }


def _check_shares(workers: int, images: int, batch_size: int) -> None:
    check_integer("workers", workers, minimum=1, maximum=64)
    check_integer("batch_size", batch_size, minimum=1)
    check_integer("images", images, minimum=1, maximum=55_000)
    if batch_size % workers:
        received = f"batch_size={batch_size}, workers={workers}"
        raise expected("`batch_size` to be a multiple of `workers`", received)
    if images % batch_size:
        received = f"images={images}, batch_size={batch_size}"
        raise expected("`images` to be a multiple of `batch_size`", received)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _environment(number: int, workers: int, address: str) -> dict[str, str]:
    """The environment of this process, without what would disturb the workers."""
    disturbing = ("JAX_", "XLA_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "GRPC_")
    kept = {k: v for k, v in os.environ.items() if not k.upper().startswith(disturbing)}
    found = [str(_REPOSITORY), os.environ.get("PYTHONPATH", "")]
    return kept | {
        **environment_of(number, workers, address),
        "JAX_PLATFORMS": "cpu",
        "JAX_COORDINATOR_BIND_ADDRESS": address,  # not seen from other machines
        "NPROC": "1",  # one thread to compute with
        "PYTHONPATH": os.pathsep.join(filter(None, found)),
    }


def _watch(
    members: Sequence[Member], epochs: int, timeout: float, progress: bool
) -> None:
    """Wait until all are done; raise as soon as one fails, or when it takes long."""
    if progress:
        print(f"starting {len(members)} × Python, Keras and JAX …", flush=True)
    end, told = time.monotonic() + timeout, 0
    while True:
        states = [member.process.poll() for member in members]
        if any(states):
            raise _failure([m for m in members if m.process.returncode], len(members))
        done = [report for report in members[0].reports() if "loss" in report]
        for epoch, report in enumerate(done[told:], told + 1):
            if progress:
                row = f"  epoch {epoch}/{epochs}   loss {report['loss']:.4f}"
                print(f"{row}   {1000 * report['seconds']:.1f} ms a step", flush=True)
        told = len(done)
        if None not in states:
            return
        if time.monotonic() > end:
            requirement = f"the workers to finish within {timeout:g} seconds"
            received = f"{told} of {epochs} epochs done"
            raise expected(requirement, received, error=TimeoutError)
        time.sleep(0.1)


def _failure(failed: Sequence[Member], workers: int) -> Exception:
    words = "\n".join(member.last_words() for member in failed)
    return expected(
        f"all {workers} workers to finish" if workers > 1 else "the worker to finish",
        f"{len(failed)} that failed",
        advice=f"The last words of\n{words}",
        error=RuntimeError,
    )


def _gathered(reports: list[list[dict]]) -> Trained:
    """Put together what all workers have reported."""
    losses = [report["loss"] for report in reports[0][:-1]]
    times = [[report["seconds"] for report in of_one[:-1]] for of_one in reports]
    seconds = [min(of_one[1:] or of_one) for of_one in times]
    return Trained(losses, seconds, [of_one[-1]["weights"] for of_one in reports])
