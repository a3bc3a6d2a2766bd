"""Glossary: every term with its page, and a search."""

from cnn.lecture.glossary import GLOSSARY
from tests.support.app import open_page, shown_text
from ui.shell.glossary_popover import term_title


def test_every_term_is_there() -> None:
    text = shown_text(open_page("glossary"))
    for term in GLOSSARY:
        assert f"**{term_title(term)}.** {term.meaning}" in text


def test_a_symbol_or_the_start_of_a_word_finds_its_terms() -> None:
    app = open_page("glossary")
    app.text_input(key="find").set_value("S").run()
    assert "**Stride, S.**" in shown_text(app)
    app.text_input(key="find").set_value("recep").run()
    text = shown_text(app)
    assert "**Receptive field.**" in text
    assert "**Stride, S.**" not in text
    app.text_input(key="find").set_value("qqq").run()
    assert len(app.info) == 1
    assert "**Stride, S.**" not in shown_text(app)
