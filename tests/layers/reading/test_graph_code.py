"""PyTorch code of a network that was read: it runs, and counts what the network counts."""

import pytest

from cnn.errors import UserError
from cnn.layers.reading.graph_code import torch_source
from cnn.layers.reading.read import read_graph
from tests.layers.reading.network_texts import HEAD, TEXTS
from tests.layers.reading.torch_judge import build, count

WITH_CONSTANTS = ("patches", "autoencoder", "shared_layer")
"""Networks with parameters of their own beside those of layers."""


@pytest.mark.parametrize("name", TEXTS)
def test_the_code_runs_and_counts_the_same(name: str) -> None:
    source, shape = TEXTS[name]
    graph = read_graph(HEAD + source, shape)
    try:
        code = torch_source(graph)
    except UserError:
        assert name in WITH_CONSTANTS
        return
    counts = count(build(code), shape)
    assert graph.output_dims is not None
    assert counts.output == graph.output_dims[1:]
    assert (counts.parameters, counts.multiply_adds) == (graph.parameters, graph.multiply_adds)


def test_what_does_not_fit_is_not_written() -> None:
    with pytest.raises(UserError, match="does not fit"):
        torch_source(read_graph("nn.Sequential(nn.Conv2d(3, 4, 9))", (3, 5, 5)))
