// What the page is built of, before anything is pointed at.

import { range } from "./arithmetic.mjs";
import { escaped } from "./detail.mjs";

/** The page of a network, as HTML; `data-part` and `data-do` name what the page fills. */
export function skeleton(network) {
  const images = network.count < 2 ? "" : `<label>Image <select data-part="image">${
    range(network.count).map((i) => `<option value="${i}">${escaped(network.captions[i])}</option>`).join("")}</select></label>`;
  const drawable = !network.trimmed && network.shape.length === 3
    && network.steps.every((step) => step.kind !== "unknown");
  return `<header><h1>${escaped(network.name)}</h1>${images}
    <label><input type="checkbox" data-part="raw"> before the activation</label>
    <label><input type="checkbox" data-part="shared"> one colour scale for a layer</label>
    <label>digits <input type="number" data-part="digits" min="2" max="9" value="6"></label>
    <span><button data-do="smaller" aria-label="smaller maps">−</button><button data-do="larger" aria-label="larger maps">+</button></span>
    <button data-do="verify">Verify all numbers</button> <output data-part="verified"></output></header>
    <div data-part="overview" class="overview" role="group" aria-label="layers"></div>
    <p class="bar"><button data-do="play" aria-pressed="false">Play</button>
    <button data-do="back" disabled>Back</button> <span data-part="pin"></span></p>
    <div data-part="detail" class="detail"></div>
    <p role="status" class="spoken"></p>
    ${drawable ? '<details data-part="draw"><summary>Draw an image of your own</summary><div></div></details>'
      : "<p>Drawing needs all weights and layers that this page knows.</p>"}
    <details><summary>Keys and colours</summary><p>In a map: arrow keys move, Home and End go to the ends of a row,
    Page Up and Page Down to another map, Shift with left or right to another layer. Enter pins the number, Escape lets it go,
    Space plays, Backspace goes back. Click a number of the window to go one layer down.</p>
    <p><b class="plus">Orange</b> is above 0, <b class="minus">blue</b> below, the paper’s colour is 0; pink is no number.
    The solid frame is the number, the dashed one its window, the dotted one all that it depends on in the image.${
    network.trimmed ? " Of dense layers this page holds the strongest terms alone, and the sum of the rest." : ""}</p></details>`;
}
