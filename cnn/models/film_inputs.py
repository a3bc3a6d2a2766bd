"""The one step from a radiograph to the inputs of all networks: the classifiers and the out-of-distribution gate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor

from cnn.imaging.preprocess import to_tensor
from cnn.imaging.radiograph import Radiograph
from cnn.models.ood_gate import INPUT_SIZE
from cnn.models.registry import MODELS

if TYPE_CHECKING:
    from cnn.models.loading import LoadedModel

LEARNED_SIZE = 64
"""Side of the input of the networks that learners train (:mod:`cnn.handson`), in pixels."""


@dataclass(frozen=True)
class FilmInputs:
    """A radiograph as the networks take it: ``by_size[S]`` is (1, 1, S, S), standardised.

    Usage::

        inputs = FilmInputs.from_radiograph(read_radiograph(data, name))
        gate_result = ood_gate.check_batch(inputs.for_gate)[0]
        prediction = classify(model, inputs.for_model(model))[0]
    """

    by_size: dict[int, Tensor]

    @classmethod
    def from_radiograph(cls, radiograph: Radiograph, sizes: Iterable[int] | None = None) -> FilmInputs:
        """Resize and standardise a film for ``sizes``, else for every network and a learner's, and for the gate."""
        sizes = {LEARNED_SIZE, *(spec.input_size for spec in MODELS.values())} if sizes is None else sizes
        return cls({size: to_tensor(radiograph, size) for size in {INPUT_SIZE, *sizes}})

    @property
    def for_gate(self) -> Tensor:
        """The input of :func:`cnn.models.ood_gate.check_batch`."""
        return self.by_size[INPUT_SIZE]

    def for_model(self, model: LoadedModel) -> Tensor:
        """Return the input of ``model``."""
        return self.by_size[model.input_size]
