// The arithmetic of single numbers, as in arithmetic.py: same fields, same order.

import { LINEAR, bent, isKnown } from "./bends.mjs";

/**
 * Explain one number of a layer's answer.
 *
 * `given` is what the layer before answered, flat, of shape `step.before`. The
 * arrays of the result have one entry for each number that was read.
 */
export function workedOut(step, given, place, image = 0) {
  const told = ARITHMETIC[step.kind](step, given, place, image);
  return { step, place, bias: 0, total: NaN, bend: LINEAR, result: null, winners: [],
    numbers: {}, size: 0, weights: null, terms: null, ...told };
}

/** Everything that the layer answers, as a Float32Array of shape `step.after`. */
export function forward(step, given) {
  const quick = QUICK[step.kind];
  if (quick && step.bend.name !== "softmax") return quick(step, given);
  const answer = new Float32Array(sizeOf(step.after));
  for (let i = 0; i < answer.length; i++) {
    answer[i] = workedOut(step, given, placeOf(i, step.after)).result;
  }
  return answer;
}

export const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);

/** Where a place lies in a flat array of the shape. */
export function indexOf(place, shape) {
  let index = 0;
  for (let axis = 0; axis < shape.length; axis++) index = index * shape[axis] + place[axis];
  return index;
}

/** The reverse of `indexOf`. */
export function placeOf(index, shape) {
  const place = new Array(shape.length);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    place[axis] = index % shape[axis];
    index = Math.floor(index / shape[axis]);
  }
  return place;
}

/** The rows (axis 0) or columns (1) that a window reads for one of the answer. */
export function along(window, axis, at) {
  const start = at * window.strides[axis] - window.zeros[axis];
  return Array.from({ length: window.size[axis] }, (_, i) => start + i * window.dilation[axis]);
}

export const range = (count, first = 0) => Array.from({ length: count }, (_, i) => first + i);
const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
const sumOfSizes = (numbers) => numbers.reduce((a, b) => a + Math.abs(b), 0);

function read(step, given, places, shape = [places.length]) {
  const inside = places.map((place) => place.every((n, axis) => n >= 0 && n < step.before[axis]));
  const inputs = Float64Array.from(places, (place, i) =>
    inside[i] ? given[indexOf(place, step.before)] : 0);
  return { places, inside, inputs, shape };
}

function readWindow(step, given, place, channels) {
  const rows = along(step.window, 0, place[0]), columns = along(step.window, 1, place[1]);
  const places = rows.flatMap((y) => columns.flatMap((x) => channels.map((c) => [y, x, c])));
  return read(step, given, places, [rows.length, columns.length, channels.length]);
}

function conv(step, given, place) {
  const { shape: [height, width, depth, filters], data } = step.weights.kernel;
  const first = Math.floor(place[2] / (filters / step.options.groups)) * depth;
  const told = readWindow(step, given, place, range(depth, first));
  const weights = new Float64Array(height * width * depth);
  for (let i = 0; i < weights.length; i++) weights[i] = data[i * filters + place[2]];
  return [told, weights];
}

function depthwise(step, given, place) {
  const { shape: [height, width, channels, each], data } = step.weights.kernel;
  const channel = Math.floor(place[2] / each), which = place[2] % each;
  const told = readWindow(step, given, place, [channel]);
  return [told, Float64Array.from({ length: height * width }, (_, i) =>
    data[(i * channels + channel) * each + which])];
}

function dense(step, given, place, image) {
  const where = place.slice(0, -1), unit = place[place.length - 1];
  const kept = step.kept;
  if (kept) {  // the strongest terms alone are in the page
    const first = (image * kept.units + indexOf(place, step.after)) * kept.each;
    const entries = range(kept.each, first);
    const told = read(step, given, entries.map((i) => [...where, kept.inputs[i]]));
    return [told, Float64Array.from(entries, (i) => kept.weights[i])];
  }
  const { shape: [count, units], data } = step.weights.kernel;
  const told = read(step, given, range(count).map((i) => [...where, i]));
  return [told, Float64Array.from({ length: count }, (_, i) => data[i * units + unit])];
}

const FACTORS = { conv, depthwise, dense };

function weighted(step, given, place, image) {
  const [told, weights] = FACTORS[step.kind](step, given, place, image);
  const terms = told.inputs.map((input, i) => input * weights[i]);
  const bias = step.weights.bias ? step.weights.bias.data[place[place.length - 1]] : 0;
  const fields = { ...told, weights, terms, bias, ...leftOut(step, place, image) };
  fields.total = sum(terms) + fields.rest + bias;
  fields.size = sumOfSizes(terms) + fields.restSize + Math.abs(bias);
  if (step.bend.name !== "softmax") return { ...fields, ...bentTo(step, fields.total) };
  const alone = { ...step, bend: LINEAR };
  const logits = range(step.after[step.after.length - 1]).map((unit) =>
    weighted(alone, given, [...place.slice(0, -1), unit], image).total);
  return { ...fields, ...share(step, logits, place[place.length - 1]) };
}

/** What the terms that are not in the page bring together, and how large they are. */
function leftOut(step, place, image) {
  if (!step.kept) return { rest: 0, restSize: 0, missing: 0 };
  const { units, each, rest, sizes } = step.kept;
  const at = image * units + indexOf(place, step.after);
  return { rest: rest[at], restSize: sizes[at],
    missing: step.before[step.before.length - 1] - each };
}

function bentTo(step, total) {
  return { total, bend: step.bend, result: isKnown(step.bend) ? bent(step.bend, total) : null };
}

function share(step, logits, which) {
  const largest = logits.reduce((a, b) => (a > b || Number.isNaN(a) ? a : b));
  const powers = logits.map((logit) => Math.exp(logit - largest));
  const numbers = {
    "logit": logits[which],
    "largest logit": largest,
    "exponential of the difference": powers[which],
    "sum of all such exponentials": sum(powers),
  };
  return { total: logits[which], bend: step.bend, numbers, logits,
    result: powers[which] / sum(powers) };
}

function activation(step, given, place) {
  if (step.bend.name === "softmax") {
    const shares = step.before[step.before.length - 1];
    const told = read(step, given, range(shares).map((i) => [...place.slice(0, -1), i]));
    const size = Math.max(...told.inputs.map(Math.abs));
    return { ...told, size, ...share(step, [...told.inputs], place[place.length - 1]) };
  }
  const told = read(step, given, [place]);
  return { ...told, size: Math.abs(told.inputs[0]), ...bentTo(step, told.inputs[0]) };
}

function pool(step, given, place) {
  const told = readWindow(step, given, place, [place[2]]);
  return { ...told, ...pooled(step, told) };
}

function globalPool(step, given, place) {
  const [height, width] = step.before, channel = place[place.length - 1];
  const places = range(height).flatMap((y) => range(width).map((x) => [y, x, channel]));
  const told = read(step, given, places, [height, width, 1]);
  return { ...told, ...pooled(step, told) };
}

function pooled(step, { inputs, inside }) {
  if (step.options.pooling === "max") {
    const there = [...inputs].filter((_, i) => inside[i]);
    const result = there.reduce((a, b) => (a > b || Number.isNaN(a) ? a : b));
    const winners = range(inputs.length).filter((i) => inside[i] && inputs[i] === result);
    return { result, winners, size: Math.abs(result) };
  }
  if (step.options.pooling === "average") {
    const count = inside.filter(Boolean).length;
    const terms = inputs.map((input) => input / count);
    return { terms, result: sum(terms), size: sumOfSizes(terms) };
  }
  const p = step.options.p;
  const terms = inputs.map((input) => Math.abs(input) ** p);
  const result = sum(terms) ** (1 / p);
  return { terms, numbers: { p, "sum of the powers": sum(terms) }, result, size: result };
}

function norm(step, given, place) {
  const told = read(step, given, [place]), channel = place[place.length - 1];
  const held = (name, other) => step.weights[name]?.data[channel] ?? other;
  const mean = held("moving_mean"), variance = held("moving_variance");
  const gamma = held("gamma", 1), beta = held("beta", 0);
  const epsilon = step.options.epsilon, slope = gamma / Math.sqrt(variance + epsilon);
  const x = told.inputs[0];
  return { ...told, numbers: { mean, variance, gamma, beta, epsilon },
    result: slope * (x - mean) + beta,
    size: Math.abs(slope) * (Math.abs(x) + Math.abs(mean)) + Math.abs(beta) };
}

function rescale(step, given, place) {
  const told = read(step, given, [place]), channel = place[place.length - 1];
  const scale = step.weights.scale.data[channel], offset = step.weights.offset.data[channel];
  const scaled = told.inputs[0] * scale;
  return { ...told, numbers: { scale, offset }, result: scaled + offset,
    size: Math.abs(scaled) + Math.abs(offset) };
}

const kept = (told) => ({ ...told, result: told.inputs[0] });

function zeros(step, given, [row, column, channel]) {
  return kept(read(step, given, [[row - step.options.above, column - step.options.left, channel]]));
}

function reshape(step, given, place) {
  return kept(read(step, given, [placeOf(indexOf(place, step.after), step.before)]));
}

const ARITHMETIC = {
  conv: weighted,
  depthwise: weighted,
  dense: weighted,
  pool,
  global: globalPool,
  norm,
  activation,
  rescale,
  zeros,
  reshape,
  same: (step, given, place) => kept(read(step, given, [place])),
  unknown: (step, given) => read(step, given, []),
};

// The same sums as above, without a list of the terms: a drawn digit wants them all.

function quickConv(step, given) {
  const [height, width, filters] = step.after, answer = new Float32Array(sizeOf(step.after));
  const [rows, columns, channels] = step.before, { weights, options } = step;
  const depth = weights.kernel.shape[2], kernel = weights.kernel.data;
  const inAGroup = filters / options.groups, totals = new Float64Array(filters);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    for (let f = 0; f < filters; f++) totals[f] = weights.bias ? weights.bias.data[f] : 0;
    let at = 0;  // in the kernel: row, column, channel of a group
    for (const row of along(step.window, 0, y)) for (const column of along(step.window, 1, x)) {
      const outside = row < 0 || row >= rows || column < 0 || column >= columns;
      for (let c = 0; c < depth; c++, at++) {
        if (outside) continue;
        const first = (row * columns + column) * channels + c;
        for (let f = 0; f < filters; f++) {
          totals[f] += given[first + Math.floor(f / inAGroup) * depth] * kernel[at * filters + f];
        }
      }
    }
    const to = (y * width + x) * filters;
    for (let f = 0; f < filters; f++) answer[to + f] = bentAs(step, totals[f]);
  }
  return answer;
}

function quickDense(step, given) {
  const { shape: [count, units], data } = step.weights.kernel;
  const answer = new Float64Array(units), bias = step.weights.bias;
  if (given.length !== count) return Float32Array.from({ length: sizeOf(step.after) }, (_, i) =>
    workedOut(step, given, placeOf(i, step.after)).result);
  if (bias) answer.set(bias.data);
  for (let i = 0; i < count; i++) if (given[i] !== 0) {
    for (let u = 0; u < units; u++) answer[u] += given[i] * data[i * units + u];
  }
  return Float32Array.from(answer, (total) => bentAs(step, total));
}

const bentAs = (step, total) => (isKnown(step.bend) ? bent(step.bend, total) : NaN);

const QUICK = { conv: quickConv, dense: quickDense };
