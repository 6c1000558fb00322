"""Follow the receptive field through layers of any kind, not windows alone."""

from dataclasses import dataclass, replace

from cnnkit.runtime import keras
from cnnkit.shapes import ReceptiveField
from cnnkit.tracing.chain import Shape
from cnnkit.tracing.sizes import GLOBAL_POOLINGS, POINTWISE, Axis, family, spatial


@dataclass(frozen=True)
class View:
    """What one output of the layers so far sees of the model's input."""

    extent: tuple[int, ...]
    """Sizes of the input along its axes, channels left out."""
    layout: str
    """Where the channels are: «channels_last» or «channels_first»."""
    fields: tuple[ReceptiveField, ...] | None
    """One a spatial axis of the input; None when it is not known."""
    mixed: bool = False
    """Whether every output sees the same: behind Dense and global pooling."""

    @classmethod
    def start(cls, shape: Shape, layout: str) -> "View":
        """Before the first layer an output is one position of the input."""
        extent = spatial(shape, layout)
        return cls(extent, layout, (ReceptiveField(1, 1, 0),) * len(extent))

    @property
    def everything(self) -> bool:
        """Whether the field reaches from the first input position to the last."""
        if not self.fields:
            return self.mixed and self.fields is not None
        return all(
            field.offset <= 0 and field.offset + field.size >= size
            for field, size in zip(self.fields, self.extent, strict=True)
        )

    def through(
        self, layer: object, before: Shape, after: Shape, axes: tuple[Axis, ...] | None
    ) -> "View":
        """The view behind the layer."""
        kind = family(layer)
        if self.fields is None or None in before:
            return replace(self, fields=None)
        if axes is not None:
            return self._through_windows(axes)
        if kind in POINTWISE and not _mixes_places(layer, kind, self, len(before)):
            return self
        if kind == "Dense" and len(after) > 1 and self.layout == "channels_last":
            return self  # the same units at each place: a 1×1 convolution
        if kind in GLOBAL_POOLINGS or (kind == "Dense" and len(after) == 1):
            return replace(self._together(before), mixed=True)
        if kind == "Flatten":
            return self._together(before)
        if kind == "Reshape" and (self.mixed or before == after):
            return self
        return replace(self, fields=None)

    def _through_windows(self, axes: tuple[Axis, ...]) -> "View":
        steps = [axis.field for axis in axes]
        if self.mixed:
            return self
        if None in steps or len(steps) != len(self.fields):
            return replace(self, fields=None)
        fields = (
            ReceptiveField(
                field.size + (step.size - 1) * field.jump,
                field.jump * step.jump,
                field.offset + step.offset * field.jump,
            )
            for field, step in zip(self.fields, steps, strict=True)
        )
        return replace(self, fields=tuple(fields))

    def _together(self, shape: Shape) -> "View":
        """All places at once: from the first one's field to the last one's."""
        places = spatial(shape, self.layout)
        if self.mixed or len(places) != len(self.fields):
            return self
        fields = (
            ReceptiveField(field.size + (size - 1) * field.jump, 0, field.offset)
            for field, size in zip(self.fields, places, strict=True)
        )
        return replace(self, fields=tuple(fields))


def _mixes_places(layer: keras.Layer, kind: str, view: View, rank: int) -> bool:
    """Whether a softmax runs along an axis of the image instead of the channels."""
    if view.mixed or rank == 1:
        return False
    if kind == "Softmax":
        channels = (1, -rank) if view.layout == "channels_first" else (rank, -1)
        return layer.axis not in channels
    softmax = getattr(layer, "activation", None) is keras.activations.softmax
    return softmax and view.layout == "channels_first"
