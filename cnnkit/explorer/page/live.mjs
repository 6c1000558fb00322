// The page as a widget: Python sends other images, and the epochs of a training.

import { escaped } from "./detail.mjs";
import { networkOf } from "./network.mjs";
import { Page } from "./page.mjs";

/** What anywidget calls; `model` is shared with Python, `el` is the place to fill. */
export async function render({ model, el }) {
  el.innerHTML = '<div class="explorer-live"></div><div class="explorer"></div>';
  el.dataset.lmSuppressShortcuts = "true";  // JupyterLab leaves the keys to the page
  const bar = el.children[0];
  let root = el.children[1], page = null, turn = 0;

  const show = async () => {
    const mine = ++turn, network = await networkOf(model.get("payload"));
    if (mine !== turn) return;  // a later one has come meanwhile
    if (page?.fits(network)) page.take(network);
    else {
      const fresh = root.cloneNode(false);
      root.replaceWith(fresh);
      [root, page] = [fresh, new Page(fresh, network)];
    }
  };
  const choose = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  const offer = () => {
    const count = model.get("count"), epochs = model.get("epochs");
    bar.innerHTML = (count > 1 ? `<label>image <input type="number" data-name="index" min="0" max="${count - 1}"> of ${
      count}, <span>${escaped(model.get("caption"))}</span></label>` : "")
      + (epochs.length ? `<label>epoch <input type="range" data-name="epoch" min="0" max="${epochs.length - 1}"> <output></output></label>` : "");
    for (const input of bar.querySelectorAll("input")) input.value = model.get(input.dataset.name);
    const output = bar.querySelector("output");
    if (output) output.textContent = epochs[model.get("epoch")];
  };
  bar.addEventListener("change", ({ target }) => {
    const value = Math.round(Number(target.value));
    if (value >= Number(target.min) && value <= Number(target.max)) choose(target.dataset.name, value);
    else target.value = model.get(target.dataset.name);
  });

  for (const name of ["count", "caption", "index", "epochs", "epoch"]) model.on(`change:${name}`, offer);
  model.on("change:payload", show);
  offer();
  await show();
}
