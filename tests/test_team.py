"""Processes that are cheap to start: a Python without any package."""

import os
import sys
import time

import pytest

from cnnkit.team import team

SLEEP = [sys.executable, "-S", "-c", "import time; time.sleep(60)"]
ME = {**os.environ}


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def has_ended(process):
    """Whether the system has forgotten the process altogether."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize("error", [None, RuntimeError, KeyboardInterrupt])
def test_no_process_and_no_file_is_left(error, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    try:
        with team(SLEEP, [ME, ME]) as members:
            numbers = [member.process.pid for member in members]
            assert not any(map(has_ended, numbers)) and any(tmp_path.iterdir())
            if error:
                raise error
    except (RuntimeError, KeyboardInterrupt) as raised:
        assert type(raised) is error
    assert all(map(has_ended, numbers)) and not any(tmp_path.iterdir())


def test_those_started_before_a_failure_are_ended_too(monkeypatch):
    started = []

    def keep(process, number):
        started.append(process)
        if number == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr("cnnkit.team._keep_to_one_core", keep)
    with pytest.raises(KeyboardInterrupt), team(SLEEP, [ME, ME, ME]):
        pass
    assert len(started) == 2 and all(map(has_ended, started))


def test_what_they_say_is_read_while_they_run():
    code = (
        "import os, time; print('noise'); print('{\"number\": %s}' % os.getenv('N'));"
        "print('{\"half', end='', flush=True); time.sleep(60)"
    )
    told = [{**ME, "N": str(number)} for number in range(2)]
    with team([sys.executable, "-S", "-c", code], told) as members:
        wait_for(lambda: all(member.reports() for member in members))
        assert [member.reports() for member in members] == [
            [{"number": 0}],
            [{"number": 1}],
        ]


def test_the_last_words_of_one_that_failed():
    code = "import sys; print('\\n'.join('abcdefgh'), file=sys.stderr); sys.exit(3)"
    with team([sys.executable, "-S", "-c", code], [ME]) as (member,):
        wait_for(lambda: member.process.poll() is not None)
        first, *lines = member.last_words().splitlines()
    assert first == "worker 0, which ended with 3:"
    assert lines == ["  c", "  d", "  e", "  f", "  g", "  h"]


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="Linux only")
def test_each_is_kept_to_one_core():
    with team(SLEEP, [ME, ME]) as members:
        kept = [os.sched_getaffinity(member.process.pid) for member in members]
    cores = os.sched_getaffinity(0)
    assert all(len(of_one) == 1 and of_one <= cores for of_one in kept)
    assert len(set.union(*kept)) == min(2, len(cores))
