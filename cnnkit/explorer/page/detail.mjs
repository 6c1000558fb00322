// One number taken apart, as HTML: what was read, what was done, what came out.

import { agrees, channelSums, difference, grouped, lines, number, placeText, strongest } from "./told.mjs";

const MOST_CELLS = 225, MOST_LISTED = 12, MOST_CHANNELS = 16;

export const escaped = (text) => String(text).replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);

/**
 * The explanation of the number that is pointed at.
 *
 * `told` is what `workedOut` returns, `value` what Keras says (null when someone has
 * drawn the image), `source` the name of the layer before. Of `view` are used:
 * `digits`, `channel` (the entry of the window's channels that is shown, or null for
 * the one that brings most), `classes`.
 */
export function detail(told, value, source, view) {
  const { step } = told, say = (x) => number(x || Math.abs(x), view.digits);  // no −0
  const parts = (PARTS[step.kind] ?? unchanged)(told, say, view, source);
  return [
    `<h2>${escaped(step.name)} <small>${escaped(step.label)}, ${where(told.place)}</small></h2>`,
    ending(told, value, say),
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

function ending(told, value, say) {
  if (told.result === null) {
    return `<p class="result"><output>${say(value ?? NaN)}</output> is what Keras says. `
      + `What ${escaped(told.step.label)} does, this page does not know.</p>`;
  }
  const right = value !== null && agrees(told, value);
  const sign = right ? '<b class="yes">✓</b>' : `<b class="no">✗ ${number(difference(told, value), 2)} apart</b>`;
  const keras = value === null ? "Worked out in this page, for the image you have drawn."
    : `Keras says ${say(value)} ${sign}`;
  return `<p class="result"><output>${say(told.result)}</output> ${keras}</p>`;
}

/** A table of one channel of the window; `ringed` entries stand out. */
function grid(title, told, numbers, channel, say, { link = false, ringed = [], tinted = true } = {}) {
  const [rows, columns, channels] = told.shape;
  const largest = numbers.reduce((a, b) => Math.max(a, Math.abs(b) || 0), 0) || 1;
  let body = "";
  for (let y = 0; y < rows; y++) {
    body += "<tr>";
    for (let x = 0; x < columns; x++) {
      const i = (y * columns + x) * channels + channel, n = numbers[i];
      const classes = [told.inside[i] ? "" : "padding", ringed.includes(i) ? "winner" : ""].join(" ").trim();
      const tint = tinted ? ` style="--t:${Math.round(55 * Math.min(1, Math.abs(n) / largest) || 0)}%"` : "";
      const sign = n < 0 ? "minus" : "plus";
      const shown = say(n) + (ringed.includes(i) ? " ★" : "");
      const cell = link && told.inside[i] ? `<button data-entry="${i}">${shown}</button>` : shown;
      body += `<td class="${sign} ${classes}"${tint}>${cell}</td>`;
    }
    body += "</tr>";
  }
  return `<figure><figcaption>${title}</figcaption><table>${body}</table></figure>`;
}

function list(header, rows) {
  const cells = (row, tag) => row.map((cell) => `<${tag}>${cell}</${tag}>`).join("");
  return `<table class="list"><thead><tr>${cells(header, "th")}</tr></thead><tbody>${
    rows.map((row) => `<tr${row.here ? ' class="here" aria-current="true"' : ""}>${cells(row.cells ?? row, "td")}</tr>`).join("")
  }</tbody></table>`;
}

const link = (told, i) => told.inside[i]
  ? `<button data-entry="${i}">${placeText(told.places[i])}</button>` : "padding";

function activated(told, say) {
  if (told.bend.name === "linear" || told.bend.name === "softmax") return "";
  return ` → ${escaped(told.bend.name)} → <b>${say(told.result)}</b>`;
}

function conv(told, say, view, source) {
  const sums = channelSums(told), order = strongest(sums);
  const channel = view.channel !== null && view.channel < sums.length ? view.channel : order[0];
  const first = told.places[channel][2];
  const title = sums.length > 1 ? `map ${first} of ${escaped(source)}` : escaped(source);
  const padded = told.inside.some((there) => !there);
  const parts = [
    '<div class="grids">',
    grid(`${title}${padded ? "; hatched: padding" : ""}`, told, told.inputs, channel, say, { link: true }),
    '<div><span class="sign">×</span>', grid("kernel", told, told.weights, channel, say), "</div>",
    '<div><span class="sign">=</span>',
    grid(`products, together ${say(sums[channel])}`, told, told.terms, channel, say), "</div></div>",
  ];
  const shown = order.slice(0, view.allChannels ? order.length : MOST_CHANNELS);
  if (sums.length > 1) {
    parts.push(`<p>Each map of ${escaped(source)} brings a sum, strongest first:</p><p class="sums">`);
    parts.push(...shown.map((c) => `<button data-channel="${c}" aria-pressed="${c === channel}">map ${
      told.places[c][2]}: ${say(sums[c])}</button>`));
    if (shown.length < order.length) {
      parts.push(`<button data-channel="all">all ${order.length}</button>`);
    }
    parts.push("</p>");
  }
  const all = sums.length > 1 ? `${grouped(sums.length)} sums, together ${say(told.total - told.bias)}` : say(sums[0]);
  parts.push(`<p class="sum">${all} + bias ${say(told.bias)} = <b>${say(told.total)}</b>${activated(told, say)}</p>`);
  return [...parts, ...softmax(told, say, view)];
}

function dense(told, say, view, source) {
  const order = strongest(told.terms, MOST_LISTED);
  const rows = order.map((i) => [link(told, i), say(told.inputs[i]), say(told.weights[i]), say(told.terms[i])]);
  const others = told.terms.length + told.missing - order.length;
  const listed = order.reduce((sum, i) => sum + told.terms[i], 0);
  const parts = [`<p>The strongest of ${grouped(told.terms.length + told.missing)} products:</p>`,
    list([`from ${escaped(source)}`, "number", "× weight", "= product"], rows)];
  if (others) parts.push(`<p>The other ${grouped(others)} bring ${say(told.total - told.bias - listed)} together.</p>`);
  parts.push(`<p class="sum">${say(told.total - told.bias)} + bias ${say(told.bias)} = <b>${
    say(told.total)}</b>${activated(told, say)}</p>`);
  return [...parts, '<div class="folded"></div>', ...softmax(told, say, view)];
}

function softmax(told, say, view) {
  if (told.bend.name !== "softmax") return [];
  const unit = told.place[told.place.length - 1], largest = told.numbers["largest logit"];
  const powers = told.logits.map((logit) => Math.exp(logit - largest));
  const all = told.numbers["sum of all such exponentials"];
  const order = strongest(powers, 20);
  if (!order.includes(unit)) order.push(unit);
  const rows = order.sort((a, b) => a - b).map((i) => ({ here: i === unit, cells: [
    escaped(view.classes[i] ?? i), say(told.logits[i]), say(powers[i]), say(powers[i] / all)] }));
  return [`<p>Softmax: e to the power of (logit − ${say(largest)}, the largest), divided by the sum of all, ${say(all)}.</p>`,
    list(["class", "logit", "exponential", "share"], rows)];
}

function pool(told, say) {
  const count = told.inputs.length, kind = told.step.options.pooling;
  const parts = [];
  if (count <= MOST_CELLS) {
    parts.push('<div class="grids">', grid("the window", told, told.inputs, 0, say, { link: true, ringed: told.winners }));
    if (kind === "lp") parts.push(grid(`to the power of ${say(told.numbers.p)}`, told, told.terms, 0, say));
    parts.push("</div>");
  }
  const read = told.inside.filter(Boolean).length;
  const sums = { max: () => `The largest of ${grouped(read)}${told.winners.length > 1
      ? `, ${told.winners.length} times` : ""}: ${told.winners.slice(0, MOST_LISTED).map((i) => link(told, i)).join(" ")} → <b>${say(told.result)}</b>`,
    average: () => `Sum ${say(told.result * read)} ÷ ${grouped(read)} = <b>${say(told.result)}</b>`,
    lp: () => `Sum ${say(told.numbers["sum of the powers"])}, to the power of 1/${say(told.numbers.p)} = <b>${say(told.result)}</b>` };
  return [...parts, `<p class="sum">${sums[kind]()}</p>`];
}

function norm(told, say) {
  const { mean, variance, gamma, beta, epsilon } = told.numbers;
  return [list(["mean", "variance", "gamma", "beta"], [[mean, variance, gamma, beta].map(say)]),
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
