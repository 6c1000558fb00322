"""Look up any number of a network, and how it came about."""

import base64
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cnnkit.errors import check_choice, check_integer, expected
from cnnkit.explorer.arithmetic import worked_out
from cnnkit.explorer.page import framed, page_of
from cnnkit.explorer.payload import payload_of
from cnnkit.explorer.picture import picture_of
from cnnkit.explorer.steps import Step, steps_of
from cnnkit.explorer.told import Explanation
from cnnkit.features.images import as_array, as_batch, as_tensor
from cnnkit.features.maps import feature_maps
from cnnkit.files import whole_file
from cnnkit.runtime import keras
from cnnkit.tracing.chain import is_open

_MOST_MAPS = 16  # of a layer; of more the page shows the strongest first


class Explorer:
    """What a model answers to some images, each number with its arithmetic.

    Made by `explore`. At the end of a notebook's cell it shows as a page: point at
    a number of any layer, and see how it came about. Where no script may run it
    shows as a picture, and `print` writes it as text; both take one number apart,
    that which the page begins with.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        images: np.ndarray,
        answers: dict[str, np.ndarray],
        *,
        at: tuple[str, int | Sequence[int]] | None,
        **shown: object,
    ) -> None:
        self._steps = {step.name: step for step in steps}
        self._images, self._answers, self._shown = images, answers, shown
        self._at = _start(self._steps, answers) if at is None else at
        self._first = self.explain(*self._at)

    @property
    def layers(self) -> list[str]:
        """The names of the layers, in the order in which the image passes them."""
        return list(self._steps)

    def shape(self, layer: str) -> tuple[int, ...]:
        """The shape of what a layer answers to one image.

        Raises:
            ValueError: there is no such layer.
        """
        return self._steps[check_choice("layer", layer, self._steps)].after

    def explain(
        self, layer: str, place: int | Sequence[int], *, image: int = 0
    ) -> Explanation:
        """Take one number of a layer's answer apart.

        Args:
            layer: its name.
            place: `(row, column, channel)` in a map; `(unit,)`, or the unit alone,
                in a row of numbers.
            image: which of the images. Default: 0, the first.

        Returns:
            An `Explanation`: what was read and where, each product, the bias, the
            activation, and what Keras says. `print` it, or read its fields.

        Raises:
            TypeError: a number is no integer.
            ValueError: there is no such layer, place or image.

        Example:
            >>> explore(model, digit).explain("conv1", (10, 12, 0)).agrees
            True
        """
        step = self._steps[check_choice("layer", layer, self._steps)]
        held = self._answers[layer]
        image = check_integer("image", image, minimum=0, maximum=len(held) - 1)
        place = _place(place, step)
        given = self._images if step.source is None else self._answers[step.source]
        return worked_out(step, given[image], place, held[image][place])

    def to_html(self, path: str | os.PathLike) -> Path:
        """Write the page as one file, which works from disk without a network.

        Args:
            path: of the file; one that is there is replaced.

        Returns:
            The path.

        Raises:
            OSError: the file cannot be written; nothing is left of it then.
        """
        path = Path(path)
        with whole_file(path) as partial:
            partial.write_text(page_of(self.payload()), encoding="utf-8")
        return path

    def payload(self) -> dict[str, object]:
        """What the page is made of: plain values, and all numbers in one text."""
        place = [int(axis) for axis in self._first.place]
        return payload_of(
            list(self._steps.values()),
            self._images,
            self._answers,
            start=[self.layers.index(self._first.layer), place],
            **self._shown,
        )

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        picture = base64.b64encode(self._repr_png_()).decode("ascii")
        page = framed(page_of(self.payload()), repr(self), str(self), picture)
        return {"text/html": page, "image/png": picture, "text/plain": str(self)}

    def _repr_png_(self) -> bytes:
        maps = {name: held[0] for name, held in self._answers.items()}
        return picture_of(maps, self._images[0], str(self._first))

    def __str__(self) -> str:
        rows = [
            (step.name, step.label, "×".join(map(str, step.after)))
            for step in self._steps.values()
        ]
        wide = [max(len(row[column]) for row in rows) for column in range(2)]
        table = [f"  {n:<{wide[0]}}  {k:<{wide[1]}}  {shape}" for n, k, shape in rows]
        return "\n".join([repr(self), *table, "", str(self._first)])

    def __repr__(self) -> str:
        images = f"{len(self._images)} image{'' if len(self._images) == 1 else 's'}"
        return f"Explorer of {self._shown['name']}: {images}, {len(self._steps)} layers"


def explore(
    model: keras.Model,
    images: np.ndarray,
    *,
    classes: Sequence[str] | None = None,
    captions: Sequence[str] | None = None,
    at: tuple[str, int | Sequence[int]] | None = None,
    dense_terms: int | None = None,
) -> Explorer:
    """Run images through a model, so that each number can be looked up.

    Args:
        model: a Sequential model, or a Functional one that is a chain.
        images: one image `(H, W, C)`, or a batch `(N, H, W, C)`.
        classes: a name for each number of the last layer. Default: 0, 1, 2, …
        captions: a name for each image. Default: image 0, image 1, …
        at: the number that is shown first, as `(layer, place)`; see
            `Explorer.explain`. Default: the largest in the first maps of the first
            layer with a window.
        dense_terms: how many products of a dense layer's number the page holds, the
            strongest; it tells what the others bring together. Fewer make a smaller
            page, in which no one can draw. Default: None, all of them; of a layer with
            more than a million weights 100.

    Returns:
        An `Explorer`.

    Raises:
        TypeError: `model` is no Keras model that is a chain of layers.
        ValueError: the images have another shape than the model takes; the model
            branches; there are too many or too few names; there is no such number.

    Example:
        >>> explore(model, digit).layers[:2]
        ['conv1', 'pool1']

    Taught in: notebooks/02_convolution.ipynb, notebooks/13_feature_maps.ipynb
    """
    batch = as_batch(model, images)
    if not is_open(model):
        received = f"{type(model).__name__} {model.name}"
        raise expected(
            "`model` to be a Sequential model, or a Functional one that is a chain",
            received,
            error=TypeError,
        )
    answers = feature_maps(model, batch)
    shapes = {name: held.shape[1:] for name, held in answers.items()}
    steps = steps_of(model, shapes, batch.shape[1:])
    if dense_terms is not None:
        check_integer("dense_terms", dense_terms, minimum=1)
    return Explorer(
        steps,
        as_array(as_tensor(batch)),
        answers,
        at=at,
        name=model.name,
        classes=_named("classes", classes, steps[-1].after[-1], ""),
        captions=_named("captions", captions, len(batch), "image "),
        dense_terms=dense_terms,
    )


def _start(
    steps: dict[str, Step], answers: dict[str, np.ndarray]
) -> tuple[str, tuple[int, ...]]:
    """The largest number in the first maps of the first layer with a window.

    Those maps are at the top of the page. Without such a layer: of the last one.
    """
    windowed = [step.name for step in steps.values() if step.window]
    name = windowed[0] if windowed else list(steps)[-1]
    first = np.where(np.isnan(answers[name][0]), -np.inf, answers[name][0])
    if first.ndim == 3:
        first[..., _maps_below(first)] = -np.inf
    return name, tuple(map(int, np.unravel_index(first.argmax(), first.shape)))


def _maps_below(maps: np.ndarray) -> np.ndarray:
    """All but the first four maps of the page, which shows many by their strength."""
    order = np.arange(maps.shape[-1])
    if len(order) > _MOST_MAPS:
        order = np.argsort(-np.abs(maps).sum(axis=(0, 1)), kind="stable")
    return order[4:]


def _named(
    name: str, given: Sequence[str] | None, count: int, default: str
) -> list[str]:
    """The names that were given, as text; numbered ones if there are none."""
    if given is None:
        return [f"{default}{i}" for i in range(count)]
    if isinstance(given, str) or len(given) != count:
        raise expected(f"`{name}` to be {count} names", f"{name}={given!r}")
    return [str(one) for one in given]


def _place(place: int | Sequence[int], step: Step) -> tuple[int, ...]:
    axes = [place] if np.ndim(place) == 0 else list(place)
    if len(axes) != len(step.after):
        names = {1: "(unit,)", 3: "(row, column, channel)"}
        wanted = names.get(len(step.after), f"{len(step.after)} integers")
        raise expected(f"`place` in {step.name} to be {wanted}", f"place={place!r}")
    return tuple(
        check_integer("place", one, minimum=0, maximum=size - 1)
        for one, size in zip(axes, step.after, strict=True)
    )
