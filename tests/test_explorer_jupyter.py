"""The explorer where notebooks are read: JupyterLab, nbconvert, and without scripts."""

import base64
import html
import json
import os
import re
import socket
import subprocess
import time
import urllib.request

import nbformat
import numpy as np
import pytest
from browser import needs_chromium
from conftest import NOTEBOOKS, PYTHON, ROOT
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_notebook, new_output

from cnnkit import load_mnist, models, set_seed
from cnnkit.explorer import explore
from cnnkit.explorer.page import page_of
from cnnkit.report import write_page
from cnnkit.runtime import keras

CELLS = [
    "from cnnkit import explore, explore_live, load_mnist, models, set_seed\n"
    "set_seed(0)\n"
    "model, (images, labels) = models.simple_cnn(), load_mnist().test\n"
    'page = explore(model, images[:1], at=("pool1", (3, 4, 2)))\n'
    "page",
    "live = explore_live(model, images[:20])\nlive",
    'model.compile("adam", "sparse_categorical_crossentropy")\n'
    "_ = model.fit(images[:200], labels[:200], epochs=2, verbose=0, "
    "callbacks=[live.callback()])",
]


def the_explorer(**keywords):
    set_seed(0)
    return explore(models.simple_cnn(), load_mnist().test.images[:1], **keywords)


def test_the_twins_tell_what_the_page_begins_with():
    explorer = the_explorer(at=("pool1", (3, 4, 2)))
    bundle = explorer._repr_mimebundle_()
    assert bundle["text/plain"] == str(explorer)
    assert str(explorer).endswith(str(explorer.explain("pool1", (3, 4, 2))))
    assert re.search(r"conv1 +Conv2D +24×24×10\n", str(explorer))
    picture = base64.b64decode(bundle["image/png"])
    assert picture.startswith(b"\x89PNG") and 10_000 < len(picture) < 150_000
    assert bundle["image/png"] in bundle["text/html"]
    assert (
        'sandbox="allow-scripts" title="Explorer of simple_cnn' in bundle["text/html"]
    )


def test_a_page_begins_with_the_largest_number_at_its_top():
    explorer = the_explorer()
    layer, place = explorer.payload()["start"]
    assert explorer.layers[layer] == "conv1"
    first = explorer._answers["conv1"][..., :4]
    assert explorer.explain("conv1", place).value == first.max()
    set_seed(0)
    wide = keras.Sequential([keras.Input((6, 6, 1)), keras.layers.Conv2D(20, 3)])
    image = np.random.default_rng(0).random((1, 6, 6, 1))
    maps = np.asarray(wide(image))[0]
    strongest = np.abs(maps).sum(axis=(0, 1)).argsort()[:-5:-1]
    _, place = explore(wide, image).payload()["start"]
    assert maps[tuple(place)] == maps[..., strongest].max()
    dense = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Flatten()])
    alone = explore(dense, np.array([[1, np.nan], [3, 2]])[..., None])
    assert alone.payload()["start"] == [0, [2]]


def test_any_shape_of_answer_has_a_picture():
    model = keras.Sequential([keras.Input((4, 3, 2)), keras.layers.Reshape((4, 6))])
    bundle = explore(model, np.ones((1, 4, 3, 2)))._repr_mimebundle_()
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")


def test_digits_are_ink_and_photographs_are_not(rng):
    digits = load_mnist().test.images[:3]
    photograph = rng.random((1, 28, 28, 1))
    model = models.simple_cnn()
    assert explore(model, digits).payload()["ink"]
    assert not explore(model, photograph).payload()["ink"]
    colour = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Flatten()])
    assert not explore(colour, np.zeros((1, 4, 4, 3))).payload()["ink"]


@pytest.mark.parametrize("at", [("conv9", 0), ("conv1", (0, 0)), ("dense", 100)])
def test_a_start_that_is_not_there_is_refused(at):
    with pytest.raises(ValueError, match=r"Expected .* Received"):
        the_explorer(at=at)


def rewritten(page):
    """The page as it would be written now, with the numbers that it holds."""
    payload = re.search(r'id="payload">(.*?)</script>', page, re.DOTALL)[1]
    return page_of(json.loads(payload))


def test_the_page_in_the_documents_is_up_to_date():
    page = (ROOT / "docs" / "explorer.html").read_text("utf-8")
    assert rewritten(page) == page, "make explorer"


@pytest.mark.parametrize("number", ["02", "03", "04", "06", "13"])
def test_the_page_in_a_notebook_is_up_to_date(number):
    (path,) = (path for path in NOTEBOOKS if path.stem.startswith(number))
    cells = nbformat.read(path, as_version=4).cells
    data = [o.get("data", {}) for cell in cells for o in cell.get("outputs", [])]
    (shown,) = (one for one in data if "srcdoc" in one.get("text/html", ""))
    page = html.unescape(re.search(r'srcdoc="([^"]*)"', shown["text/html"])[1])
    assert rewritten(page) == page, f"make notebooks: {path.name}"
    assert base64.b64decode(shown["image/png"]).startswith(b"\x89PNG")
    assert shown["text/plain"].startswith("Explorer of ")


@pytest.fixture(scope="module")
def notebook():
    bundle = the_explorer(at=("pool1", (3, 4, 2)))._repr_mimebundle_()
    output = new_output("execute_result", bundle, execution_count=1)
    cell = new_code_cell("page", outputs=[output], execution_count=1)
    return new_notebook(cells=[cell])


@needs_chromium
@pytest.mark.parametrize("writer", ["nbconvert", "cnnkit"])
def test_the_html_of_a_notebook_holds_the_page(browser, notebook, tmp_path, writer):
    path = tmp_path / "page.html"
    if writer == "nbconvert":
        path.write_text(HTMLExporter().from_notebook_node(notebook)[0], "utf-8")
    else:
        assert write_page(notebook, path, folder=tmp_path) == []
    page = browser.new_context(offline=True).new_page()
    page.goto(path.as_uri(), wait_until="commit")
    frame = page.frame_locator("iframe")
    frame.locator(".result").wait_for()
    wanted = the_explorer().explain("pool1", (3, 4, 2))
    assert frame.locator("pre").text_content() == str(wanted)
    page.context.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab of our own, and its folder."""
    home = tmp_path_factory.mktemp("lab")
    folder = home / "notebooks"
    folder.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    places = ("CONFIG", "DATA", "RUNTIME")
    environment = {f"JUPYTER_{place}_DIR": str(home / place) for place in places}
    environment |= {
        "IPYTHONDIR": str(home / "ipython"),
        "CNNKIT_DATA": str(ROOT / "data"),
    }
    command = [PYTHON, "-m", "jupyter", "lab", "--no-browser", "--allow-root"]
    command += ["--expose-app-in-browser", f"--ServerApp.port={port}"]
    command += ["--ServerApp.ip=127.0.0.1", "--IdentityProvider.token=secret"]
    command += [f"--ServerApp.root_dir={folder}", "--LabApp.news_url=None"]
    with (home / "log").open("w") as log:
        server = subprocess.Popen(
            command, env=os.environ | environment, stdout=log, stderr=log
        )
        address = f"http://127.0.0.1:{port}"
        try:
            wait_for(f"{address}/api?token=secret", home / "log")
            yield address, folder
        finally:
            server.terminate()
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:  # a kernel that does not end
                server.kill()
                server.wait()


def wait_for(address, log):
    for _ in range(240):
        try:
            urllib.request.urlopen(address).close()
            return
        except OSError:
            time.sleep(0.25)
    raise AssertionError(log.read_text())


def opened(browser, lab, name):
    page = browser.new_context(viewport={"width": 1300, "height": 1000}).new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{lab[0]}/lab/tree/{name}?token=secret&reset")
    page.wait_for_selector(".jp-Notebook")
    return page


@needs_chromium
def test_in_jupyterlab_live_reopened_and_not_trusted(browser, lab):
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    fresh = new_notebook(
        cells=[new_code_cell(source) for source in CELLS],
        metadata={"kernelspec": kernel},
    )
    nbformat.write(fresh, lab[1] / "fresh.ipynb")
    page = opened(browser, lab, "fresh.ipynb")
    page.wait_for_function(
        "globalThis.jupyterapp?.shell.currentWidget?.sessionContext?.session"
        "?.kernel?.status === 'idle'"
    )
    page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
    frame = page.frame_locator("iframe[title^='Explorer of simple_cnn']")
    wanted = str(the_explorer().explain("pool1", (3, 4, 2)))
    assert frame.locator("pre").text_content() == wanted

    # The widget asks Python for another image and another epoch.
    page.wait_for_selector(".explorer-live")
    live = page.locator(".explorer-live")
    live.locator("text=2").last.wait_for()
    live.locator("[data-name=index]").fill("7")
    live.locator("[data-name=index]").press("Enter")
    live.locator("text=image 7").wait_for()
    live.locator("[data-name=epoch]").press("Home")
    live.locator("[data-name=shown] >> text=0").wait_for()

    # It keeps the arrow keys to itself: JupyterLab would go to another cell.
    title = page.locator(".explorer .detail h2")
    page.locator(".explorer canvas").nth(1).focus()
    for key in ("Home", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    assert re.search(r"row \d+, column 1, map", title.text_content())
    page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function("!document.querySelector('.jp-mod-dirty')")
    page.context.close()

    saved = nbformat.read(lab[1] / "fresh.ipynb", as_version=4)
    assert "iframe" in saved.cells[0].outputs[0].data["text/html"]
    page = opened(browser, lab, "fresh.ipynb")
    frame = page.frame_locator("iframe[title^='Explorer of simple_cnn']")
    assert frame.locator("pre").text_content() == wanted
    page.context.close()

    saved.cells[0].source += "  # from someone else"
    nbformat.write(saved, lab[1] / "foreign.ipynb")
    page = opened(browser, lab, "foreign.ipynb")
    picture = page.locator("img[alt^='Explorer of simple_cnn']")
    picture.wait_for()
    assert picture.evaluate("picture => picture.naturalWidth") > 300
    assert page.locator("iframe").count() == 0
    page.context.close()
