"""Make data/own_digits: scanned-like digits, drawn by this script alone.

    python data/build_own_digits.py [--output data/own_digits]

Eight hands write the ten digits once each, every hand with a slant, a pen and a
sheet of its own. Nothing in them comes from MNIST: the strokes are curves through
points that stand below. The same script gives the same pixels: all chance comes
from one seed a picture.
"""

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

HERE = Path(__file__).resolve().parent

# Three forms of each digit: its width in hundredths of its height, then curves. A
# curve passes smoothly through its points, x to the right and y down, both from 0 to
# 100; where one starts at another's end, there is a corner.
GLYPHS = {
    0: [
        "66: 66,6 34,3 7,36 10,76 43,99 82,83 94,46 78,13 50,4",
        "60: 42,2 10,24 5,66 36,98 75,88 93,50 82,16 50,1 30,14",
        "78: 74,12 36,5 4,45 22,93 64,96 97,58 82,16 55,8 52,20",
    ],
    1: [
        "10: 52,0 50,50 48,100",
        "30: 2,24 40,13 72,0; 72,0 70,50 66,100",
        "36: 2,30 40,16 62,0; 62,0 58,50 56,100",
    ],
    2: [
        "68: 10,25 30,4 72,4 86,30 55,65 6,97; 6,97 50,93 97,96",
        "78: 12,22 40,2 78,12 72,48 36,86 12,97 8,84 30,80 58,95 98,88",
        "66: 4,16 40,0 84,12 78,44 40,78 6,98; 6,98 55,99 94,93",
    ],
    3: [
        "64: 10,14 42,0 82,14 74,37 38,47; 38,47 80,55 92,78 56,99 5,88",
        "66: 8,5 50,5 86,3; 86,3 62,22 40,42; 40,42 84,52 90,80 50,100 5,87",
        "60: 14,20 40,1 80,10 80,34 46,49 44,46; 44,46 86,54 94,82 60,100 18,96 4,80",
    ],
    4: [
        "72: 30,2 20,32 6,60; 6,60 50,60 98,57; 74,12 72,55 68,100",
        "72: 70,0 36,36 3,68; 3,68 50,67 98,66; 70,0 70,50 68,100",
        "66: 12,4 10,30 12,52 44,60 84,50; 90,0 84,50 78,100",
    ],
    5: [
        "66: 90,2 60,5 26,5; 26,5 22,22 18,44; 18,44 50,35 90,56 80,88 42,100 5,90",
        "68: 26,7 20,25 20,42; 20,42 56,38 86,60 72,93 36,100 4,86; 27,6 60,5 95,0",
        "56: 94,5 60,2 28,4 16,14 14,34 40,44 84,56 86,86 46,100 6,94",
    ],
    6: [
        "62: 76,2 36,24 8,64 28,97 74,93 86,68 52,52 14,74",
        "56: 56,0 24,32 6,72 36,100 84,86 80,60 42,56 12,80",
        "66: 86,6 44,14 12,50 14,88 50,100 90,82 78,56 40,58 20,78",
    ],
    7: [
        "64: 5,7 50,5 93,3; 93,3 62,46 40,100",
        "68: 5,6 50,6 94,2; 94,2 62,46 44,100; 24,52 55,49 88,46",
        "60: 4,20 6,3; 6,3 46,8 96,0; 96,0 72,42 62,100",
    ],
    8: [
        "60: 80,15 46,1 14,20 46,46 86,74 52,99 12,78 44,50 80,28 78,10",
        "56: 50,47 16,26 44,0 82,20 50,47 8,74 46,100 92,76 50,47",
        "66: 90,6 50,2 16,18 40,43 80,68 60,98 16,90 30,60 66,40 94,10",
    ],
    9: [
        "58: 86,22 50,1 10,24 36,50 84,26; 84,26 86,60 72,100",
        "60: 84,18 46,0 8,22 30,50 76,40 88,16 90,56 62,96 16,94",
        "50: 88,10 40,2 8,28 44,46 90,14; 90,14 86,60 80,100",
    ],
}


class Hand(NamedTuple):
    """How one of the eight writes, and on what."""

    slant: float  # columns to the right for each row up
    pen: float  # width of the line, as a share of the digit's height
    ink: tuple[float, float, float]  # red, green and blue of the line
    paper: tuple[float, float, float]
    grain: float  # how much the sheet shows through the line
    ruled: str  # "", "lines" or "squares"
    wobble: float
    shade: float  # by how much the light falls off
    share: float  # of the sheet's height that a digit takes, about


_BLACK, _WHITE = (0.1, 0.1, 0.11), (0.94, 0.94, 0.94)
HANDS = [
    Hand(0.08, 0.085, _BLACK, _WHITE, 0.05, "", 0.035, 0.12, 0.92),  # felt pen
    Hand(
        0.3, 0.06, (0.13, 0.2, 0.5), (0.97, 0.95, 0.89), 0.1, "lines", 0.04, 0.2, 0.36
    ),
    Hand(-0.06, 0.07, (0.36, 0.36, 0.37), _WHITE, 0.45, "", 0.035, 0.25, 0.8),  # pencil
    Hand(0.18, 0.125, _BLACK, (0.9, 0.9, 0.9), 0.02, "", 0.04, 0.3, 0.94),  # marker
    Hand(0.02, 0.065, (0.16, 0.18, 0.3), _WHITE, 0.12, "squares", 0.05, 0.15, 0.4),
    Hand(0.4, 0.075, _BLACK, (0.8, 0.76, 0.67), 0.08, "", 0.045, 0.35, 0.7),  # envelope
    Hand(-0.16, 0.09, (0.14, 0.14, 0.18), _WHITE, 0.06, "lines", 0.045, 0.2, 0.5),
    Hand(0.22, 0.105, (0.2, 0.2, 0.2), (0.87, 0.87, 0.87), 0.2, "", 0.05, 0.45, 0.88),
]


def glyph(text: str) -> tuple[float, list[np.ndarray]]:
    """The width of a form, and the points of its curves, `(n, 2)`, from 0 to 1."""
    width, _, rest = text.partition(": ")
    curves = [
        np.array([point.split(",") for point in part.split()], float) / 100
        for part in rest.split(";")
    ]
    return int(width) / 100, curves


def curve(points: np.ndarray, steps: int = 24) -> np.ndarray:
    """A smooth line through points `(n, 2)`: a Catmull-Rom spline, `(m, 2)`."""
    ends = 2 * points[:1] - points[1:2], 2 * points[-1:] - points[-2:-1]
    p = np.concatenate([ends[0], points, ends[1]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, np.newaxis]
    parts = []
    for a, b, c, d in zip(p, p[1:], p[2:], p[3:], strict=False):
        cubic = (3 * (b - c) + d - a) * t**3 + (2 * a - 5 * b + 4 * c - d) * t**2
        parts.append((cubic + (c - a) * t + 2 * b) / 2)
    return np.concatenate([*parts, points[-1:]])


def waves(at: np.ndarray, rng: np.random.Generator, frequency: float) -> np.ndarray:
    """Smooth chance of spread 1 along the last axis of `at`, `(…, k)` → `(…)`."""
    directions = rng.normal(0, frequency, (6, at.shape[-1]))
    phases = rng.uniform(0, 2 * np.pi, 6)
    return np.sin(at @ directions.T + phases).sum(axis=-1) / np.sqrt(3)


def strokes(digit: int, hand: Hand, rng: np.random.Generator) -> list[np.ndarray]:
    """The lines of a digit as `(m, 2)` arrays of x and y; it is 1 high."""
    width, curves = glyph(GLYPHS[digit][rng.integers(len(GLYPHS[digit]))])
    width *= rng.uniform(0.85, 1.15)
    field = np.random.default_rng(rng.integers(2**32))
    state = field.bit_generator.state
    lines = []
    for points in curves:
        placed = points * [width, 1]
        field.bit_generator.state = state  # one field of arrows bends all curves
        bent = np.stack([waves(placed, field, 4.0) for _ in "xy"], axis=-1)
        line = curve(placed + hand.wobble * bent)
        tremor = np.stack([waves(line, rng, 25.0) for _ in "xy"], axis=-1)
        line = line + 0.004 * tremor
        slant = hand.slant + rng.normal(0, 0.015)
        lines.append(line + (1 - line[:, 1:]) * [slant, 0])
    return turned(lines, rng.normal(0, 0.05))


def turned(lines: list[np.ndarray], angle: float) -> list[np.ndarray]:
    """All lines turned, then moved and scaled to a height of 1 from (0, 0)."""
    cosine, sine = np.cos(angle), np.sin(angle)
    lines = [line @ [[cosine, sine], [-sine, cosine]] for line in lines]
    every = np.concatenate(lines)
    low, height = every.min(axis=0), np.ptp(every[:, 1])
    return [(line - low) / height for line in lines]


def drawn(
    lines: list[np.ndarray], shape: tuple[int, int], pen: float, rng: object
) -> np.ndarray:
    """How much of each pixel the lines cover, `(H, W)`, for lines in pixels."""
    rows, columns = np.indices(shape)
    nearest = np.full(shape, np.inf)
    for line in lines:
        along = np.linspace(0, 1, len(line))
        pressure = 1 + 0.12 * waves(line / 30, rng, 1.5)
        pressure *= 1 - 0.45 * along**6 - 0.2 * (1 - along) ** 8
        for (x, y), p in zip(line, pressure, strict=True):
            away = np.hypot(columns - x, rows - y) - max(pen * p, 0.7) / 2
            np.minimum(nearest, away, out=nearest)
    return np.clip(0.5 - nearest, 0, 1)


def blurred(picture: np.ndarray, spread: float) -> np.ndarray:
    """The picture `(H, W)` behind a lens that is not quite sharp."""
    reach = int(np.ceil(3 * spread))
    weights = np.exp(-((np.arange(-reach, reach + 1) / spread) ** 2) / 2)
    weights /= weights.sum()
    for _ in range(2):
        wide = np.pad(picture, ((reach, reach), (0, 0)), mode="edge")
        parts = [w * wide[i : i + len(picture)] for i, w in enumerate(weights)]
        picture = np.sum(parts, axis=0).T
    return picture


def sheet(shape: tuple[int, int], hand: Hand, rng: object) -> tuple:
    """The light on the sheet, and its printed lines: twice `(H, W)`."""
    rows, columns = np.indices(shape)
    y, x = rows / shape[0] - 0.5, columns / shape[1] - 0.5
    towards = rng.uniform(0, 2 * np.pi)
    slope = np.cos(towards) * x + np.sin(towards) * y + 0.5
    light = 1 - hand.shade * np.clip(slope + 0.6 * (x**2 + y**2), 0, 1.2)
    printed = np.zeros(shape)
    if hand.ruled:
        pitch = rng.uniform(0.27, 0.4) * min(shape)
        tilt = rng.normal(0, 0.015)
        across = [rows + tilt * columns, columns - tilt * rows]
        for where in across[: 1 + (hand.ruled == "squares")]:
            offset = np.abs((where + rng.uniform(0, pitch)) % pitch - pitch / 2)
            printed = np.maximum(printed, np.clip(1.1 - offset, 0, 1))
    return light, printed


def laid_out(digit: int, hand: Hand, rng: object) -> tuple:
    """The lines of a digit in pixels, the shape of the sheet around it, the pen."""
    lines = strokes(digit, hand, rng)
    height = rng.uniform(48, 76)
    pen = hand.pen * height * rng.uniform(0.9, 1.1)
    every = height * np.concatenate(lines)
    width = np.ptp(every[:, 0])
    share = hand.share * rng.uniform(0.9, 1.03)
    tall = max(height / share, 0.75 * width / share, height + 2.4 * pen)
    wide = max(width / share, rng.uniform(0.7, 0.95) * tall, width + 2.4 * pen)
    shape = round(tall), round(wide)
    room = np.array(shape[::-1]) - every.max(axis=0) - 2 * pen
    corner = pen + room * rng.uniform(0.05, 0.95, 2)
    return [height * line + corner for line in lines], shape, pen


def scan(digit: int, number: int) -> np.ndarray:
    """One picture, bytes: `(H, W)`, or `(H, W, 3)` where the paper has a colour."""
    hand = HANDS[number]
    rng = np.random.default_rng([digit, number])
    lines, shape, pen = laid_out(digit, hand, rng)
    cover = blurred(drawn(lines, shape, pen, rng), 0.7)
    light, printed = sheet(shape, hand, rng)
    grain = blurred(rng.normal(0, 1, shape), 0.8)
    cover = np.clip(cover * (1 - hand.grain * (0.35 + np.abs(grain))), 0, 1)
    paper, ink = np.array(hand.paper), np.array(hand.ink)
    colour = paper - printed[..., np.newaxis] * paper * [0.3, 0.2, 0.1]
    colour = colour + cover[..., np.newaxis] * (ink - colour)
    colour = colour * light[..., np.newaxis]
    colour = colour + 0.012 * rng.normal(0, 1, (*shape, 1)) + 0.01 * grain[..., None]
    if len(set(hand.paper)) == 1:
        colour = colour @ [0.299, 0.587, 0.114]
    # Steps of 5 in 255: a cheap scanner, and small files.
    return (5 * np.round(np.clip(colour, 0, 1) * 51)).astype(np.uint8)


def build(folder: Path) -> int:
    """Write `folder/0/00.png` to `folder/9/07.png`; return their bytes in all."""
    for digit in GLYPHS:
        (folder / str(digit)).mkdir(parents=True, exist_ok=True)
        for number in range(len(HANDS)):
            picture = Image.fromarray(scan(digit, number))
            picture.save(folder / str(digit) / f"{number:02}.png", optimize=True)
    return sum(path.stat().st_size for path in folder.rglob("*.png"))


def main() -> None:
    """Read the command line, build, and say what was written."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=HERE / "own_digits")
    folder = parser.parse_args().output
    size = build(folder)
    print(f"{folder.name}: {len(GLYPHS) * len(HANDS)} pictures, {size:,} bytes")


if __name__ == "__main__":
    main()
