"""A convolution in motion, as a picture that needs no JavaScript to play."""

import io
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from cnnkit.errors import check_number, expected
from cnnkit.files import whole_file
from cnnkit.plots.stepping import StepDrawing
from cnnkit.plots.steps import Steps

_MOST = 150  # frames
_DPI = 100


class Animation:
    """Frames that follow each other without end.

    At the end of a notebook cell it plays, as an animated PNG. The last frame
    stays three times as long as the others.

    Args:
        frames: pictures of one size, at least one.
        seconds_per_step: how long each is seen. Default: 0.5.

    Example:
        >>> film = convolution_animation(np.eye(5), np.ones((3, 3)))
        >>> len(film), film.save("film.gif")
        (9, None)
    """

    def __init__(
        self, frames: Sequence[Image.Image], *, seconds_per_step: float = 0.5
    ) -> None:
        self.frames = list(frames)
        if not self.frames:
            raise expected("at least one frame", "none")
        self.seconds_per_step = check_number(
            "seconds_per_step", seconds_per_step, minimum=0.02, below=60
        )

    def __len__(self) -> int:
        return len(self.frames)

    def __repr__(self) -> str:
        return f"<Animation of {len(self)} frames, {self.seconds_per_step:g} s each>"

    def _repr_png_(self) -> bytes:
        return self._encoded("PNG")

    def save(self, path: str | os.PathLike) -> None:
        """Write the animation to a file.

        Args:
            path: a name that ends in `.png` or `.gif`.

        Raises:
            ValueError: it ends in something else.
        """
        kind = Path(path).suffix.lower()
        if kind not in (".png", ".gif"):
            raise expected("a file name that ends in .png or .gif", path)
        with whole_file(path) as partial:
            partial.write_bytes(self._encoded(kind[1:].upper()))

    def _encoded(self, kind: str) -> bytes:
        step = round(1000 * self.seconds_per_step)
        durations = [step] * (len(self) - 1) + [3 * step]
        first, *others = _with_one_palette(self.frames)
        file = io.BytesIO()
        moving = {"save_all": True, "append_images": others, "duration": durations}
        first.save(file, kind, **(moving if others else {}), loop=0)
        return file.getvalue()


def _with_one_palette(frames: list[Image.Image]) -> list[Image.Image]:
    """Reduce the pictures to 256 colours, the same in all, for much smaller files.

    They are the most frequent ones: the paper and the cells stay what they are,
    and each shade at the rim of a letter becomes the nearest of them.
    """
    pixels = [np.asarray(frame.convert("RGB"), np.int64) for frame in frames]
    codes = [picture @ (65536, 256, 1) for picture in pixels]  # (H, W)
    found = [np.unique(code, return_counts=True) for code in codes]
    distinct, where = np.unique(
        np.concatenate([colours for colours, _ in found]), return_inverse=True
    )
    counts = np.bincount(where, np.concatenate([number for _, number in found]))
    palette = distinct[np.argsort(-counts, kind="stable")[:256]]
    parts = [np.stack([c >> 16, c >> 8 & 255, c & 255], 1) for c in (distinct, palette)]
    apart = np.square(parts[0][:, None] - parts[1]).sum(axis=-1)  # (colours, 256)
    nearest = apart.argmin(axis=1).astype(np.uint8)
    reduced = []
    for code in codes:
        index = nearest[np.searchsorted(distinct, code)]
        picture = Image.frombytes("P", index.shape[::-1], index.tobytes())
        picture.putpalette(parts[1].ravel().tolist())
        reduced.append(picture)
    return reduced


def convolution_animation(
    image: np.ndarray,
    kernel: np.ndarray,
    *,
    seconds_per_step: float = 0.5,
    bias: float = 0,
    strides: int | Sequence[int] = 1,
    padding: str | int | Sequence[int] = "valid",
    dilation_rate: int | Sequence[int] = 1,
) -> Animation:
    """Let the window slide over the whole input, one step after the other.

    Each frame is what `convolution_step` draws for one place.

    Args:
        image: one channel, `(H, W)` or `(H, W, 1)`; 12 × 12 at the most.
        kernel: one, `(kh, kw)` or `(kh, kw, 1, 1)`; 7 × 7 at the most.
        seconds_per_step: how long each step is seen. Default: 0.5.
        bias: what is added to each sum. Default: 0.
        strides: as for `scratch.conv2d`. Default: 1.
        padding: as for `scratch.conv2d`. Default: "valid".
        dilation_rate: as for `scratch.conv2d`. Default: 1.

    Returns:
        The Animation; it has a frame for each output.

    Raises:
        TypeError: as for `convolution_step`.
        ValueError: as for `convolution_step`, or there are more than 150 steps.

    Example:
        >>> film = convolution_animation(np.eye(5), np.ones((3, 3)))
        >>> film.save("film.png")

    Taught in: notebooks/02_convolution.ipynb
    """
    options = {"strides": strides, "padding": padding, "dilation_rate": dilation_rate}
    steps = Steps(image, kernel, bias=bias, **options)
    if steps.output.size > _MOST:
        raise expected(
            f"at most {_MOST} steps",
            f"{steps.output.size}",
            advice="Take a smaller part of the image, or a larger stride.",
        )
    return Animation(_frames(steps), seconds_per_step=seconds_per_step)


def _frames(steps: Steps) -> list[Image.Image]:
    """Draw what stays once, and over it, for each place, what moves."""
    figure = Figure(facecolor="white", dpi=_DPI)
    canvas = FigureCanvasAgg(figure)
    drawing = StepDrawing(steps, figure)
    drawing.show((0, 0))  # older releases of matplotlib draw animated images too
    moving = drawing.moving()
    for artist in moving:
        artist.set_animated(True)
    canvas.draw()
    still, frames = canvas.copy_from_bbox(figure.bbox), []
    for place in np.ndindex(steps.output.shape):
        canvas.restore_region(still)
        drawing.show(place)
        for artist in moving:
            figure.draw_artist(artist)
        pixels = np.asarray(canvas.buffer_rgba())[..., :3]
        frames.append(Image.fromarray(np.ascontiguousarray(pixels)))
    return frames
