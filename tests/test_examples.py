"""The examples in docstrings do what they say, and say what the house asks for."""

import doctest
import importlib
import inspect
import pkgutil

import numpy as np
import pytest

import cnnkit

TAUGHT = ["shapes", "kernels", "scratch"]


def modules_of(package):
    """The modules of one of the packages that are taught from."""
    path = importlib.import_module(f"cnnkit.{package}").__path__
    names = [f"cnnkit.{package}.{module.name}" for module in pkgutil.iter_modules(path)]
    return [importlib.import_module(name) for name in names]


MODULES = [module for package in TAUGHT for module in modules_of(package)]
PUBLIC = [
    pytest.param(value, id=f"{package}.{name}")
    for package in TAUGHT
    for name in getattr(cnnkit, package).__all__
    if inspect.isfunction(value := getattr(getattr(cnnkit, package), name))
]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_the_examples_run(module, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    package = importlib.import_module(module.__name__.rpartition(".")[0])
    names = {name: getattr(package, name) for name in package.__all__}
    names |= {"kernels": cnnkit.kernels, "scratch": cnnkit.scratch}
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for test in doctest.DocTestFinder().find(module, globs={"np": np, **names}):
        test.globs.update(vars(module))
        runner.run(test)
    assert runner.failures == 0


def test_the_examples_of_other_modules_of_numpy_run():
    from cnnkit import epochs

    assert doctest.testmod(epochs, optionflags=doctest.NORMALIZE_WHITESPACE)[0] == 0


@pytest.mark.parametrize("function", PUBLIC)
def test_docstrings_teach(function):
    """Shapes or ranges of each argument, errors, an example, the notebook."""
    text = inspect.getdoc(function)
    parameters = inspect.signature(function).parameters
    parts = ["Returns:", "Example:", "Taught in: notebooks/"]
    parts += ["Args:"] * bool(parameters)
    for part in parts:
        assert part in text, f"{function.__name__} lacks «{part}»"
    for name in parameters:
        assert f"\n    {'*' * (name == 'kernels')}{name}: " in text, name
