"""A network as a graph of volumes to scale: zoom, pan, open and close modules, and press a layer for its arithmetic.

All of it happens in the browser; the page is asked for nothing once the graph is there.
"""

from collections.abc import Sequence
from typing import Any

from cnn.layers.graph import FLOAT32_BYTES, Graph, Node
from ui.shell.components import define_component


def show_network_graph(graph: Graph, *, key: str) -> None:
    """Show a graph with everything that is known of each layer."""
    data = {
        "nodes": [described(node) for node in graph.nodes],
        "totals": [graph.parameters, graph.multiply_adds, graph.memory],
    }
    _component(key=key, data=data)


def described(node: Node) -> dict[str, Any]:
    """Return what the browser is told of a layer; costs are parameters, multiply-adds and bytes."""
    effect, operation = node.effect, node.operation
    dims = [int(side) for side in node.output[1:]] if node.output else None
    return {
        "kind": operation.kind,
        "role": operation.role,
        "path": operation.path,
        "layer": operation.code.startswith("nn."),
        "inputs": list(node.inputs),
        "dims": dims,
        "costs": [effect.parameters.value, effect.multiply_adds.value, node.memory],
        "sums": [effect.parameters.formula, effect.multiply_adds.formula, _memory_sum(dims, node.memory)],
        "formulas": list(effect.formulas),
        "problem": node.problem,
        "fields": _fields(node),
    }


def _memory_sum(dims: Sequence[int] | None, total: int) -> str:
    return "*".join(map(str, [*dims, FLOAT32_BYTES])) + f" = {total:,} bytes" if dims else ""


def _fields(node: Node) -> Any:
    if node.fields is None or node.fields == "all":
        return node.fields
    return [[field.size, field.jump, field.start] for field in node.fields]


_component = define_component(
    "network_graph", __file__, "graph.html", "graph.css", "modules.js", "layout.js", "details.js", "graph.js"
)
