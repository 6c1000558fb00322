// A pad to draw on, with the pointer or with the arrow keys and the space bar.

import { paintImage } from "./colours.mjs";

export class Pad {
  /**
   * `shape` is that of the image, `high` its brightest value, `ink` whether that is dark. `changed(pixels, place)`
   * hears of each stroke and of each step of the pen; `pixels` is null when all is blank.
   */
  constructor(root, shape, { ink, high }, changed) {
    Object.assign(this, { shape, ink, high, changed, at: shape.slice(0, 2).map((n) => n >> 1), down: false });
    root.innerHTML = '<div class="sheet"><canvas tabindex="0" role="application" aria-label="Pad to draw on: '
      + 'arrow keys move the pen, Space inks its place, Shift with an arrow draws"></canvas><i class="box pen"></i></div>'
      + '<p><button data-do="clear">Clear</button></p>';
    this.canvas = root.querySelector("canvas");
    this.pen = root.querySelector(".pen");
    root.querySelector("button").addEventListener("click", () => this.clear());
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      this.down = true;
      this.#stroke(event);
    });
    this.canvas.addEventListener("pointermove", (event) => this.down && this.#stroke(event));
    for (const kind of ["pointerup", "pointercancel"]) {
      this.canvas.addEventListener(kind, () => { this.down = false; });
    }
    this.canvas.addEventListener("keydown", (event) => this.#key(event));
    this.clear(false);
  }

  /** Whether anything is drawn. */
  get inked() {
    return this.pixels.some((pixel) => pixel > 0);
  }

  clear(tell = true) {
    this.pixels = new Float32Array(this.shape[0] * this.shape[1] * this.shape[2]);
    this.#show(tell);
  }

  #stroke(event) {
    const box = this.canvas.getBoundingClientRect();
    const to = [(event.clientY - box.top) / box.height * this.shape[0] - 0.5,
      (event.clientX - box.left) / box.width * this.shape[1] - 0.5];
    const from = event.type === "pointerdown" ? to : this.at;
    const steps = Math.max(1, Math.ceil(2 * Math.hypot(to[0] - from[0], to[1] - from[1])));
    for (let i = 1; i <= steps; i++) {
      this.#dot(from.map((n, axis) => n + (to[axis] - n) * i / steps));
    }
    this.at = to;
    this.#show();
  }

  /** A soft dot of about two pixels, for an image of 28. */
  #dot([y, x]) {
    const [height, width, channels] = this.shape, wide = height / 28;
    for (let row = 0; row < height; row++) for (let column = 0; column < width; column++) {
      const away = Math.hypot(row - y, column - x) / wide;
      const ink = this.high * Math.min(1, Math.max(0, 1.9 - away));
      for (let c = 0; c < channels; c++) {
        const i = (row * width + column) * channels + c;
        this.pixels[i] = Math.max(this.pixels[i], ink);
      }
    }
  }

  #key(event) {
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    if (event.key === " ") this.#dot(this.at);
    else if (moves[event.key]) {
      this.at = this.at.map((n, axis) =>
        Math.min(this.shape[axis] - 1, Math.max(0, Math.round(n) + moves[event.key][axis])));
      if (event.shiftKey) this.#dot(this.at);
    } else return;
    event.preventDefault();
    this.#show();
  }

  #show(tell = true) {
    paintImage(this.canvas, this.pixels, this.shape, this.ink);
    const [height, width] = this.shape;
    this.pen.style.cssText = `top:${100 * Math.round(this.at[0]) / height}%;left:${
      100 * Math.round(this.at[1]) / width}%;height:${100 / height}%;width:${100 / width}%`;
    if (tell) this.changed(this.inked ? this.pixels : null, this.at.map(Math.round));
  }
}
