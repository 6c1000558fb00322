// Which part of the image a number depends on: its receptive field.

import { along, placeOf } from "./arithmetic.mjs";

/**
 * Rows and columns of the image that a number of a layer depends on:
 * [[first, last], [first, last]]; null when the image is no picture.
 */
export function fieldOf(steps, layer, place, shape) {
  if (shape.length !== 3) return null;
  let part = partAt(place);
  for (const step of steps.slice(0, layer + 1).reverse()) part = partBefore(step, part);
  return (part.spans ?? everything(shape).spans).map(([first, last], axis) =>
    [Math.max(first, 0), Math.min(last, shape[axis] - 1)]);
}

// A part of an answer: spans of rows and columns, or one unit, or (neither) all of it.

function partAt(place) {
  if (place.length === 3) return { spans: place.slice(0, 2).map((n) => [n, n]) };
  return place.length === 1 ? { unit: place[0] } : {};
}

function everything(shape) {
  return shape.length === 3 ? { spans: shape.slice(0, 2).map((n) => [0, n - 1]) } : {};
}

function partBefore(step, part) {
  const { kind, window, before } = step;
  const each = (change) => ({ spans: part.spans.map((span, axis) => change(span, axis)) });
  if (window) {
    return each(([first, last], axis) =>
      [along(window, axis, first)[0], along(window, axis, last).at(-1)]);
  }
  if (kind === "zeros") {
    const zeros = [step.options.above, step.options.left];
    return each((span, axis) => span.map((n) => n - zeros[axis]));
  }
  if (kind === "reshape") {
    return part.unit === undefined ? everything(before) : partAt(placeOf(part.unit, before));
  }
  const mixes = kind === "dense" || step.bend.name === "softmax";
  const alongChannels = mixes && before.length === 3;
  if (kind === "global" || kind === "unknown" || (mixes && !alongChannels)) return everything(before);
  return part;
}
