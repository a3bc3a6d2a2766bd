"""What several tests share: networks with random weights."""

import gc
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
import torch
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.pages_manager import PagesManager
from threadpoolctl import threadpool_limits

from cnn import cards
from cnn.evaluation import bootstrap
from cnn.models import loading, ood_gate, registry
from cnn.models.loading import LoadedModel
from tests.support.random_weights import write_weights
from ui.chest import film_store

torch.set_num_threads(1)
# Every AppTest would look through all installed packages for components, longer than it takes to open a page.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)
_prepare_pages = PagesManager.__init__


def _without_a_folder_of_pages(self: PagesManager, *arguments: Any, **options: Any) -> None:
    """Run app.py from the first page on, as a server does from the second: it names the pages, not their folder."""
    PagesManager.uses_pages_directory = False
    _prepare_pages(self, *arguments, **options)


PagesManager.__init__ = _without_a_folder_of_pages


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with files that take long, lest a worker is left with one; run a browser test that fails once more.

    A busy machine draws late. pytest's summary counts the reruns.
    """
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow and "browser" not in item.path.parts)
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_collection_finish() -> None:
    """Leave out of every search for garbage what is there before the first test, and give each worker one core."""
    gc.collect()
    gc.freeze()  # a million objects
    threadpool_limits(1)  # of libraries that tests have imported; PyTorch has its own


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with seeded random weights and cards for every registered model."""
    return write_weights(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="session")
def load_once(weights: Path) -> Callable[[str], LoadedModel]:
    """Loads a model with random weights for all tests that leave it as it is."""
    return cache(partial(loading.load_from, weights))


@pytest.fixture(params=list(registry.MODELS))
def model(request: pytest.FixtureRequest, load_once: Callable[[str], LoadedModel]) -> LoadedModel:
    """Each registered model in turn, with random weights."""
    return load_once(request.param)


@pytest.fixture
def lecture(weights: Path) -> LoadedModel:
    """The smallest registered model, with random weights, of this test alone."""
    return loading.load_from(weights, "lecture")


@pytest.fixture
def random_networks(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the command line loads are networks, and a gate that lets every picture through, with random weights."""
    monkeypatch.setattr(loading, "load", lambda name, on=None: loading.load_from(weights, name, on))
    monkeypatch.setattr(ood_gate, "load", lambda on=None: ood_gate.load_from(weights, on))


@pytest.fixture
def random_app(weights: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The pages load random weights, and at first the smaller network, whose maps are quick."""
    monkeypatch.setattr(cards, "DEFAULT_NETWORK", "lecture")
    if weights == loading.WEIGHTS_FOLDER:  # for all tests of the module
        yield
        return
    monkeypatch.setattr(loading, "WEIGHTS_FOLDER", weights)
    loading.load.cache_clear()
    yield
    loading.load.cache_clear()


@pytest.fixture(autouse=True)
def nothing_shared() -> None:
    """No film or map that readers share is left of another test, whose networks were others."""
    film_store.clear_shared()


@pytest.fixture(scope="module")
def few_draws() -> Iterator[None]:
    """Intervals of few draws, for tests that look at how numbers are shown."""
    st.cache_resource.clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bootstrap, "REPEATS", 40)
        yield
    st.cache_resource.clear()
