"""What is imported behind the first page: once, later, and other people's packages only."""

import sys
import threading

import pytest

from ui import ahead


def test_it_imports_in_the_background_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "NEEDED", ("this",))
    monkeypatch.setattr(ahead, "AFTER", 0.01)
    monkeypatch.delitem(sys.modules, "this", raising=False)
    ahead.prepare.clear()
    before = set(threading.enumerate())
    ahead.prepare()
    started = set(threading.enumerate()) - before
    ahead.prepare()
    assert set(threading.enumerate()) - before <= started
    (timer,) = started
    timer.join(10)
    assert "this" in sys.modules
    ahead.prepare.clear()


def test_none_of_our_own_modules_is_among_them() -> None:
    assert not {name.split(".")[0] for name in ahead.NEEDED} & {"cnn", "ui", "pages", "app"}
