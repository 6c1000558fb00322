// A network and its answers, out of what Python wrote into the page.

import { along, forward, indexOf, placeOf, range, sizeOf, workedOut } from "./arithmetic.mjs";
import { LINEAR } from "./bends.mjs";
import { fieldOf } from "./field.mjs";
import { agrees, difference } from "./told.mjs";

/** Read the numbers: base64 of deflated float32, the first bytes of all before the second. */
async function unpacked(text) {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const planes = new Uint8Array(await new Response(stream).arrayBuffer());
  const count = planes.length / 4, bytes = new Uint8Array(planes.length);
  for (let i = 0; i < count; i++) {
    for (let byte = 0; byte < 4; byte++) bytes[4 * i + byte] = planes[byte * count + i];
  }
  return new Float32Array(bytes.buffer);
}

/** Make a network of what `payload.py` wrote. */
export async function networkOf(payload) {
  const numbers = await unpacked(payload.numbers);
  const array = ({ at, shape }) => ({ shape, data: numbers.subarray(at, at + sizeOf(shape)) });
  const arrays = (named) => Object.fromEntries(
    Object.entries(named).map(([name, given]) => [name, array(given)]));
  const steps = payload.steps.map((step) => ({
    ...step, weights: arrays(step.weights), kept: step.kept && keptOf(arrays(step.kept)),
  }));
  return new Network(payload, steps, array(payload.images), payload.answers.map(array));
}

function keptOf({ inputs, weights, rest, restLow, sizes }) {
  return { units: inputs.shape[1], each: inputs.shape[2], inputs: inputs.data,
    weights: weights.data, sizes: sizes.data,
    rest: Float64Array.from(rest.data, (high, i) => high + restLow.data[i]) };
}

export class Network {
  constructor(payload, steps, images, answers) {
    Object.assign(this, { name: payload.name, classes: payload.classes,
      captions: payload.captions, start: payload.start,
      ink: payload.ink, trimmed: payload.trimmed, steps, images });
    this.count = images.shape[0];
    this.shape = images.shape.slice(1);
    this.held = answers;
    this.drawn = null;
  }

  /** The shape of what a layer answers; the image is layer −1. */
  shapeOf(layer) {
    return layer < 0 ? this.shape : this.steps[layer].after;
  }

  nameOf(layer) {
    return layer < 0 ? "the image" : this.steps[layer].name;
  }

  /** All that a layer answers to an image; of layer −1, the image itself. */
  answer(layer, image) {
    if (this.drawn) return this.drawn[layer + 1];
    const { data } = layer < 0 ? this.images : this.held[layer];
    const size = sizeOf(this.shapeOf(layer));
    return data.subarray(image * size, (image + 1) * size);
  }

  /** Let the network answer to an image that someone has drawn; null for its own again. */
  draw(pixels) {
    if (!pixels) {
      this.drawn = null;
      return;
    }
    const answers = [pixels];
    for (const step of this.steps) answers.push(forward(step, answers[answers.length - 1]));
    this.drawn = answers;
  }

  value(layer, place, image) {
    return this.answer(layer, image)[indexOf(place, this.shapeOf(layer))];
  }

  explain(layer, place, image) {
    return workedOut(this.steps[layer], this.answer(layer - 1, image), place, image);
  }

  /** What goes into the activation of a layer; null where there is none. */
  before(layer, image) {
    const step = this.steps[layer];
    if (!["conv", "depthwise", "dense"].includes(step.kind) || step.kept) return null;
    if (step.bend.name === "linear") return null;
    return forward({ ...step, bend: LINEAR }, this.answer(layer - 1, image));
  }

  /** Rows and columns of the image that a number depends on, or null. */
  field(layer, place) {
    return fieldOf(this.steps, layer, place, this.shape);
  }

  /** How many rows and columns of the layer before no window reads: [rows, columns]. */
  unread(layer) {
    const { window, before, after } = this.steps[layer];
    return window ? [0, 1].map((axis) => {
      const read = new Set(range(after[axis]).flatMap((at) => along(window, axis, at)));
      return range(before[axis]).filter((n) => !read.has(n)).length;
    }) : [0, 0];
  }

  /** The maps behind a row of numbers, when it is one that a Flatten made: layer, or null. */
  mapsBehind(layer) {
    const step = this.steps[layer - 1], dense = this.steps[layer];
    const flat = dense?.kind === "dense" && step?.kind === "reshape";
    return flat && step.before.length === 3 && step.after.length === 1 ? layer - 2 : null;
  }

  /**
   * Work out every number of every layer, for all images, and compare with Keras.
   * Gives back after each layer; `tell(done)` hears how many layers are finished.
   */
  async verify(tell = () => {}) {
    const found = { count: 0, worst: 0, where: "", wrong: 0, unknown: 0 };
    for (const [layer, step] of this.steps.entries()) {
      for (let image = 0; image < this.count; image++) this.#check(layer, step, image, found);
      tell(layer + 1);
      await new Promise((go) => { setTimeout(go); });
    }
    return found;
  }

  #check(layer, step, image, found) {
    const { data } = this.held[layer], size = sizeOf(step.after);
    const before = layer ? this.held[layer - 1].data : this.images.data;
    const given = before.subarray(image * sizeOf(step.before), (image + 1) * sizeOf(step.before));
    for (let i = 0; i < size; i++) {
      const value = data[image * size + i], place = placeOf(i, step.after);
      const told = workedOut(step, given, place, image);
      if (told.result === null) {
        found.unknown++;
        continue;
      }
      found.count++;
      if (!agrees(told, value)) found.wrong++;
      const apart = difference(told, value) / Math.max(told.size, Math.abs(value), 1e-30);
      if (apart > found.worst) {
        found.worst = apart;
        found.where = `${step.name} at (${place.join(", ")})`;
      }
    }
  }
}
