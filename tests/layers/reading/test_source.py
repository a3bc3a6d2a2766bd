"""Networks as people write them, read without being run, against what PyTorch counts when it runs them."""

from pathlib import Path

import pytest

from cnn.layers.reading.read import parse_dims, read_graph
from tests.layers.reading.network_texts import HEAD, TEXTS
from tests.layers.reading.torch_judge import build, count

PASTED = {file.stem: file.read_text(encoding="utf-8") for file in sorted(Path(__file__).parent.glob("networks/*.txt"))}
"""More networks as they are pasted; the first line has the shape of an input."""


@pytest.mark.parametrize("name", [*TEXTS, *PASTED])
def test_a_network_is_counted_as_pytorch_counts_it(name: str) -> None:
    if name in PASTED:
        source, shape = PASTED[name], parse_dims(PASTED[name].partition("\n")[0].removeprefix("# input: "))
    else:
        source, shape = TEXTS[name]
    graph = read_graph(HEAD + source, shape)
    wanted = count(build(source), shape)
    assert not graph.first_problem
    assert graph.output_dims is not None
    assert graph.output_dims[1:] == wanted.output
    assert graph.parameters == wanted.parameters
    assert graph.multiply_adds == wanted.multiply_adds
    layers = [node for node in graph.nodes[1:] if node.output and node.operation.code.startswith("nn.")]
    found = {node.operation.path: (node.output or ())[1:] for node in reversed(layers)}
    modules = {path: shape for path, shape in wanted.shapes.items() if path in found}
    assert {path: found[path] for path in modules} == modules
