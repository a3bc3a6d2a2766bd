"""Compute the receptive field of a unit behind a stack of layers."""

from collections.abc import Iterable
from dataclasses import dataclass

from cnn.layers.sizes import Window


@dataclass(frozen=True)
class ReceptiveField:
    """The input cells that units depend on: unit i on those from ``start + i*jump`` on, ``size`` cells in all.

    ``start`` is below zero when the first unit reads padding. With dilation, or a stride beyond the kernel, some cells
    in between may have no influence.
    """

    size: int
    jump: int
    start: int

    def extended(self, window: Window) -> "ReceptiveField":
        """Return the field one layer further on, by the recurrences named at :func:`receptive_field`."""
        return ReceptiveField(
            self.size + (window.reach - 1) * self.jump,
            self.jump * window.stride,
            self.start - window.ends[0] * self.jump,
        )

    def joined(self, other: "ReceptiveField") -> "ReceptiveField | None":
        """Return the field of the sum of two units, or None if the two jumps differ."""
        if self.jump != other.jump:
            return None
        start = min(self.start, other.start)
        end = max(self.start + self.size, other.start + other.size)
        return ReceptiveField(end - start, self.jump, start)


def transposed_extent(window: Window) -> int:
    """Return the most input cells along a side, gaps included, that a unit of a transposed convolution depends on.

    A unit depends on input cell i where its place, counted from the first cell without padding, is i*S + k*D for a
    weight k: units differ by what is left when their place is divided by S.
    """
    first: dict[int, int] = {}
    most = 0
    for place in range(0, window.reach, window.dilation):
        start = first.setdefault(place % window.stride, place)
        most = max(most, (place - start) // window.stride + 1)
    return most


INPUT_CELL = ReceptiveField(1, 1, 0)
"""The receptive field of a cell of the input: itself."""


def receptive_field(windows: Iterable[Window]) -> tuple[ReceptiveField, ...]:
    """Compute the receptive field of the units of each layer in a chain, in cells of the chain's input.

    The recurrences are those of Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks"
    (Distill, 2019): size grows by (F - 1)*D*jump, jump by the factor S, start falls by P*jump.
    """
    field, fields = INPUT_CELL, []
    for window in windows:
        field = field.extended(window)
        fields.append(field)
    return tuple(fields)
