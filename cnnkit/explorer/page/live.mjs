// The page as a widget: Python sends other images, and the epochs of a training.

import { networkOf } from "./network.mjs";
import { Page } from "./page.mjs";

const BAR = `<label>image <input type="number" data-name="index" min="0"> of <span data-name="count"></span>:
  <span data-name="caption"></span></label>
  <label>epoch <input type="range" data-name="epoch" min="0"> <span data-name="shown"></span></label>`;

/** What anywidget calls; `model` is shared with Python, `el` is the place to fill. */
export async function render({ model, el }) {
  el.innerHTML = `<div class="explorer-live">${BAR}</div><div class="explorer"></div>`;
  el.dataset.lmSuppressShortcuts = "true";  // JupyterLab leaves the keys to the page
  const bar = el.children[0], named = (name) => bar.querySelector(`[data-name="${name}"]`);
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
  const offer = () => {
    const epochs = model.get("epochs"), count = model.get("count");
    named("index").max = count - 1;
    named("epoch").max = epochs.length - 1;
    for (const name of ["index", "epoch"]) named(name).value = model.get(name);
    for (const name of ["count", "caption"]) named(name).textContent = model.get(name);
    named("shown").textContent = epochs[model.get("epoch")] ?? "";
    named("index").parentElement.hidden = count < 2;
    named("epoch").parentElement.hidden = !epochs.length;
  };
  const choose = ({ target: { dataset: { name }, value, max } }) => {
    if (value === "" || Number(value) === model.get(name)) return;
    model.set(name, Math.min(Number(max), Math.max(0, Math.round(Number(value)))));
    model.save_changes();
    offer();
  };
  bar.addEventListener("change", choose);
  bar.addEventListener("keydown", (event) => event.key === "Enter" && choose(event));

  for (const name of ["count", "caption", "index", "epochs", "epoch"]) model.on(`change:${name}`, offer);
  model.on("change:payload", show);
  offer();
  await show();
}
