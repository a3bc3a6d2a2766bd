"""What the parts of the interpreter can ask of each other."""

import ast
from typing import Any

from cnn.layers.graph import Dims
from cnn.layers.interpreter.plain_values import Budget
from cnn.layers.operations.machine import Machine
from cnn.layers.operations.values import Builtin, Module, Name, Scope


class Run:
    """One reading of a source.

    Attributes:
        budget: Steps that are left.
        machine: Runs layers on shapes; None while the source is read for its definitions alone.
        created: Every module that was built, in order.
        stated: Shapes, without the batch, on which the source itself runs its network.
        depth: How many functions are running.
        builtins: The functions of Python that were named, one of each, so that ``type(x) == list`` can be told.
        frames: Variables of the functions that are running, the innermost last.
        channels_last: Whether the source states shapes with the channels last, as Keras does.
    """

    def __init__(self) -> None:
        self.budget = Budget()
        self.machine: Machine | None = None
        self.created: list[Module] = []
        self.stated: list[Dims] = []
        self.depth = 0
        self.builtins: dict[str, Builtin] = {}
        self.frames: list[Scope] = []
        self.channels_last = False

    def builtin(self, name: str) -> Builtin:
        """Return a function of Python by its name."""
        raise NotImplementedError

    def run_body(self, body: list[ast.stmt], scope: Scope) -> Any:
        """Run statements and return what they return."""
        raise NotImplementedError

    def evaluate(self, node: ast.expr, scope: Scope) -> Any:
        """Return the value of an expression."""
        raise NotImplementedError

    def call(self, target: Any, values: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Call a value."""
        raise NotImplementedError

    def call_module(self, module: Module, values: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Run a module, or while definitions are read take note of the shape that it is run on."""
        raise NotImplementedError

    def run_layer(self, module: Module, values: tuple[Any, ...]) -> Any:
        """Run a layer or container as the library itself does."""
        raise NotImplementedError

    def tensor_call(self, name: str, values: tuple[Any, ...], keywords: dict[str, Any], code: str) -> Any:
        """Run a function of tensors."""
        raise NotImplementedError

    def unknown_call(self, kind: str, values: tuple[Any, ...], otherwise: Any) -> Any:
        """Return a tensor of unknown shape if tensors are passed to what is not known, else ``otherwise``."""
        raise NotImplementedError

    def get_attribute(self, value: Any, name: str) -> Any:
        """Return an attribute."""
        raise NotImplementedError

    def elements(self, value: Any) -> list[Any]:
        """Return what a loop over a value runs through."""
        raise NotImplementedError

    def truth(self, value: Any) -> bool:
        """Return whether a value counts as true."""
        raise NotImplementedError

    def binary(self, kind: type[ast.operator], first: Any, second: Any) -> Any:
        """Return the result of a binary operator."""
        raise NotImplementedError

    def as_key(self, key: Any) -> Any:
        """Return a key of a dictionary, which must be plain."""
        raise NotImplementedError

    def import_library(self, module: str, name: str) -> Any:
        """Return what a library whose source is read defines under a name, or only its name."""
        return Name(f"{module}.{name}")
