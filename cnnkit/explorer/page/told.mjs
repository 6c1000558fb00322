// An explanation as text, letter by letter that of told.py.

const CLOSE = 1e-5;  // of the size of the terms
const MOST_LINES = 12;

/** How far the result lies from what Keras says; 0 if both are NaN. */
export function difference(told, value) {
  if (told.result === null) return NaN;
  if (told.result === value || (Number.isNaN(told.result) && Number.isNaN(value))) return 0;
  return Math.abs(told.result - value);
}

/** Whether the result is Keras's, but for the rounding of float32. */
export function agrees(told, value) {
  const apart = difference(told, value);
  return apart === 0 || apart <= CLOSE * Math.max(told.size, Math.abs(value), 1e-30);
}

/** The entries that bring most, whatever their sign, strongest first. */
export function strongest(terms, count = terms.length) {
  const size = (i) => (Number.isNaN(terms[i]) ? -1 : Math.abs(terms[i]));
  return Array.from(terms, (_, i) => i).sort((a, b) => size(b) - size(a)).slice(0, count);
}

/** What each channel that was read brings to the sum. */
export function channelSums(told) {
  const sums = new Float64Array(told.shape[told.shape.length - 1]);
  told.terms.forEach((term, i) => { sums[i % sums.length] += term; });
  return sums;
}

/** A number as Python's `g` writes it, with a true minus. */
export function number(value, digits = 6) {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "−inf";
  if (value === 0) return "0";  // no −0
  const [plain, power] = value.toExponential(digits - 1).split("e");
  const exponent = Number(power);
  let text;
  if (exponent < -4 || exponent >= digits) {
    const two = String(Math.abs(exponent)).padStart(2, "0");
    text = `${trimmed(plain)}e${exponent < 0 ? "-" : "+"}${two}`;
  } else {
    text = trimmed(value.toFixed(digits - 1 - exponent));
  }
  return text.replaceAll("-", "−");
}

const trimmed = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);

export const placeText = (place) => `(${place.join(", ")})`;
const counted = (count, what) => `${grouped(count)} ${what}${count === 1 ? "" : "s"}`;
export const grouped = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, ",");

/** The whole explanation, a line each. */
export function lines(told, value, source) {
  return [...head(told, source), ...middle(told), ...end(told, value)];
}

function head(told, source) {
  const { step } = told;
  const first = `${step.name} at ${placeText(told.place)}, a number of ${step.label}`;
  const count = told.inputs.length + (told.missing ?? 0);
  if (!count) return [first];
  let said = `reads ${counted(count, "number")} of ${source}`;
  if (count === 1) said += `, at ${placeText(told.places[0])}`;
  else if (told.shape.length === 3) {
    const from = told.places[0], to = told.places[told.places.length - 1];
    said += `, rows ${number(from[0])} to ${number(to[0])}, `
      + `columns ${number(from[1])} to ${number(to[1])}`;
  }
  const outside = told.inside.filter((there) => !there).length;
  return [first, said + (outside ? `; ${outside} of them in the padding` : "")];
}

function middle(told) {
  const { kind } = told.step;
  if (kind === "conv" || kind === "depthwise") {
    return told.shape[2] === 1 ? rows(told) : maps(told);
  }
  if (kind === "dense") {
    const all = strongest(told.terms).map((i) =>
      `  ${product(told, i)} = ${number(told.terms[i])}, from ${placeText(told.places[i])}`);
    return cut(all, "smaller ones", told.missing);
  }
  if (told.winners.length) {
    return cut(told.winners.map((i) => `  the largest is at ${placeText(told.places[i])}`),
      "that are as large");
  }
  if (told.inputs.length > 1 && told.inputs.length <= MOST_LINES) {
    return ["  " + Array.from(told.inputs, (x) => number(x)).join(", ")];
  }
  return [];
}

function rows(told) {
  const width = told.shape[1], all = [];
  for (let start = 0; start < told.inputs.length; start += width) {
    const row = Array.from({ length: width }, (_, i) => start + i);
    const together = row.reduce((total, i) => total + told.terms[i], 0);
    all.push(`  ${row.map((i) => product(told, i)).join(" + ")} = ${number(together)}`);
  }
  return cut(all, "more rows");
}

function maps(told) {
  const all = Array.from(channelSums(told), (one, i) =>
    `  map ${told.places[i][2]} brings ${number(one)}`);
  return cut(all, "more maps");
}

const product = (told, i) => `${number(told.inputs[i])}·${number(told.weights[i])}`;

function end(told, value) {
  const says = `Keras says ${number(value)}`;
  const all = Object.entries(told.numbers).map(([name, one]) => `  ${name} ${number(one)}`);
  if (told.weights) all.push(`  bias ${number(told.bias)}, together ${number(told.total)}`);
  if (told.result === null) {
    return [...all, `what ${told.step.label} does then, the kit does not know; ${says}`];
  }
  if (told.bend.name !== "linear") all.push(`  ${told.bend.name}: ${number(told.result)}`);
  const sign = agrees(told, value) ? "✓" : `✗, ${number(difference(told, value), 2)} apart`;
  return [...all, `= ${number(told.result)}; ${says} ${sign}`];
}

function cut(all, rest, missing = 0) {
  const more = all.length + missing - MOST_LINES;
  return more <= 0 ? all : [...all.slice(0, MOST_LINES), `  and ${grouped(more)} ${rest}`];
}
