"""What holds on every page of the course: it opens, survives any link, hides its controls and prints what it shows."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st

from cnn.layers.presets import PRESETS
from cnn.models import loading
from tests.support.app import ROOT, open_page, printed, snippets
from ui.shell.frame import Chapter, chapters
from ui.shell.page_state import State

WITH_TORCH = {"chest_xray", "inside_the_network", "shortcut_lab", "read_first"}
"""Pages on which a network runs; all others open without PyTorch, which takes seconds to import."""
WIDGETS = (
    "checkbox",
    "multiselect",
    "number_input",
    "radio",
    "selectbox",
    "slider",
    "text_area",
    "text_input",
    "toggle",
)
SNIPPETS: list[tuple[str, dict[str, str]]] = [
    ("history", {}),
    ("convolution_1d", {}),
    ("convolution_1d", {"mode": "same", "w": "1 2"}),
    ("convolution_1d", {"mode": "valid", "x": "-1 0.25 3"}),
    ("why_cnns", {}),
    ("why_cnns", {"W1": "64", "H1": "48", "D1": "1", "hidden": "7", "K": "5", "F": "11"}),
    ("convolution_2d", {}),
    ("convolution_2d", {"flip": "true", "w": "1 2 / 3 4", "x": "1 2 3 / 4 5 6 / 7 8 9"}),
    ("convolution_2d", {"part": "Three channels"}),
    ("filters_relu", {}),
    ("filters_relu", {"N": "20", "D1": "2", "K1": "4", "K2": "3", "F": "3"}),
    ("stride_padding", {}),
    ("stride_padding", {"N": "9", "F": "3", "S": "2", "P": "1", "D": "2"}),
    ("stride_padding", {"mode": "reflect", "P": "1"}),
    ("pooling", {}),
    ("pooling", {"kind": "average", "F": "3", "S": "2", "P": "1", "x": "1 2 3 4 / 5 6 7 8 / 9 8 7 6 / 1 1 2 2"}),
    ("pooling", {"kind": "Lp", "p": "3", "rule": "ceil", "F": "3", "S": "2"}),
    ("pooling", {"windows": "global", "kind": "average"}),
    ("pooling", {"windows": "adaptive", "kind": "max", "out": "3"}),
    ("fully_connected", {}),
    ("fully_connected", {"T": "2.5", "z": "3 -1 0.25 1000", "names": "a,b,c,d", "true": "4"}),
    *(("architecture_builder", {"net": text}) for text in PRESETS.values()),
]

every_chapter = pytest.mark.parametrize("chapter", chapters(), ids=lambda chapter: chapter.file)


@pytest.fixture(autouse=True)
def _random_weights(weights: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(loading, "WEIGHTS_FOLDER", weights)
    loading.load.cache_clear()
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


@every_chapter
def test_it_opens(chapter: Chapter, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[tuple[Any, dict[str, Any]]] = []
    monkeypatch.setattr(st, "plotly_chart", lambda figure, **options: drawn.append((figure, options)))
    app = open_page(chapter.file)
    prose = [element.value for element in app.markdown]
    assert sum("**Try this.**" in text for text in prose) == 1
    if chapter.file != "home":
        assert sum("**What you now know.**" in text for text in prose) == 1
        following = chapters()[chapters().index(chapter) + 1 :][:1]
        assert [link.proto.label for link in app.get("page_link") if link.proto.label.startswith("Next: ")] == [
            f"Next: {each.title}" for each in following
        ]
    for figure, options in drawn:
        assert options["config"]["displayModeBar"] is False
        assert_labelled(figure)


def assert_labelled(figure: Any) -> None:
    """A title, and on every visible axis a title with its unit, or names instead of numbers."""
    assert figure.layout.title.text
    assert (figure.layout.height or 450) <= 620, "taller than a projector shows at once"
    for axis in (*figure.select_xaxes(), *figure.select_yaxes()):
        if axis.visible is not False and axis.showticklabels is not False:
            assert axis.title.text or axis.ticktext or _has_names(figure, axis), figure.layout.title.text


def _has_names(figure: Any, axis: Any) -> bool:
    letter, number = re.fullmatch(r"([xy])axis(\d*)", axis.plotly_name).groups()
    along = [getattr(trace, letter) for trace in figure.data
             if (getattr(trace, f"{letter}axis") or letter) == f"{letter}{number}"]  # fmt: skip
    return any(isinstance(value, str) for values in along if values is not None for value in values)


@every_chapter
def test_nonsense_in_a_link_opens_with_defaults_and_a_sentence_for_each_field(
    chapter: Chapter, states: list[State]
) -> None:
    open_page(chapter.file)
    if not states:
        pytest.skip("a page without settings")
    fields = states[-1].fields
    app = open_page(chapter.file, **{field.name: "<b>1e9" for field in fields})
    sentences = app.warning[0].value
    assert sentences.count("In this link, ") == len(fields)
    assert "<" not in sentences
    for field in fields:
        assert field.widget_value(states[-1][field]) == field.widget_value(field.default)


@every_chapter
def test_teach_hides_the_controls(chapter: Chapter, states: list[State]) -> None:
    app = open_page(chapter.file, teach="1")
    names = {field.name for state in states for field in state.fields}
    assert not names & {widget.key for kind in WIDGETS for widget in app.get(kind)}


@pytest.mark.parametrize(("page", "link"), SNIPPETS)
def test_the_snippets_print_what_is_shown(page: str, link: dict[str, str]) -> None:
    app = open_page(page, **link)
    for button in [button for button in app.button if button.label == "Show the answer"]:
        button.click().run()
    assert snippets(app)
    for code, output in snippets(app):
        assert printed(code) == output


def test_only_pages_with_a_network_load_torch() -> None:
    """All others are opened one after the other in one fresh process, which must stay without PyTorch."""
    light = [chapter.file for chapter in chapters() if chapter.file not in WITH_TORCH]
    script = f"""
import sys
from streamlit.testing.v1 import AppTest
from ui.shell import warm_imports
warm_imports.prepare = lambda: None
app = AppTest.from_file("{ROOT}/app.py", default_timeout=300).run()
for name in {light!r}:
    app.switch_page(f"pages/{{name}}.py").run()
    assert not app.exception, name
    if "torch" in sys.modules:
        raise SystemExit(f"{{name}} loads torch")
"""
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr.splitlines()[-1]
