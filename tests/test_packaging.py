"""The README's promises: its example, its links, and an installed package."""

import doctest
import os
import re
import shutil
import subprocess
import zipfile
from email.parser import Parser

import pytest
from conftest import NOTEBOOKS, PYTHON, ROOT

import cnnkit
from cnnkit import plots

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "data" / "README.md"]
PAGES += [ROOT / "docs" / "gallery.md", ROOT / "docs" / "performance.md"]
EXAMPLES = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def run_example(text, folder):
    assert len(text.splitlines()) <= 10
    return run_code(text, folder)


def run_code(text, folder):
    (folder / "example.py").write_text(text, encoding="utf-8")
    environment = {**os.environ, "MPLBACKEND": "Agg", "CNNKIT_DATA": str(ROOT / "data")}
    return subprocess.run(
        [PYTHON, "example.py"],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_the_feature_maps_of_the_readme_are_drawn(tmp_path):
    run_example(EXAMPLES[0], tmp_path)
    assert (tmp_path / "edges.png").stat().st_size > 1_000


def test_the_attributions_of_the_readme_are_drawn(tmp_path):
    run_example(EXAMPLES[1], tmp_path)
    assert (tmp_path / "why.png").stat().st_size > 10_000


def test_the_page_of_the_readme_is_written(tmp_path):
    assert run_example(EXAMPLES[2], tmp_path).rstrip().endswith("✓")
    assert (tmp_path / "network.html").stat().st_size > 100_000


def test_the_session_of_the_readme_is_what_is_shown():
    (session,) = re.findall(r"```pycon\n(.*?)```", README, re.DOTALL)
    test = doctest.DocTestParser().get_doctest(session, {}, "README", None, 0)
    assert doctest.DocTestRunner().run(test) == (0, 3)


def test_the_fast_training_of_the_readme_is_accurate(tmp_path):
    last = run_example(EXAMPLES[3], tmp_path).splitlines()[-1]
    assert float(last.partition("%")[0]) > 98.7


def test_the_network_of_the_readme_learns_to_read(tmp_path):
    assert len(EXAMPLES) == 5
    table = run_example(EXAMPLES[4], tmp_path).splitlines()
    accuracy = re.search(r"accuracy=([\d.]+)", table[-1]).group(1)
    assert float(accuracy) > 0.965  # five seeds gave 97.9 to 98.5 %


def test_the_readme_lists_every_notebook():
    listed = re.findall(r"\]\(notebooks/(\d\d_\w+\.ipynb)\)", README)
    assert set(listed) == {path.name for path in NOTEBOOKS}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name + page.name)
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)\s#]+)\)", page.read_text(encoding="utf-8")):
        assert "://" in link or (page.parent / link).exists(), link


def test_the_gallery_shows_what_is_there():
    text = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
    assert set(re.findall(r"plots\.(\w+)\(", text)) <= set(plots.__all__)
    assert set(re.findall(r"cnnkit\.(\w+)\(", text)) <= set(cnnkit.__all__)
    shown = set(re.findall(r"gallery/(\w+\.png)", text))
    there = {path.name for path in (ROOT / "docs/images/gallery").iterdir()}
    assert shown == there and len(shown) >= 10


def test_the_calls_of_the_gallery_draw(tmp_path):
    text = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
    calls = "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    training = "train(model, mnist, epochs=2, seed=0)"
    assert calls.count(training) == 1
    # A hundred digits do: what the network reads is not asked here.
    few = "few = (mnist.train.images[:100], mnist.train.labels[:100]), mnist.validation"
    calls = calls.replace(training, f"{few}\ntrain(model, few, epochs=1, seed=0)")
    calls = calls.replace('"data/own_digits"', repr(str(ROOT / "data" / "own_digits")))
    drawn = "print(len(plt.get_fignums()))"
    said = run_code(f"{calls}\n{drawn}\n", tmp_path)
    assert int(said.splitlines()[-1]) >= 12


def test_every_make_target_of_the_pages_exists():
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M)
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        named = re.findall(r"`make ([a-z-]+)", text) + re.findall(
            r"^make ([a-z-]+)", text, re.M
        )
        assert set(named) <= set(targets), page


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from a copy, so that the repository stays clean."""
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "requirements.txt", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    skip = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "cnnkit", source / "cnnkit", ignore=skip)
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    subprocess.run(
        [PYTHON, "-m", "pip", "wheel", *options, "--wheel-dir", source, source],
        check=True,
    )
    (built,) = source.glob("*.whl")
    return built


def test_the_wheel_holds_the_package_and_its_requirements(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (metadata,) = (name for name in names if name.endswith("METADATA"))
        told = Parser().parsestr(archive.read(metadata).decode())
    sources = {
        path.relative_to(ROOT).as_posix()
        for kind in ("*.py", "*.mjs", "*.css")
        for path in (ROOT / "cnnkit").rglob(kind)
    }
    assert {name for name in names if ".dist-info/" not in name} == sources
    required = {re.split(r"[<>=]", line)[0] for line in told.get_all("Requires-Dist")}
    listed = (ROOT / "requirements.txt").read_text().splitlines()
    assert {re.split(r"[<>=]", x)[0] for x in listed if x[:1] != "#"} <= required


def test_the_installed_wheel_works_from_another_folder(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = (
        "import cnnkit; print(cnnkit.__file__);"
        "print(cnnkit.models.simple_cnn().count_params());"
        "print(len(cnnkit.load_mnist().test.labels))"
    )
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environment = {
        **os.environ,
        "PYTHONPATH": str(tmp_path / "site"),
        "CNNKIT_DATA": str(ROOT / "data"),
    }
    result = subprocess.run(
        [PYTHON, "-c", code],
        cwd=elsewhere,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    place, parameters, digits = result.stdout.splitlines()
    assert place.startswith(str(tmp_path / "site"))
    assert (parameters, digits) == ("38390", "10000")
