"""The glossary: complete, in order, and every symbol that a widget carries is in it."""

import re
from itertools import pairwise

import pytest

from cnn.lecture.glossary import GLOSSARY, SPELLINGS, Term, find_term, find_term_of_label
from tests.support.app import ROOT

LABEL = re.compile(r'(?:Whole|Real|Numbers|Matrix)\(\s*"\w+", "([^"]+)"')
SYMBOL = re.compile(r"(?:^|[a-z] )((?!A )[A-Z]\d?|[bwxz])(?:$|[ ,](?!=))")


@pytest.mark.parametrize("term", GLOSSARY, ids=lambda term: term.name)
def test_a_term_is_told_in_one_plain_sentence_or_two_and_taught_on_a_page(term: Term) -> None:
    assert re.fullmatch(r"\S.*\.", term.meaning)
    assert term.meaning.count(". ") <= 1
    assert len(term.meaning) <= 200
    assert find_term(term.name.upper()) is term


def test_terms_are_in_order_and_no_spelling_or_symbol_stands_for_two() -> None:
    spellings = [form.lower() for term in GLOSSARY for form in (term.name, *term.forms)]
    symbols = [term.symbol for term in GLOSSARY if term.symbol]
    assert len(set(spellings)) == len(spellings)
    assert len(set(symbols)) == len(symbols)
    assert all(first.name.lower() < second.name.lower() for first, second in pairwise(GLOSSARY))


def test_the_longest_spelling_is_found_and_only_whole_words() -> None:
    assert [found[0] for found in SPELLINGS.finditer("Feature maps of a filtered film, max pooling, re-weights")] == [
        "Feature maps",
        "max pooling",
    ]


def test_a_probability_is_no_padding() -> None:
    assert find_term_of_label("Threshold: called PNEUMONIA from P =") is None
    assert find_term_of_label("Padding P") is find_term("padding")


def test_every_symbol_beside_a_widget_is_explained() -> None:
    files = [*(ROOT / "pages").glob("*.py"), *(ROOT / "ui").rglob("*.py")]
    labels = [label for file in files for label in LABEL.findall(file.read_text(encoding="utf-8"))]
    with_symbol = [label for label in labels if SYMBOL.search(label)]
    assert len(with_symbol) > 20
    assert not [label for label in with_symbol if find_term_of_label(label) is None]
