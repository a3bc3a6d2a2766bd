"""Assignments of Python source: to variables, attributes and elements, one or several."""

import ast
from typing import Any

from cnn.errors import UserError
from cnn.layers.interpreter import module_methods
from cnn.layers.interpreter.objects import Objects
from cnn.layers.operations.effects import describe
from cnn.layers.operations.values import Class, Module, Scope, Unknown


class Assignments(Objects):
    """Sets variables, attributes and elements."""

    def assign(self, target: ast.expr, value: Any, scope: Scope) -> None:
        """Set a variable, attribute or element, or several of them."""
        if isinstance(target, ast.Name):
            scope.assign(target.id, value)
        elif isinstance(target, ast.Attribute):
            self._set_attribute(self.evaluate(target.value, scope), target.attr, value)
        elif isinstance(target, ast.Subscript):
            self._set_item(self.evaluate(target.value, scope), self.evaluate(target.slice, scope), value)
        elif isinstance(target, ast.Tuple | ast.List):
            self._unpack(target.elts, value, scope)
        else:
            raise UserError("An assignment like this is not read here.")

    def _set_attribute(self, owner: Any, name: str, value: Any) -> None:
        if name.startswith("__"):
            raise UserError(f"{name} is not read here.")
        if isinstance(owner, Module):
            owner.attributes[name] = value
        elif isinstance(owner, Class):
            owner.namespace[name] = value

    def _set_item(self, owner: Any, key: Any, value: Any) -> None:
        if isinstance(owner, Module):
            module_methods.set_item(owner, key, value)
        elif isinstance(owner, list | dict):
            try:
                owner[key if isinstance(key, slice) else self.as_key(key)] = value
            except (LookupError, TypeError):
                raise UserError(f"There is no element {describe(key)}.") from None

    def _unpack(self, targets: list[ast.expr], value: Any, scope: Scope) -> None:
        values: list[Any] = [value] * len(targets) if isinstance(value, Unknown) else self.elements(value)
        starred = [number for number, target in enumerate(targets) if isinstance(target, ast.Starred)]
        if starred:
            first, last = starred[0], len(values) - (len(targets) - starred[0] - 1)
            values = [*values[:first], values[first:last], *values[last:]]
        if len(values) != len(targets):
            raise UserError(f"{len(values)} values cannot be given to {len(targets)} names.")
        for target, item in zip(targets, values, strict=True):
            self.assign(target.value if isinstance(target, ast.Starred) else target, item, scope)
