"""Parse and format one layer of a network's text, such as ``conv 16 3 s2 p1 nobias``.

A word names the layer. Plain numbers follow for arguments without a default value, then options in any order: a letter
with a number, or a flag.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from cnn.errors import UserError

_LETTERS = {"stride": "s", "padding": "p", "dilation": "d", "groups": "g", "output_padding": "o"}
_FLAGS = {"bias": ("nobias", False), "ceil_mode": ("ceil", True)}
MAX_NUMBER = 999_999_999
"""Largest number that a text may hold."""
Defaults = Mapping[str, int | None]
"""The arguments of a layer in the order of its text, with their default values; None where there is no default."""


def parse_arguments(word: str, arguments: Sequence[str], defaults: Defaults) -> dict[str, Any]:
    """Return the values that ``arguments`` give by name.

    Raises:
        UserError: A number is missing or too large, or an option is not known or repeated.
    """
    required = [name for name, default in defaults.items() if default is None]
    numbers, options = arguments[: len(required)], arguments[len(required) :]
    if len(numbers) < len(required) or not all(re.fullmatch(r"\d+", number) for number in numbers):
        example = " ".join([word, *("3" for _ in required)])
        count = "a whole number" if len(required) == 1 else f"{len(required)} whole numbers"
        raise UserError(f"%s needs {count} after its name, such as {example}.", " ".join([word, *arguments]))
    values: dict[str, Any] = dict(zip(required, map(parse_number, numbers), strict=True))
    for option in options:
        name, value = _parse_option(word, option, defaults)
        if name in values:
            raise UserError(f"%s sets a number of {word} for the second time: give each option once.", option)
        values[name] = value
    return values


def parse_number(digits: str) -> int:
    """Return a number of a text that holds nothing but digits. Raises ``UserError`` where it is too long."""
    if len(digits) > len(str(MAX_NUMBER)):
        raise UserError(f"%s is too large: numbers of a network are at most {MAX_NUMBER:,}.", digits)
    return int(digits)


def _parse_option(word: str, option: str, defaults: Defaults) -> tuple[str, int]:
    letters = {_LETTERS[name]: name for name in defaults if name in _LETTERS}
    flags = {_FLAGS[name][0]: (name, _FLAGS[name][1]) for name in defaults if name in _FLAGS}
    if option in flags:
        return flags[option]
    if option[:1] in letters and re.fullmatch(r"\d+", option[1:]):
        return letters[option[:1]], parse_number(option[1:])
    allowed = ", ".join([*(f"{letter}1" for letter in letters), *flags]) or "nothing"
    raise UserError(f"%s means nothing to {word}, which takes {allowed} here.", option)


def format_layer(word: str, layer: object, defaults: Defaults) -> str:
    """Return the text of ``layer``, without the options that have their default value."""
    parts = [word]
    for name, default in defaults.items():
        value = getattr(layer, name)
        if default is None:
            parts.append(f"{value}")
        elif value != default:
            parts.append(_FLAGS[name][0] if name in _FLAGS else f"{_LETTERS[name]}{value}")
    return " ".join(parts)
