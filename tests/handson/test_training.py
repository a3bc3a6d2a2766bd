"""Trainings on tiny films: what they report, keep and end with; and what the letter does on the shipped films."""

import time
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch
from torch import nn

from cnn.handson import networks, recipe
from cnn.handson.runs.events import Epoch, Event, Examples, Result, Step
from cnn.handson.runs.training import OUT_OF_TIME, STOPPED, letter_shares, train
from cnn.handson.settings import NETWORKS, Settings
from cnn.layers import network_text
from cnn.layers.presets import PRESETS
from tests.support.tiny_films import tiny_film_set

FILMS = tiny_film_set()
QUICK = Settings(
    films=48,
    batch_size=16,
    epochs=6,
    network="64x64x1, avg 4, conv 8 3 p1, relu, max 2, flatten, fc 2",
    learning_rate=0.01,
)


def run(settings: Settings, **options) -> tuple[list[Event], Result]:
    """All events of a training, and its result."""
    events = list(train(settings, FILMS, **options))
    assert isinstance(events[-1], Result)
    return events[:-1], events[-1]


def test_it_learns_what_can_be_learned() -> None:
    events, result = run(QUICK)
    assert [event.number for event in events if isinstance(event, Epoch)] == list(range(7))
    assert result.test_auc.value == result.validation_auc == 1.0
    assert result.train_accuracy > 0.95
    assert (result.epochs, result.ended, result.train_counts) == (6, "finished", (24, 24))
    last = events[-1]
    assert isinstance(last, Epoch)
    assert last.filters.shape == (8, 3, 3)
    assert last.map.shape == (64, 64)


def test_the_same_seed_gives_the_same_network() -> None:
    first, again, other = (run(replace(QUICK, epochs=1, seed=seed))[1] for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.test_margins, again.test_margins)
    assert (first.test_margins != other.test_margins).any()


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_trains_and_shows_itself(name: str) -> None:
    _, result = run(replace(QUICK, network=name, epochs=1))
    assert result.worst_maps.shape == (6, 64, 64)
    assert np.isfinite(result.worst_maps).all()


def test_a_network_with_a_block_trains() -> None:
    text = "64x64x1, max 8, conv 4 3 p1, [conv 4 3 p1, norm, relu | conv 4 1], relu, flatten, fc 2"
    _, result = run(replace(QUICK, network=text, epochs=1))
    assert result.map_method == networks.HIRES_CAM


def test_stop_ends_with_what_there_is() -> None:
    answers = iter([False] * 4)
    _, result = run(QUICK, should_stop=lambda: next(answers, True))
    assert result.ended == STOPPED
    assert 0 < result.epochs < QUICK.epochs
    assert len(result.test_margins) == len(FILMS.test)


def test_the_time_limit_ends_a_training_with_its_learning_rate_at_the_end() -> None:
    _, result = run(replace(QUICK, epochs=100), seconds=1.0)
    assert result.ended == OUT_OF_TIME
    assert result.seconds < 3


def test_a_pause_does_not_count() -> None:
    start, events = time.monotonic(), train(replace(QUICK, epochs=1), FILMS)
    first = next(events)
    time.sleep(0.5)
    *_, result = events
    assert isinstance(first, Epoch)
    assert isinstance(result, Result)
    assert result.seconds < time.monotonic() - start - 0.4


def test_best_keeps_an_epoch_of_validation_and_last_keeps_the_last() -> None:
    wild = replace(QUICK, learning_rate=1.0, optimiser="sgd")
    _, last = run(replace(wild, keep_best=False))
    assert last.epoch == last.epochs
    events, best = run(wild)
    losses = {event.number: event.validation_loss for event in events if isinstance(event, Epoch)}
    assert losses[best.epoch] == min(losses.values())


@pytest.mark.parametrize("text", [*NETWORKS.values(), *PRESETS.values()])
def test_modules_are_those_of_the_description(text: str) -> None:
    network = network_text.parse(text)
    parameters = sum(info.parameters.value for info in network.layer_infos())
    if parameters < 5_000_000:
        module = networks.build(network)
        assert sum(parameter.numel() for parameter in module.parameters()) == parameters
        output = module.eval()(torch.zeros(1, *network.volume.torch_shape))
        assert network.output is not None
        assert tuple(output.shape[1:]) == network.output.torch_shape


def test_without_relu_the_chain_is_linear() -> None:
    network = networks.build(network_text.parse(NETWORKS["no ReLU"])).double()
    a, b = torch.randn(2, 1, 1, 64, 64).double()
    zero = torch.zeros_like(a)
    torch.testing.assert_close(network(a + b) - network(zero), network(a) + network(b) - 2 * network(zero))


def test_fine_tuning_starts_from_the_shipped_convolutions() -> None:
    from cnn.models import loading

    ours = networks.convolutions(networks.start(Settings(network="fine-tuned")))
    theirs = networks.convolutions(loading.load("lecture").module)
    assert all(torch.equal(a.weight, b.weight) for a, b in zip(ours, theirs, strict=True))


def test_auc_counts_pairs() -> None:
    margins, labels = torch.tensor([0.0, 1.0, 1.0, 2.0]), torch.tensor([0, 0, 1, 1])
    assert recipe.auc_of(margins, labels) == 3.5 / 4


def test_the_rate_warms_up_and_falls_to_zero() -> None:
    rates = [recipe.rate_at(step / 100, 1.0) for step in range(101)]
    assert max(rates) == rates[20] == 1.0
    assert rates[0] == pytest.approx(0.1)
    assert rates[100] == pytest.approx(0)


def test_augmentation_keeps_shape_and_range_and_changes_every_film() -> None:
    films = recipe.to_films(torch.from_numpy(FILMS.train.pixels))
    changed = recipe.augment(films)
    assert changed.shape == films.shape
    assert 0 <= changed.min() <= changed.max() <= 1
    assert ((changed - films).abs().mean((1, 2, 3)) > 0.005).all()


def test_evidence_points_at_the_patch_that_tells_the_classes_apart() -> None:
    """A network whose one filter copies the film, and whose last layer reads the place of the patch only."""
    network = nn.Sequential(nn.Conv2d(1, 1, 1), nn.ReLU(), nn.Flatten(), nn.Linear(64 * 64, 2))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        network[0].weight.fill_(1.0)
        network[3].weight.view(2, 64, 64)[1, 34:44, 40:50] = 1.0
    films = recipe.to_films(torch.from_numpy(FILMS.test.pixels))
    maps = networks.evidence(network, films, torch.ones(len(films), dtype=torch.long))
    inside = np.maximum(maps, 0)[:, 34:44, 40:50].sum((1, 2))
    sick = FILMS.test.labels == 1
    assert (inside[sick] > 0.9 * np.maximum(maps[sick], 0).sum((1, 2))).all()


def test_letter_shares_are_between_nothing_and_all() -> None:
    maps = np.zeros((3, 64, 64), np.float16)
    maps[0, 5, 5], maps[1, 40, 40], maps[2, 5, 5], maps[2, 40, 40] = 1, 1, 1, 3
    assert letter_shares(maps).tolist() == [1, 0, 0.25]


def test_steps_are_reported_within_an_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    from cnn.handson.runs import training

    monkeypatch.setattr(training, "STEP_EVERY_S", 0.0)
    events = list(islice(train(QUICK, FILMS), 4))
    assert [type(event) for event in events] == [Epoch, Examples, Step, Step]
