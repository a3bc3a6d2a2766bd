"""Glossary: every term with its page, and a search."""

from collections.abc import Callable

import pytest

from cnn.lecture.glossary import GLOSSARY
from tests.support.app import open_page, shown_text
from ui.shell.glossary_popover import term_title


def test_every_term_is_there() -> None:
    text = shown_text(open_page("glossary"))
    for term in GLOSSARY:
        assert f"**{term_title(term)}.** {term.meaning}" in text


TERMS = (
    *("CNN", "AUC", "ROC", "DICOM", "backpropagation", "epoch", "Brier score", "Dice", "hyperparameter", "overfitting"),
    *("pneumonia", "opacity", "ECE", "accuracy", "recall", "ensemble", "operating point", "MACs"),
)


@pytest.mark.parametrize("spell", [str, str.upper, lambda text: f" {text.lower()} ", lambda text: f"{text}s"])
def test_words_are_found_in_any_form(spell: Callable[[str], str]) -> None:
    assert not [term for term in TERMS if not any(each.matches(spell(term)) for each in GLOSSARY)]


def test_hyphens_and_later_words_of_a_name_find_it_and_a_typo_nothing() -> None:
    assert [each.name for each in GLOSSARY if each.matches("cross correlation")] == ["cross-correlation"]
    assert "receptive field" in [each.name for each in GLOSSARY if each.matches("field")]
    assert not [each for each in GLOSSARY if each.matches("convolvulus")]


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
