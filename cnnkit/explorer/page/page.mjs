// The page: what is pointed at, and what is shown of it.

import { sizeOf } from "./arithmetic.mjs";
import { limitOf, paint } from "./colours.mjs";
import { detail, escaped, spoken, where } from "./detail.mjs";
import { networkOf } from "./network.mjs";
import { Overview, spotOf } from "./overview.mjs";
import { Pad } from "./pad.mjs";
import { skeleton } from "./skeleton.mjs";
import { steer } from "./steering.mjs";
import { grouped, number, strongest } from "./told.mjs";

/** Show the network of a payload in an element; returns the page when it is ready. */
export async function show(root, payload) {
  return new Page(root, await networkOf(payload));
}

export class Page {
  constructor(root, network) {
    Object.assign(this, { root, network, pinned: false, playing: 0, trail: [] });
    this.state = { image: 0, shared: false, raw: false, digits: 6, zoom: 1, channel: null,
      allChannels: false, classes: network.classes, paper: this.#paper() };
    root.innerHTML = skeleton(network);
    this.detail = this.part("detail");
    this.overview = new Overview(this.part("overview"), this.part("answer"), network, this.state);
    this.#listen();
    steer(this);
    this.overview.paint();
    if (this.overview.isSmall()) this.zoom(1.8);
    this.point(...network.start);
    this.drawNow();
  }

  /** The element that the skeleton calls so. */
  part(name) {
    return this.root.querySelector(`[data-part="${name}"]`);
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
    this.part("verified").textContent = "";
    this.refresh();
  }

  /** Point at a number: `layer` −1 is the image. */
  point(layer, place) {
    if (layer !== this.layer) Object.assign(this.state, { channel: null, allChannels: false });
    Object.assign(this, { layer, place });
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => this.drawNow());
  }

  /** Point at a number elsewhere, pin it, and remember the way back. */
  go(layer, place) {
    if (layer === this.layer && String(place) === String(this.place)) return;
    this.trail.push([this.layer, this.place]);
    this.pin(true);
    this.point(layer, place);
    this.drawNow();
  }

  back() {
    if (!this.trail.length) return;
    const inMap = this.overview.holds(document.activeElement);
    this.point(...this.trail.pop());
    this.drawNow();
    if (inMap) this.overview.focus(this.layer, this.place);
  }

  /** Hold on to the number, whatever the pointer does; or let it go. */
  pin(pinned) {
    this.pinned = pinned;
    this.part("pin").textContent = pinned
      ? "Pinned. Click another number for that one; click this one again, or press Escape, to let go." : "";
  }

  /** Bring the detail and the frames up to date. */
  drawNow() {
    cancelAnimationFrame(this.waiting);
    this.waiting = 0;
    const { network, layer, place, state, overview } = this;
    const spot = spotOf(network.shapeOf(layer), place);
    overview.choose(layer, place);
    overview.frame("here", layer, [[spot[0], spot[0]], [spot[1], spot[1]]], spot[2]);
    overview.frame("field", -1, layer < 0 ? null : network.field(layer, place));
    this.root.querySelector('[data-do="back"]').setAttribute("aria-disabled", !this.trail.length);
    const told = layer < 0 ? null : network.explain(layer, place, state.image);
    this.told = told;
    this.#frameWindow(told);
    this.#fill(told, network.drawn ? null : network.value(layer, place, state.image));
    if (!this.playing) this.say((this.pinned ? "pinned: " : "") + (told ? spoken(told, network.drawn ? null : network.value(layer, place, state.image), state)
      : `image, ${where(place)}: ${this.#pixel()}`));
  }

  /** Repaint all maps, and the number with them. */
  refresh() {
    this.overview.paint();
    this.drawNow();
  }

  /** Say something to a reader of the screen, when the dust has settled. */
  say(text) {
    clearTimeout(this.saying);
    this.saying = setTimeout(() => { this.root.querySelector(".spoken").textContent = text; }, 150);
  }

  /** Work out all numbers and compare them with Keras's. */
  async verify() {
    const output = this.part("verified"), layers = this.network.steps.length;
    const found = await this.network.verify((done) => { output.textContent = `${done} of ${layers} layers`; });
    output.textContent = `${grouped(found.count)} numbers: `
      + (found.wrong ? `${grouped(found.wrong)} differ from Keras` : "all agree with Keras")
      + `. Largest difference: ${found.worst.toExponential(1)} times the size of what was added up`
      + (found.where ? `, in ${found.where}` : "")
      + (found.unknown ? `. ${grouped(found.unknown)} are of layers that this page does not know` : "");
    this.say(output.textContent);
    return found;
  }

  zoom(times) {
    this.state.zoom = Math.min(6, Math.max(0.4, this.state.zoom * times));
    this.root.style.setProperty("--zoom", this.state.zoom);
  }

  #paper() {
    return globalThis.matchMedia?.("(prefers-color-scheme: dark)").matches ? [24, 24, 26] : [255, 255, 255];
  }

  #pixel() {
    return number(this.network.value(-1, this.place, this.state.image), this.state.digits);
  }

  /** What the controls above the maps do. */
  #listen() {
    for (const name of ["raw", "shared"]) {
      this.part(name).addEventListener("change", ({ target }) => {
        this.state[name] = target.checked;
        this.refresh();
      });
    }
    this.part("digits").addEventListener("change", ({ target }) => {
      this.state.digits = Math.min(9, Math.max(2, Math.round(Number(target.value)) || 6));
      target.value = this.state.digits;
      this.refresh();
    });
    this.part("image")?.addEventListener("change", ({ target }) => {
      if (target.value === "drawn") return;
      this.state.image = Number(target.value);
      this.part("draw")?.removeAttribute("open");
      this.#answer(null);
    });
    this.part("draw")?.addEventListener("toggle", ({ target }) => this.#draw(target));
    globalThis.matchMedia?.("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.state.paper = this.#paper();
      this.refresh();
    });
  }

  /** Fill the detail anew; the focus stays where it was in it. */
  #fill(told, value) {
    const { network, layer, place, state } = this, root = this.detail;
    const focused = root.contains(document.activeElement) ? document.activeElement : null;
    const open = root.querySelector("details")?.open;
    root.innerHTML = told ? detail(told, value, network.nameOf(layer - 1), state)
      : `<h2 tabindex="-1">image <small>${where(place)}</small></h2><p class="result"><b>${this.#pixel()}</b></p>`;
    if (open) root.querySelector("details")?.setAttribute("open", "");
    if (told) this.#fold(told);
    if (!focused) return;
    const { entry, channel } = focused.dataset;
    const same = entry !== undefined ? `[data-entry="${entry}"]` : channel !== undefined ? `[data-channel="${channel}"]`
      : focused.matches("summary") ? "summary" : "h2";
    (root.querySelector(same) ?? root.querySelector("h2")).focus({ preventScroll: true });
  }

  #frameWindow(told) {
    const { overview, layer } = this, { step, places = [], shape } = told ?? {};
    const spatial = step && (step.window || step.kind === "zeros" || step.kind === "global");
    const from = places[0], to = places.at(-1);
    const spans = spatial && from ? [[from[0], to[0]], [from[1], to[1]]] : null;
    overview.frame("window", layer - 1, spans, spans && shape.at(-1) === 1 ? from[2] : null);
  }

  /** Weights and products of a dense number, laid back onto the maps that Flatten had unrolled. */
  #fold(told) {
    const root = this.detail.querySelector(".folded"), maps = this.network.mapsBehind(this.layer);
    if (!root || maps === null) return;
    const shape = this.network.shapeOf(maps), size = sizeOf(shape), sums = new Float64Array(shape[2]);
    const folded = { weights: new Float64Array(size), products: new Float64Array(size) };
    told.places.forEach(([at], i) => {
      folded.weights[at] = told.weights[i];
      folded.products[at] = told.terms[i];
      sums[at % shape[2]] += told.terms[i];
    });
    const order = strongest(sums, 16), name = escaped(this.network.nameOf(maps));
    root.innerHTML = Object.keys(folded).map((what) => `<p>The ${what} on the maps of ${name} that they read${
      what === "weights" ? ", in the order of what the maps bring" : ""}:</p><div data-folded="${what}">${
      order.map((c) => `<figure><canvas></canvas><figcaption>map ${c}</figcaption></figure>`).join("")}</div>`).join("");
    for (const [what, numbers] of Object.entries(folded)) {
      const limit = limitOf(numbers), canvases = root.querySelectorAll(`[data-folded="${what}"] canvas`);
      canvases.forEach((canvas, i) => paint(canvas, numbers, shape, order[i], limit, this.state.paper));
    }
  }

  /** Open or close the pad; what was drawn on it is kept. */
  #draw(details) {
    if (!details.open) {
      this.#answer(null);
      return;
    }
    const high = limitOf(this.network.images.data);
    this.pad ??= new Pad(details.querySelector("div"), this.network.shape, { ink: this.network.ink, high }, (pixels, [y, x]) => {
      this.#answer(pixels);
      const all = pixels ? this.network.answer(this.network.steps.length - 1) : null;
      const best = all?.indexOf(Math.max(...all));
      this.say(`pen at row ${y}, column ${x}`
        + (all ? `; strongest answer: ${this.state.classes[best] ?? best}, ${number(all[best], 3)}` : "; nothing is drawn"));
    });
    if (this.pad.inked) this.#answer(this.pad.pixels);
  }

  /** Let the network answer a drawing; null for the image that was chosen. */
  #answer(pixels) {
    this.network.draw(pixels);
    const select = this.part("image");
    if (select) {
      select.querySelector('[value="drawn"]').hidden = !pixels;
      select.value = pixels ? "drawn" : this.state.image;
    }
    this.refresh();
  }
}
