"""The maps that the pooling page takes out of the lecture's network."""

import numpy as np
import pytest
import torch

from cnn import models
from cnn.feature_maps import before_pool
from cnn.images import Radiograph
from cnn.preprocess import to_tensor


@pytest.fixture
def small() -> models.LoadedModel:
    """The lecture's chain with two small stages and random weights."""
    torch.manual_seed(0)
    module = models.lecture((3, 4), input_size=16).eval()
    return models.LoadedModel("lecture", module, {}, 16, module.get_submodule("relu2"))


def film() -> Radiograph:
    pixels = np.random.default_rng(0).random((40, 30)).astype(np.float32)
    return Radiograph(pixels, "PNG", (), "", "film.png", None)


@pytest.mark.parametrize(("stage", "shape"), [(1, (3, 16, 16)), (2, (4, 8, 8))])
def test_it_is_what_the_pool_reads(small, stage, shape):
    seen = []
    pool = small.module.get_submodule(f"pool{stage}")
    hook = pool.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    with torch.inference_mode():
        small.module(to_tensor(film(), 16))
    hook.remove()
    maps = before_pool(small, film(), stage)
    assert maps.shape == shape
    assert maps.min() >= 0  # after ReLU
    np.testing.assert_allclose(maps, seen[0][0].numpy(), rtol=1e-6)


def test_a_stage_that_is_not_there(small):
    with pytest.raises(KeyError):
        before_pool(small, film(), 9)
