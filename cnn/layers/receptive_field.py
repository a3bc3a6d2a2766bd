"""Compute the receptive field of a unit behind a stack of layers."""

from collections.abc import Iterable
from dataclasses import dataclass

from cnn.layers.checks import MAX_SIDE, check_range
from cnn.layers.sizes import Window, effective_kernel


@dataclass(frozen=True)
class ReceptiveField:
    """Which input cells the units of one layer see: unit i sees ``start + i*jump`` up to that plus ``size - 1``.

    ``start`` is below zero when the first unit sees padding. With dilation or a stride beyond the kernel, some cells
    in between may be skipped.
    """

    size: int
    jump: int
    start: int

    def behind(self, layer: Window) -> "ReceptiveField":
        """The field one layer further on; the recurrences are those named at :func:`receptive_field`."""
        check_range("stride S", layer.stride, 1, MAX_SIDE)
        check_range("padding P", layer.padding, 0, MAX_SIDE)
        reach = effective_kernel(layer.kernel_size, layer.dilation)
        size = self.size + (reach - 1) * self.jump
        return ReceptiveField(size, self.jump * layer.stride, self.start - layer.padding * self.jump)

    def joined(self, other: "ReceptiveField") -> "ReceptiveField | None":
        """What a sum of two units sees, from the first cell to the last; None where their neighbours part ways."""
        if self.jump != other.jump:
            return None
        start = min(self.start, other.start)
        end = max(self.start + self.size, other.start + other.size)
        return ReceptiveField(end - start, self.jump, start)


PIXEL = ReceptiveField(1, 1, 0)
"""What a cell of the input sees: itself."""


def receptive_field(layers: Iterable[Window]) -> tuple[ReceptiveField, ...]:
    """Receptive field of the units of each layer of a chain, in cells of the chain's input.

    The recurrences are those of Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks"
    (Distill, 2019): size grows by (F - 1)*D*jump, jump by the stride, start falls by P*jump.
    """
    field, fields = PIXEL, []
    for layer in layers:
        field = field.behind(layer)
        fields.append(field)
    return tuple(fields)
