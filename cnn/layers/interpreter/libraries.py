"""Calls of names that libraries define: layers, functions of tensors and numbers, and what changes no shape."""

import ast
import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

from cnn.errors import UserError
from cnn.layers.graph import BATCH, Dims
from cnn.layers.interpreter import keras_layers, module_methods
from cnn.layers.interpreter.plain_values import NUMBER_FUNCTIONS, iterate
from cnn.layers.interpreter.run import Run
from cnn.layers.operations import functions
from cnn.layers.operations.effects import describe
from cnn.layers.operations.layer_table import LAYERS
from cnn.layers.operations.tensor_functions import CREATORS
from cnn.layers.operations.values import (
    MODULE_KINDS,
    Bound,
    Builtin,
    Class,
    Module,
    Name,
    Tensor,
    Unknown,
    is_torch_tensor,
)

CONSTANTS: dict[str, Any] = {
    "math.pi": math.pi,
    "math.e": math.e,
    "math.inf": 1e15,
    "torch.utils.data": Name("torch.utils.data"),
}
PRESET_NAMES = {
    "torch": "torch",
    "nn": "torch.nn",
    "F": "torch.nn.functional",
    "math": "math",
    "np": "numpy",
    "models": "torchvision.models",
    "torchvision": "torchvision",
    "OrderedDict": "collections.OrderedDict",
    "partial": "functools.partial",
    "keras": "keras",
    "layers": "keras.layers",
    "tf": "tensorflow",
    "Module": "torch.nn.Module",
}
"""Names that are taken for those of these libraries where the source has no import for them."""
_FALSE = frozenset(("is_available", "is_scripting", "is_tracing", "is_grad_enabled", "is_exporting", "is_compiling"))
_FIRST = frozenset(
    [
        "spectral_norm",
        "weight_norm",
        "script",
        "compile",
        "DataParallel",
        "jit",
        "checkpoint_wrapper",
        "DistributedDataParallel",
        "annotate",
    ]
)
"""Functions that give back what they get, as far as shapes and counts go."""


def call(objects: Run, name: Name, values: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """Return what a call of a library's name gives.

    Raises:
        UserError: It does not take these arguments.
    """
    last, path = name.last, name.path
    if path.startswith(("keras.", "tensorflow.")) and not path.endswith("ImageDataGenerator"):
        return keras_layers.call(objects, name, values, keywords)
    if last in LAYERS or last in MODULE_KINDS:
        module = Module(last)
        module_methods.initialise(module, values, keywords)
        objects.created.append(module)
        return module
    if last in _PLAIN:
        return _PLAIN[last](objects, values, keywords)
    if ".init." in path or path.startswith(("warnings.", "logging.", "random.")) or last == "manual_seed":
        return None
    if last in _FALSE:
        return False
    if last in _FIRST and values:
        return values[0]
    if path.startswith(("math.", "numpy.")) and last in NUMBER_FUNCTIONS:
        return NUMBER_FUNCTIONS[last](*values, **keywords)
    if path.startswith("operator.") and len(values) == 2:
        return objects.tensor_call(last, values, keywords, "")
    if _is_function(last, path, values, keywords):
        return objects.tensor_call(last, values, dict(keywords), call_code(f"{_root(path)}.", last, values, keywords))
    found = objects.import_library(*path.rpartition(".")[::2])
    if not isinstance(found, Name):
        return objects.call(found, values, keywords)
    return _unknown(objects, name, values, keywords)


def _is_function(last: str, path: str, values: tuple[Any, ...], keywords: dict[str, Any]) -> bool:
    if last in CREATORS:
        return path.startswith(("torch.", "numpy."))
    passed = (*values, *keywords.values())
    return functions.is_known(last) and any(map(is_torch_tensor, passed)) and path.startswith(("torch", "numpy"))


def _root(path: str) -> str:
    root = path.rpartition(".")[0]
    return "F" if root.endswith("functional") else root or "torch"


def _unknown(objects: Run, name: Name, values: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """Return a box for a layer or function that is not known."""
    if name.last == "summary":
        shape = keywords.get("input_size", values[1] if len(values) > 1 else None)
        if dims := image_dims(shape):
            objects.stated.append(dims)
        return None
    if any(isinstance(value, Tensor) and value.node is not None for value in values):
        return objects.unknown_call(name.path, values, Unknown(f"{name.path}, which is not known here"))
    if name.last[:1].isupper() and not name.last.isupper():
        return Module(name.last)
    return Unknown(f"{name.path}, which is not known here")


def call_code(prefix: str, name: str, values: tuple[Any, ...], keywords: dict[str, Any], first: int = 0) -> str:
    """Return a call as PyTorch code with ``{0}`` for the first tensor; empty where a value cannot be written."""
    number = first

    def write(value: Any) -> str:
        nonlocal number
        if isinstance(value, Tensor):
            if value.node is None:
                raise UserError("a constant")
            number += 1
            return f"{{{number - 1}}}"
        if isinstance(value, list | tuple):
            items = ", ".join(map(write, value))
            return f"[{items}]" if isinstance(value, list) else f"({items}{',' if len(value) == 1 else ''})"
        if isinstance(value, Name) and value.path.startswith("torch."):
            return value.path
        if isinstance(value, int | float | str | bool | None):
            return repr(value).replace("{", "{{").replace("}", "}}")
        raise UserError("no plain value")

    try:
        parts = [*map(write, values), *(f"{key}={write(value)}" for key, value in keywords.items())]
    except UserError:
        return ""
    return f"{prefix}{name}({', '.join(parts)})"


def _parameter(_: Run, values: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    value = values[0] if values else keywords.get("data")
    trained = keywords.get("requires_grad", values[1] if len(values) > 1 else True)
    dims = value.dims if isinstance(value, Tensor) else None
    return Tensor(dims, is_parameter=trained is not False)


def _ordered_dict(objects: Run, values: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    pairs = values[0] if values else {}
    if isinstance(pairs, Unknown):
        return pairs
    items = pairs.items() if isinstance(pairs, dict) else iterate(pairs, objects.budget)
    try:
        return dict(items) | keywords
    except (TypeError, ValueError):
        raise UserError(f"OrderedDict needs pairs of name and layer, not {describe(pairs)}.") from None


def _chain(objects: Run, values: tuple[Any, ...], _: dict[str, Any]) -> Any:
    return [item for value in values for item in iterate(value, objects.budget)]


def _checkpoint(objects: Run, values: tuple[Any, ...], _: dict[str, Any]) -> Any:
    return objects.call(values[0], values[1:], {})


def _partial(_: Run, values: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    if not values:
        raise UserError("partial needs a function.")
    return Bound(values[0], values[1:], keywords)


def _field(objects: Run, _: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    if "default_factory" in keywords:
        return objects.call(keywords["default_factory"], (), {})
    return keywords.get("default")


def _pairs(objects: Run, values: tuple[Any, ...], _: dict[str, Any]) -> Any:
    items = iterate(values[0], objects.budget)
    return list(pairwise(items))


def _copied(objects: Run, value: Any) -> Any:
    """Return a copy with layers of its own."""
    objects.budget.spend()
    if isinstance(value, Module):
        copied = Module(value.kind, value.owner, {}, dict(value.arguments))
        copied.attributes |= {name: _copied(objects, each) for name, each in value.attributes.items()}
        return copied
    if isinstance(value, list | tuple):
        return type(value)(_copied(objects, each) for each in value)
    if isinstance(value, dict):
        return {key: _copied(objects, each) for key, each in value.items()}
    return replace(value) if isinstance(value, Tensor) else value


def _per_side(value: Any, count: int) -> Any:
    return tuple(value) if isinstance(value, list | tuple) else (value,) * count


def _reduce(objects: Run, values: tuple[Any, ...], _: dict[str, Any]) -> Any:
    function, items, *start = values
    elements = [*start, *iterate(items, objects.budget)]
    if not elements:
        raise UserError("reduce needs at least one value.")
    total = elements[0]
    for element in elements[1:]:
        total = objects.call(function, (total, element), {})
    return total


def _accumulate(objects: Run, values: tuple[Any, ...], _: dict[str, Any]) -> Any:
    totals: list[Any] = []
    for element in iterate(values[0], objects.budget):
        totals.append(objects.binary(ast.Add, totals[-1], element) if totals else element)
    return totals


def _repeat(objects: Run, values: tuple[Any, ...], _: dict[str, Any]) -> Any:
    times = values[1] if len(values) > 1 else None
    if not isinstance(times, int):
        raise UserError("repeat needs a number of times that is known.")
    objects.budget.spend(max(0, times))
    return [values[0]] * times


def _namespace(_: Run, values: tuple[Any, ...], keywords: dict[str, Any]) -> Module:
    """Return an object with attributes, such as ``SimpleNamespace(width=3)`` or ``EasyDict({"width": 3})``."""
    given = values[0] if values and isinstance(values[0], dict) else {}
    return Module("", attributes={str(name): value for name, value in given.items()} | keywords)


def _argument_parser(*_: Any) -> Module:
    """Return a parser of a command line whose options all have their default values."""
    options = Module("")

    def add(*names: Any, **keywords: Any) -> None:
        longest = max((name for name in names if isinstance(name, str)), key=len, default="")
        flag = {"store_true": False, "store_false": True}.get(str(keywords.get("action")))
        name = str(keywords.get("dest", longest.lstrip("-").replace("-", "_")))
        options.attributes[name] = keywords.get("default", flag)

    methods: dict[str, Callable[..., Any]] = {
        "add_argument": add,
        "parse_args": lambda *_, **__: options,
        "parse_known_args": lambda *_, **__: (options, []),
    }
    parser = Module("", attributes={name: Builtin(name, method) for name, method in methods.items()})
    for name in ("add_argument_group", "add_mutually_exclusive_group"):
        parser.attributes[name] = Builtin(name, lambda *_, **__: parser)
    return parser


def _named_tuple(_: Run, values: tuple[Any, ...], keywords: dict[str, Any]) -> Class:
    name, names = (*values, keywords.get("field_names"))[:2]
    names = names.replace(",", " ").split() if isinstance(names, str) else names
    if not isinstance(names, list | tuple):
        raise UserError("namedtuple needs the names of its fields.")
    defaults = dict(zip(reversed(names), reversed(keywords.get("defaults", ())), strict=False))
    return Class(str(name), (), defaults, tuple(map(str, names)))


_PLAIN: dict[str, Any] = {
    "deepcopy": lambda objects, values, _: _copied(objects, values[0]),
    "copy": lambda objects, values, _: _copied(objects, values[0]),
    "Parameter": _parameter,
    "OrderedDict": _ordered_dict,
    "chain": _chain,
    "checkpoint": _checkpoint,
    "partial": _partial,
    "field": _field,
    "pairwise": _pairs,
    "reduce": _reduce,
    "accumulate": _accumulate,
    "repeat": _repeat,
    "_pair": lambda _, values, __: _per_side(values[0], 2),
    "to_2tuple": lambda _, values, __: _per_side(values[0], 2),
    "_single": lambda _, values, __: _per_side(values[0], 1),
    "_triple": lambda _, values, __: _per_side(values[0], 3),
    "Size": lambda _, values, __: tuple(values[0]) if values else (),
    "verify": lambda _, values, __: values[0] if values else None,
    "_log_api_usage_once": lambda *_: None,
    "_assert": lambda *_: None,
    "SimpleNamespace": _namespace,
    "Namespace": _namespace,
    "EasyDict": _namespace,
    "edict": _namespace,
    "ArgumentParser": _argument_parser,
    "namedtuple": _named_tuple,
    "cast": lambda _, values, __: values[-1],
}


def image_dims(shape: Any) -> Dims | None:
    """Return a shape that a call such as ``summary(model, (3, 32, 32))`` states, without its batch."""
    if not isinstance(shape, tuple | list) or not shape or not all(type(side) is int and side > 0 for side in shape):
        return None
    return tuple(shape[1:]) if len(shape) == 4 or shape[0] == BATCH else tuple(shape)
