"""The page of the explorer: its code in Node, and the page itself in Chromium."""

import json
import shutil
import subprocess

import numpy as np
import pytest
from browser import Watched, needs_chromium

from cnnkit import load_mnist, models, set_seed
from cnnkit.explorer import explore
from cnnkit.explorer.page import _FOLDER
from cnnkit.models.layers import LocalResponseNormalization, LpPooling2D
from cnnkit.runtime import keras

layers = keras.layers
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(not NODE, reason="no Node here: node is not found")
SCRIPT = """
import { readFileSync } from "node:fs";
const { networkOf } = await import(process.argv[2] + "/network.mjs");
const { lines } = await import(process.argv[2] + "/told.mjs");
const { payload, places } = JSON.parse(readFileSync(0, "utf8"));
const network = await networkOf(payload);
const texts = places.map(([layer, place, image]) => lines(
  network.explain(layer, place, image), network.value(layer, place, image),
  network.nameOf(layer - 1)).join("\\n"));
const found = await network.verify();
const fields = places.map(([layer, place]) => network.field(layer, place));
const held = network.steps.map((_, layer) => [...network.answer(layer, 0)]);
let apart = 0;
if (!network.trimmed && !found.unknown) {  // the same image, as if drawn
  network.draw(network.answer(-1, 0));
  held.forEach((numbers, layer) => numbers.forEach((one, i) => {
    const size = Math.max(1, Math.abs(one));
    apart = Math.max(apart, Math.abs(network.answer(layer, 0)[i] - one) / size);
  }));
}
console.log(JSON.stringify({ texts, found, fields, apart }));
"""


def all_kinds():
    """A model with every kind of layer that the page knows."""
    set_seed(1)
    return keras.Sequential(
        [
            keras.Input((12, 11, 2)),
            layers.Rescaling(0.5, offset=-0.1),
            layers.ZeroPadding2D(((1, 0), (2, 1))),
            layers.Conv2D(4, 3, strides=2, groups=2, padding="same"),
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            layers.DepthwiseConv2D(3, depth_multiplier=2, activation="gelu"),
            layers.Conv2D(6, 2, dilation_rate=2, padding="same", activation="elu"),
            layers.MaxPooling2D(2, strides=1, padding="same"),
            layers.AveragePooling2D(2, strides=1, padding="same"),
            LpPooling2D(2, strides=1),
            layers.Dropout(0.2),
            layers.Reshape((16, 6)),
            layers.Flatten(),
            layers.Dense(7, activation="tanh"),
            layers.Dense(5),
            layers.Softmax(),
        ]
    )


def unknown_kind():
    set_seed(2)
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Conv2D(4, 3, activation="relu"),
            LocalResponseNormalization(3),
            layers.GlobalMaxPooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )


def wide():
    """A dense layer with more than a million weights."""
    set_seed(3)
    return keras.Sequential(
        [keras.Input((40, 40, 1)), layers.Flatten(), layers.Dense(700)]
    )


def in_node(explorer, places):
    payload = explorer.payload()
    ran = subprocess.run(
        [NODE, "--input-type=module", "-e", SCRIPT, "-", _FOLDER.as_uri()],
        input=json.dumps({"payload": payload, "places": places}),
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@needs_node
@pytest.mark.parametrize(
    ("make", "terms"),
    [
        (models.lenet5, None),
        (models.lenet5, 12),
        (models.simple_cnn, None),
        (all_kinds, None),
        (unknown_kind, None),
        (wide, None),
    ],
)
def test_the_page_tells_what_python_tells_letter_by_letter(make, terms):
    set_seed(3)
    model = make()
    rng = np.random.default_rng(3)
    images = rng.normal(size=(2, *model.input_shape[1:])).astype("float32")
    explorer = explore(model, images, dense_terms=terms)
    places, wanted = [], []
    for index, layer in enumerate(explorer.layers):
        for _ in range(20):
            place = [int(rng.integers(size)) for size in explorer.shape(layer)]
            image = int(rng.integers(2))
            places.append([index, place, image])
            wanted.append(str(explorer.explain(layer, place, image=image)))
    told = in_node(explorer, places)
    assert told["texts"] == wanted
    found = told["found"]
    count = sum(2 * np.prod(explorer.shape(layer)) for layer in explorer.layers)
    assert found["count"] + found["unknown"] == count
    assert found["wrong"] == 0 and 0 < found["worst"] < 1e-5
    assert (found["unknown"] > 0) == (make is unknown_kind)
    assert told["apart"] < 1e-4


@needs_node
def test_the_field_of_a_number_is_what_changes_it():
    """Against the gradient: the frame on the image is where it is not 0."""
    set_seed(4)
    model = keras.Sequential(
        [
            keras.Input((16, 16, 1)),
            layers.Conv2D(2, 3, strides=2, padding="same"),
            layers.ZeroPadding2D(1),
            layers.AveragePooling2D(2),
            layers.Conv2D(2, 2, dilation_rate=2),
        ]
    )
    images = np.random.default_rng(0).normal(size=(1, 16, 16, 1)).astype("float32")
    explorer = explore(model, images)
    last = len(explorer.layers) - 1
    places = [[last, [y, x, 0], 0] for y in range(3) for x in range(3)]
    fields = in_node(explorer, places)["fields"]
    before = keras.ops.convert_to_numpy(model(images))[0]
    changes = np.zeros((3, 3, 16, 16), bool)
    for row, column in np.ndindex(16, 16):
        other = images.copy()
        other[0, row, column] += 10
        after = keras.ops.convert_to_numpy(model(other))[0]
        changes[..., row, column] = np.abs(after - before)[:3, :3, 0] > 1e-4
    for (_, (y, x, _), _), ((top, bottom), (left, right)) in zip(
        places, fields, strict=True
    ):
        rows, columns = np.nonzero(changes[y, x])
        assert (top, bottom) == (rows.min(), rows.max())
        assert (left, right) == (columns.min(), columns.max())


def test_the_page_is_one_small_file_and_nothing_is_left_of_a_failed_one(tmp_path):
    digit = load_mnist().test.images[:1]
    model = models.lenet5()
    whole = explore(model, digit).to_html(tmp_path / "whole.html")
    trimmed = explore(model, digit, dense_terms=12).to_html(tmp_path / "less.html")
    assert whole.stat().st_size < 400_000 and trimmed.stat().st_size < 150_000
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError):
        explore(model, digit).to_html(tmp_path / "folder")
    (tmp_path / "folder").rmdir()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["less.html", "whole.html"]


def test_a_layer_of_over_a_million_weights_is_trimmed_unasked():
    model, images = wide(), np.random.default_rng(0).normal(size=(2, 40, 40, 1))
    payload = explore(model, images).payload()
    kept = payload["steps"][-1]["kept"]
    assert payload["trimmed"] and kept["inputs"]["shape"] == [2, 700, 100]
    told = explore(model, images, dense_terms=1_600).payload()
    assert told["steps"][-1]["kept"]["inputs"]["shape"] == [2, 700, 1_600]


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"classes": ["a"]}, "`classes` to be 10 names"),
        ({"captions": "a"}, "`captions` to be 1 names"),
        ({"dense_terms": 0}, "dense_terms"),
    ],
)
def test_wrong_names_are_refused(keywords, message):
    with pytest.raises(ValueError, match=message):
        explore(models.simple_cnn(), np.zeros((1, 28, 28, 1)), **keywords)


def until(page, test):
    """Wait for something to hold; the page allows no strings to be evaluated in it."""
    for _ in range(200):
        if page.evaluate(test):
            return
        page.wait_for_timeout(25)
    raise AssertionError(test)


@needs_chromium
def test_pointer_and_keys_tell_what_explain_tells(browser, tmp_path):
    explorer = explore(models.simple_cnn(), load_mnist().test.images[:2])
    opened = Watched(browser, explorer.to_html(tmp_path / "page.html"))
    page = opened.page
    canvas = page.locator('[data-layer="0"] canvas').nth(3)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(
        box["x"] + 10.5 / 24 * box["width"], box["y"] + 6.5 / 24 * box["height"]
    )
    until(page, "explorer.place.join() === '6,10,3'")
    until(page, "!explorer.waiting")
    assert opened.text() == str(explorer.explain("conv1", (6, 10, 3)))
    canvas.focus()
    for key, place in [
        ("ArrowDown", (7, 10, 3)),
        ("ArrowRight", (7, 11, 3)),
        ("End", (7, 23, 3)),
        ("Home", (7, 0, 3)),
        ("PageDown", (7, 0, 4)),
    ]:
        page.keyboard.press(key)
        assert opened.text() == str(explorer.explain("conv1", place)), key
    tag = "document.activeElement.tagName"
    page.keyboard.press("Enter")  # pins, and leads to the arithmetic
    assert page.evaluate(tag) == "H2" and page.evaluate("explorer.pinned")
    page.keyboard.press("Escape")
    assert page.evaluate(tag) == "CANVAS" and not page.evaluate("explorer.pinned")
    page.keyboard.press("Shift+ArrowRight")
    assert opened.text() == str(explorer.explain("pool1", (3, 0, 4)))
    page.locator(".detail td button").first.click()  # one layer down
    assert opened.text() == str(explorer.explain("conv1", (6, 0, 4)))
    page.keyboard.press("Backspace")
    assert opened.text() == str(explorer.explain("pool1", (3, 0, 4)))
    page.locator('[data-part="image"]').select_option("1")
    assert opened.text() == str(explorer.explain("pool1", (3, 0, 4), image=1))
    page.locator(".answer [data-unit='7']").click()
    last = explorer.layers[-1]
    assert opened.text() == str(explorer.explain(last, 7, image=1))
    opened.close()


@needs_chromium
def test_the_number_that_it_begins_with_is_in_sight(browser, tmp_path):
    explorer = explore(models.lenet5(), load_mnist().test.images[:1])
    path = explorer.to_html(tmp_path / "page.html")
    opened = Watched(browser, path, viewport={"width": 700, "height": 800})
    box = opened.page.locator(".box.here").bounding_box()
    around = opened.page.locator(".overview").bounding_box()
    for side, size in (("x", "width"), ("y", "height")):
        assert around[side] <= box[side]
        assert box[side] + box[size] <= around[side] + around[size]
    opened.close()


@needs_chromium
def test_all_numbers_are_verified_in_the_page(browser, tmp_path):
    explorer = explore(models.lenet5(), load_mnist().test.images[:1])
    opened = Watched(browser, explorer.to_html(tmp_path / "page.html"))
    opened.page.locator('[data-do="verify"]').click()
    opened.page.wait_for_selector("text=all agree with Keras")
    took = opened.page.evaluate(
        """() => Array.from({ length: 60 }, (_, i) => {
          const start = performance.now();
          explorer.point(2, [i % 10, 3, i % 16]); explorer.drawNow();
          return performance.now() - start; })"""
    )
    # Milliseconds for what a hover does; other tests take turns with this one.
    assert np.quantile(took, 0.25) < 16
    opened.close()


@needs_chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_telephone_shows_it_and_a_drawn_image_is_answered(browser, tmp_path, scheme):
    model = models.simple_cnn()
    explorer = explore(model, load_mnist().test.images[:1])
    opened = Watched(
        browser,
        explorer.to_html(tmp_path / "page.html"),
        viewport={"width": 360, "height": 700},
        color_scheme=scheme,
    )
    page = opened.page
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.locator('[data-part="draw"] summary').click()
    pad = page.locator(".sheet canvas")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 180)
    page.mouse.up()
    drawn = np.float32(page.evaluate("[...explorer.network.drawn[0]]"))
    answer = page.evaluate("[...explorer.network.drawn.at(-1)]")
    assert 0.01 < drawn.mean() < 0.3 and drawn.max() == 1
    wanted = keras.ops.convert_to_numpy(model(drawn.reshape(1, 28, 28, 1)))[0]
    assert np.allclose(answer, wanted, atol=1e-5)
    opened.close()


@needs_chromium
def test_names_that_look_like_markup_do_no_harm(browser, tmp_path):
    nasty = "<img src=x onerror=alert(1)>"
    model = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            layers.Conv2D(2, 3, name="<script>alert(1)<script>"),
            layers.Flatten(),
            layers.Dense(2, activation="softmax"),
        ],
        name="<b>bold<b>",
    )
    images = np.full((2, 6, 6, 1), np.nan, "float32")
    explorer = explore(
        model, images, classes=["</script>", nasty], captions=["&amp;", "</select>"]
    )
    opened = Watched(browser, explorer.to_html(tmp_path / "page.html"))
    assert opened.page.locator("h1").text_content() == "<b>bold<b>"
    assert opened.page.locator("img, b > script").count() == 0
    assert "</script>" in opened.page.locator(".bars").text_content()
    assert "nan" in opened.text()
    opened.close()


@needs_chromium
def test_the_keyboard_alone_finds_its_way(browser, tmp_path):
    explorer = explore(models.simple_cnn(), load_mnist().test.images[:2])
    opened = Watched(browser, explorer.to_html(tmp_path / "page.html"))
    page = opened.page
    stops = (
        "[...document.querySelectorAll('.overview canvas')].filter(e => !e.tabIndex)"
    )
    focused = "document.activeElement"

    def the_only_stop():
        assert page.evaluate(f"{stops}.length") == 1
        return page.evaluate(f"{stops}[0].closest('.layer').dataset.layer")

    assert the_only_stop() == "0"
    page.locator("[data-layer='3'] canvas").first.click()
    page.locator("[data-part=image]").select_option("1")
    assert the_only_stop() == "3"
    page.locator("[data-more='2']").click()
    assert the_only_stop() == "3"
    assert page.evaluate(f"{focused}.dataset.more") == "2"
    # The bars: one stop, and arrows from the one that has the focus.
    assert page.locator(".answer [tabindex='0']").count() == 1
    page.locator(".answer [data-unit='3']").focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate(f"{focused}.dataset.unit") == "4"
    assert opened.text() == str(explorer.explain("probabilities", 4, image=1))
    page.keyboard.press("End")
    page.keyboard.press("ArrowDown")  # there is none below
    assert page.evaluate(f"{focused}.dataset.unit") == "9"
    # The Tab key changes nothing; arrows steer the map that has the focus.
    page.keyboard.press("Tab")
    assert opened.text() == str(explorer.explain("probabilities", 9, image=1))
    page.evaluate("document.querySelector('.overview canvas').focus()")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("[explorer.layer, ...explorer.place]") == [-1, 1, 0, 0]
    page.keyboard.press("Escape")
    page.evaluate("explorer.go(7, [9])")
    # Down to the logit and its products; the focus is never lost.
    page.locator("[data-logit='2']").focus()
    page.keyboard.press("Enter")
    assert opened.text() == str(explorer.explain("logits", 2, image=1))
    page.locator(".detail [data-entry]").first.focus()
    page.keyboard.press("Backspace")
    assert opened.text() == str(explorer.explain("probabilities", 9, image=1))
    assert page.evaluate(f"{focused}.tagName") == "H2"
    # A pinned number keeps its frame, however weak its map is in another image.
    for channel in range(20):
        page.evaluate(f"explorer.go(2, [1, 1, {channel}])")
        for image in "01":
            page.locator("[data-part=image]").select_option(image)
            assert page.locator(".box.here").count() == 1
    # Arrow keys walk over the numbers of a window.
    page.evaluate("explorer.go(2, [1, 1, 0])")
    page.locator(".detail td button").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert "row 2, column 2, map" in page.evaluate(f"{focused}.ariaLabel")
    page.wait_for_selector(".spoken >> text=conv2, row 1, column 1, map 0")
    opened.close()


@needs_chromium
def test_drawing_and_choosing_an_image_keep_in_step(browser, tmp_path):
    explorer = explore(models.simple_cnn(), load_mnist().test.images[:2])
    opened = Watched(browser, explorer.to_html(tmp_path / "page.html"))
    page, select = opened.page, opened.page.locator("[data-part=image]")
    summary, drawn = page.locator("[data-part=draw] summary"), "explorer.network.drawn"
    summary.click()
    page.locator(".sheet canvas").focus()
    for key in ("Shift+ArrowUp", "Shift+ArrowUp", " "):
        page.keyboard.press(key)
    assert page.evaluate(f"{drawn} !== null") and select.input_value() == "drawn"
    page.wait_for_selector(".spoken >> text=strongest answer")
    select.select_option("1")  # leaves the drawing
    assert page.evaluate(f"{drawn} === null")
    assert opened.text() == str(
        explorer.explain(*("conv1", page.evaluate("explorer.place")), image=1)
    )
    summary.click()  # and it is still there
    until(page, f"{drawn} !== null")
    page.locator("[data-do=clear]").click()
    assert page.evaluate(f"{drawn} === null") and select.input_value() == "1"
    opened.close()


@needs_chromium
def test_a_click_pins_and_a_second_one_lets_go(browser, tmp_path):
    explorer = explore(models.simple_cnn(), load_mnist().test.images[:1])
    opened = Watched(browser, explorer.to_html(tmp_path / "page.html"))
    page = opened.page
    first, second = (page.locator("[data-layer='0'] canvas").nth(n) for n in (0, 1))
    first.click()
    assert page.evaluate("explorer.pinned")
    second.hover()
    assert page.evaluate("explorer.place.at(-1)") == 0
    second.click()
    assert page.evaluate("explorer.pinned && explorer.place.at(-1)") == 1
    page.locator("[data-do=back]").click()
    assert page.evaluate("explorer.place.at(-1)") == 0
    first.click()
    assert not page.evaluate("explorer.pinned")
    page.locator("[data-do=play]").click()
    until(page, "explorer.place[1] > 14")
    page.locator("[data-do=play]").click()
    assert page.evaluate("explorer.pinned && !explorer.playing")
    page.keyboard.press("Escape")
    # Before the activation: the sum comes first.
    page.evaluate("explorer.point(0, [0, 0, 0])")
    page.locator("[data-part=raw]").check()
    assert "before relu, and after it" in page.locator(".result").text_content()
    opened.close()


@needs_chromium
def test_dense_and_global_numbers_lead_to_what_they_read(browser, tmp_path):
    pooled = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(2, 3, name="conv"),
            layers.GlobalAveragePooling2D(name="mean"),
        ]
    )
    digit = load_mnist().test.images[:1]
    for model, layer in ((models.lenet5(), "dense1"), (pooled, "mean")):
        explorer = explore(model, digit, at=(layer, 1))
        opened = Watched(browser, explorer.to_html(tmp_path / "page.html"))
        page = opened.page
        assert page.locator(".list tbody tr").count() == 12
        folded = {"lenet5": 32}.get(model.name, 0)  # weights, and products
        assert page.locator(".folded canvas").count() == folded
        page.locator(".list [data-entry]").first.click()
        below = explorer.layers[explorer.layers.index(layer) - 1]
        assert page.evaluate("explorer.layer") == explorer.layers.index(below)
        place = page.evaluate("explorer.place")
        value = explorer.explain(below, place).value
        if model is pooled:
            assert abs(value) == np.abs(explorer._answers[below][0, ..., 1]).max()
        opened.close()
