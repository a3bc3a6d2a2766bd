"""Run layers and functions on shapes, and collect them as nodes of a graph."""

from collections.abc import Callable, Sequence
from typing import Any

from cnn.errors import DoesNotFit, UserError
from cnn.layers.graph import BATCH, BatchSize, Dims, Effect, GraphBuilder, Operation, Role
from cnn.layers.operations import recurrent
from cnn.layers.operations.layer_table import LAYERS, REQUIRED, LayerType
from cnn.layers.operations.values import Module, Tensor, Unknown

_RECURRENT = ("LSTM", "GRU", "RNN")


class Machine:
    """A run of one network on one input shape.

    Attributes:
        builder: Collects the nodes.
        paths: Path of each module in the network, by identity.
        scope: Paths of the modules whose ``forward`` runs, the innermost last.
        notes: Sentences on what is not as it was written.
    """

    def __init__(self, paths: dict[int, str]) -> None:
        self.builder = GraphBuilder()
        self.paths = paths
        self.scope: list[str] = [""]
        self.notes: list[str] = []
        self.nodes_of: dict[int, int] = {}

    def input(self, dims: Dims) -> Tensor:
        """Add an input and return it."""
        return Tensor((BatchSize(BATCH), *dims), self.builder.add_input(dims))

    def layer(self, module: Module, values: Sequence[Any]) -> Any:
        """Run a layer of ``torch.nn``."""
        layer = LAYERS[module.kind]
        inputs = [value for value in values if isinstance(value, Tensor)]
        if not inputs:
            raise UserError(f"{module.kind} is called without a tensor.")
        dims = inputs[0].dims
        if dims is not None and layer.lazy and module.arguments[layer.lazy] is REQUIRED:
            module.arguments[layer.lazy] = dims[-1] if layer.lazy == "in_features" else dims[1]
        if module.kind == "Identity":
            return inputs[0]
        path = self.paths.get(id(module), self.scope[-1])
        operation = Operation(module.kind, layer.role, path, module_code(module, layer))
        output = self.apply(operation, inputs[:1], lambda: layer.effect(module.arguments, dims or ()))
        self._count_parameters(module, layer, output)
        if module.kind in _RECURRENT:
            state = Tensor(recurrent.state_dims(module.arguments, output.dims), output.node)
            return output, (state, state) if module.kind == "LSTM" else state
        return (output, Unknown("the weights of an attention")) if module.kind == "MultiheadAttention" else output

    def apply(
        self, operation: Operation, inputs: Sequence[Tensor], effect: Callable[[], Effect], problem: str = ""
    ) -> Tensor:
        """Add a node for an operation; where a shape before it is not known, neither is its own."""
        found = Effect(None)
        if not problem and all(tensor.dims is not None for tensor in inputs):
            try:
                found = effect()
            except DoesNotFit as error:
                problem = str(error)
        nodes = [tensor.node for tensor in inputs if tensor.node is not None]
        return Tensor(found.output, self.builder.add(operation, nodes, found, problem))

    def function(self, kind: str, inputs: Sequence[Tensor], effect: Callable[[], Effect], role: Role, code: str) -> Any:
        """Add a node for a function in the module that runs; one of parameters and constants alone adds none."""
        if all(tensor.node is None for tensor in inputs):
            return Tensor(effect().output if all(tensor.dims is not None for tensor in inputs) else None)
        return self.apply(Operation(kind, role, self.scope[-1], code), inputs, effect)

    def unknown(self, kind: str, inputs: Sequence[Tensor]) -> Tensor:
        """Add a box for an operation that is not known."""
        return self.apply(Operation(kind, "unknown", self.scope[-1]), inputs, lambda: Effect(None))

    def _count_parameters(self, module: Module, layer: LayerType, output: Tensor) -> None:
        """Count a module's parameters at the first node that it has."""
        if id(module) in self.nodes_of or output.node is None:
            return
        self.nodes_of[id(module)] = output.node
        if module.arguments.get(layer.lazy) is REQUIRED:
            return
        try:
            self.builder.add_parameters(output.node, layer.parameters(module.arguments))
        except DoesNotFit:
            return  # said at the node by its effect


def module_code(module: Module, layer: LayerType) -> str:
    """Return the expression that builds a layer, with the arguments that differ from their defaults."""
    parts = []
    for name, default in layer.arguments.items():
        value = module.arguments.get(name, default)
        if default is REQUIRED:
            parts.append(f"{value!r}")
        elif value != default:
            parts.append(f"{name}={value!r}")
    kind = module.kind.removeprefix("Lazy")
    if layer.lazy:
        parts.insert(0, parts.pop())
    return f"nn.{kind}({', '.join(parts)})"
