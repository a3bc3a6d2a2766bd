"""A call of a function of tensors."""

from dataclasses import dataclass, field
from typing import Any

from cnn.layers.graph import Effect, Role
from cnn.layers.operations import effects
from cnn.layers.operations.machine import Machine
from cnn.layers.operations.values import Tensor


@dataclass(frozen=True)
class Call:
    """A call of a function of ``torch``, or of a method of a tensor, which is then the first value.

    Attributes:
        machine: The run that it is a part of.
        values: Positional arguments.
        keywords: Keyword arguments.
        code: The call as PyTorch, with ``{0}`` for the first tensor; empty where it cannot be written.
    """

    machine: Machine
    values: tuple[Any, ...]
    keywords: dict[str, Any] = field(default_factory=dict)
    code: str = ""

    @property
    def tensors(self) -> list[Tensor]:
        """The tensors among the arguments."""
        return [value for value in (*self.values, *self.keywords.values()) if isinstance(value, Tensor)]

    def binary(self, kind: str) -> Any:
        """Run an operation on each pair of values of the tensors, by PyTorch's rule for different shapes."""
        tensors = self.tensors

        def effect() -> Effect:
            dims = tensors[0].dims or ()
            for other in tensors[1:]:
                dims = effects.broadcast(dims, other.dims or ())
            return Effect(dims)

        role: Role = "merge" if sum(tensor.node is not None for tensor in tensors) > 1 else "other"
        return self.machine.function(kind, tensors, effect, role, self.code)
