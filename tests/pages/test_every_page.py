"""What holds on every page of the course: it opens, survives any link, hides its controls and prints what it shows."""

import re
from typing import Any

import pytest
import streamlit as st

from cnn.layers.presets import PRESETS
from tests.support.app import html, open_page, printed, snippets
from ui.shell.frame import Chapter, chapters
from ui.shell.page_state import State

pytestmark = pytest.mark.usefixtures("few_draws")
INPUTS = ("checkbox", "radio", "selectbox", "slider", "number_input", "text_area", "text_input", "toggle")


def parse(link: str) -> dict[str, str]:
    """Return the settings of a link whose values have no spaces."""
    return dict(setting.split("=") for setting in link.split())


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
    ("filters_relu", {"part": "Two layers", "N": "20", "D1": "2", "K1": "4", "K2": "3", "F": "3"}),
    ("stride_padding", {}),
    ("stride_padding", {"N": "9", "F": "3", "S": "2", "P": "1", "D": "2"}),
    ("stride_padding", {"mode": "reflect", "P": "1"}),
    ("pooling", {}),
    ("pooling", {"kind": "average", "F": "3", "S": "2", "P": "1", "x": "1 2 3 4 / 5 6 7 8 / 9 8 7 6 / 1 1 2 2"}),
    ("pooling", {"x": "1,2,3/4,5,6/7,8,9", "F": "4", "S": "2", "rule": "ceil"}),
    ("pooling", {"kind": "Lp", "p": "3", "rule": "ceil", "F": "3", "S": "2"}),
    ("pooling", {"windows": "global", "kind": "average"}),
    ("pooling", {"windows": "adaptive", "kind": "max", "out": "3"}),
    ("fully_connected", {}),
    ("fully_connected", {"names": "Cat, Dog", "z": "1 2 3"}),
    ("fully_connected", {"T": "2.5", "z": "3 -1 0.25 1000", "names": "a,b,c,d", "true": "4"}),
    ("layer_calculator", {}),
    ("layer_calculator", parse("W1=31 H1=20 D1=6 K=9 F=4 S=3 P=2 D=2 groups=3 bias=false kind=convolution")),
    ("layer_calculator", {"kind": "transposed convolution"} | parse("W1=7 D1=4 K=6 F=4 S=3 P=1 out=2 groups=2")),
    ("layer_calculator", {"kind": "max pooling"} | parse("W1=3 H1=3 F=4 S=2 P=0 ceil=true")),
    ("layer_calculator", {"kind": "max pooling"} | parse("W1=10 F=3 S=2 P=1 D=2 ceil=true")),
    ("layer_calculator", {"kind": "average pooling"} | parse("W1=11 F=3 S=2 P=0")),
    ("layer_calculator", parse("W1=10000 H1=10000 D1=512 K=512")),
    *(("architecture_builder", {"net": text}) for text in PRESETS.values()),
    ("learn_a_filter", {}),
    ("learn_a_filter", {"target": "hidden", "steps": "7", "pair": "2", "rate": "0.05"}),
]
MISFITS: list[tuple[str, dict[str, str]]] = [
    ("convolution_1d", {"x": "1 2", "w": "1 2 3", "mode": "valid"}),
    ("convolution_2d", {"part": "Three channels", "colour": "1 2 / 3 4"}),
    ("filters_relu", {"part": "Two layers", "N": "8", "F": "5"}),
    ("layer_calculator", {"D1": "4", "K": "9", "groups": "3"}),
    ("stride_padding", {"F": "9"}),
    ("why_cnns", parse("W1=10000 H1=10000 D1=1000")),
    ("why_cnns", parse("W1=5 H1=5 F=6")),
]
"""Settings that are fine one by one and do not fit together."""

every_chapter = pytest.mark.parametrize("chapter", chapters(), ids=lambda chapter: chapter.file)


@every_chapter
def test_it_opens_and_every_preset_can_be_pressed(chapter: Chapter, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = st.plotly_chart

    def look(figure: Any, **options: Any) -> Any:
        assert_labelled(figure)
        assert options["config"]["displayModeBar"] is False
        return draw(figure, **options)

    monkeypatch.setattr(st, "plotly_chart", look)
    app = open_page(chapter.file)
    prose = [element.value for element in app.markdown]
    if chapter.file != "home":
        assert sum("**Summary.**" in text for text in prose) == 1
        following = chapters()[chapters().index(chapter) + 1 :][:1]
        assert [link.proto.label for link in app.get("page_link") if link.proto.label.startswith("Next: ")] == [
            f"Next: {each.title}" for each in following
        ]
    for key in [button.key for button in app.button if (button.key or "").startswith("preset ")]:
        pressed = next((button for button in app.button if button.key == key), None)
        if pressed:  # which layers may be added depends on the last one
            pressed.click().run()
        assert not app.exception


def assert_labelled(figure: Any) -> None:
    """A title, and on every visible axis a title with its unit, or names instead of numbers."""
    assert figure.layout.title.text
    assert (figure.layout.height or 450) <= 620, "taller than a projector shows at once"
    for axis in (*figure.select_xaxes(), *figure.select_yaxes()):
        if axis.visible is not False and axis.showticklabels is not False:
            assert axis.title.text or axis.ticktext or _has_names(figure, axis), figure.layout.title.text


def _has_names(figure: Any, axis: Any) -> bool:
    letter, number = re.fullmatch(r"([xy])axis(\d*)", axis.plotly_name).groups()
    traces = [trace for trace in figure.data if (getattr(trace, f"{letter}axis") or letter) == f"{letter}{number}"]
    along = [getattr(trace, letter) for trace in traces]
    return any(isinstance(value, str) for values in along if values is not None for value in values)


@every_chapter
def test_teach_hides_the_controls_and_nonsense_in_a_link_leaves_defaults(chapter: Chapter, states: list[State]) -> None:
    app = open_page(chapter.file, teach="1")
    fields = {field.name: field for state in states for field in state.fields}
    assert not fields.keys() & {widget.key for kind in INPUTS for widget in app.get(kind)}
    if fields:
        app = open_page(chapter.file, **dict.fromkeys(fields, "<b>1e9"))
        sentences = app.warning[0].value
        assert sentences.count("In this link, ") == len(fields)
        assert "<" not in re.sub("`[^`]*`", "", sentences)
    for field in fields.values():
        assert field.widget_value(states[-1][field]) == field.widget_value(field.default)


@pytest.mark.parametrize(("page", "link"), SNIPPETS)
def test_the_snippets_print_what_is_shown(page: str, link: dict[str, str]) -> None:
    app = open_page(page, **link)
    for button in [button for button in app.button if button.label == "Show the answer"]:
        button.click().run()
    assert snippets(app)
    for code, output in snippets(app):
        assert printed(code) == output


@pytest.mark.parametrize(("page", "link"), MISFITS)
def test_what_does_not_fit_together_is_said_once_and_leaves_no_result(page: str, link: dict[str, str]) -> None:
    app = open_page(page, **link)
    assert len(app.error) == len({error.value for error in app.error}) == 1
    assert "stale" not in html(app), "there are no last values that fitted"
    assert not snippets(app)
    assert not app.get("bidi_component")
