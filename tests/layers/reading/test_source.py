"""Networks as people write them, read without being run, against what PyTorch counts when it runs them."""

import pytest
import torch
from torch import nn

from cnn.layers.reading.read import read_graph
from tests.layers.reading.network_texts import HEAD, PASTED, TEXTS
from tests.layers.reading.torch_judge import build, count

NETWORKS = TEXTS | PASTED


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_is_counted_as_pytorch_counts_it(name: str) -> None:
    source, shape = NETWORKS[name]
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


def test_a_signal_longer_than_any_image_is_pooled_as_in_pytorch() -> None:
    source = "nn.MaxPool1d(2, stride=4, padding=1, ceil_mode=True)"  # which drops a window behind the input
    graph = read_graph(f"{HEAD}net = nn.Sequential({source})", (1, 10_006))
    wanted = nn.MaxPool1d(2, stride=4, padding=1, ceil_mode=True)(torch.zeros(1, 10_006))
    assert (graph.output_dims or ())[1:] == wanted.shape
    assert not graph.first_problem
