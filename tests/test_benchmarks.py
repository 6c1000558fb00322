"""The benchmarks measure what they say."""

import json
import subprocess
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import PYTHON, ROOT

from benchmarks import growth, kit, race, timing


def test_jobs_run_in_turns_after_a_first_call_that_does_not_count():
    calls = []
    jobs = {name: lambda name=name: calls.append(name) for name in "ab"}
    times = timing.in_turns(jobs, rounds=3)
    assert "".join(calls) == "ab" + 3 * "ab"
    assert [len(times[name]) for name in "ab"] == [3, 3]


def test_a_summary_is_worked_by_hand():
    found = timing.summary([3.0, 1.0, 2.0])
    assert (found["median"], found["least"], found["most"]) == (2.0, 1.0, 3.0)
    assert timing.as_text([3.0, 1.0, 2.0]) == "2.0 (1.0–3.0)"


def test_a_table_is_markdown_in_line():
    lines = timing.table(["who", "s"], [["ours", 1], ["a longer name", 20]]).split("\n")
    assert len({len(line) for line in lines}) == 1
    assert lines[1] == "| ------------- | -- |"


def test_the_machine_is_described():
    machine = timing.machine()
    assert {"processor", "cores", "python", "tensorflow", "keras"} <= machine.keys()
    json.dumps(machine)


def test_the_clock_stands_still_while_the_test_digits_are_read(monkeypatch):
    now = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(race.time, "perf_counter", lambda: now.seconds)
    clock = race.Clock(whole=False)

    def read(accuracy):
        now.seconds += 100  # reading takes long
        return accuracy

    now.seconds += 5
    assert not clock.lap(lambda: read(0.98))
    now.seconds += 6
    assert clock.lap(lambda: read(0.99))
    assert [lap["seconds"] for lap in clock.laps] == [5, 11]
    assert not race.Clock(whole=True).lap(lambda: 0.999)


def test_ours_comes_near_its_goal():
    (lap,) = race.run("ours", 0)["laps"]
    assert lap["accuracy"] > 0.985 and lap["seconds"] > 0


def test_an_exponent_is_found_where_it_is_known():
    sizes = [1, 2, 4, 8]
    assert growth._slope(sizes, [3 * size**1.5 for size in sizes]) == 1.5


def test_images_are_resized_by_their_nearest_pixels():
    image = np.arange(4.0).reshape(1, 2, 2, 1)
    larger = growth._resized(image, 4)[0, :, :, 0]
    assert larger.tolist() == np.kron([[0, 1], [2, 3]], np.ones((2, 2))).tolist()
    assert growth._resized(image, 2) is image


def test_a_cell_takes_from_busy_to_idle():
    marks = {
        "iopub.status.busy": "2026-01-01T00:00:00.500000Z",
        "iopub.status.idle": "2026-01-01T00:00:02.000000Z",
    }
    cell = SimpleNamespace(metadata={"execution": marks})
    assert kit._seconds_of(cell) == 1.5
    assert kit._seconds_of(SimpleNamespace(metadata={})) == 0


def test_the_numbers_are_printed_and_written(tmp_path):
    command = [PYTHON, "-m", "benchmarks", "imports", "--rounds", "1"]
    command += ["--json", str(tmp_path / "numbers.json")]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert "| `import cnnkit`" in done.stdout
    numbers = json.loads((tmp_path / "numbers.json").read_text())
    assert numbers["machine"]["cores"] >= 1
    assert numbers["imports"]["import cnnkit"]["median"] < 5


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["speed"], "Expected parts among race"), (["--rounds", "0"], "at least 1")],
)
def test_what_cannot_be_measured_is_told(arguments, told):
    command = [PYTHON, "-m", "benchmarks", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and told in done.stderr
