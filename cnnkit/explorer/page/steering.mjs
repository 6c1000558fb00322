// Pointer and keys: what each of them does to the page.

import { layoutOf, placeAt, spotOf } from "./overview.mjs";

const PLAY_MS = 250;

/** Let pointer and keys steer a page. */
export function steer(page) {
  const stage = page.part("stage");
  stage.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch" || page.pinned) return;  // a finger swipes
    const found = numberAt(page, event);
    if (found) page.point(...found);
  });
  stage.addEventListener("click", (event) => clicked(page, event));
  page.part("overview").addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    page.zoom(event.deltaY < 0 ? 1.25 : 0.8);
  }, { passive: false });
  page.detail.addEventListener("click", (event) => followed(page, event.target));
  page.root.addEventListener("keydown", (event) => pressed(page, event));
  const buttons = {
    smaller: () => page.zoom(0.8),
    larger: () => page.zoom(1.25),
    verify: () => page.verify(),
    play: () => play(page, !page.playing),
    back: () => back(page),
  };
  page.root.addEventListener("click", ({ target }) => {
    const button = target.closest("header [data-do], .bar [data-do]");
    if (button) buttons[button.dataset.do]();
  });
}

/** The layer and the place under the pointer, or null. */
function numberAt(page, { target, clientX, clientY }) {
  const unit = target.closest?.("[data-unit]"), canvas = target.closest?.("canvas");
  const layer = Number(target.closest?.(".layer")?.dataset.layer);
  if (unit) return [layer, [Number(unit.dataset.unit)]];
  if (!canvas) return null;
  const shape = page.network.shapeOf(layer), [height, width] = layoutOf(shape);
  const box = canvas.getBoundingClientRect();
  const y = Math.min(height - 1, Math.max(0, Math.floor((clientY - box.top) / box.height * height)));
  const x = Math.min(width - 1, Math.max(0, Math.floor((clientX - box.left) / box.width * width)));
  const place = placeAt(shape, [y, x, Number(canvas.dataset.channel)]);
  return place && [layer, place];
}

function clicked(page, event) {
  const more = event.target.closest("[data-more]"), found = numberAt(page, event);
  if (more) {
    page.overview.toggle(Number(more.dataset.more));
    page.drawNow();
    page.overview.root.querySelector(`[data-more="${more.dataset.more}"]`).focus();
  } else if (found) {
    play(page, false);
    const same = found[0] === page.layer && String(found[1]) === String(page.place);
    if (page.pinned && !same) page.go(...found);
    else {
      page.point(...found);
      page.pin(!page.pinned);
      page.drawNow();
    }
  }
}

function back(page) {
  play(page, false);
  page.back();
}

/** A click in the detail: one layer down, or another channel of the window. */
function followed(page, target) {
  const below = target.closest("[data-entry], [data-logit]"), channel = target.closest("[data-channel]");
  if (below) {
    const { entry, logit } = below.dataset;
    const place = entry === undefined ? [...page.place.slice(0, -1), Number(logit)] : page.told.places[Number(entry)];
    play(page, false);
    page.go(page.layer - 1, place);
    page.overview.reveal(page.layer, page.place);
    page.detail.querySelector("h2").focus({ preventScroll: true });
  } else if (channel) {
    if (channel.dataset.channel === "all") page.state.allChannels = true;
    else page.state.channel = Number(channel.dataset.channel);
    page.drawNow();
  }
}

function pressed(page, event) {
  const { target } = event, inMap = target.matches(".overview canvas"), inBars = target.matches(".bars button");
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const key = event.shiftKey ? `Shift ${event.key}` : event.key;
  if (key === "Escape") letGo(page, target);
  else if (key === "Backspace" && !target.matches("input")) back(page);
  else if (inMap && key === "Enter") {
    pointWhere(page, target);
    page.pin(true);
    page.drawNow();
    page.detail.querySelector("h2").focus();
  } else if (inMap && key === " ") {
    pointWhere(page, target);
    play(page, !page.playing);
  } else if ((inMap || inBars) && (key in LAYERS || key in ARROWS || OTHERS.includes(key))) {
    pointWhere(page, target);
    moved(page, key);
  } else if (!target.matches("td button") || !walked(target, key)) return;
  event.preventDefault();
}

/** The keys steer the map or the bar that has the focus. */
function pointWhere(page, target) {
  const layer = Number(target.closest(".layer").dataset.layer), { unit, channel } = target.dataset;
  const shape = page.network.shapeOf(layer);
  const here = layer === page.layer && spotOf(shape, page.place)[2] === Number(channel);
  if (unit !== undefined) page.point(layer, [Number(unit)]);
  else if (!here) page.point(layer, placeAt(shape, [0, 0, Number(channel)]));
}

/** Escape lets the number go, and leads from its detail back to its map. */
function letGo(page, target) {
  page.pin(false);
  play(page, false);
  if (page.detail.contains(target)) page.overview.focus(page.layer, page.place);
}

const LAYERS = { "Shift ArrowLeft": -1, "Shift ArrowRight": 1 }, OTHERS = ["Home", "End", "PageUp", "PageDown"];
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** From one number of the window to its neighbour; false when the key is no arrow. */
function walked(button, key) {
  const step = ARROWS[key], cell = button.closest("td");
  if (!step) return false;
  const row = cell.closest("table").rows[cell.parentElement.rowIndex + step[0]];
  row?.cells[cell.cellIndex + step[1]]?.querySelector("button")?.focus();
  return true;
}

/** Follow one of our keys. */
function moved(page, key) {
  const { network, overview } = page, shape = network.shapeOf(page.layer);
  if (key in LAYERS) {
    const layer = page.layer + LAYERS[key];
    if (layer < -1 || layer >= network.steps.length) return;
    const here = layoutOf(shape), there = layoutOf(network.shapeOf(layer)), [y, x, c] = spotOf(shape, page.place);
    const spot = [y * there[0] / here[0], x * there[1] / here[1], Math.min(c, there[2] - 1)].map(Math.floor);
    page.point(layer, placeAt(network.shapeOf(layer), spot) ?? placeAt(network.shapeOf(layer), [0, 0, 0]));
  } else {
    const place = overview.hasBars(page.layer) ? neighbourBar(page, key) : neighbour(page, shape, key);
    if (place) page.point(page.layer, place);
  }
  page.drawNow();
  overview.focus(page.layer, page.place);
}

/** The place that a key leads to; null beyond the edge. */
function neighbour(page, shape, key) {
  const [height, width] = layoutOf(shape), [y, x, c] = spotOf(shape, page.place);
  const maps = page.overview.channels(page.layer), at = maps.indexOf(c);
  const step = ARROWS[key] ?? [0, 0];
  const spots = { Home: [y, 0, c], End: [y, width - 1, c], PageUp: [y, x, maps[at - 1]], PageDown: [y, x, maps[at + 1]] };
  const spot = key in ARROWS ? [y + step[0], x + step[1], c] : spots[key];
  const inside = spot[0] >= 0 && spot[0] < height && spot[1] >= 0 && spot[1] < width && spot[2] !== undefined;
  return inside ? placeAt(shape, spot) : null;
}

function neighbourBar(page, key) {
  const count = page.network.shapeOf(page.layer)[0], [unit] = page.place;
  const units = { ArrowUp: unit - 1, ArrowDown: unit + 1, Home: 0, End: count - 1 };
  return units[key] >= 0 && units[key] < count ? [units[key]] : null;
}

function play(page, playing) {
  if (Boolean(page.playing) === playing) return;
  clearInterval(page.playing);
  page.playing = playing ? setInterval(() => next(page), PLAY_MS) : 0;
  const button = page.root.querySelector('[data-do="play"]');
  button.textContent = playing ? "Stop" : "Step through this map";
  button.setAttribute("aria-pressed", playing);
  if (playing) page.pin(true);
  else page.drawNow();
}

/** The next number of the same map, row by row; from the last back to the first. */
function next(page) {
  const shape = page.network.shapeOf(page.layer), [height, width] = layoutOf(shape);
  const [y, x, channel] = spotOf(shape, page.place), index = (y * width + x + 1) % (height * width);
  page.point(page.layer, placeAt(shape, [Math.floor(index / width), index % width, channel])
    ?? placeAt(shape, [0, 0, channel]));
  page.drawNow();
}
