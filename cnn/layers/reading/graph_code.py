"""Write a network that was read as runnable PyTorch: one module for each layer, and the data flow as it was run."""

import keyword
import re

from cnn.errors import UserError
from cnn.layers.graph import BATCH, Graph, title

_PAIRED = ("LSTM", "GRU", "RNN", "MultiheadAttention")
"""Modules that return a second value beside their output."""
_TEMPLATE = """import torch
import torch.nn as nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self):
        super().__init__()
{modules}

    def forward(self, {inputs}):
{flow}
        return {output}


net = Net().eval()
with torch.no_grad():
    print(*net({zeros}).shape[1:])
"""


def torch_source(graph: Graph) -> str:
    """Return code that builds the network as ``net`` and prints the shape of its output.

    Raises:
        UserError: It does not fit, or something in it cannot be written as PyTorch.
    """
    if graph.first_problem or graph.output is None:
        raise UserError(graph.first_problem)
    if graph.other_parameters:
        raise UserError(f"{graph.other_parameters[0][0]} is a parameter outside of the layers, which is not written.")
    names: dict[str, str] = {}
    modules, flow, values = [], [], []
    for position, node in enumerate(graph.nodes):
        operation = node.operation
        if operation.role == "input":
            values.append("x" if not position else f"x{position}")
            continue
        arguments = [values[each] for each in node.inputs]
        values.append(f"x{position}")
        if not operation.code:
            raise UserError(f"{title(operation)} cannot be written as PyTorch here.")
        if operation.code.startswith("nn.") and "{" not in operation.code:
            if operation.path not in names:
                names[operation.path] = _name(operation.path or operation.kind, names)
                modules.append(f"        self.{names[operation.path]} = {operation.code}")
            passed = arguments[:1] * (3 if operation.kind == "MultiheadAttention" else 1)
            result = f"self.{names[operation.path]}({', '.join(passed)})"
            result += "[0]" if operation.kind in _PAIRED else ""
        else:
            result = operation.code.format(*arguments).replace(".view(", ".reshape(")  # whatever lies in memory
        flow.append(f"        x{position} = {result}")
    sources = [position for position, node in enumerate(graph.nodes) if node.operation.role == "input"]
    shapes = [(BATCH, *map(int, (graph.nodes[position].output or ())[1:])) for position in sources]
    return _TEMPLATE.format(
        modules="\n".join(modules) or "        pass",
        inputs=", ".join(values[position] for position in sources),
        flow="\n".join(flow) or "        pass",
        output=values[graph.output],
        zeros=", ".join(f"torch.zeros{shape}" for shape in shapes),
    )


def _name(path: str, names: dict[str, str]) -> str:
    """Return a name for a module that Python allows and that no other has."""
    name = re.sub(r"\W", "_", path)
    name = f"layer{name}" if name[:1].isdigit() or keyword.iskeyword(name) else name
    while name in names.values() or name in ("training", "forward"):
        name += "_"
    return name
