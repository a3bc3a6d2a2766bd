"""Random weights from the last block to the first, and likeness of maps."""

from pathlib import Path

import numpy as np
import pytest
import torch

from cnn.attribution import randomization, similarity
from cnn.models import loading
from cnn.models.architectures import lecture, lite0
from cnn.models.loading import LoadedModel

MAP = np.random.default_rng(0).random((32, 32))


def test_blocks_are_those_with_weights_in_order() -> None:
    assert randomization.blocks(lecture()) == ["conv1", "conv2", "conv3", "conv4", "conv5", "fc"]
    assert randomization.blocks(lite0()) == [*(f"features.{number}" for number in range(9)), "classifier"]


@pytest.mark.parametrize(("name", "side"), [("transfer", 64), ("lecture", 128)])
def test_each_stage_changes_one_more_block_and_never_the_model(name: str, side: int, weights: Path) -> None:
    model = loading.load_from(weights, name)
    before = {key: value.clone() for key, value in model.module.state_dict().items()}
    films = torch.randn(2, 1, side, side)
    names = randomization.blocks(model.module)
    for number, (block, stage) in enumerate(randomization.randomise_cascade(model, films), start=1):
        assert block == names[-number]
        values = {key: value for key, value in stage.module.state_dict().items() if key.endswith("weight")}
        moved = {key for key, value in values.items() if value.dim() > 1 and not torch.equal(value, before[key])}
        changed = {each for each in names if any(key.startswith(f"{each}.") for key in moved)}
        assert changed == set(names[-number:])
        assert not stage.module.training
        assert torch.isfinite(stage.module(films)).all()
        assert stage.cam_layer in set(stage.module.modules())
    assert number == len(names)
    assert all(torch.equal(value, before[key]) for key, value in model.module.state_dict().items())


def test_random_weights_repeat_and_leave_torch_s_own_draws_alone(lecture: LoadedModel) -> None:
    films = torch.randn(1, 1, 128, 128)
    torch.manual_seed(5)
    one, other = (
        [float(stage.module(films)[0, 0]) for _, stage in randomization.randomise_cascade(lecture, films)] for _ in "ab"
    )
    assert one == other
    drawn = torch.rand(1)
    torch.manual_seed(5)
    assert drawn == torch.rand(1)


def test_likeness_of_equal_unlike_and_blank_maps() -> None:
    assert similarity.compare(MAP, MAP) == pytest.approx({"ssim": 1, "rank": 1})
    assert similarity.rank_correlation(MAP, -(MAP**3)) == pytest.approx(-1)
    other = np.random.default_rng(1).random((32, 32))
    assert all(abs(value) < 0.15 for value in similarity.compare(MAP, other).values())
    assert similarity.compare(MAP, np.zeros((32, 32))) == {"ssim": 0, "rank": 0}
    assert similarity.rank_correlation(MAP, np.ones((32, 32))) == 0
