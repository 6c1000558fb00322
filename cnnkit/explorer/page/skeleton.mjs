// What the page is built of, before anything is pointed at.

import { range } from "./arithmetic.mjs";
import { escaped } from "./detail.mjs";

/** The page of a network, as HTML; `data-part` and `data-do` name what the page fills. */
export function skeleton(network) {
  return `<header><h1>${escaped(network.name)}</h1>${choice(network)}
    <label><input type="checkbox" data-part="raw"> before the activation</label>
    <label><input type="checkbox" data-part="shared"> one colour scale for a layer</label>
    <label>digits <input type="number" data-part="digits" min="2" max="9" value="6"></label>
    <span><button data-do="smaller" aria-label="smaller maps">−</button> <button data-do="larger" aria-label="larger maps">+</button></span>
    <button data-do="verify">Verify all numbers</button> <span data-part="verified"></span></header>
    <p class="unseen" id="explorer-keys">Arrow keys move, Enter pins, Shift with left or right goes to another layer.</p>
    <p class="hint">Point at a number of a map. A click pins it; a click on what it was made of goes one layer
    down.</p>
    <div data-part="stage" class="stage">
    <div data-part="overview" class="overview" role="group" aria-label="layers"></div>
    <div data-part="answer" class="answer"></div></div>
    ${pad(network)}
    <p class="bar"><button data-do="play" aria-pressed="false">Step through this map</button>
    <button data-do="back" aria-disabled="true">Back</button> <span data-part="pin"></span></p>
    <div data-part="detail" class="detail" role="region" aria-label="how the number came about"></div>
    <p role="status" class="unseen spoken"></p>
    ${help(network)}`;
}

function choice({ count, captions }) {
  if (count < 2) return "";
  const options = range(count).map((i) => `<option value="${i}">${escaped(captions[i])}</option>`);
  return `<label>Image <select data-part="image">${options.join("")}<option value="drawn" hidden>your drawing</option></select></label>`;
}

function pad({ trimmed, shape, steps }) {
  const drawable = !trimmed && shape.length === 3 && steps.every((step) => step.kind !== "unknown");
  return drawable ? '<details data-part="draw"><summary>Draw an image of your own</summary><div></div></details>'
    : "<p>Drawing needs all weights, and layers that this page knows.</p>";
}

function help({ trimmed }) {
  return `<details><summary>Keys, colours, words</summary>
    <p>In a map: arrow keys move; Home and End go to the ends of a row; Page Up and Page Down to another map; Shift with left or
    right to another layer. Enter pins the number and leads to its arithmetic, Escape lets it go and leads back. Space steps through
    the map. Backspace goes back. Arrow keys also walk over the numbers of a window.</p>
    <p><b class="plus">Orange</b> is above 0, <b class="minus">blue</b> below, the paper’s colour is 0; pink is no number; hatched
    places hold none. The solid frame is the number, the dashed one its window, the dotted one all of the image that it depends on.</p>
    <p>Rows, columns, maps and numbers are counted from 0. Bias: a number that each place of a map adds to its sum. Logit: the number
    of a class before softmax makes shares of them. Of more than sixteen maps the strongest are shown first.${
    trimmed ? " Of dense layers this page holds the strongest products alone, and the sum of the rest." : ""}</p></details>`;
}
