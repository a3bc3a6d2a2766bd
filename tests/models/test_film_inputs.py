"""The inputs of all networks, made once from a radiograph."""

import torch

from cnn.imaging.preprocess import to_tensor
from cnn.models import loading, ood_gate, registry
from cnn.models.film_inputs import FilmInputs
from tests.support.random_weights import film


def test_every_network_and_the_gate_find_their_input(model: loading.LoadedModel) -> None:
    radiograph = film()
    inputs = FilmInputs.from_radiograph(radiograph)
    torch.testing.assert_close(inputs.for_model(model), to_tensor(radiograph, model.input_size))
    torch.testing.assert_close(inputs.for_gate, to_tensor(radiograph, ood_gate.INPUT_SIZE))


def test_only_the_sizes_asked_for_are_made_and_the_gate_s() -> None:
    size = registry.MODELS["lecture"].input_size
    assert set(FilmInputs.from_radiograph(film(), [size]).by_size) == {size, ood_gate.INPUT_SIZE}
