"""What is imported behind the first page: once, in the background, and other people's packages only."""

import sys
import threading

import pytest

from ui.shell import warm_imports


def test_it_imports_in_the_background_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm_imports, "PACKAGES", ("this",))
    monkeypatch.setattr(warm_imports, "DELAY_S", 0.01)
    monkeypatch.delitem(sys.modules, "this", raising=False)
    warm_imports.prepare.clear()
    before = set(threading.enumerate())
    warm_imports.prepare()
    (timer,) = set(threading.enumerate()) - before
    warm_imports.prepare()
    timer.join(10)
    warm_imports.prepare.clear()
    assert "this" in sys.modules


def test_none_of_our_own_modules_is_among_them() -> None:
    assert not {name.split(".")[0] for name in warm_imports.PACKAGES} & {"cnn", "ui", "pages", "app"}
