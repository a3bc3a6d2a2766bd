"""What several tests share: networks with random weights."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import streamlit as st
import torch
from streamlit.components.v2 import manifest_scanner

from cnn import cards
from cnn.evaluation import bootstrap
from cnn.models import loading, ood_gate, registry
from cnn.models.loading import LoadedModel
from tests.support.random_weights import write_weights
from ui.chest import film_store

torch.set_num_threads(1)
# Every AppTest would look through all installed packages for components, longer than it takes to open a page.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run a test of the browser once more when it fails: a busy machine draws late. pytest's summary counts them."""
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with seeded random weights and cards for every registered model."""
    return write_weights(tmp_path_factory.mktemp("weights"))


@pytest.fixture(params=list(registry.MODELS))
def model(request: pytest.FixtureRequest, weights: Path) -> LoadedModel:
    """Each registered model in turn, with random weights."""
    return loading.load_from(weights, request.param)


@pytest.fixture
def lecture(weights: Path) -> LoadedModel:
    """The smallest registered model, with random weights."""
    return loading.load_from(weights, "lecture")


@pytest.fixture
def random_networks(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the command line loads are networks, and a gate that lets every picture through, with random weights."""
    monkeypatch.setattr(loading, "load", lambda name, on=None: loading.load_from(weights, name, on))
    monkeypatch.setattr(ood_gate, "load", lambda on=None: ood_gate.load_from(weights, on))


@pytest.fixture
def random_app(weights: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The pages load random weights, and at first the smaller network, whose maps are quick."""
    monkeypatch.setattr(loading, "WEIGHTS_FOLDER", weights)
    monkeypatch.setattr(cards, "DEFAULT_NETWORK", "lecture")
    loading.load.cache_clear()
    yield
    loading.load.cache_clear()


@pytest.fixture(autouse=True)
def nothing_shared() -> None:
    """No film or map that readers share is left of another test, whose networks were others."""
    film_store.clear_shared()


@pytest.fixture
def few_draws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Intervals of few draws, for tests that look at how numbers are shown."""
    monkeypatch.setattr(bootstrap, "REPEATS", 40)
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()
