"""Reads the values that a sentence offers."""

import re
from collections.abc import Iterator

from cnn.layers.sizes import LETTERS

FIELDS = {letter: name for name, letter in LETTERS.items()}


def advised_values(sentence: str) -> Iterator[tuple[str, int]]:
    """The values that a sentence offers, by the name of their argument."""
    advice = sentence.split("; the nearest that fit are ")[1] if "; the nearest" in sentence else ""
    for letter, values in re.findall(r"([NFSPD]) = (\d[\d,]*(?: or \d[\d,]*)*)", advice):
        yield from ((FIELDS[letter], int(value.replace(",", ""))) for value in values.split(" or "))
    if found := re.search(r"set groups to (\d[\d,]*(?: or \d[\d,]*)*)", sentence):
        yield from (("groups", int(value.replace(",", ""))) for value in found[1].split(" or "))
    if found := re.search(r"set D = (\d+)\.", sentence):
        yield "dilation", int(found[1])
