// One number taken apart, as HTML: what was read, what was done, what came out.

import { range } from "./arithmetic.mjs";
import { agrees, channelSums, difference, grouped, lines, number, placeText, strongest } from "./told.mjs";

const MOST_CELLS = 225, MOST_LISTED = 12, MOST_CHANNELS = 16;

export const escaped = (text) => String(text).replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);

/**
 * The explanation of the number that is pointed at.
 *
 * `told` is what `workedOut` returns, `value` what Keras says (null when someone has
 * drawn the image), `source` the name of the layer before. Of `view` are used:
 * `digits`, `raw` (whether the maps are shown before the activation), `channel` (the entry of the window's channels that is shown, or null for
 * the one that brings most), `classes`.
 */
export function detail(told, value, source, view) {
  const { step } = told, say = (x) => number(x || Math.abs(x), view.digits);  // no −0
  const parts = (PARTS[step.kind] ?? unchanged)(told, say, view, source);
  return [
    `<h2 tabindex="-1">${escaped(step.name)} <small>${escaped(step.label)}, ${where(told.place)}</small></h2>`,
    ending(told, value, say, view),
    ...parts,
    `<details><summary>As text</summary><pre>${escaped(
      lines(told, value ?? told.result ?? NaN, source).join("\n"))}</pre></details>`,
  ].join("");
}

/** The same in one sentence, for a reader of the screen. */
export function spoken(told, value, view) {
  const step = `${told.step.name}, ${where(told.place)}`;
  if (told.result === null) return `${step}: Keras says ${number(value, view.digits)}.`;
  const check = value === null ? "" : agrees(told, value) ? ", as Keras says" : ", not what Keras says";
  return `${step}: ${number(told.result, view.digits)}${check}.`;
}

export function where(place) {
  const names = place.length === 3 ? ["row", "column", "map"] : place.length === 1 ? ["number"] : null;
  return names ? place.map((n, i) => `${names[i]} ${n}`).join(", ") : placeText(place);
}

function ending(told, value, say, view) {
  if (told.result === null) {
    return `<p class="result"><b>${say(value ?? NaN)}</b> is what Keras says. `
      + `What ${escaped(told.step.label)} does, this page does not know.</p>`;
  }
  const right = value !== null && agrees(told, value);
  const sign = right ? '<b class="yes">✓</b>' : `<b class="no">✗ ${number(difference(told, value), 2)} apart</b>`;
  const keras = value === null ? "Worked out in this page, for the image you have drawn."
    : `Keras says ${say(value)} ${sign}`;
  const first = view.raw && told.weights && told.bend.name !== "linear"
    ? `<b>${say(told.total)}</b> before ${escaped(told.bend.name)}, and after it ` : "";
  return `<p class="result">${first}<b>${say(told.result)}</b> ${keras}</p>`;
}

/**
 * A table of one channel of the window; `ringed` entries stand out. Rows and columns are
 * named as in the layer before; those of a kernel, whose `own` they are, from 0 on.
 */
function grid(title, told, numbers, channel, say, { link = false, ringed = [], tinted = true, own = false } = {}) {
  const [rows, columns, channels] = told.shape, at = (y, x) => (y * columns + x) * channels + channel;
  const largest = numbers.reduce((a, b) => Math.max(a, Math.abs(b) || 0), 0) || 1;
  const name = (axis, i) => (own ? i : told.places[axis ? at(0, i) : at(i, 0)][axis]);
  const head = range(columns).map((x) => `<th scope="col">${minus(name(1, x))}</th>`).join("");
  const body = range(rows).map((y) => `<tr><th scope="row">${minus(name(0, y))}</th>${
    range(columns).map((x) => cell(told, at(y, x), numbers, say, { link, tinted, largest, own, won: ringed.includes(at(y, x)) })).join("")}</tr>`);
  return `<figure><figcaption>${title}</figcaption><table aria-label="${title}"><thead><tr><td></td>${head}</tr></thead>`
    + `<tbody>${body.join("")}</tbody></table></figure>`;
}

const minus = (n) => String(n).replace("-", "−");

function cell(told, i, numbers, say, { link, tinted, largest, own, won }) {
  const n = numbers[i], inside = told.inside[i], shown = say(n) + (won ? " ★" : "");
  const classes = [n < 0 ? "minus" : "plus", inside || own ? "" : "padding", won ? "winner" : ""].filter(Boolean).join(" ");
  const tint = tinted ? ` style="--t:${Math.round(55 * Math.min(1, Math.abs(n) / largest) || 0)}%"` : "";
  const label = `${say(n)}${won ? ", the largest" : ""}, ${where(told.places[i])}`;
  const content = link && inside
    ? `<button data-entry="${i}" aria-label="${label}" tabindex="${i === told.inside.indexOf(true) ? 0 : -1}">${shown}</button>` : shown;
  return `<td class="${classes}"${tint}>${content}</td>`;
}

function list(title, header, rows) {
  const row = ([first, ...others]) => `<th scope="row">${first}</th>${others.map((one) => `<td>${one}</td>`).join("")}`;
  return `<table class="list"><caption>${title}</caption><thead><tr>${
    header.map((one) => `<th scope="col">${one}</th>`).join("")}</tr></thead><tbody>${
    rows.map((one) => `<tr${one.here ? ' class="here" aria-current="true"' : ""}>${row(one.cells ?? one)}</tr>`).join("")
  }</tbody></table>`;
}

const link = (told, i) => (told.inside[i] ? `<button data-entry="${i}">${where(told.places[i])}</button>` : "padding");

function activated(told, say) {
  if (told.bend.name === "linear" || told.bend.name === "softmax") return "";
  return ` → ${escaped(told.bend.name)} → <b>${say(told.result)}</b>`;
}

function conv(told, say, view, source) {
  const sums = channelSums(told), order = strongest(sums);
  const channel = view.channel !== null && view.channel < sums.length ? view.channel : order[0];
  const read = sums.length > 1 ? `map ${told.places[channel][2]} of ${escaped(source)}` : escaped(source);
  const window = told.inside.some((there) => !there) ? `${read}; hatched: padding` : read;
  const kernel = sums.length > 1 ? `kernel ${told.place[2]}, its sheet for map ${told.places[channel][2]}` : `kernel ${told.place[2]}`;
  const all = sums.length > 1 ? `${grouped(sums.length)} sums, together ${say(told.total - told.bias)}` : `${grouped(told.terms.length)} products together ${say(sums[0])}`;
  const shown = order.slice(0, view.allChannels ? order.length : MOST_CHANNELS);
  const buttons = shown.map((c) => `<button data-channel="${c}" aria-pressed="${c === channel}">map ${told.places[c][2]}: ${say(sums[c])}</button>`);
  if (shown.length < order.length) buttons.push(`<button data-channel="all">all ${order.length}</button>`);
  return [
    `<p class="sum">${all}, + bias ${say(told.bias)} = <b>${say(told.total)}</b>${activated(told, say)}</p>`,
    sums.length > 1 ? `<p>Each map of ${escaped(source)} brings a sum, strongest first:</p><p class="sums">${buttons.join("")}</p>` : "",
    '<div class="grids">',
    grid(window, told, told.inputs, channel, say, { link: true }),
    '<div><span class="sign">×</span>', grid(kernel, told, told.weights, channel, say, { own: true }), "</div>",
    '<div><span class="sign">=</span>',
    grid(`products, together ${say(sums[channel])}`, told, told.terms, channel, say), "</div></div>",
    ...softmax(told, say, view),
  ];
}

function dense(told, say, view, source) {
  const order = strongest(told.terms, MOST_LISTED), count = told.terms.length + told.missing;
  const rows = order.map((i) => [link(told, i), say(told.inputs[i]), say(told.weights[i]), say(told.terms[i])]);
  const listed = order.reduce((sum, i) => sum + told.terms[i], 0), products = told.total - told.bias;
  const others = count > order.length ? `, the other ${grouped(count - order.length)} together ${say(products - listed)}` : "";
  return [
    `<p class="sum">${grouped(count)} products, together ${say(products)}, + bias ${say(told.bias)} = <b>${
      say(told.total)}</b>${activated(told, say)}</p>`,
    list(`The strongest products bring ${say(listed)}${others}.`,
      [`from ${escaped(source)}`, "number", "× weight", "= product"], rows),
    '<div class="folded"></div>', ...softmax(told, say, view),
  ];
}

function softmax(told, say, view) {
  if (told.bend.name !== "softmax") return [];
  const unit = told.place[told.place.length - 1], largest = told.numbers["largest logit"];
  const powers = told.logits.map((logit) => Math.exp(logit - largest));
  const all = told.numbers["sum of all such exponentials"];
  const order = strongest(powers, 20);
  if (!order.includes(unit)) order.push(unit);
  const name = (i) => escaped(view.classes[i] ?? i);
  const link = (i) => (told.step.kind === "activation" ? `<button data-logit="${i}" aria-label="logit of ${name(i)}, ${
    say(told.logits[i])}">${say(told.logits[i])}</button>` : say(told.logits[i]));
  const rows = order.sort((a, b) => a - b).map((i) =>
    ({ here: i === unit, cells: [name(i), link(i), say(powers[i]), say(powers[i] / all)] }));
  return [list(`Softmax: e to the power of (logit − ${say(largest)}, the largest), divided by the sum of all such numbers, ${
    number(all, 9)}.`, ["class", "logit", "exponential", "share"], rows)];
}

function pool(told, say) {
  const count = told.inputs.length, kind = told.step.options.pooling;
  const parts = [];
  if (count <= MOST_CELLS) {
    parts.push('<div class="grids">', grid("the window", told, told.inputs, 0, say, { link: true, ringed: told.winners }));
    if (kind === "lp") parts.push(grid(`to the power of ${say(told.numbers.p)}`, told, told.terms, 0, say));
    parts.push("</div>");
  } else {
    const order = strongest(told.inputs, MOST_LISTED);
    parts.push(list(`The ${order.length} strongest of ${grouped(count)} numbers`, ["place", "number"],
      order.map((i) => [link(told, i), say(told.inputs[i])])));
  }
  const read = told.inside.filter(Boolean).length;
  const sums = { max: () => `The largest of ${grouped(read)}${told.winners.length > 1
      ? `, ${told.winners.length} times` : ""}: ${told.winners.slice(0, MOST_LISTED).map((i) => link(told, i)).join(" ")} → <b>${say(told.result)}</b>`,
    average: () => `Sum ${say(told.result * read)} ÷ ${grouped(read)} = <b>${say(told.result)}</b>`,
    lp: () => `Sum ${say(told.numbers["sum of the powers"])}, to the power of 1/${say(told.numbers.p)} = <b>${say(told.result)}</b>` };
  return [`<p class="sum">${sums[kind]()}</p>`, ...parts];
}

function norm(told, say) {
  const { mean, variance, gamma, beta, epsilon } = told.numbers;
  return [list("What this layer knows of the map", ["mean", "variance", "gamma", "beta"], [[mean, variance, gamma, beta].map(say)]),
    `<p class="sum">${link(told, 0)}: ${say(gamma)} · (${say(told.inputs[0])} − ${say(mean)}) ÷ √(${say(variance)} + ${
      say(epsilon)}) + ${say(beta)} = <b>${say(told.result)}</b></p>`];
}

function activation(told, say, view) {
  if (told.bend.name === "softmax") return softmax(told, say, view);
  return [`<p class="sum">${link(told, 0)}: ${say(told.inputs[0])}${activated(told, say)}</p>`];
}

function rescale(told, say) {
  const { scale, offset } = told.numbers;
  return [`<p class="sum">${link(told, 0)}: ${say(told.inputs[0])} × ${say(scale)} + ${say(offset)} = <b>${say(told.result)}</b></p>`];
}

function unchanged(told, say, view, source) {
  if (!told.inputs.length) return [];
  if (!told.inside[0]) return ['<p class="sum">A zero that the padding adds.</p>'];
  return [`<p class="sum">The number of ${escaped(source)} at ${link(told, 0)}, as it is.</p>`];
}

const PARTS = { conv, depthwise: conv, dense, pool, global: pool, norm, activation, rescale };
