"""A learner's network as the chest pages take it: the same logits, layers that can be opened, maps of it."""

import numpy as np
import pytest
import torch

from cnn.attribution.attribute import attribute
from cnn.cards import CLASSES
from cnn.handson.events import Result
from cnn.handson.own_network import as_model
from cnn.handson.recipe import standardise, to_films
from cnn.handson.settings import NETWORKS, OWN_NETWORK, Settings, is_plain_chain
from cnn.handson.training import train
from cnn.layers import network_text
from cnn.models import feature_maps
from cnn.predict.prediction import classify
from tests.support.tiny_films import tiny_film_set

FILMS = tiny_film_set()


def finish(network: str) -> Result:
    *_, result = train(Settings(films=40, epochs=1, network=network), FILMS)
    assert isinstance(result, Result)
    return result


@pytest.mark.parametrize("network", ["64x64x1, conv 4 3 p1, norm, relu, max 2, drop 0.2, flatten, fc 2", "lecture"])
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
    nodes = feature_maps.list_layers(model)
    assert [node.path for node in nodes] == [call.path for call in feature_maps.call_layers(model.module, pixels[:1])]
    assert sum(node.step.parameters.value for node in nodes) == result.parameters
    parts = feature_maps.split_score(model, pixels[:1], 1)
    assert parts.contributions.sum() + parts.bias == pytest.approx(parts.logit, abs=1e-4)
    assert attribute(model, pixels[:1], "grad_cam", CLASSES.index("PNEUMONIA")).map.shape == (64, 64)


def test_what_the_pages_cannot_open_is_told_apart() -> None:
    chains = {name for name, text in NETWORKS.items() if is_plain_chain(network_text.parse(text))}
    assert chains == {"lecture", "batch norm", "dropout", "fine-tuned"}
    assert as_model(finish("logistic regression"), "Run 1") is None
    for text in ("conv 4 3 p1, max 3 s2 p1", "[conv 4 3 p1 | conv 4 1]", "conv 4 3, tanh"):
        assert not is_plain_chain(network_text.parse(f"64x64x1, {text}, flatten, fc 2"))
