// The page: what is pointed at, and what pointer and keys do.

import { sizeOf } from "./arithmetic.mjs";
import { limitOf, paint } from "./colours.mjs";
import { detail, escaped, spoken, where } from "./detail.mjs";
import { networkOf } from "./network.mjs";
import { Overview, layoutOf, placeAt, spotOf } from "./overview.mjs";
import { Pad } from "./pad.mjs";
import { skeleton } from "./skeleton.mjs";
import { grouped, number, strongest } from "./told.mjs";

const PLAY_MS = 250;

/** Show the network of a payload in an element; returns the page when it is ready. */
export async function show(root, payload) {
  return new Page(root, await networkOf(payload));
}

export class Page {
  constructor(root, network) {
    this.root = root;
    this.network = network;
    this.state = { image: 0, shared: false, raw: false, digits: 6, zoom: 1, channel: null,
      allChannels: false, classes: network.classes, paper: this.#paper() };
    this.pinned = false;
    this.trail = [];
    root.innerHTML = skeleton(network);
    this.detail = this.#part("detail");
    this.overview = new Overview(this.#part("overview"), network, this.state);
    this.#listen();
    this.overview.paint();
    this.point(...network.start);
    this.drawNow();
  }

  /** Whether another network has the same layers, for as many images. */
  fits(network) {
    const told = ({ steps, shape, count }) => JSON.stringify([shape, count, steps.map((s) => [s.name, s.after])]);
    return told(network) === told(this.network);
  }

  /** Show the numbers of another network that fits; what is pointed at stays. */
  take(network) {
    if (this.network.drawn) network.draw(this.network.drawn[0]);
    this.network = this.overview.network = network;
    this.#part("verified").textContent = "";
    this.#refresh();
  }

  /** Point at a number: `layer` −1 is the image. */
  point(layer, place) {
    if (layer !== this.layer) Object.assign(this.state, { channel: null, allChannels: false });
    Object.assign(this, { layer, place });
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => this.drawNow());
  }

  /** Bring the detail and the frames up to date. */
  drawNow() {
    cancelAnimationFrame(this.waiting);
    this.waiting = 0;
    const { network, layer, place, state, overview } = this;
    const spot = spotOf(network.shapeOf(layer), place);
    overview.frame("here", layer, [[spot[0], spot[0]], [spot[1], spot[1]]], spot[2]);
    overview.frame("field", -1, layer < 0 ? null : network.field(layer, place));
    if (layer < 0) {
      const pixel = number(network.value(-1, place, state.image), state.digits);
      overview.frame("window", -1, null);
      this.detail.innerHTML = `<h2>image <small>${where(place)}</small></h2>`
        + `<p class="result"><output>${pixel}</output></p>`;
      this.#say(`image, ${where(place)}: ${pixel}`);
      return;
    }
    const told = network.explain(layer, place, state.image);
    const value = network.drawn ? null : network.value(layer, place, state.image);
    this.told = told;
    this.#frameWindow(told);
    const open = this.detail.querySelector("details")?.open;
    this.detail.innerHTML = detail(told, value, network.nameOf(layer - 1), state);
    if (open) this.detail.querySelector("details").open = true;
    this.#fold(told);
    this.#say(spoken(told, value, state));
  }

  /** Work out all numbers and compare them with Keras's. */
  async verify() {
    const output = this.#part("verified"), layers = this.network.steps.length;
    const found = await this.network.verify((done) => { output.textContent = `${done} of ${layers} layers`; });
    output.textContent = `${grouped(found.count)} numbers: `
      + (found.wrong ? `${grouped(found.wrong)} differ from Keras` : "all agree with Keras")
      + `; worst ${found.worst.toExponential(1)} of the size of the terms`
      + (found.where ? `, ${found.where}` : "")
      + (found.unknown ? `; ${grouped(found.unknown)} of layers that this page does not know` : "");
    return found;
  }

  #part(name) {
    return this.root.querySelector(`[data-part="${name}"]`);
  }

  #paper() {
    return globalThis.matchMedia?.("(prefers-color-scheme: dark)").matches ? [24, 24, 26] : [255, 255, 255];
  }

  #listen() {
    const overview = this.#part("overview");
    overview.addEventListener("pointermove", (event) => this.pinned || this.#pointAt(event));
    overview.addEventListener("pointerdown", (event) => {
      if (this.#pointAt(event)) this.#pin(true);
    });
    overview.addEventListener("click", (event) => {
      const more = event.target.closest("[data-more]"), unit = event.target.closest("[data-unit]");
      if (more) this.overview.toggle(Number(more.dataset.more));
      if (unit) this.#go(this.network.steps.length - 1, [Number(unit.dataset.unit)]);
      if (more) this.drawNow();
    });
    overview.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      this.#zoom(event.deltaY < 0 ? 1.25 : 0.8);
    }, { passive: false });
    overview.addEventListener("focusin", (event) => {
      if (event.target.matches("canvas") && !this.pinned) this.#focused(event.target);
    });
    this.root.addEventListener("keydown", (event) => this.#key(event));
    this.detail.addEventListener("click", (event) => this.#clicked(event.target));
    for (const name of ["raw", "shared"]) {
      this.#part(name).addEventListener("change", (event) => {
        this.state[name] = event.target.checked;
        this.overview.paint();
      });
    }
    this.#part("digits").addEventListener("change", (event) => {
      this.state.digits = Math.min(9, Math.max(2, Math.round(Number(event.target.value)) || 6));
      event.target.value = this.state.digits;
      this.overview.paint();
      this.drawNow();
    });
    this.#part("image")?.addEventListener("change", (event) => {
      this.state.image = Number(event.target.value);
      this.network.draw(null);
      this.#refresh();
    });
    this.root.addEventListener("click", (event) => {
      const button = event.target.closest("header [data-do], .bar [data-do]");
      if (button) this.#do[button.dataset.do]();
    });
    this.#part("draw")?.addEventListener("toggle", (event) => this.#draw(event.target));
    globalThis.matchMedia?.("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.state.paper = this.#paper();
      this.#refresh();
    });
    this.overview.canvasOf(-1, [0, 0, 0]).tabIndex = 0;
  }

  #do = {
    smaller: () => this.#zoom(0.8),
    larger: () => this.#zoom(1.25),
    verify: () => this.verify(),
    play: () => this.#play(!this.playing),
    back: () => this.#back(),
  };

  #refresh() {
    this.overview.paint();
    this.drawNow();
  }

  #zoom(times) {
    this.state.zoom = Math.min(6, Math.max(0.4, this.state.zoom * times));
    this.root.style.setProperty("--zoom", this.state.zoom);
  }

  #pointAt(event) {
    const canvas = event.target.closest?.("canvas");
    if (!canvas) return false;
    const layer = Number(canvas.closest(".layer").dataset.layer), shape = this.network.shapeOf(layer);
    const box = canvas.getBoundingClientRect(), [height, width] = layoutOf(shape);
    const y = Math.min(height - 1, Math.max(0, Math.floor((event.clientY - box.top) / box.height * height)));
    const x = Math.min(width - 1, Math.max(0, Math.floor((event.clientX - box.left) / box.width * width)));
    const place = placeAt(shape, [y, x, Number(canvas.dataset.channel)]);
    if (place) this.point(layer, place);
    return Boolean(place);
  }

  #focused(canvas) {
    const layer = Number(canvas.closest(".layer").dataset.layer), channel = Number(canvas.dataset.channel);
    const spot = spotOf(this.network.shapeOf(this.layer), this.place);
    if (layer === this.layer && spot[2] === channel) return;
    this.point(layer, placeAt(this.network.shapeOf(layer), [0, 0, channel]));
  }

  #pin(pinned) {
    this.pinned = pinned;
    this.#part("pin").textContent = pinned ? "Pinned. Escape, or a click on another number, lets go." : "";
    if (!pinned) this.#play(false);
  }

  /** Point at a number elsewhere, and remember the way back. */
  #go(layer, place) {
    this.trail.push([this.layer, this.place]);
    this.root.querySelector('[data-do="back"]').disabled = false;
    this.#pin(true);
    this.point(layer, place);
    this.drawNow();
  }

  #back() {
    const [layer, place] = this.trail.pop() ?? [this.layer, this.place];
    this.root.querySelector('[data-do="back"]').disabled = !this.trail.length;
    this.point(layer, place);
    this.drawNow();
  }

  #clicked(target) {
    const entry = target.closest("[data-entry]"), channel = target.closest("[data-channel]");
    if (entry) {
      this.#go(this.layer - 1, this.told.places[Number(entry.dataset.entry)]);
      this.#focusMap();
    } else if (channel) {
      if (channel.dataset.channel === "all") this.state.allChannels = true;
      else this.state.channel = Number(channel.dataset.channel);
      this.drawNow();
      this.detail.querySelector(`[data-channel="${channel.dataset.channel}"]`)?.focus();
    }
  }

  #focusMap() {
    const canvas = this.overview.canvasOf(this.layer, this.place);
    if (canvas) {
      for (const other of this.overview.root.querySelectorAll('canvas[tabindex="0"]')) other.tabIndex = -1;
      canvas.tabIndex = 0;
      canvas.focus({ preventScroll: true });
      canvas.scrollIntoView({ block: "nearest", inline: "nearest" });
    } else this.overview.columns[this.layer + 1].querySelectorAll("button")[this.place.at(-1)]?.focus();
  }

  #key(event) {
    const inMap = event.target.matches(".overview canvas");
    const key = event.shiftKey ? `Shift ${event.key}` : event.key;
    if (key === "Escape") this.#pin(false);
    else if (key === "Backspace" && !event.target.matches("input")) this.#back();
    else if (inMap && key === "Enter") this.#pin(!this.pinned);
    else if (inMap && key === " ") this.#play(!this.playing);
    else if (inMap || event.target.matches(".bars button")) {
      if (!this.#move(key)) return;
    } else return;
    event.preventDefault();
  }

  /** Follow an arrow key; false when the key is none of ours. */
  #move(key) {
    const { network } = this, shape = network.shapeOf(this.layer);
    const [height, width, channels] = layoutOf(shape), [y, x, c] = spotOf(shape, this.place);
    const spots = { ArrowUp: [y - 1, x, c], ArrowDown: [y + 1, x, c], ArrowLeft: [y, x - 1, c], ArrowRight: [y, x + 1, c],
      Home: [y, 0, c], End: [y, width - 1, c], PageUp: [y, x, c - 1], PageDown: [y, x, c + 1] };
    const layers = { "Shift ArrowLeft": -1, "Shift ArrowRight": 1 };
    if (key in layers) {
      const layer = this.layer + layers[key];
      if (layer < -1 || layer >= network.steps.length) return true;
      const other = layoutOf(network.shapeOf(layer));
      const spot = [y * other[0] / height, x * other[1] / width, Math.min(c, other[2] - 1)].map(Math.floor);
      this.point(layer, placeAt(network.shapeOf(layer), spot) ?? placeAt(network.shapeOf(layer), [0, 0, 0]));
    } else {
      const spot = spots[key];
      if (!spot) return false;
      const inside = spot.every((n, axis) => n >= 0 && n < [height, width, channels][axis]);
      const place = inside ? placeAt(shape, spot) : null;
      if (place) this.point(this.layer, place);
    }
    this.drawNow();
    this.#focusMap();
    return true;
  }

  #play(playing) {
    clearInterval(this.playing);
    this.playing = playing ? setInterval(() => this.#next(), PLAY_MS) : 0;
    const button = this.root.querySelector('[data-do="play"]');
    button.textContent = playing ? "Stop" : "Play";
    button.setAttribute("aria-pressed", Boolean(playing));
    if (playing) this.#pin(true);
  }

  /** The next number of the same map, row by row; from the last back to the first. */
  #next() {
    const shape = this.network.shapeOf(this.layer), [height, width] = layoutOf(shape);
    const [y, x, channel] = spotOf(shape, this.place), index = (y * width + x + 1) % (height * width);
    this.point(this.layer, placeAt(shape, [Math.floor(index / width), index % width, channel])
      ?? placeAt(shape, [0, 0, channel]));
    this.drawNow();
  }

  #frameWindow({ step, places, shape }) {
    const { overview, layer } = this, spatial = step.window || step.kind === "zeros" || step.kind === "global";
    const from = places[0], to = places.at(-1);
    const spans = spatial && from ? [[from[0], to[0]], [from[1], to[1]]] : null;
    overview.frame("window", layer - 1, spans, spans && shape.at(-1) === 1 ? from[2] : null);
  }

  /** The products of a dense number, laid back onto the maps that Flatten had unrolled. */
  #fold(told) {
    const root = this.detail.querySelector(".folded"), maps = this.network.mapsBehind(this.layer);
    if (!root || maps === null) return;
    const shape = this.network.shapeOf(maps), terms = new Float64Array(sizeOf(shape)), sums = new Float64Array(shape[2]);
    told.places.forEach(([at], i) => {
      terms[at] = told.terms[i];
      sums[at % shape[2]] += told.terms[i];
    });
    const order = strongest(sums, 16), limit = limitOf(terms);
    root.innerHTML = `<p>The products on the maps of ${escaped(this.network.nameOf(maps))} that they come from, strongest first:</p>`
      + order.map((c) => `<figure><canvas data-map="${c}"></canvas><figcaption>map ${c}</figcaption></figure>`).join("");
    root.querySelectorAll("canvas").forEach((canvas, i) => paint(canvas, terms, shape, order[i], limit, this.state.paper));
  }

  #draw(details) {
    if (!details.open) {
      this.network.draw(null);
      this.#refresh();
      return;
    }
    const high = limitOf(this.network.images.data);
    this.pad = new Pad(details.querySelector("div"), this.network.shape, high, (pixels) => {
      this.network.draw(pixels);
      this.#refresh();
    });
  }

  #say(text) {
    clearTimeout(this.saying);
    this.saying = setTimeout(() => { this.root.querySelector(".spoken").textContent = text; }, 150);
  }
}
