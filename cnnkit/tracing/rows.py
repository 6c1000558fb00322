"""What a trace holds: a row for each layer, and the totals."""

from dataclasses import dataclass

from cnnkit.shapes import ReceptiveField
from cnnkit.tracing import show


@dataclass(frozen=True)
class Row:
    """One layer of a model in numbers, for one example."""

    name: str
    """Name of the layer; `outer/inner` for a layer of a model inside the model."""
    kind: str
    """Its class, as `Conv2D`."""
    formula: str
    """The output size; a line for each axis when they differ."""
    output_shape: tuple[int | None, ...]
    """Without the batch axis; None where Keras does not know the size."""
    padding: tuple[tuple[int, int], ...]
    """Zeros `(before, after)` along each axis; empty where there is no window."""
    unread: tuple[int, ...]
    """Positions at the end of each axis that no window reads."""
    parameters: int
    parameter_formula: str
    """The product behind `parameters`, as `5·5·10·20 + 20`."""
    trainable_parameters: int
    multiply_adds: int | None
    """Convolutions and dense layers are counted, others are 0; None: unknown."""
    multiply_add_formula: str
    activation_bytes: int | None
    """Memory of the output in float32."""
    receptive_field: tuple[ReceptiveField, ...] | None
    """One for each axis of the input; None: unknown. Where all outputs see the
    same (behind Dense), the jump is 0."""
    sees_everything: bool
    """Whether the receptive field reaches from the first pixel to the last; holes
    that windows leave do not count. For Flatten, the row of numbers does."""
    shared: bool
    """Whether an earlier row has the same weights; the totals count them once."""


@dataclass(frozen=True, repr=False)
class Trace:
    """A model told layer by layer: print it, show it in a notebook, read `rows`.

    Example:
        >>> trace(models.simple_cnn()).rows[2].formula
        '(12 + 2·0 − 5)/1 + 1 = 8'
    """

    name: str
    """Name of the model."""
    input_shape: tuple[int, ...]
    """Of one example."""
    rows: tuple[Row, ...]
    trainable_parameters: int
    non_trainable_parameters: int

    @property
    def parameters(self) -> int:
        """Parameters of the model, as `model.count_params()`."""
        return self.trainable_parameters + self.non_trainable_parameters

    @property
    def multiply_adds(self) -> int:
        """Multiplications for one example, of the layers where they are known."""
        return sum(row.multiply_adds or 0 for row in self.rows)

    @property
    def activation_bytes(self) -> int:
        """Memory of all outputs together, as training keeps them."""
        return sum(row.activation_bytes or 0 for row in self.rows)

    def __str__(self) -> str:
        return show.as_text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return show.as_html(self)
