"""Whatever a link or a component's message holds, no page breaks."""

import re
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any

import pytest
import streamlit as st

from cnn.errors import UserError
from tests.support.app import open_page
from tests.support.foreign_words import PAYLOADS
from ui.shell import address, frame
from ui.shell.fields import Field
from ui.shell.frame import Chapter
from ui.shell.text import sentence_of

LINKED: tuple[Any, ...] = ("", "x", ["1", "2"], "1e309", "-1", "nan", "a\0\n# b", "9" * 3000)
PARTS: tuple[Any, ...] = (None, -1, 10**9, 1e400, float("nan"), "x", "__class__", [], [1], {}, True, 0.5)
"""Values of a message, and of each of its parts."""
MESSAGES: tuple[Any, ...] = (
    *PARTS,
    *({"column": one, "row": other} for one, other in product(PARTS, PARTS)),
    *(
        {"part": part, "filter": 0, "channel": 0, "row": one, "column": other, "value": value}
        for part, one, other, value in product(("input", "kernel", "x"), PARTS, (0, None, 10**9), (1, *PARTS))
    ),
    {"part": "input", "filter": 0, "channel": 0, "row": 0, "column": 0, "value": 10**8},
)

Callbacks = dict[tuple[str, str], Callable[[], None]]

every_chapter = pytest.mark.parametrize("chapter", frame.chapters(), ids=lambda chapter: chapter.file)
pytestmark = pytest.mark.usefixtures("random_app", "few_draws")


@pytest.fixture
def callbacks(monkeypatch: pytest.MonkeyPatch) -> Callbacks:
    """What each component of the pages calls when it has sent an event, by its key and the event."""
    found: Callbacks = {}
    original = st._bidi_component

    def note(name: str, *, key: str, **options: Any) -> Any:
        for option, callback in options.items():
            if option.startswith("on_"):
                found[key, option.removeprefix("on_").removesuffix("_change")] = callback
        return original(name, key=key, **options)

    monkeypatch.setattr(st, "_bidi_component", note)
    return found


def last(value: Any) -> str:
    """What of a value that a link may name twice counts."""
    return value if isinstance(value, str) else value[-1]


def hostile_links(fields: Mapping[str, Field[Any]], first: int) -> Iterator[dict[str, Any]]:
    """A hostile value for each field, then all that the fields allow: with any other a page opens as by default."""
    yield {name: LINKED[(first + place) % len(LINKED)] for place, name in enumerate(fields)}
    allowed = {name: [each for each in LINKED if not refusal(field, last(each))] for name, field in fields.items()}
    for number in range(max(map(len, allowed.values()), default=0)):
        yield {name: values[number] for name, values in allowed.items() if number < len(values)}
    yield {}


def refusal(field: Field[Any], text: str) -> str:
    """What a page says of a text that ``field`` does not allow, nothing of another."""
    try:
        field.parse(text)
    except UserError as error:
        return sentence_of(error)
    return ""


@every_chapter
def test_no_link_or_message_breaks_a_page(
    chapter: Chapter, callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page(chapter.file)
    fields: dict[str, Field[Any]] = dict(app.session_state[address.FIELDS])
    for (key, event), callback in [*callbacks.items()]:
        changed: dict[str, Any] = {}
        with monkeypatch.context() as patch:
            patch.setattr(st, "session_state", ChainMap(changed, app.session_state))  # type: ignore[arg-type]
            for message in MESSAGES:
                changed[key] = {event: message}
                callback()
        for name in changed.keys() - {key}:
            app.session_state[name] = changed[name]
            app.run()
            assert not app.exception, (key, event)
    for field, value in product(fields.values(), (*LINKED, *PAYLOADS)):
        sentence = refusal(field, last(value))
        assert "evil" not in re.sub("`[^`]*`", "", sentence), "a foreign word that is no code"
    for box in (*app.text_input, *app.text_area, *app.number_input):
        box.set_value(-3 if box.type == "number_input" else "evil, ")
    app.run()
    assert not app.exception
    for link in hostile_links(fields, frame.chapters().index(chapter)):
        app.query_params.clear()
        app.switch_page("pages/notebooks.py").run()
        app.query_params.update(link)
        app.switch_page(f"pages/{chapter.file}.py").run()
        assert not app.exception, link
