"""Random weights from the last block to the first, and the untrained twin of a network."""

import copy
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from cnn.attribution.randomization import block_names, randomise_cascade, untrained_twin
from cnn.imaging.preprocess import to_tensor
from cnn.models import loading
from cnn.models.architectures import lecture as lecture_network
from cnn.models.architectures import lite0
from cnn.models.loading import LoadedModel
from tests.support.random_weights import film


def test_blocks_are_those_with_weights_in_order() -> None:
    assert block_names(lecture_network()) == ["conv1", "conv2", "conv3", "conv4", "conv5", "fc"]
    assert block_names(lite0()) == [*(f"features.{number}" for number in range(9)), "classifier"]


@pytest.mark.parametrize(("name", "side"), [("transfer", 64), ("lecture", 128)])
def test_each_stage_changes_one_more_block_and_never_the_model(name: str, side: int, weights: Path) -> None:
    model = loading.load_from(weights, name)
    before = {key: value.clone() for key, value in model.module.state_dict().items()}
    films = torch.randn(2, 1, side, side)
    names = block_names(model.module)
    stages = list(randomise_cascade(model, films))
    assert [block for block, _ in stages] == names[::-1]
    for number, (_, stage) in enumerate(stages, start=1):
        changed = {
            key
            for key, value in stage.module.state_dict().items()
            if key.endswith("weight") and value.dim() > 1 and not torch.equal(value, before[key])
        }
        blocks = {block for block in names if any(key.startswith(f"{block}.") for key in changed)}
        assert blocks == set(names[-number:])
        assert not stage.module.training
        assert torch.isfinite(stage.module(films)).all()
    assert all(torch.equal(value, before[key]) for key, value in model.module.state_dict().items())


def test_random_weights_repeat_and_leave_torch_s_own_draws_alone(lecture: LoadedModel) -> None:
    films = torch.randn(1, 1, 128, 128)
    torch.manual_seed(5)
    first, second = (
        [float(stage.module(films)[0, 0]) for _, stage in randomise_cascade(lecture, films)] for _ in range(2)
    )
    assert first == second
    draw = torch.rand(1)
    torch.manual_seed(5)
    assert draw == torch.rand(1)


@pytest.mark.parametrize("name", ["lecture", "ensemble"])
def test_the_untrained_twin_depends_on_its_input_and_is_always_the_same(name: str, weights: Path) -> None:
    model = loading.load_from(weights, name)
    twin = untrained_twin(model, (1, model.input_size, model.input_size))
    pixels = torch.cat([to_tensor(film(seed), twin.input_size) for seed in range(2)])
    with torch.inference_mode():
        logits = twin.module(pixels)
    assert logits.isfinite().all()
    assert logits.std(dim=0).min() > 1e-3
    torch.manual_seed(99)
    other = replace(model, module=copy.deepcopy(model.module))
    again = untrained_twin(other, (1, model.input_size, model.input_size)).module.state_dict()
    assert all(torch.equal(again[key], value) for key, value in twin.module.state_dict().items())
