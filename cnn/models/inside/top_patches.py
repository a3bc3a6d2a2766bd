"""Where a few films excite each channel of a layer most: what a unit responds to, without a gradient."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from cnn.models.inside.feature_maps import read_activations
from cnn.models.inside.layer_nodes import LayerNode
from cnn.models.loading import LoadedModel


@dataclass(frozen=True)
class Peak:
    """The strongest cell of one channel on one film, and the patch of the film that it sees.

    Attributes:
        film: Index of the film.
        value: Activation of the cell.
        rows: First and last row of the patch in pixels of the network's input, 0 to S - 1.
        columns: First and last column.
    """

    film: int
    value: float
    rows: tuple[int, int]
    columns: tuple[int, int]


@dataclass(frozen=True)
class Peaks:
    """The strongest activation of every channel of ``layer`` on every film: values and flat cells, (films, K)."""

    layer: LayerNode
    values: np.ndarray
    cells: np.ndarray
    width: int
    side: int

    def strongest(self, channel: int, count: int) -> list[Peak]:
        """Return up to ``count`` films on which ``channel`` is active, the strongest first."""
        order = np.argsort(-self.values[:, channel], kind="stable")[:count]
        return [self._peak(int(film), channel) for film in order if self.values[film, channel] > 0]

    def _peak(self, film: int, channel: int) -> Peak:
        row, column = divmod(int(self.cells[film, channel]), self.width)
        return Peak(film, float(self.values[film, channel]), self._seen(row), self._seen(column))

    def _seen(self, cell: int) -> tuple[int, int]:
        field = self.layer.field
        if field is None:
            return 0, self.side - 1
        start = field.start + cell * field.jump
        return max(0, start), min(self.side, start + field.size) - 1


def find_peaks(model: LoadedModel, films: Sequence[Tensor], layers: Sequence[LayerNode]) -> list[Peaks]:
    """Return the peaks of each of ``layers``, which are in the network's order, over ``films`` (1, 1, S, S) each."""
    maxima: list[list[tuple[np.ndarray, np.ndarray]]] = [[] for _ in layers]
    widths = [0] * len(layers)
    for film in films:
        for number, activation in enumerate(read_activations(model, film, tuple(layers))):
            flat = activation.after.reshape(len(activation.after), -1)
            maxima[number].append((flat.max(1), flat.argmax(1)))
            widths[number] = activation.after.shape[-1]
    peaks = []
    for layer, found, width in zip(layers, maxima, widths, strict=True):
        values, cells = (np.stack(column) for column in zip(*found, strict=True))
        peaks.append(Peaks(layer, values, cells, width, model.input_size))
    return peaks
