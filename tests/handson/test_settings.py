"""Settings that cannot be trained end in one sentence before anything runs."""

from dataclasses import fields
from typing import Any

import pytest

from cnn.errors import UserError
from cnn.handson.experiments import EXPERIMENTS, find
from cnn.handson.settings import NETWORKS, TITLES, Settings

START = "64x64x1, "


@pytest.mark.parametrize("name", NETWORKS)
def test_every_named_network_can_be_trained(name: str) -> None:
    assert Settings(network=name).network_title == TITLES[name]


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_has_valid_settings_and_a_question(name: str) -> None:
    experiment = find(name)
    assert (experiment.settings == Settings()) == (name == "baseline")
    assert experiment.question
    assert len(experiment.options) == len(set(experiment.options)) >= 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"learning_rate": float("nan")},
        {"learning_rate": float("inf")},
        {"learning_rate": -1},
        {"films": 0},
        {"films": 10**9},
        {"batch_size": 0},
        {"epochs": 101},
        {"pneumonia": 1.0},
        {"wrong_labels": 0.6},
        {"weight_decay": -0.1},
        {"seed": -1},
        {"split": "hospital"},
        {"optimiser": "lbfgs"},
        {"network": "resnet"},
        {"network": START + "flatten, fc 100000, relu, fc 10000, fc 2"},  # over a billion weights
        {"network": START + "conv 512 3 p1, conv 512 3 p1, adaptive 1, flatten, fc 2"},
        {"network": START + "conv 4000 1, adaptive 1, flatten, fc 2"},
        {"network": "32x32x1, flatten, fc 2"},
        {"network": START + "flatten, fc 3"},
        {"network": START + "flatten, fc 2, softmax"},
        {"network": START + "conv 2 3"},
        {"network": START + "fc 2, conv 2 3"},
    ],
)
def test_what_cannot_be_trained_is_one_sentence(wrong: dict[str, Any]) -> None:
    with pytest.raises(UserError) as caught:
        Settings(**wrong)
    sentence = str(caught.value)
    assert sentence[0].isupper() or sentence[0] in '"“'
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_differences_name_what_differs() -> None:
    one, other = Settings(), Settings(learning_rate=0.1, epochs=4)
    assert set(one.differences(other).values()) == {(0.002, 0.1), (12, 4)}
    assert not one.differences(one)
    assert {field.name for field in fields(Settings)} > set(Settings.RANGES)


def test_an_unknown_experiment_is_one_sentence() -> None:
    with pytest.raises(UserError, match="baseline"):
        find("nothing")
