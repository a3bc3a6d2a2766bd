"""What was frozen while it was in use does not stay once it is dropped."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from ui.shell import gc_freeze


class Ring:
    """Holds itself, as what hangs on a page's functions does: only the garbage collector frees it."""

    def __init__(self) -> None:
        self.own = self


@pytest.fixture(autouse=True)
def as_found(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("_frozen_at", "_thaw_wanted", "_thawed"):
        monkeypatch.setattr(gc_freeze, name, 0)
    yield
    gc.unfreeze()


def test_a_dropped_ring_goes_after_release_and_not_before() -> None:
    ring = Ring()
    seen = weakref.ref(ring)
    gc_freeze.settle()
    assert gc.get_freeze_count()
    del ring
    gc.collect()
    assert seen() is not None, "frozen: the collector does not look at it"
    gc_freeze.settle()
    assert seen() is not None, "no new modules, and nobody has said that something was dropped"
    gc_freeze._thawed -= gc_freeze.REST
    gc_freeze.release()
    gc_freeze.settle()
    assert seen() is None


def test_readers_who_drop_pictures_all_the_time_do_not_thaw_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    thaws: list[int] = []
    monkeypatch.setattr(gc, "unfreeze", lambda: thaws.append(1))
    for _ in range(5):
        gc_freeze.release()
        gc_freeze.settle()
    assert len(thaws) == 1
