"""Read the lecture's content from TOML files, checked against dataclasses.

A wrong entry is named by file, line and reason. Tests read every file, so that this happens before a class sees it.
"""

import re
import tomllib
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

FOLDER = Path(__file__).with_name("content")
EntryPath = tuple[tuple[str, int], ...]
"""Keys and indices that lead to an entry: (("unit", 3), ("prompt", 0)) is the first prompt of the fourth unit."""
T = TypeVar("T")


class ContentError(ValueError):
    """An entry of a content file is wrong; the message names file, line and reason."""


class _WrongEntry(Exception):
    def __init__(self, entry: EntryPath, reason: str) -> None:
        super().__init__(reason)
        self.entry = entry


def read_content(path: Path, kind: type[T]) -> T:
    """Read the TOML file ``path`` as the dataclass ``kind``.

    Tables become nested dataclasses and arrays tuples. A line break within a text counts as a space.

    Raises:
        ContentError: If the file is not TOML, or an entry has a missing key, an unknown key or a value of a wrong type.
    """
    text = path.read_text(encoding="utf-8")
    try:
        content: T = _build(kind, tomllib.loads(text), ())
    except tomllib.TOMLDecodeError as error:
        raise ContentError(f"{path.name}: {error}") from error
    except _WrongEntry as error:
        raise ContentError(f"{locate(path, error.entry)}: {error}") from error
    return content


def locate(path: Path, entry: EntryPath) -> str:
    """Return "file:line" of the header of ``entry``, or of the nearest entry around it that has a header."""
    counts: dict[str, int] = {}
    lines: dict[EntryPath, int] = {(): 1}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if header := re.match(r"\[\[([\w.]+)\]\]", line):
            keys = header[1].split(".")
            names = [".".join(keys[: depth + 1]) for depth in range(len(keys))]
            counts = {name: count for name, count in counts.items() if not name.startswith(f"{names[-1]}.")}
            counts[names[-1]] = counts.get(names[-1], -1) + 1
            lines[tuple((key, counts[name]) for key, name in zip(keys, names, strict=True))] = number
    while entry not in lines:
        entry = entry[:-1]
    return f"{path.name}:{lines[entry]}"


def _build(kind: Any, table: object, entry: EntryPath) -> Any:
    """Build the dataclass ``kind`` from a table."""
    if not isinstance(table, dict):
        raise _WrongEntry(entry, f"{table!r} is not a table of keys and values")
    known = {field.name: field for field in fields(kind)}
    if unknown := table.keys() - known.keys():
        raise _WrongEntry(entry, f'unknown key "{min(unknown)}"')
    if missing := {name for name, field in known.items() if _is_required(field)} - table.keys():
        raise _WrongEntry(entry, f'missing key "{min(missing)}"')
    hints = get_type_hints(kind)
    return kind(**{name: _convert(value, hints[name], entry, name) for name, value in table.items()})


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _convert(value: Any, hint: Any, entry: EntryPath, key: str) -> Any:
    """Return ``value`` as the type ``hint``, or raise ``_WrongEntry``."""
    options = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    for option in options:
        origin, arguments = get_origin(option), get_args(option)
        if is_dataclass(option):
            return _build(option, value, entry)
        if origin is tuple and isinstance(value, list):
            return tuple(_convert(item, arguments[0], (*entry, (key, index)), key) for index, item in enumerate(value))
        if origin is dict and isinstance(value, dict):
            return {name: _convert(item, arguments[1], entry, f"{key}.{name}") for name, item in value.items()}
        if origin is Literal and value in arguments:
            return value
        if type(value) is option:
            return " ".join(value.split()) if option is str else value
    names = " or ".join(_describe(option) for option in options if option is not NoneType)
    raise _WrongEntry(entry, f"{key} = {value!r} is not {names}")


def _describe(option: Any) -> str:
    if get_origin(option) is Literal:
        return "one of " + ", ".join(map(repr, get_args(option)))
    return {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}.get(option, "a list")
