"""The benchmarks measure what they say."""

import json
import subprocess
import sys
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from conftest import PYTHON, ROOT

import benchmarks.__main__
from benchmarks import accuracy, claims, growth, kit, race, timing, winograd


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


def test_a_process_of_its_own_answers_in_its_last_line(tmp_path, monkeypatch):
    lines = "import sys; print('at work'); print('{\"got\":', sys.argv[2], '}')"
    (tmp_path / "answering.py").write_text(lines)
    monkeypatch.setattr(timing, "ROOT", tmp_path)
    assert timing.run_apart("answering", "--seed", 7) == {"got": 7}


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


def test_keras_example_has_its_published_size():
    assert race.keras_model().count_params() == 34_826


def test_pytorch_example_has_its_published_size():
    pytest.importorskip("torch", reason="requirements-bench.txt is not installed")
    sizes = [weights.numel() for weights in race.pytorch_model().parameters()]
    assert sum(sizes) == 1_199_882


@pytest.mark.parametrize("recipe", race.OURS)
def test_ours_comes_near_its_goal(recipe):
    (lap,) = race.run(recipe, 0)["laps"]
    assert lap["accuracy"] > 0.985 and lap["seconds"] > 0


def test_the_race_is_told_by_its_medians(capsys):
    def laps(*pairs):
        return {"laps": [{"seconds": s, "accuracy": a} for s, a in pairs]}

    runs = {
        "fastest": [laps((4, 0.992)), laps((6, 0.989)), laps((5, 0.991))],
        "fast": [laps((10, 0.989))],
        "keras": [laps((40, 0.98), (80, 0.99), (100, 0.991)), laps((100, 0.98))],
    }
    numbers = race.told(runs, whole=True)
    assert numbers["fastest"]["to_the_end"]["median"] == 5
    assert numbers["fastest"]["test_accuracy"]["median"] == 0.991
    assert numbers["fast"]["to_the_end"]["times_fastest"] == 2
    assert numbers["keras"]["to_99_percent"]["times_fastest"] == 16  # 80 / 5
    assert numbers["keras"]["to_the_end"]["times_fastest"] == 20  # 100 / 5
    assert "| 80.0 (80.0–80.0) | 16.0 " in capsys.readouterr().out
    assert race.told(runs, whole=False)["keras"]["to_the_end"] is None


def test_more_minutes_are_measured_and_drawn(tmp_path, monkeypatch, capsys):
    def run(module, network, _, seed, *fewer):
        assert module == "benchmarks.accuracy"
        assert network in ("fast", "accurate")
        epochs = fewer[1] if fewer else 14
        found = {"seconds": 30.0 * epochs, "accuracy": 0.99 + seed / 1000}
        return {**found, "epochs": epochs}

    monkeypatch.setattr(accuracy, "run_apart", run)
    monkeypatch.setattr(accuracy, "FIGURE", tmp_path / "accuracy.png")
    numbers = accuracy.measure(5)
    last = numbers[-1]
    assert (last["network"], last["epochs"]) == ("accurate", 14)
    assert last["test_accuracy"]["mean"] == 0.991  # of 99.0, 99.1 and 99.2 %
    assert "| accurate_cnn | 14 " in capsys.readouterr().out
    assert (tmp_path / "accuracy.png").stat().st_size > 5_000


def test_both_convolutions_do_the_same_work_in_turns(monkeypatch, capsys):
    shapes = []

    def twice_and_four_times(jobs, rounds):
        assert (list(jobs), rounds) == (["Conv2D", "WinogradConv2D"], 4)
        shapes.extend([np.shape(part) for part in job()] for job in jobs.values())
        return {"Conv2D": [0.004] * rounds, "WinogradConv2D": [0.002] * rounds}

    layer = ("tiny", 6, 2, 3, "valid")
    monkeypatch.setattr(winograd, "BATCH", 5)
    monkeypatch.setattr(winograd, "LAYERS", [layer])
    monkeypatch.setattr(
        winograd, "_step_jobs", lambda: winograd._layer_jobs(*layer[1:])
    )
    monkeypatch.setattr(winograd, "in_turns", twice_and_four_times)
    numbers = winograd.measure(1)
    # Sums, and the gradients of maps and kernel; 6 − 3 + 1 = 4.
    assert shapes == 4 * [[(5, 4, 4, 3), (5, 6, 6, 2), (3, 3, 2, 3)]]
    assert numbers["tiny"]["WinogradConv2D"]["median"] == 0.002
    told = capsys.readouterr().out
    assert (
        "| tiny                             | 4.0    | 2.0            | 0.50  |" in told
    )


def test_a_step_of_training_is_timed_with_either_convolution(monkeypatch):
    monkeypatch.setattr(winograd, "BATCH", 3)
    losses = [job() for job in winograd._step_jobs().values()]
    assert all(np.isfinite(loss) and loss > 0 for loss in losses)


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


def test_the_numbers_are_printed_and_written(tmp_path, monkeypatch, capsys):
    kept = ("`import cnnkit`", "`from cnnkit import models`")
    monkeypatch.setattr(kit, "IMPORTS", {name: kit.IMPORTS[name] for name in kept})
    arguments = ["imports", "--rounds", "1", "--json", str(tmp_path / "numbers.json")]
    monkeypatch.setattr(sys, "argv", ["benchmarks", *arguments])
    benchmarks.__main__.main()
    assert "| `import cnnkit`" in capsys.readouterr().out
    numbers = json.loads((tmp_path / "numbers.json").read_text())
    assert numbers["machine"]["cores"] >= 1
    light, heavy = (numbers["imports"][name.strip("`")]["median"] for name in kept)
    assert light < min(heavy, 5)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["speed"], "Expected parts among race"), (["--rounds", "0"], "at least 1")],
)
def test_what_cannot_be_measured_is_told(arguments, told):
    command = [PYTHON, "-m", "benchmarks", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and told in done.stderr


def test_claims_are_tried_under_other_conditions(tmp_path):
    lines = [
        "import os; from pathlib import Path; set_seed = print",
        "set_seed(0)",
        "assert os.environ['ONEDNN_MAX_CPU_ISA'] == 'AVX2'",
        "Path('left behind').write_text('x'); raise ValueError('the first')",
        "raise AssertionError('This claim does not hold')",
    ]
    cells = [nbformat.v4.new_code_cell(line) for line in lines]
    path = tmp_path / "small.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    before = path.read_bytes()
    settings, seed = claims.CONDITIONS["oneDNN up to AVX2"]
    assert claims.execute(path, settings, seed) == [
        "ValueError: the first",
        "AssertionError: This claim does not hold",
    ]
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_every_seed_of_a_notebook_is_another(tmp_path):
    """Also those that `train` sets, and those that `study` hands to a function."""
    lines = [
        "import numpy as np; from cnnkit import models, set_seed, study",
        "set_seed(0); here = np.random.random(3)",
        "def measure(seed):\n    set_seed(seed)\n    return np.random.random()",
        "(there,) = study(measure, {'one': {}}, folder='run')['one']",
        "def drawn(seed):\n    np.random.seed(seed)\n    return np.random.random(3)",
        "assert np.array_equal(here, drawn(200)) and there == drawn(200)[0]",
    ]
    cells = [nbformat.v4.new_code_cell(line) for line in lines]
    path = tmp_path / "seeds.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    assert claims.execute(path, *claims.CONDITIONS["seed 2"]) == []
    assert claims.execute(path, *claims.CONDITIONS["as committed"]) != []
