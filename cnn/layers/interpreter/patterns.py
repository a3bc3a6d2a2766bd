"""Match values against the patterns of Python's ``match`` statement."""

import ast
from typing import Any

from cnn.errors import UserError
from cnn.layers.interpreter.builtin_functions import BUILTINS
from cnn.layers.interpreter.run import Run
from cnn.layers.operations.values import Module, Scope, Unknown


def matched(run: Run, pattern: ast.pattern, value: Any, scope: Scope) -> dict[str, Any] | None:
    """Return the names that a pattern gives to parts of a value; None where it does not match.

    Raises:
        UserError: The value is not known, or the pattern is of a kind that is not read here.
    """
    run.budget.spend()
    if isinstance(value, Unknown):
        raise UserError(f"A match depends on {value.reason}, which is not known here.")
    if isinstance(pattern, ast.MatchValue | ast.MatchSingleton):
        wanted = pattern.value if isinstance(pattern, ast.MatchSingleton) else run.evaluate(pattern.value, scope)
        return {} if wanted == value and isinstance(value, int | float | str | None) else None
    if isinstance(pattern, ast.MatchAs):
        names = {} if pattern.pattern is None else matched(run, pattern.pattern, value, scope)
        return names if names is None or pattern.name is None else names | {pattern.name: value}
    if isinstance(pattern, ast.MatchOr):
        found = (matched(run, each, value, scope) for each in pattern.patterns)
        return next((names for names in found if names is not None), None)
    if isinstance(pattern, ast.MatchSequence):
        return _sequence(run, pattern.patterns, value, scope)
    if isinstance(pattern, ast.MatchMapping):
        return _mapping(run, pattern, value, scope)
    if isinstance(pattern, ast.MatchClass):
        return _instance(run, pattern, value, scope)
    raise UserError("A pattern like this is not read here.")


def _all(run: Run, pairs: list[tuple[ast.pattern, Any]], scope: Scope) -> dict[str, Any] | None:
    names: dict[str, Any] = {}
    for pattern, value in pairs:
        if (found := matched(run, pattern, value, scope)) is None:
            return None
        names |= found
    return names


def _sequence(run: Run, patterns: list[ast.pattern], value: Any, scope: Scope) -> dict[str, Any] | None:
    if not isinstance(value, list | tuple):
        return None
    items = list(value)
    starred = [number for number, each in enumerate(patterns) if isinstance(each, ast.MatchStar)]
    names: dict[str, Any] = {}
    if starred and len(items) >= len(patterns) - 1:
        first, last = starred[0], len(items) - (len(patterns) - starred[0] - 1)
        star = patterns[first]
        if isinstance(star, ast.MatchStar) and star.name:
            names[star.name] = items[first:last]
        items, patterns = items[:first] + items[last:], patterns[:first] + patterns[first + 1 :]
    if len(items) != len(patterns):
        return None
    found = _all(run, list(zip(patterns, items, strict=True)), scope)
    return None if found is None else names | found


def _mapping(run: Run, pattern: ast.MatchMapping, value: Any, scope: Scope) -> dict[str, Any] | None:
    if not isinstance(value, dict):
        return None
    keys = [run.as_key(run.evaluate(key, scope)) for key in pattern.keys]
    if any(key not in value for key in keys):
        return None
    names = _all(run, [(each, value[key]) for key, each in zip(keys, pattern.patterns, strict=True)], scope)
    if names is not None and pattern.rest:
        names[pattern.rest] = {key: each for key, each in value.items() if key not in keys}
    return names


def _instance(run: Run, pattern: ast.MatchClass, value: Any, scope: Scope) -> dict[str, Any] | None:
    kind = run.evaluate(pattern.cls, scope)
    if not BUILTINS["isinstance"](run, value, kind):
        return None
    if not isinstance(value, Module):
        return _all(run, [(each, value) for each in pattern.patterns[:1]], scope)
    fields = value.owner.fields if value.owner else ()
    names = [*fields[: len(pattern.patterns)], *pattern.kwd_attrs]
    if any(name not in value.attributes for name in names):
        return None
    patterns = [*pattern.patterns, *pattern.kwd_patterns]
    return _all(run, [(each, value.attributes[name]) for each, name in zip(patterns, names, strict=False)], scope)
