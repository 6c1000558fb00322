"""A module imports only from floors below its own, or from its own floor."""

import ast

import pytest
from conftest import ROOT

FLOORS = {
    "__init__": 0,
    "errors": 0,
    "claims": 0,
    "shapes": 0,
    "files": 0,
    "team": 0,
    "arrays": 1,
    "bars": 1,
    "epochs": 1,
    "fingerprints": 1,
    "studies": 1,
    "kernels": 1,
    "scratch": 1,
    "data": 1,
    "ink": 1,
    "own_images": 1,
    "runtime": 2,
    "models": 3,
    "callbacks": 3,
    "distortion": 3,
    "progress": 3,
    "recipes": 3,
    "averaging": 3,
    "batches": 3,
    "snapshots": 3,
    "recalibration": 4,
    "training": 4,
    "runs": 4,
    "worker": 4,
    "workers": 4,
    "features": 4,
    "tracing": 4,
    "explorer": 5,
    "plots": 5,
    "exercises": 6,
    "normalise": 6,
    "report": 6,
    "run": 6,
    "__main__": 6,
}
# What a floor may import from outside, beside the standard library.
KERAS = {"keras", "tensorflow", "numpy"}
ALLOWED = {
    0: set(),
    1: {"numpy", "tqdm", "PIL", "IPython"},
    2: KERAS,
    3: KERAS,
    4: KERAS,
    5: {"matplotlib", "numpy", "PIL", "anywidget", "traitlets"},
    6: {
        *("nbformat", "nbclient", "nbconvert", "jupyter_client", "jinja2"),
        *("latex2mathml", "tqdm", "numpy"),
    },
}
# MNIST comes from Keras when it is nowhere on the disk: one named look upwards.
EXCEPTIONS = {("data", "runtime")}
MODULES = sorted((ROOT / "cnnkit").rglob("*.py"))


def name_of(path):
    return path.relative_to(ROOT / "cnnkit").with_suffix("").parts[0]


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write the whole name of the module"
            yield node.module


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.stem)
def test_no_import_goes_up(path):
    import sys

    here = name_of(path)
    for module in imports_of(path):
        top, *rest = module.split(".")
        if top == "cnnkit":
            other = rest[0]
            if other != here and (here, other) not in EXCEPTIONS:
                below = FLOORS[other] < FLOORS[here]
                neighbour = FLOORS[other] == FLOORS[here]
                assert below or neighbour, f"{here} imports {other} from above"
        elif top not in sys.stdlib_module_names:
            assert top in ALLOWED[FLOORS[here]], f"{here} imports {top}"


def test_only_the_runtime_imports_keras():
    importers = {
        name_of(path)
        for path in MODULES
        for module in imports_of(path)
        if module.split(".")[0] in ("keras", "tensorflow")
    }
    assert importers == {"runtime"}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.stem)
def test_files_and_functions_stay_short(path):
    text = path.read_text(encoding="utf-8")
    # A topic of exercises is prose for the most part, and may be longer.
    longest = 320 if "exercises" in path.parts else 260
    assert len(text.splitlines()) <= longest
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            length = body[-1].end_lineno - body[0].lineno + 1 if body else 0
            assert length <= 40, f"{path.stem}.{node.name} has {length} lines"
