"""What is imported behind the first page: once, later, and other people's packages only."""

import sys
import threading

import pytest

from ui.shell import warm_imports


def test_it_imports_in_the_background_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm_imports, "NEEDED", ("this",))
    monkeypatch.setattr(warm_imports, "AFTER", 0.01)
    monkeypatch.delitem(sys.modules, "this", raising=False)
    warm_imports.prepare.clear()
    before = set(threading.enumerate())
    warm_imports.prepare()
    started = set(threading.enumerate()) - before
    warm_imports.prepare()
    assert set(threading.enumerate()) - before <= started
    (timer,) = started
    timer.join(10)
    assert "this" in sys.modules
    warm_imports.prepare.clear()


def test_none_of_our_own_modules_is_among_them() -> None:
    assert not {name.split(".")[0] for name in warm_imports.NEEDED} & {"cnn", "ui", "pages", "app"}
