"""Python's built-in functions that source may call; none of them reaches anything but values of the source."""

import ast
from collections.abc import Callable
from typing import Any

from cnn.errors import UserError
from cnn.layers.interpreter.plain_values import NUMBER_FUNCTIONS, weigh, whole_range
from cnn.layers.interpreter.run import Run
from cnn.layers.operations.effects import describe
from cnn.layers.operations.values import Builtin, Class, Module, Name, Tensor, Unknown

_TYPES = {"int": int, "float": (int, float), "str": str, "bool": bool, "list": list, "tuple": tuple, "dict": dict}


def _length(run: Run, value: Any) -> Any:
    if isinstance(value, Tensor) and value.dims is not None:
        return value.dims[0]
    if isinstance(value, Unknown):
        return value
    return len(run.elements(value))


def _is_instance(_: Run, value: Any, kinds: Any) -> Any:
    for kind in kinds if isinstance(kinds, tuple) else (kinds,):
        if isinstance(kind, Builtin) and kind.name in _TYPES:
            if isinstance(value, _TYPES[kind.name]):  # type: ignore[arg-type]
                return not isinstance(value, bool) or kind.name in ("bool", "int")
        elif isinstance(kind, Class) and isinstance(value, Module):
            if value.owner and any(base is kind for base in value.owner.lineage()):
                return True
        elif isinstance(kind, Name) and _has_kind(value, kind):
            return True
    return False


def _has_kind(value: Any, kind: Name) -> bool:
    if kind.last in ("Tensor", "Parameter"):
        return isinstance(value, Tensor)
    if kind.last in ("Sequence", "Iterable"):
        return isinstance(value, list | tuple)
    if isinstance(value, Module) and value.kind:
        return kind.last in (value.kind, "Module") or kind.last == value.kind.removesuffix("2d") + "Nd"
    return False


def _extreme(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(run: Run, *values: Any, key: Any = None, default: Any = None) -> Any:
        items = run.elements(values[0]) if len(values) == 1 else list(values)
        for item in items:
            if isinstance(item, Unknown):
                return item
        if not items:
            return default
        weigh(items, run.budget)
        try:
            return function(items, key=(lambda item: run.call(key, (item,), {})) if key else None)
        except TypeError:
            raise UserError(f"{function.__name__} compares {describe(items[0])} with something else.") from None

    return call


def _zipped(run: Run, *values: Any, **_: Any) -> Any:
    return list(zip(*map(run.elements, values), strict=False))


def _sum(run: Run, values: Any, start: Any = 0) -> Any:
    total = start
    for value in run.elements(values):
        total = value if total == 0 and isinstance(value, Tensor) else run.binary(ast.Add, total, value)
    return total


def _sorted(run: Run, values: Any, key: Any = None, reverse: bool = False) -> Any:
    items = run.elements(values)
    weigh(items, run.budget)
    try:
        return sorted(items, key=(lambda item: run.call(key, (item,), {})) if key else None, reverse=bool(reverse))
    except TypeError:
        raise UserError("sorted compares values of different kinds.") from None


def _get_attribute(run: Run, value: Any, name: Any, *default: Any) -> Any:
    if not isinstance(name, str):
        raise UserError("getattr needs a name that is known.")
    try:
        return run.get_attribute(value, name)
    except UserError:
        if default:
            return default[0]
        raise


def _has_attribute(run: Run, value: Any, name: Any) -> Any:
    try:
        return not isinstance(_get_attribute(run, value, name), Unknown)
    except UserError:
        return False


def _set_attribute(_: Run, value: Any, name: Any, item: Any) -> None:
    if not isinstance(name, str) or not isinstance(value, Module) or name.startswith("__"):
        raise UserError("setattr needs an object and a name that are known.")
    value.attributes[name] = item


def _dictionary(run: Run, values: Any = (), /, **keywords: Any) -> Any:
    if isinstance(values, dict):
        run.budget.spend(len(values))
        return values | keywords
    try:
        return dict(run.elements(values)) | keywords
    except (TypeError, ValueError):
        raise UserError("dict needs pairs of key and value.") from None


def _type(run: Run, value: Any) -> Any:
    if isinstance(value, Module):
        return value.owner or Name(f"torch.nn.{value.kind}")
    if type(value).__name__ in _TYPES:
        return run.builtin(type(value).__name__)
    return Unknown("the type of a value")


def _any_of(run: Run, values: Any) -> bool:
    return any(run.truth(value) for value in run.elements(values))


def _all_of(run: Run, values: Any) -> bool:
    return all(run.truth(value) for value in run.elements(values))


def _number(name: str) -> Callable[..., Any]:
    return lambda _, *values, **keywords: NUMBER_FUNCTIONS[name](*values, **keywords)


def _mapped(run: Run, function: Any, *values: Any) -> Any:
    return [run.call(function, each, {}) for each in zip(*map(run.elements, values), strict=False)]


def _filtered(run: Run, function: Any, values: Any) -> Any:
    return [each for each in run.elements(values) if run.truth(run.call(function, (each,), {}) if function else each)]


def _next(run: Run, values: Any, *default: Any) -> Any:
    items = values if isinstance(values, list) else run.elements(values)
    if items:
        return items.pop(0)
    if default:
        return default[0]
    raise UserError("next finds nothing more.")


BUILTINS: dict[str, Callable[..., Any]] = {
    **{name: _number(name) for name in ("int", "float", "str", "abs", "round", "divmod", "pow", "repr")},
    "len": _length,
    "range": lambda _, *values: whole_range(*values),
    "list": lambda run, values=(): run.elements(values),
    "tuple": lambda run, values=(): tuple(run.elements(values)),
    "set": lambda run, values=(): set(map(run.as_key, run.elements(values))),
    "iter": lambda run, values: run.elements(values),
    "next": _next,
    "dict": _dictionary,
    "bool": lambda run, value=False: run.truth(value),
    "enumerate": lambda run, values, start=0: list(enumerate(run.elements(values), start)),
    "zip": _zipped,
    "reversed": lambda run, values: run.elements(values)[::-1],
    "sorted": _sorted,
    "map": _mapped,
    "filter": _filtered,
    "sum": _sum,
    "min": _extreme(min),
    "max": _extreme(max),
    "any": _any_of,
    "all": _all_of,
    "isinstance": _is_instance,
    "issubclass": lambda _, first, second: isinstance(first, Class) and any(b is second for b in first.lineage()),
    "hasattr": _has_attribute,
    "getattr": _get_attribute,
    "setattr": _set_attribute,
    "callable": lambda _, value: not isinstance(value, int | float | str | list | tuple | dict | None),
    "type": _type,
    "print": lambda *_, **__: None,
    "id": lambda *_: Unknown("an address"),
    "object": lambda _: Module(""),
}
