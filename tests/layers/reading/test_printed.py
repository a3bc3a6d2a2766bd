"""Printed models against what PyTorch counts of the models that were printed."""

import pytest

from cnn.layers.reading.read import read_graph
from tests.layers.reading.network_texts import TEXTS
from tests.layers.reading.torch_judge import build, count


@pytest.mark.parametrize("name", ["ordered_dict", "ecg_1d", "eeg", "volume_3d", "gan_generator", "vgg_from_a_list"])
def test_a_printed_model_is_counted_as_pytorch_counts_it(name: str) -> None:
    source, shape = TEXTS[name]
    network = build(source)
    graph, wanted = read_graph(f">>> print(net)\n{network!r}\n>>>", shape), count(network, shape)
    assert not graph.first_problem
    assert graph.output_dims is not None
    assert graph.output_dims[1:] == wanted.output
    assert (graph.parameters, graph.multiply_adds) == (wanted.parameters, wanted.multiply_adds)


def test_advice_on_features_can_be_pasted_as_it_is() -> None:
    graph = read_graph("Sequential(\n  (0): Flatten()\n  (1): Linear(in_features=4, out_features=2)\n)", (3, 224, 224))
    assert f"in_features={3 * 224 * 224}," in graph.first_problem
