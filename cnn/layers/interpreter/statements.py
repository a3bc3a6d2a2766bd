"""Run the statements of Python source on values of its own; nothing of the source is ever executed by Python."""

import ast
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from typing_extensions import override

from cnn.errors import UserError
from cnn.layers.interpreter import module_methods, patterns
from cnn.layers.interpreter.expressions import Expressions
from cnn.layers.interpreter.keras_table import KERAS, MERGES
from cnn.layers.operations.values import Class, Function, Module, Name, Scope, Unknown

_KERAS_NAMES = (*KERAS, *MERGES, *map(str.lower, MERGES), "Input", "Sequential", "Model")
"""What ``from keras.layers import *`` and the like bring."""


class _Return(Exception):
    """Leaves a function."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class _Break(Exception):
    """Leaves a loop."""


class _Continue(Exception):
    """Begins the next round of a loop."""


class Interpreter(Expressions):
    """Runs statements; the methods are named after the nodes of ``ast``."""

    @override
    def run_body(self, body: list[ast.stmt], scope: Scope) -> Any:
        try:
            self.run(body, scope)
        except _Return as found:
            return found.value
        return None

    def run(self, body: list[ast.stmt], scope: Scope) -> None:
        """Run statements one after the other."""
        for statement in body:
            self.budget.spend()
            method = _STATEMENTS.get(type(statement))
            if method is None:
                raise UserError(f"Python's {type(statement).__name__} is not read here.")
            method(self, statement, scope)

    def run_top(self, body: list[ast.stmt], scope: Scope) -> None:
        """Run the statements of a file: what cannot be read leaves its names unknown, and the rest is read."""
        for statement in body:
            allowed, self.budget.left = self.budget.left, self.budget.left * 3 // 4
            reserve, built = allowed - self.budget.left, len(self.created)
            try:
                self.run([statement], scope)
            except (_Return, _Break, _Continue):
                continue
            except UserError as error:
                self._leave_unknown(statement, str(error), scope)
                del self.created[built:]  # parts of what could not be built
            self.budget.left = max(0, self.budget.left) + reserve

    def _leave_unknown(self, statement: ast.stmt, reason: str, scope: Scope) -> None:
        """Leave the names unknown that a statement would have set, and the lists that its loops would have filled."""
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                scope.variables.setdefault(node.id, Unknown(reason))
            receiver = node.func.value if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None
            receiver = node.target if isinstance(node, ast.AugAssign) else receiver
            if isinstance(receiver, ast.Name) and isinstance(scope.variables.get(receiver.id), list):
                scope.variables[receiver.id] = Unknown(reason)

    def _expression(self, statement: ast.Expr, scope: Scope) -> None:
        value = self.evaluate(statement.value, scope)
        if isinstance(value, Module) and value.kind and scope.parent is None:
            scope.variables["__expression__"] = value

    def _assignment(self, statement: ast.Assign, scope: Scope) -> None:
        value = self.evaluate(statement.value, scope)
        for target in statement.targets:
            self.assign(target, value, scope)

    def _annotated(self, statement: ast.AnnAssign, scope: Scope) -> None:
        if statement.value is not None:
            self.assign(statement.target, self.evaluate(statement.value, scope), scope)

    def _augmented(self, statement: ast.AugAssign, scope: Scope) -> None:
        target = statement.target
        kind = type(statement.op)
        if isinstance(target, ast.Subscript):
            owner, key = self.evaluate(target.value, scope), self.evaluate(target.slice, scope)
            self._set_item(owner, key, self.binary(kind, self.item(owner, key), self.evaluate(statement.value, scope)))
            return
        before = self._name(target, scope) if isinstance(target, ast.Name) else self._load(target, scope)
        added = self.evaluate(statement.value, scope)
        if isinstance(before, list) and kind is ast.Add and not isinstance(added, Unknown):
            self.budget.spend(len(before) // 16)
            before.extend(self.elements(added))
        else:
            self.assign(target, self.binary(kind, before, added), scope)

    def _load(self, target: ast.Attribute, scope: Scope) -> Any:
        return self.get_attribute(self.evaluate(target.value, scope), target.attr)

    def _if(self, statement: ast.If, scope: Scope) -> None:
        test = statement.test
        if scope.parent is None and isinstance(test, ast.Compare) and "__main__" in ast.dump(test):
            self.run_top(statement.body, scope)
            return
        self.run(statement.body if self.truth(self.evaluate(test, scope)) else statement.orelse, scope)

    def _for(self, statement: ast.For, scope: Scope) -> None:
        for value in self.elements(self.evaluate(statement.iter, scope)):
            self.budget.spend()
            self.assign(statement.target, value, scope)
            try:
                self.run(statement.body, scope)
            except _Continue:
                continue
            except _Break:
                return
        self.run(statement.orelse, scope)

    def _while(self, statement: ast.While, scope: Scope) -> None:
        while self.truth(self.evaluate(statement.test, scope)):
            self.budget.spend()
            try:
                self.run(statement.body, scope)
            except _Continue:
                continue
            except _Break:
                return
        self.run(statement.orelse, scope)

    def _function(self, statement: ast.FunctionDef, scope: Scope) -> None:
        scope.assign(statement.name, self.define(statement, scope))

    def define(self, statement: ast.FunctionDef, scope: Scope) -> Function:
        """Return a function that source defines."""
        arguments = statement.args
        defaults = tuple(self.evaluate(default, scope) for default in arguments.defaults)
        only = {
            argument.arg: self.evaluate(default, scope)
            for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
            if default is not None
        }
        decorators = [node.id for node in statement.decorator_list if isinstance(node, ast.Name)]
        decorators += [node.attr for node in statement.decorator_list if isinstance(node, ast.Attribute)]
        kinds = {
            "staticmethod": "static",
            "classmethod": "class",
            "property": "property",
            "cached_property": "property",
        }
        kind = next((kinds[name] for name in decorators if name in kinds), "")
        return Function(
            statement.name,
            arguments,
            statement.body,
            scope,
            defaults,
            only,
            kind=kind,
            is_generator=_yields(statement.body),
        )

    def _class(self, statement: ast.ClassDef, scope: Scope) -> None:
        bases = [self.evaluate(base, scope) for base in statement.bases]
        bases = [
            self.import_library(*base.path.rpartition(".")[::2]) if isinstance(base, Name) else base for base in bases
        ]
        owner = Class(statement.name, tuple(base for base in bases if isinstance(base, Class | Name | Unknown)), {})
        if any(base is owner for parent in owner.bases if isinstance(parent, Class) for base in parent.lineage()):
            raise UserError(f"{statement.name} is derived from itself.")
        inner = Scope(owner.namespace, scope)
        fields: list[str] = []
        for line in statement.body:
            if isinstance(line, ast.FunctionDef):
                owner.namespace[line.name] = replace(self.define(line, inner), scope=scope, owner=owner)
            else:
                if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
                    fields.append(line.target.id)
                self._class_line(line, inner)
        inherited = [name for base in bases if isinstance(base, Class) for name in base.fields]
        owner.fields = tuple(dict.fromkeys([*inherited, *fields]))
        scope.assign(statement.name, owner)

    def _class_line(self, line: ast.stmt, scope: Scope) -> None:
        try:
            self.run([line], scope)
        except UserError as error:
            if self.budget.left < 0:
                raise
            self._leave_unknown(line, str(error), scope)

    def _match(self, statement: ast.Match, scope: Scope) -> None:
        value = self.evaluate(statement.subject, scope)
        for case in statement.cases:
            names = patterns.matched(self, case.pattern, value, scope)
            if names is None:
                continue
            for name, part in names.items():
                scope.assign(name, part)
            if case.guard is None or self.truth(self.evaluate(case.guard, scope)):
                self.run(case.body, scope)
                return

    def _return(self, statement: ast.Return, scope: Scope) -> None:
        raise _Return(self.evaluate(statement.value, scope) if statement.value else None)

    def _break(self, _: ast.Break, __: Scope) -> None:
        raise _Break

    def _continue(self, _: ast.Continue, __: Scope) -> None:
        raise _Continue

    def _pass(self, _: ast.stmt, __: Scope) -> None:
        return

    def _raise(self, statement: ast.Raise, scope: Scope) -> None:
        message = ""
        if isinstance(statement.exc, ast.Call) and statement.exc.args:
            value = self.evaluate(statement.exc.args[0], scope)
            message = f": {value[:200]}" if isinstance(value, str) else ""
        raise UserError(f"The code itself raises an error here{message}.")

    def _assert(self, statement: ast.Assert, scope: Scope) -> None:
        value = self.evaluate(statement.test, scope)
        if isinstance(value, bool) and not value:
            raise UserError(f"The code itself asserts {ast.unparse(statement.test)[:100]}, which is not so.")

    def _try(self, statement: ast.Try, scope: Scope) -> None:
        self.run(statement.body, scope)
        self.run(statement.orelse, scope)
        self.run(statement.finalbody, scope)

    def _with(self, statement: ast.With, scope: Scope) -> None:
        for item in statement.items:
            if item.optional_vars is not None:
                self.assign(item.optional_vars, Unknown("what with opens"), scope)
        self.run(statement.body, scope)

    def _delete(self, statement: ast.Delete, scope: Scope) -> None:
        for target in statement.targets:
            if isinstance(target, ast.Name):
                scope.variables.pop(target.id, None)
            elif isinstance(target, ast.Attribute):
                owner = self.evaluate(target.value, scope)
                if isinstance(owner, Module):
                    owner.attributes.pop(target.attr, None)
            elif isinstance(target, ast.Subscript):
                owner, key = self.evaluate(target.value, scope), self.evaluate(target.slice, scope)
                if isinstance(owner, Module):
                    module_methods.delete_item(owner, key)
                elif isinstance(owner, list | dict):
                    try:
                        del owner[key]
                    except (LookupError, TypeError):
                        raise UserError("There is no such element to delete.") from None

    def _global(self, statement: ast.Global | ast.Nonlocal, scope: Scope) -> None:
        scope.outer_names |= set(statement.names)

    def _import(self, statement: ast.Import, scope: Scope) -> None:
        for alias in statement.names:
            root = alias.name.partition(".")[0]
            scope.assign(alias.asname or root, Name(alias.name if alias.asname else root))

    def _import_from(self, statement: ast.ImportFrom, scope: Scope) -> None:
        for alias in statement.names:
            if alias.name == "*":
                if "keras" in (statement.module or ""):
                    scope.variables |= {name: Name(f"keras.layers.{name}") for name in _KERAS_NAMES}
                continue
            value = self.import_from(statement, alias.name, scope)
            scope.assign(alias.asname or alias.name, value)

    def import_from(self, statement: ast.ImportFrom, name: str, scope: Scope) -> Any:  # noqa: ARG002 - a library's source has its package there
        """Return what is imported: a name, behind which there may be nothing."""
        return Name(f"{statement.module or ''}.{name}".lstrip("."))


def _yields(body: list[ast.stmt]) -> bool:
    """Return whether a function's own body yields."""
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            waiting += ast.iter_child_nodes(node)
    return False


_STATEMENTS: dict[type[ast.stmt], Callable[[Any, Any, Scope], None]] = {
    ast.Expr: Interpreter._expression,
    ast.Assign: Interpreter._assignment,
    ast.AnnAssign: Interpreter._annotated,
    ast.AugAssign: Interpreter._augmented,
    ast.If: Interpreter._if,
    ast.For: Interpreter._for,
    ast.While: Interpreter._while,
    ast.Match: Interpreter._match,
    ast.FunctionDef: Interpreter._function,
    ast.ClassDef: Interpreter._class,
    ast.Return: Interpreter._return,
    ast.Break: Interpreter._break,
    ast.Continue: Interpreter._continue,
    ast.Pass: Interpreter._pass,
    ast.Raise: Interpreter._raise,
    ast.Assert: Interpreter._assert,
    ast.Try: Interpreter._try,
    ast.With: Interpreter._with,
    ast.Delete: Interpreter._delete,
    ast.Global: Interpreter._global,
    ast.Nonlocal: Interpreter._global,
    ast.Import: Interpreter._import,
    ast.ImportFrom: Interpreter._import_from,
}
