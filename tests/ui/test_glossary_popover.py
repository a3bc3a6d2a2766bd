"""Words that open their meaning where they stand."""

import re

from ui.shell.glossary_popover import link_terms, symbol_help


def test_the_first_of_each_word_becomes_a_button_with_its_meaning_beside_it() -> None:
    text = link_terms("**Stride** is how far the filter moves; a stride of 2 skips.")
    targets = re.findall(r'popovertarget="([^"]+)"', text)
    assert targets == re.findall(r' popover id="([^"]+)"', text)
    assert len(targets) == len(set(targets)) == 2
    assert text.startswith("**<button")
    assert "a stride of 2 skips" in text


def test_code_and_links_are_left_alone() -> None:
    assert link_terms("`stride=2` and [padding](x)") == "`stride=2` and [padding](x)"


def test_a_symbol_is_explained() -> None:
    assert "moves at each step" in str(symbol_help("Stride S"))
    assert symbol_help("Speed") is None
