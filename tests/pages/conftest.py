"""Every page runs on random weights, and its settings can be looked at."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cnn.handson.runs.queue import Queue
from cnn.models import loading
from ui.handson import runs
from ui.shell.page_state import State


@pytest.fixture(autouse=True, scope="module")
def random_weights(weights: Path) -> Iterator[None]:
    """The pages load random weights; numbers that are published come from the cards of the shipped ones."""
    loading.load.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "WEIGHTS_FOLDER", weights)
        yield
    loading.load.cache_clear()


@pytest.fixture
def states(monkeypatch: pytest.MonkeyPatch) -> list[State]:
    """The states that pages have opened, the latest last."""
    opened: list[State] = []
    original = State.open.__func__  # type: ignore[attr-defined]

    def open_and_note(cls: type[State], *arguments: Any) -> State:
        opened.append(original(cls, *arguments))
        return opened[-1]

    monkeypatch.setattr(State, "open", classmethod(open_and_note))
    return opened


@pytest.fixture(autouse=True)
def fake_trainings(monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    """Trainings run in a process that needs no PyTorch, and none is started ahead."""
    queue = Queue(at_once=1, command=(sys.executable, "-m", "tests.support.fake_worker"))
    monkeypatch.setattr(runs, "queue", lambda: queue)
    monkeypatch.setattr(queue, "warm", lambda: None)
    yield queue
    queue.close()
