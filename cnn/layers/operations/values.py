"""The values of the interpreter that are not Python's own numbers, texts, lists and dictionaries."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cnn.layers.graph import Dims

MODULE_KINDS = ("Module", "Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict")
"""Modules of PyTorch that hold others and do no arithmetic of their own."""


@dataclass(frozen=True, eq=False)
class Tensor:
    """A tensor that is known by its shape.

    Attributes:
        dims: Its shape; None where that is not known.
        node: The node of the graph that makes it; None for parameters and constants.
        is_parameter: Whether it is trained.
        values: The numbers of a short row of constants.
    """

    dims: Dims | None
    node: int | None = None
    is_parameter: bool = False
    values: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Unknown:
    """A value that cannot be computed here, and why."""

    reason: str


@dataclass(frozen=True)
class Name:
    """A dotted name of a library, such as ``torch.nn.Conv2d``; nothing stands behind it."""

    path: str

    @property
    def last(self) -> str:
        """The part behind the last dot."""
        return self.path.rpartition(".")[2]


@dataclass
class Scope:
    """Variables of a module, class or function; names that are missing are looked up in ``parent``."""

    variables: dict[str, Any] = field(default_factory=dict)
    parent: "Scope | None" = None
    yields: list[Any] = field(default_factory=list)
    outer_names: set[str] = field(default_factory=set)

    def find(self, name: str) -> "Scope | None":
        """Return the innermost scope that has the name."""
        scope: Scope | None = self
        while scope is not None and name not in scope.variables:
            scope = scope.parent
        return scope

    def assign(self, name: str, value: Any) -> None:
        """Set a variable, in an outer scope if it was declared global or nonlocal."""
        target = (self.parent.find(name) if self.parent and name in self.outer_names else None) or self
        target.variables[name] = value


@dataclass(frozen=True, eq=False)
class Function:
    """A function of the source; ``owner`` is the class whose body it is in, for ``super()``."""

    name: str
    arguments: ast.arguments
    body: list[ast.stmt] | ast.expr
    scope: Scope
    defaults: tuple[Any, ...] = ()
    keyword_defaults: dict[str, Any] = field(default_factory=dict)
    owner: "Class | None" = None
    kind: str = ""
    is_generator: bool = False


@dataclass(eq=False)
class Class:
    """A class of the source."""

    name: str
    bases: tuple[Any, ...]
    namespace: dict[str, Any]
    fields: tuple[str, ...] = ()

    def lineage(self) -> Iterator[Any]:
        """Yield this class and its bases, each before its own bases."""
        yield self
        for base in self.bases:
            if isinstance(base, Class):
                yield from base.lineage()
            else:
                yield base

    def lookup(self, name: str) -> Any:
        """Return what this class or one of its bases defines under a name; None if none does."""
        for base in self.lineage():
            if isinstance(base, Class) and name in base.namespace:
                return base.namespace[name]
        return None


@dataclass(eq=False)
class Module:
    """An instance: a layer, a container, or an object of a class of the source.

    Attributes:
        kind: Name of the layer or container of the library that it is or is derived from; "" for a plain object.
        owner: Its class, if that is one of the source.
        attributes: What was assigned to it; values that are modules or parameters are its children.
        arguments: Those of a layer, defaults included.
    """

    kind: str
    owner: Class | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    arguments: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The name of its class."""
        return self.owner.name if self.owner else self.kind

    def children(self) -> dict[str, "Module"]:
        """Return the modules that it holds, by name."""
        return {name: value for name, value in self.attributes.items() if isinstance(value, Module) and value.kind}

    def walk(self) -> Iterator[tuple[str, "Module"]]:
        """Yield path and module of this module and all below it, each once."""
        seen: set[int] = set()
        waiting: list[tuple[str, Module]] = [("", self)]
        while waiting:
            path, module = waiting.pop()
            if id(module) not in seen:
                seen.add(id(module))
                yield path, module
                below = [(f"{path}.{name}".lstrip("."), child) for name, child in module.children().items()]
                waiting += reversed(below)


@dataclass(frozen=True, eq=False)
class Bound:
    """A function or class with values put in before those of a call: a method, or ``functools.partial``."""

    target: Any
    arguments: tuple[Any, ...] = ()
    keywords: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Super:
    """What ``super()`` gives: ``module`` as an instance of the bases of ``owner``."""

    module: Module
    owner: Class


@dataclass(frozen=True, eq=False)
class Symbol:
    """What a layer of Keras will make of what others make, before there is a shape; an input has no layer."""

    layer: Any
    inputs: tuple["Symbol", ...] = ()
    dims: Dims | None = None


@dataclass(frozen=True, eq=False)
class Builtin:
    """A function of the interpreter, called with positional and keyword values."""

    name: str
    call: Callable[..., Any]


def is_torch_tensor(value: Any) -> bool:
    """Return whether a value is a tensor, or a list or tuple that has one."""
    return isinstance(value, Tensor) or (isinstance(value, list | tuple) and any(map(is_torch_tensor, value)))
