"""A learner's network as the chest pages take it: the same logits, layers that can be opened, maps of it."""

import numpy as np
import pytest
import torch

from cnn.attribution.attribute import attribute
from cnn.cards import CLASSES
from cnn.handson.own_network import as_model
from cnn.handson.recipe import standardise, to_films
from cnn.handson.runs.events import Result
from cnn.handson.runs.training import train
from cnn.handson.settings import NETWORKS, OWN_NETWORK, Settings, opens_elsewhere
from cnn.layers import network_text
from cnn.models.inside import feature_maps, layer_nodes
from cnn.predict.prediction import classify
from tests.support.tiny_films import tiny_film_set

FILMS = tiny_film_set()


def finish(network: str) -> Result:
    *_, result = train(Settings(films=40, epochs=1, network=network), FILMS)
    assert isinstance(result, Result)
    return result


BLOCKS = "conv 4 3 p1, relu, [conv 6 5 p2 s2, norm, relu, conv 6 3 p1 | conv 6 1 s2], relu, [conv 6 3 p1], adaptive 1"
CHAINS = ("conv 4 3 p1, norm, relu, max 2, drop 0.2", "conv 4 3 p1 g1, avg 3 s2 p1, relu, max 4", BLOCKS)


@pytest.mark.parametrize("network", [*(f"64x64x1, {text}, flatten, fc 2" for text in CHAINS), "lecture", "no ReLU"])
def test_it_gives_the_logits_of_the_run_and_can_be_opened(network: str) -> None:
    result = finish(network)
    model = as_model(result, "Run 1")
    assert model is not None
    pixels = standardise(to_films(torch.from_numpy(result.test.pixels)))
    predictions = classify(model, pixels)
    margins = [prediction.logits[1] - prediction.logits[0] for prediction in predictions]
    np.testing.assert_allclose(margins, result.test_margins, atol=1e-4)
    assert str(result.test_auc) in model.card["about"]
    assert model.name == OWN_NETWORK
    nodes = layer_nodes.list_layers(model)
    assert [node.path for node in nodes] == [call.path for call in layer_nodes.call_layers(model.module, pixels[:1])]
    assert sum(node.step.parameters.value for node in nodes) == result.parameters
    parts = feature_maps.split_score(model, pixels[:1], 1)
    assert parts.contributions.sum() + parts.bias == pytest.approx(parts.logit, abs=1e-4)
    assert attribute(model, pixels[:1], "grad_cam", CLASSES.index("PNEUMONIA")).map.shape == (64, 64)


def test_what_the_pages_cannot_open_is_told_apart() -> None:
    chains = {name for name, text in NETWORKS.items() if opens_elsewhere(network_text.parse(text))}
    assert chains == {"lecture", "batch norm", "dropout", "no ReLU", "fine-tuned"}
    assert as_model(finish("logistic regression"), "Run 1") is None
    for text in ("conv 4 3, tanh, flatten", "conv 4 3, flatten, fc 3, relu", "tconv 4 3, flatten", "flatten"):
        assert not opens_elsewhere(network_text.parse(f"64x64x1, {text}, fc 2"))


def test_a_block_sees_as_much_as_its_longer_branch() -> None:
    model = as_model(finish(f"64x64x1, {BLOCKS}, flatten, fc 2"), "Run 1")
    assert model is not None
    seen = {node.name: node.field.size if node.field else None for node in layer_nodes.list_layers(model)}
    assert seen["block1 conv1"] == 3 + 4
    assert seen["block1 shortcut conv1"] == 3, "it reads what the block reads"
    assert seen["block1 add"] == seen["block1 conv2"] == 7 + 2 * 2
    assert seen["block2 add"] == 11 + 2 * 2
