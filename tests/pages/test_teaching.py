"""The teacher's guide as a page, and every link of it: a page of the course, in a state that the page accepts."""

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from cnn.lecture import lesson_plans, teachers_guide
from tests.support.app import figures, html, open_page, shown_text, snippets
from ui.shell.frame import chapters
from ui.shell.page_state import State

LINK = re.compile(r"\]\((?P<address>[^)\s]+(?:\([^)]*\)[^)\s]*)?)\)")
PAGES = {chapter.file for chapter in chapters()}


def links() -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    """Page and settings of every link into the course that stands in docs/teaching.md, each once."""
    found = {}
    for match in LINK.finditer(teachers_guide.FILE.read_text(encoding="utf-8")):
        parts = urlsplit(match["address"])
        found[parts.path.strip("/"), tuple(parse_qsl(parts.query, strict_parsing=True))] = None
    return list(found)


def test_the_guide_has_a_link_for_every_question() -> None:
    found = {page for page, _ in links()}
    assert found == {*lesson_plans.units(), *(task.page for task in lesson_plans.HOMEWORK)}
    assert found <= PAGES


@pytest.mark.parametrize(("page", "settings"), links(), ids=lambda part: part if isinstance(part, str) else "")
def test_every_link_opens_its_page_in_a_state_that_says_what_the_guide_expects(
    page: str, settings: tuple[tuple[str, str], ...], states: list[State]
) -> None:
    """Opened with the answers not hidden, which is the one setting that is checked without being used."""
    app = open_page(page, **{name: text for name, text in settings if name != "predict"})
    assert not [warning.value for warning in app.warning if "In this link" in warning.value]
    fields = {field.name: field for state in states[-1:] for field in state.fields}
    for name, text in settings:
        if name in fields:
            value = fields[name].widget_value(fields[name].parse(text))
            assert name == "predict" or name not in app.session_state or app.session_state[name] == value, name
        else:
            assert app.session_state[name] == text, name
    told = squeezed(everything(app))
    for prompt in lesson_plans.units()[page].prompts if page in lesson_plans.units() else ():
        if tuple(prompt.settings.items()) == settings:
            assert squeezed(prompt.on_page) in told


def test_a_setting_that_a_page_does_not_know_or_allow_is_found(states: list[State]) -> None:
    """The test above can fail: neither name nor value slips through."""
    app = open_page("stride_padding", N="99", stride="2")
    assert "In this link" in app.warning[0].value
    assert "stride" not in {field.name for field in states[-1].fields}
    assert "stride" not in app.session_state


def test_answers_show_when_they_are_asked_for() -> None:
    hidden, shown = (open_page("teaching", plan="180 minutes", answers=answers) for answers in ("false", "true"))
    for part in lesson_plans.units().values():
        for prompt in part.prompts:
            assert squeezed(prompt.question) in squeezed(shown_text(hidden))
            assert squeezed(prompt.answer) in squeezed(shown_text(shown))
    assert "Expected:" not in shown_text(hidden)


def everything(app: AppTest) -> str:
    """Prose, tables, figures, and what the lines of code print."""
    told = [output for _, output in snippets(app)]
    return "\n".join(
        [shown_text(app), re.sub(r"<[^>]*>", " ", html(app)), figures(app), *told, *(box.value for box in app.info)]
    )


def squeezed(text: str) -> str:
    """Without what Markdown, tables and lists put between words and numbers, and with 4 for 4.0."""
    plain = text.replace("×", "*").replace("−", "-")
    return re.sub(r"(\d)\.0?(?=\s)", r"\1", re.sub(r"[\s\\`*\[\],/]+", " ", f"{plain} ")).strip()
