"""Few and quick: each process needs seconds to import Keras and JAX."""

import importlib.metadata
import importlib.util
import json
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from cnnkit import workers
from cnnkit.workers import environment_of, train_in_processes

needs_jax = pytest.mark.skipif(bool(workers.missing()), reason=workers.missing() or "-")


@pytest.fixture
def scripted(monkeypatch):
    """Workers that run a few lines of Python instead of training."""
    monkeypatch.setattr("cnnkit.workers.missing", lambda: "")
    real = workers.team

    def start(code):
        def team(command, told):
            return real([sys.executable, "-S", "-c", code], told)

        monkeypatch.setattr("cnnkit.workers.team", team)

    return start


@needs_jax
def test_two_processes_lose_what_one_loses(capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = children()
    one = train_in_processes(1, images=1_024, epochs=2, progress=False)
    assert capfd.readouterr() == ("", "")
    two = train_in_processes(2, images=1_024, epochs=2)
    assert len(one.losses) == len(two.losses) == 2
    assert 2.4 > one.losses[0] > 1.1 * one.losses[1] > 0
    np.testing.assert_allclose(two.losses, one.losses, rtol=1e-5)
    assert [len(one.seconds), len(two.seconds)] == [1, 2]
    assert two.weights[0] == two.weights[1]
    out, err = capfd.readouterr()
    lines = out.splitlines()
    assert err == "" and lines[0].startswith("starting 2 × ") and len(lines) == 3
    assert f"epoch 2/2   loss {two.losses[1]:.4f}" in lines[2]
    assert children() == before and not any(tmp_path.iterdir())


def children():
    """The processes that this one has started and that still live, on Linux."""
    tasks = Path("/proc/self/task").glob("*/children")
    return {child for task in tasks for child in task.read_text().split()}


def test_one_that_dies_ends_the_others(scripted):
    scripted(
        "import os, sys, time\n"
        "if os.environ['KERAS_DISTRIBUTION_PROCESS_ID'] == '0': time.sleep(60)\n"
        "sys.exit('out of memory')"
    )
    before, started = children(), time.monotonic()
    with pytest.raises(RuntimeError) as raised:
        train_in_processes(2, progress=False)
    assert str(raised.value) == (
        "Expected all 2 workers to finish. Received: 1 that failed. "
        "The last words of\nworker 1, which ended with 1:\n  out of memory"
    )
    assert time.monotonic() - started < 30 and children() == before


def test_one_that_is_killed(scripted):
    scripted(f"import os; os.kill(os.getpid(), {int(signal.SIGTERM)})")
    with pytest.raises(RuntimeError, match="worker 0, which ended with -15"):
        train_in_processes(1, progress=False)


def test_they_do_not_take_for_ever(scripted):
    scripted("import time; time.sleep(60)")
    before = children()
    with pytest.raises(TimeoutError, match="within 0.3 seconds. Received: 0 of 3"):
        train_in_processes(2, timeout=0.3, progress=False)
    assert children() == before


def test_an_interruption_leaves_nobody(scripted, monkeypatch):
    def interrupt(seconds):
        raise KeyboardInterrupt

    scripted("import time; time.sleep(60)")
    before = children()
    monkeypatch.setattr("cnnkit.workers.time.sleep", interrupt)
    with pytest.raises(KeyboardInterrupt):
        train_in_processes(2, progress=False)
    assert children() == before


def test_the_quickest_epoch_counts_but_not_the_first(scripted):
    reports = [{"loss": 2.0, "seconds": 0.1}, {"loss": 1.0, "seconds": 0.4}]
    reports += [{"loss": 0.5, "seconds": 0.3}, {"weights": "abc"}]
    scripted(f"print({chr(10).join(map(json.dumps, reports))!r})")
    assert train_in_processes(2, progress=False) == (
        [2.0, 1.0, 0.5],
        [0.3, 0.3],
        ["abc", "abc"],
    )


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"workers": 0}, "`workers` to be an integer of at least 1"),
        ({"workers": 3}, "`batch_size` to be a multiple of `workers`. Received: batch"),
        ({"images": 1_000}, "`images` to be a multiple of `batch_size`. Received: ima"),
        ({"images": 56_320}, "at most 55,000"),
        ({"epochs": 0}, "`epochs` to be an integer of at least 1"),
        ({"seed": -1}, "`seed` to be an integer of at least 0"),
        ({"timeout": 0}, "`timeout` to be a number above 0"),
        ({"model": "lenet"}, "Did you mean 'lenet5'"),
    ],
)
def test_arguments_that_do_not_work_out(keywords, message):
    with pytest.raises(ValueError, match=message):
        train_in_processes(**keywords)


def test_without_jax_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "platform", "linux")
    assert workers.missing().startswith("JAX is not installed")
    with pytest.raises(ModuleNotFoundError, match=r'pip install "cnnkit\[distributed'):
        train_in_processes(2)


def test_jax_joins_no_processes_on_windows(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    assert "Linux and macOS only" in workers.missing()


def test_keras_3_10_takes_no_arrays_in_several_processes(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: "there")
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "3.10.0")
    assert workers.missing().startswith("Keras 3.10.0 cannot")
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "3.11.0.dev2")
    assert workers.missing() == ""


def test_two_hosts_are_told_the_same_but_for_their_number():
    first, second = (environment_of(n, 2, "10.0.0.1:1234") for n in range(2))
    differ = {name for name in first if first[name] != second[name]}
    assert differ == {"KERAS_DISTRIBUTION_PROCESS_ID"}


def test_proxies_and_flags_of_the_caller_do_not_reach_the_workers(monkeypatch):
    monkeypatch.setenv("https_proxy", "http://nowhere:1")
    monkeypatch.setenv("XLA_FLAGS", "--xla_force_host_platform_device_count=8")
    monkeypatch.setenv("CNNKIT_DATA", "kept")
    told = workers._environment(0, 2, "127.0.0.1:1")
    assert (
        not {"https_proxy", "XLA_FLAGS"} & set(told) and told["JAX_PLATFORMS"] == "cpu"
    )
    assert told["CNNKIT_DATA"] == "kept"
    assert told["JAX_COORDINATOR_BIND_ADDRESS"] == "127.0.0.1:1"
    assert os.environ["https_proxy"]
