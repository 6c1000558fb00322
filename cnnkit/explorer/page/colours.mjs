// From numbers to pixels: orange above 0, blue below, the paper's colour at 0.

const ABOVE = [213, 94, 0], BELOW = [0, 114, 178], NOT_A_NUMBER = [204, 121, 167];

/** The largest magnitude, for a scale with 0 in its middle; 1 where all are 0. */
export function limitOf(numbers) {
  let most = 0;
  for (const n of numbers) if (Math.abs(n) > most && Math.abs(n) < Infinity) most = Math.abs(n);
  return most || 1;
}

/** Paint channel `channel` of a map `[height, width, channels]` on a canvas, a pixel a number. */
export function paint(canvas, numbers, [height, width, channels], channel, limit, paper) {
  const picture = prepared(canvas, height, width);
  for (let i = 0; i < height * width; i++) {
    const n = numbers[i * channels + channel];
    if (n === undefined) continue;  // beyond the last number: stays see-through
    const share = Math.min(1, Math.abs(n) / limit);
    const ink = Number.isFinite(n) ? (n < 0 ? BELOW : ABOVE) : NOT_A_NUMBER;
    const much = Number.isFinite(n) ? share : 1;
    for (let c = 0; c < 3; c++) picture.data[4 * i + c] = paper[c] + (ink[c] - paper[c]) * much;
    picture.data[4 * i + 3] = 255;
  }
  canvas.getContext("2d").putImageData(picture, 0, 0);
}

/** Paint an image of three channels, or of one: as `ink` on paper, or 0 as black. */
export function paintImage(canvas, numbers, [height, width, channels], ink) {
  const picture = prepared(canvas, height, width), [least, most] = extremes(numbers);
  const low = Math.min(0, least), high = low === 0 && most <= 1 ? 1 : most;
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < 3; c++) {
      const share = (numbers[i * channels + (channels === 3 ? c : 0)] - low) / (high - low);
      picture.data[4 * i + c] = 255 * (ink ? 1 - share : share);
    }
    picture.data[4 * i + 3] = 255;
  }
  canvas.getContext("2d").putImageData(picture, 0, 0);
}

function extremes(numbers) {
  let low = Infinity, high = -Infinity;
  for (const n of numbers) {
    if (n < low) low = n;
    if (n > high) high = n;
  }
  return [low, high];
}

function prepared(canvas, height, width) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  return canvas.getContext("2d").createImageData(width, height);
}
