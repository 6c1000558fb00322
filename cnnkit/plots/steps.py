"""A convolution place by place, in numbers that can be shown and add up."""

from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

import numpy as np

from cnnkit.errors import check_integer, expected
from cnnkit.plots.cells import LEAST, MOST, as_grid
from cnnkit.plots.rounding import (
    adding_up,
    as_written,
    decimals_for,
    exact_decimals,
    exactly,
    written,
)
from cnnkit.scratch import conv2d, im2col
from cnnkit.scratch.windows import grid

_IN_FULL = 9  # products that are written out in the sum
_EXACT = 3  # decimals up to which numbers are shown in full


class Decimals(NamedTuple):
    """How many decimals the numbers of a convolution are shown with."""

    exact: bool
    """Whether all of them are shown in full."""
    image: int
    kernel: int
    sums: int
    """Those of the products, the bias and the output."""


class Steps:
    """All steps of one convolution of a picture with one channel and one kernel.

    Attributes:
        image: float64 `(H, W)`.
        kernel: float64 `(kh, kw)`.
        bias: a number.
        places: where the window goes (a `Grid` of `cnnkit.scratch.windows`).
        output: what `scratch.conv2d` answers, `(H', W')`.
        products: pixel times weight at each place, `(H', W', kh, kw)`.
    """

    def __init__(
        self,
        image: np.ndarray,
        kernel: np.ndarray,
        *,
        bias: float = 0,
        strides: int | Sequence[int] = 1,
        padding: str | int | Sequence[int] = "valid",
        dilation_rate: int | Sequence[int] = 1,
        most: int | None = 12,
    ) -> None:
        self.image = as_grid("image", image, most=most)
        self.kernel = as_grid("kernel", kernel, most=7)
        self.bias = _as_number("bias", bias)
        x, weights = self.image[None, ..., None], self.kernel[..., None, None]
        size, options = self.kernel.shape, {"strides": strides, "padding": padding}
        options["dilation_rate"] = dilation_rate
        self.places = grid(self.image.shape, size, strides, padding, dilation_rate)
        around = [axis.size + axis.before + axis.after for axis in self.places]
        if most is not None and max(around) > most + 4:
            raise expected(
                f"at most {most + 4} × {most + 4} cells with the zeros of the padding",
                f"{around[0]} × {around[1]}",
            )
        self.output = conv2d(x, weights, [self.bias], **options)[0, ..., 0]  # (H', W')
        patches = im2col(x, size, **options)
        self.products = patches.reshape(*self.output.shape, *size) * self.kernel
        if max(np.abs(self.output).max(), np.abs(self.products).max()) >= MOST:
            raise expected(f"products and sums below {MOST:g}", "larger ones")
        self._patches = patches.reshape(self.products.shape)

    @cached_property
    def decimals(self) -> Decimals:
        """How many decimals are shown of what."""
        pixels = [exactly(value) for value in self.image.flat]
        weights = [exactly(value) for value in self.kernel.flat]
        places = list(np.ndindex(self.output.shape))
        terms = {term for place in places for term in self.terms(place)}
        needed = exact_decimals(terms, most=_EXACT)
        full = [exact_decimals(given, most=_EXACT) for given in (pixels, weights)]
        exact = None not in (needed, *full)
        sums = [exactly(value) for value in self.output.flat]
        return Decimals(
            exact,
            decimals_for(pixels, most=_EXACT),
            decimals_for(weights, most=_EXACT),
            needed if exact else decimals_for([*terms, *sums]),
        )

    def check_place(self, place: tuple[int, int]) -> tuple[int, int]:
        """Return a position of the output as two ints.

        Raises:
            TypeError: they are not integers.
            ValueError: they are not two, or the output has no such position.
        """
        if not isinstance(place, tuple | list) or len(place) != 2:
            raise expected("`place` to be (row, column) of the output", repr(place))
        height, width = self.output.shape
        return (
            check_integer("the row of place", place[0], minimum=0, maximum=height - 1),
            check_integer(
                "the column of place", place[1], minimum=0, maximum=width - 1
            ),
        )

    def done(self, place: tuple[int, int]) -> np.ndarray:
        """Which outputs are there when the window, row by row, is at a place."""
        numbers = np.arange(self.output.size).reshape(self.output.shape)
        return numbers <= numbers[place]

    def terms(self, place: tuple[int, int]) -> list[Fraction]:
        """The products at a place and the bias, as fractions, not yet rounded."""
        pixels, weights = self._patches[place].flat, self.kernel.flat
        products = (
            exactly(p) * exactly(w) for p, w in zip(pixels, weights, strict=True)
        )
        return [*products, exactly(self.bias)]

    def shown(self, place: tuple[int, int]) -> tuple[list[Fraction], Fraction]:
        """The products and the bias as shown at a place; the bias apart."""
        total = exactly(self.output[place])
        *products, bias = adding_up(self.terms(place), self.decimals.sums, total=total)
        return products, bias

    def product_texts(self, place: tuple[int, int]) -> list[str]:
        """The products at a place, as they are written, row by row."""
        return [written(term, self.decimals.sums) for term in self.shown(place)[0]]

    def answer(self, place: tuple[int, int]) -> str:
        """The output at a place, as it is written."""
        return written(exactly(self.output[place]), self.decimals.sums)

    def sum_parts(self, place: tuple[int, int]) -> list[str]:
        """The sum at a place, in parts between which a line may break."""
        products, bias = self.shown(place)
        answer = self.answer(place)
        if len(products) > _IN_FULL:
            if not self.bias:
                return [f"the {len(products)} products add up to {answer}"]
            total = written(sum(products, Fraction(0)), self.decimals.sums)
            parts = [f"{total} (the {len(products)} products)"]
        elif self.decimals.exact:
            pixels, weights = self._patches[place].flat, self.kernel.flat
            parts = [
                f"{_factor(p, self.decimals.image)}·{_factor(w, self.decimals.kernel)}"
                for p, w in zip(pixels, weights, strict=True)
            ]
        else:
            parts = [_bracketed(written(term, self.decimals.sums)) for term in products]
        if self.bias:
            parts.append(f"bias {_bracketed(written(bias, self.decimals.sums))}")
        parts[-1] += f" = {answer}"  # no line may begin with it
        return [parts[0], *(f"+ {part}" for part in parts[1:])]

    def texts(self) -> list[str]:
        """Everything that is ever written into a cell, to see how long it gets."""
        places = list(np.ndindex(self.output.shape))
        found = {text for place in places for text in self.product_texts(place)}
        found |= {self.answer(place) for place in places}
        for values, decimals in (
            (self.image, self.decimals.image),
            (self.kernel, self.decimals.kernel),
        ):
            found |= {written(exactly(value), decimals) for value in values.flat}
        return sorted(found)


def lines_of(parts: Sequence[str], letters: int) -> str:
    r"""Put parts into lines of at most so many letters, where they fit.

    Example:
        >>> lines_of(["1·2", "+ 3·4", "= 14"], 10)
        '1·2 + 3·4\n= 14'
    """
    lines = [parts[0]]
    for part in parts[1:]:
        if len(lines[-1]) + 1 + len(part) <= letters:
            lines[-1] += f" {part}"
        else:
            lines.append(part)
    return "\n".join(lines)


def _factor(value: float, decimals: int) -> str:
    return _bracketed(written(exactly(value), decimals))


def _bracketed(text: str) -> str:
    return f"({text})" if text.startswith("−") else text


def _as_number(name: str, value: object) -> float:
    array = np.asarray(value)
    if array.dtype.kind not in "buif" or array.size != 1:
        raise expected(
            f"`{name}` to be one number", f"{name}={value!r}", error=TypeError
        )
    number = as_written(array).item()
    if not np.isfinite(number) or (number and not LEAST <= abs(number) < MOST):
        raise expected(
            f"`{name}` to be 0 or from {LEAST:g} to below {MOST:g}", f"{name}={value!r}"
        )
    return float(number)
