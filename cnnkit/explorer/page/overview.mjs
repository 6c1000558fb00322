// All layers side by side: the image, the maps of each layer, the classes.

import { indexOf, placeOf, range, sizeOf } from "./arithmetic.mjs";
import { limitOf, paint, paintImage } from "./colours.mjs";
import { escaped } from "./detail.mjs";
import { number } from "./told.mjs";

const MOST_MAPS = 16, MOST_BARS = 20;

/** How numbers of a shape are laid out: [height, width, channels]. */
export function layoutOf(shape) {
  if (shape.length === 3) return shape;
  if (shape.length === 2) return [...shape, 1];
  const count = sizeOf(shape), columns = Math.ceil(Math.sqrt(count));
  return [Math.ceil(count / columns), columns, 1];
}

/** The place that is drawn at row y and column x of a map; null beyond the last. */
export function placeAt(shape, [y, x, channel]) {
  if (shape.length === 3) return [y, x, channel];
  if (shape.length === 2) return [y, x];
  const index = y * layoutOf(shape)[1] + x;
  return index < sizeOf(shape) ? placeOf(index, shape) : null;
}

/** The reverse: [y, x, channel] of a place. */
export function spotOf(shape, place) {
  if (shape.length === 3) return place;
  if (shape.length === 2) return [...place, 0];
  const index = indexOf(place, shape), columns = layoutOf(shape)[1];
  return [Math.floor(index / columns), index % columns, 0];
}

export class Overview {
  /**
   * Fill `root` with a column for each layer. The last one goes to `answer`, which does
   * not scroll, when it is drawn as bars. `state` is the page's.
   */
  constructor(root, answer, network, state) {
    Object.assign(this, { root, network, state, all: new Set() });
    root.innerHTML = range(network.steps.length + 1, -1).map((layer) => this.#column(layer)).join("");
    this.columns = [...root.children];
    if (this.hasBars(network.steps.length - 1)) answer.append(this.columns.at(-1));
    for (const layer of this.layers()) this.#fill(layer);
  }

  layers() {
    return range(this.network.steps.length + 1, -1);
  }

  hasBars(layer) {
    const shape = this.network.shapeOf(layer), { classes } = this.network;
    return layer >= 0 && shape.length === 1 && shape[0] === classes.length && shape[0] <= MOST_BARS;
  }

  /** Whether there is room for larger maps. */
  isSmall() {
    return this.columns.length < 6 && this.layers().every((layer) => this.hasBars(layer) || this.channels(layer).length < 3);
  }

  /** Show all maps of a layer, or the strongest. */
  toggle(layer) {
    if (!this.all.delete(layer)) this.all.add(layer);
    this.#fill(layer);
    this.paintLayer(layer);
  }

  paint() {
    for (const layer of this.layers()) {
      if (!this.hasBars(layer) && this.channels(layer).join() !== this.#shown(layer)) this.#fill(layer);
      this.paintLayer(layer);
    }
  }

  /** Whether an element is a map or a bar. */
  holds(element) {
    return this.columns.some((column) => column.contains(element));
  }

  /** Move the focus to the chosen place. */
  focus(layer, place) {
    const spot = this.#spot(layer, place);
    spot.focus({ preventScroll: true });
    spot.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** Scroll the layers, and nothing else, until a place can be seen. */
  reveal(layer, place) {
    const spot = this.#spot(layer, place);
    if (!this.root.contains(spot)) return;
    const at = spot.getBoundingClientRect(), box = this.root.getBoundingClientRect();
    if (at.left < box.left || at.right > box.right) this.root.scrollLeft += at.left - box.left - 20;
    if (at.top < box.top || at.bottom > box.bottom) this.root.scrollTop += at.top - box.top - 20;
  }

  /** Make a place the one that the Tab key finds, and mark its bar; its map is shown if it was not. */
  choose(layer, place) {
    this.chosen = { layer, channel: this.#isPicture(layer) ? 0 : spotOf(this.network.shapeOf(layer), place)[2] };
    if (!this.#spot(layer, place)) {
      this.#fill(layer);
      this.paintLayer(layer);
    }
    const chosen = this.#spot(layer, place);
    for (const column of this.columns) {
      const bars = [...column.querySelectorAll("[data-unit]")], stop = bars.includes(chosen) ? chosen : bars[0];
      for (const bar of bars) {
        bar.ariaCurrent = bar === chosen ? "true" : null;
        bar.tabIndex = bar === stop ? 0 : -1;
      }
      for (const canvas of column.querySelectorAll("canvas")) canvas.tabIndex = canvas === chosen ? 0 : -1;
    }
    if (!chosen?.matches("canvas")) this.columns[0].querySelector("canvas").tabIndex = 0;
  }

  /** The canvas or the bar in which a place lies; null if it is not shown. */
  #spot(layer, place) {
    const column = this.columns[layer + 1];
    if (this.hasBars(layer)) return column.querySelector(`[data-unit="${place[0]}"]`);
    const channel = this.#isPicture(layer) ? 0 : spotOf(this.network.shapeOf(layer), place)[2];
    return column.querySelector(`canvas[data-channel="${channel}"]`);
  }

  /** Frame a part of each map that `spans` = [[y0, y1], [x0, x1]] names, or of one. */
  frame(kind, layer, spans, channel = null) {
    for (const box of this.root.querySelectorAll(`.box.${kind}`)) box.remove();
    if (!spans) return;
    const [height, width] = layoutOf(this.network.shapeOf(layer));
    for (const canvas of this.columns[layer + 1].querySelectorAll("canvas")) {
      if (channel !== null && !this.#isPicture(layer) && Number(canvas.dataset.channel) !== channel) continue;
      const box = document.createElement("i");
      box.className = `box ${kind}`;
      const [[top, bottom], [left, right]] = spans;
      box.style.cssText = `top:${100 * top / height}%;left:${100 * left / width}%;`
        + `height:${100 * (bottom - top + 1) / height}%;width:${100 * (right - left + 1) / width}%`;
      canvas.parentElement.append(box);
    }
  }

  paintLayer(layer) {
    const { network, state } = this, column = this.columns[layer + 1];
    if (this.hasBars(layer)) {
      this.#paintBars(layer, column.querySelector(".maps"));
      return;
    }
    const shape = layoutOf(network.shapeOf(layer)), numbers = this.#numbers(layer);
    const together = state.shared ? limitOf(numbers) : 0;
    for (const canvas of column.querySelectorAll("canvas")) {
      const channel = Number(canvas.dataset.channel);
      if (layer < 0 && (this.#isPicture(layer) || shape[2] === 1)) paintImage(canvas, numbers, shape, network.ink);
      else paint(canvas, numbers, shape, channel, together || limitOf(slice(numbers, shape, channel)), state.paper);
    }
  }

  #column(layer) {
    const { network } = this, step = network.steps[layer];
    const shape = network.shapeOf(layer).join("×");
    const [rows, columns] = layer < 0 ? [0, 0] : network.unread(layer);
    const lost = [[rows, "row"], [columns, "column"]].filter(([n]) => n)
      .map(([n, what]) => `${n} ${what}${n > 1 ? "s" : ""}`).join(" and ");
    const source = escaped(network.nameOf(layer - 1));
    return `<section class="layer" data-layer="${layer}"><h2>${layer < 0 ? "image" : escaped(step.name)}</h2>`
      + `<p>${layer < 0 ? "" : `${escaped(step.label)}, `}${shape}${
        lost ? `<br>no window reads ${lost} of ${source}` : ""}</p><div class="maps"></div></section>`;
  }

  #isPicture(layer) {
    return layer < 0 && this.network.shape.length === 3 && this.network.shape[2] === 3;
  }

  #numbers(layer) {
    const { network, state } = this;
    const before = state.raw && layer >= 0 ? network.before(layer, state.image) : null;
    return before ?? network.answer(layer, state.image);
  }

  /** The maps of a layer that are shown, in their order. */
  channels(layer) {
    const [, , count] = layoutOf(this.network.shapeOf(layer));
    if (this.#isPicture(layer)) return [0];
    if (count <= MOST_MAPS || this.all.has(layer)) return range(count);
    const numbers = this.network.answer(layer, this.state.image), strength = new Float64Array(count);
    numbers.forEach((n, i) => { strength[i % count] += Math.abs(n); });
    const order = range(count).sort((a, b) => strength[b] - strength[a]), first = order.slice(0, MOST_MAPS);
    const { chosen } = this;  // is shown, however weak
    return chosen?.layer !== layer || first.includes(chosen.channel) ? first : [...first.slice(0, -1), chosen.channel];
  }

  #shown(layer) {
    return [...this.columns[layer + 1].querySelectorAll("canvas")].map((c) => c.dataset.channel).join();
  }

  #fill(layer) {
    const [height, width, count] = layoutOf(this.network.shapeOf(layer));
    const name = layer < 0 ? "image" : this.network.nameOf(layer);
    const maps = this.columns[layer + 1].querySelector(".maps");
    if (this.hasBars(layer)) {
      maps.className = "maps bars";
      maps.innerHTML = range(height * width).slice(0, sizeOf(this.network.shapeOf(layer))).map((unit) =>
        `<button data-unit="${unit}"><span>${escaped(this.network.classes[unit])}</span>`
        + '<span><i></i></span><span class="number"></span></button>').join("");
      const longest = Math.max(...this.network.classes.map((name) => String(name).length));
      maps.style.setProperty("--name", `${Math.min(12, Math.max(2, longest + 1))}ch`);
      return;
    }
    const wide = Math.min(1, width / height), tall = Math.min(1, height / width);
    maps.innerHTML = this.channels(layer).map((channel) => {
      const title = count > 1 && !this.#isPicture(layer) ? `map ${channel}` : "";
      const spoken = [name, title].filter(Boolean).join(" ");
      return `<div class="map"><span>${title}</span><div class="frame" style="--w:${wide};--h:${tall}">`
        + `<canvas data-channel="${channel}" tabindex="-1" role="application" aria-roledescription="map" `
        + `aria-describedby="explorer-keys" aria-label="${escaped(spoken)}, ${height} by ${width}"></canvas></div></div>`;
    }).join("") + (count > MOST_MAPS && !this.#isPicture(layer)
      ? `<button data-more="${layer}">${this.all.has(layer) ? `the ${MOST_MAPS} strongest` : `all ${count} maps`}</button>` : "");
  }

  #paintBars(layer, maps) {
    const numbers = this.#numbers(layer), limit = limitOf(numbers);
    [...maps.children].forEach((button, unit) => {
      const bar = button.querySelector("i");
      bar.style.width = `${100 * Math.abs(numbers[unit]) / limit || 0}%`;
      bar.className = numbers[unit] < 0 ? "minus" : "plus";
      const shown = number(numbers[unit], Math.min(3, this.state.digits));
      button.querySelector(".number").textContent = shown === "1" && numbers[unit] < 1 ? ">0.999" : shown;
    });
  }
}

function slice(numbers, [height, width, channels], channel) {
  return range(height * width).map((i) => numbers[i * channels + channel] ?? 0);
}
