"""What several tests share: networks with random weights."""

from pathlib import Path

import pytest
import torch
from stand_ins import write_weights

from cnn import models
from cnn.models import LoadedModel

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with seeded random weights and cards for every registered model."""
    return write_weights(tmp_path_factory.mktemp("weights"))


@pytest.fixture(params=list(models.MODELS))
def model(request: pytest.FixtureRequest, weights: Path) -> LoadedModel:
    """Each registered model in turn, with random weights."""
    return models.load_from(weights, request.param)


@pytest.fixture
def lecture(weights: Path) -> LoadedModel:
    """The smallest registered model, with random weights."""
    return models.load_from(weights, "lecture")
