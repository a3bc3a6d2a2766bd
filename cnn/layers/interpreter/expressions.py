"""Evaluate the expressions of Python source, one kind of node at a time; a kind that is not listed is refused."""

import ast
from collections.abc import Callable, Iterator
from typing import Any

from typing_extensions import override

from cnn.errors import UserError
from cnn.layers.graph import Effect
from cnn.layers.interpreter import module_methods
from cnn.layers.interpreter.assignments import Assignments
from cnn.layers.interpreter.builtin_functions import BUILTINS
from cnn.layers.interpreter.libraries import PRESET_NAMES
from cnn.layers.interpreter.plain_values import compare, iterate, operate
from cnn.layers.operations.effects import describe
from cnn.layers.operations.indexing import index_effect, is_plain_key, slice_code
from cnn.layers.operations.layer_table import LAYERS
from cnn.layers.operations.values import (
    MODULE_KINDS,
    Builtin,
    Class,
    Function,
    Module,
    Name,
    Scope,
    Super,
    Tensor,
    Unknown,
)

_TENSOR_OPERATORS: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("add", "+"),
    ast.Sub: ("sub", "-"),
    ast.Mult: ("mul", "*"),
    ast.Div: ("div", "/"),
    ast.Pow: ("pow", "**"),
    ast.FloorDiv: ("floor_divide", "//"),
    ast.MatMult: ("matmul", "@"),
    ast.BitAnd: ("mul", "&"),
    ast.BitOr: ("add", "|"),
}


class Expressions(Assignments):
    """Evaluates expressions; the methods are named after the nodes of ``ast``."""

    @override
    def evaluate(self, node: ast.expr, scope: Scope) -> Any:
        self.budget.spend()
        method = _EXPRESSIONS.get(type(node))
        if method is None:
            raise UserError(f"Python's {type(node).__name__} is not read here.")
        return method(self, node, scope)

    @override
    def truth(self, value: Any) -> bool:
        """Return whether a value counts as true.

        Raises:
            UserError: It is not known.
        """
        if isinstance(value, Unknown):
            raise UserError(f"A condition depends on {value.reason}, which is not known here.")
        if isinstance(value, Tensor):
            raise UserError("A condition depends on the numbers in a tensor, and only shapes are known here.")
        if isinstance(value, Module) and value.kind in MODULE_KINDS and value.kind != "Module":
            return bool(value.children())
        if isinstance(value, int | float | str | list | tuple | dict | set | range | None):
            return bool(value)
        return True

    @override
    def elements(self, value: Any) -> list[Any]:
        """Return what a loop over a value runs through."""
        if isinstance(value, Module):
            if value.kind == "ModuleDict":
                return list(value.children())
            if value.kind in ("Sequential", "ModuleList", "ParameterList"):
                self.budget.spend(len(value.attributes))
                return [each for each in value.attributes.values() if isinstance(each, Module | Tensor)]
        if isinstance(value, Tensor) and value.values is not None:
            return [Tensor((), values=(number,)) for number in value.values]
        if isinstance(value, Tensor) and self.machine:
            return list(self.tensor_call("unbind", (value,), {}, ""))
        return iterate(value, self.budget)

    def _constant(self, node: ast.Constant, _: Scope) -> Any:
        if isinstance(node.value, int | float | str | bool | None):
            if isinstance(node.value, int | float) and abs(node.value) > 10**15:
                raise UserError("A number in this code is too large to be read here.")
            return node.value
        return Unknown("a constant that is no number") if node.value is not ... else ...

    def _name(self, node: ast.Name, scope: Scope) -> Any:
        if (found := scope.find(node.id)) is not None:
            return found.variables[node.id]
        if node.id == "super":
            return Builtin("super", lambda *values: self._super(values, scope))
        if node.id in BUILTINS:
            return self.builtin(node.id)
        if node.id in PRESET_NAMES:
            return Name(PRESET_NAMES[node.id])
        if node.id in LAYERS or node.id in MODULE_KINDS:
            return Name(f"torch.nn.{node.id}")
        return Unknown(f"{node.id}, which this code does not define")

    @override
    def builtin(self, name: str) -> Builtin:
        if name not in self.builtins:
            self.builtins[name] = Builtin(name, lambda *values, **options: BUILTINS[name](self, *values, **options))
        return self.builtins[name]

    def _super(self, values: tuple[Any, ...], scope: Scope) -> Any:
        owner_scope = scope.find("__class__")
        if owner_scope is None:
            raise UserError("super() is used outside of a class.")
        owner, module = owner_scope.variables["__class__"], owner_scope.variables["__self__"]
        if values and isinstance(values[0], Class):
            owner = values[0]
        if isinstance(module, Module) and isinstance(owner, Class):
            return Super(module, owner)
        raise UserError("super() is used outside of an object.")

    def _attribute(self, node: ast.Attribute, scope: Scope) -> Any:
        return self.get_attribute(self.evaluate(node.value, scope), node.attr)

    def _call(self, node: ast.Call, scope: Scope) -> Any:
        target = self.evaluate(node.func, scope)
        values: list[Any] = []
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                values += self.elements(self.evaluate(argument.value, scope))
            else:
                values.append(self.evaluate(argument, scope))
        keywords: dict[str, Any] = {}
        for keyword in node.keywords:
            value = self.evaluate(keyword.value, scope)
            if keyword.arg:
                keywords[keyword.arg] = value
            elif isinstance(value, dict) and all(isinstance(key, str) for key in value):
                keywords |= value
            else:
                raise UserError(f"** needs a dictionary with names, not {describe(value)}.")
        return self.call(target, tuple(values), keywords)

    def _binary(self, node: ast.BinOp, scope: Scope) -> Any:
        return self.binary(type(node.op), self.evaluate(node.left, scope), self.evaluate(node.right, scope))

    @override
    def binary(self, kind: type[ast.operator], first: Any, second: Any) -> Any:
        """Return the result of a binary operator."""
        if not isinstance(first, Tensor) and not isinstance(second, Tensor):
            if isinstance(first, Module | Name | Class) or isinstance(second, Module | Name | Class):
                return self._module_operator(kind, first, second)
            return operate(kind, first, second, self.budget)
        if kind not in _TENSOR_OPERATORS:
            return self.unknown_call(kind.__name__, (first, second), Unknown("a sum of tensors"))
        name, sign = _TENSOR_OPERATORS[kind]
        operands, number = [], 0
        for value in (first, second):
            operands.append(f"{{{number}}}" if isinstance(value, Tensor) else repr(value))
            number += isinstance(value, Tensor)
        written = all(
            isinstance(value, int | float) or (isinstance(value, Tensor) and value.node is not None)
            for value in (first, second)
        )
        code = f"{operands[0]} {sign} {operands[1]}" if written else ""
        return self.tensor_call(name, (first, second), {}, code)

    def _module_operator(self, kind: type[ast.operator], first: Any, second: Any) -> Any:
        lists = isinstance(first, Module) and isinstance(second, Module | list)
        if kind is ast.Add and lists and first.kind in ("Sequential", "ModuleList"):
            joined = Module(first.kind)
            for number, child in enumerate((*self.elements(first), *self.elements(second))):
                module_methods.add_child(joined, str(number), child)
            return joined
        return Unknown("an operator between objects")

    def _unary(self, node: ast.UnaryOp, scope: Scope) -> Any:
        value = self.evaluate(node.operand, scope)
        if isinstance(node.op, ast.Not):
            return not self.truth(value)
        if isinstance(value, Unknown):
            return value
        if isinstance(value, Tensor):
            return self.tensor_call("neg", (value,), {}, "-{0}") if isinstance(node.op, ast.USub) else value
        if isinstance(value, int | float) and isinstance(node.op, ast.USub | ast.UAdd):
            return -value if isinstance(node.op, ast.USub) else value
        raise UserError(f"{describe(value)} has no sign here.")

    def _boolean(self, node: ast.BoolOp, scope: Scope) -> Any:
        value: Any = None
        for operand in node.values:
            value = self.evaluate(operand, scope)
            if self.truth(value) == isinstance(node.op, ast.Or):
                break
        return value

    def _compare(self, node: ast.Compare, scope: Scope) -> Any:
        first = self.evaluate(node.left, scope)
        for kind, right in zip(node.ops, node.comparators, strict=True):
            second = self.evaluate(right, scope)
            if isinstance(second, Module) and isinstance(kind, ast.In | ast.NotIn):
                second = self.elements(second) if second.kind != "Module" else list(second.attributes)
            result = self._compared(type(kind), first, second)
            if not isinstance(result, bool) or not result:
                return result
            first = second
        return True

    def _compared(self, kind: type[ast.cmpop], first: Any, second: Any) -> Any:
        tensors = [value for value in (first, second) if isinstance(value, Tensor)]
        if tensors and kind not in (ast.Is, ast.IsNot, ast.In, ast.NotIn):
            return self.tensor_call("eq", (first, second), {}, "")
        if isinstance(first, Class) and isinstance(second, Name):
            return kind in (ast.NotEq, ast.IsNot)
        return compare(kind, first, second, self.budget)

    def _conditional(self, node: ast.IfExp, scope: Scope) -> Any:
        return self.evaluate(node.body if self.truth(self.evaluate(node.test, scope)) else node.orelse, scope)

    def _sequence(self, node: ast.List | ast.Tuple | ast.Set, scope: Scope) -> Any:
        values: list[Any] = []
        for item in node.elts:
            if isinstance(item, ast.Starred):
                values += self.elements(self.evaluate(item.value, scope))
            else:
                values.append(self.evaluate(item, scope))
        if isinstance(node, ast.Set):
            return set(map(self.as_key, values))
        return values if isinstance(node, ast.List) else tuple(values)

    def _dictionary(self, node: ast.Dict, scope: Scope) -> Any:
        result: dict[Any, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            item = self.evaluate(value, scope)
            if key is not None:
                result[self.as_key(self.evaluate(key, scope))] = item
            elif isinstance(item, dict):
                self.budget.spend(len(item))
                result |= item
            else:
                raise UserError(f"** needs a dictionary, not {describe(item)}.")
        return result

    def _joined(self, node: ast.JoinedStr, scope: Scope) -> Any:
        text = ""
        for part in node.values:
            value = part.value if isinstance(part, ast.Constant) else self.evaluate(part, scope)
            if isinstance(value, Unknown):
                return value
            text += str(value)
            self.budget.spend(len(text) // 16)
        return text

    def _formatted(self, node: ast.FormattedValue, scope: Scope) -> Any:
        value = self.evaluate(node.value, scope)
        if isinstance(value, str | int | float | bool | None):
            return str(value)
        return Unknown("a text with a value that is not written here")

    def _subscript(self, node: ast.Subscript, scope: Scope) -> Any:
        return self.item(self.evaluate(node.value, scope), self.evaluate(node.slice, scope))

    def item(self, value: Any, key: Any) -> Any:
        """Return an element or a part of a value."""
        if isinstance(value, Unknown | Name | Class):
            return value
        if isinstance(key, Unknown):
            return key
        if isinstance(value, Module):
            if value.owner and isinstance(method := value.owner.lookup("__getitem__"), Function):
                return self.call(method, (value, key), {})
            return module_methods.get_item(value, key)
        if isinstance(value, Tensor):
            return self._tensor_item(value, key)
        if not isinstance(value, list | tuple | dict | str | range):
            raise UserError(f"{describe(value)} has no elements.")
        self.budget.spend(len(value) if isinstance(key, slice) else 1)
        try:
            return value[self.as_key(key)] if isinstance(value, dict) else value[key]
        except (LookupError, TypeError, ValueError):
            raise UserError(f"There is no element {describe(key)} in {describe(value)}.") from None

    def _tensor_item(self, tensor: Tensor, key: Any) -> Any:
        keys = key if isinstance(key, tuple) else (key,)
        first = keys[0] if keys else None
        if isinstance(first, Tensor) and len(keys) == 1 and first.dims is not None and tensor.dims:
            found = Effect((*first.dims, *tensor.dims[1:]), reach="lost")
            if tensor.node is None or self.machine is None:
                return Tensor(found.output)
            return self.machine.function("indexing", [tensor], lambda: found, "shape", "")
        if tensor.dims is None or not all(map(is_plain_key, keys)):
            return self.unknown_call("indexing", (tensor,), Tensor(None))
        code = f"{{0}}[{', '.join(map(slice_code, keys))}]"
        effect = index_effect(tensor.dims, keys)
        if tensor.node is None or self.machine is None:
            return Tensor(effect.output)
        return self.machine.function("indexing", [tensor], lambda: effect, "shape", code)

    @override
    def as_key(self, key: Any) -> Any:
        """Return a key of a dictionary, which must be plain."""
        self.budget.spend()
        if isinstance(key, str | int | float | bool | None | Name | Class | Module | Tensor):
            return key
        if isinstance(key, tuple):
            return tuple(map(self.as_key, key))
        raise UserError(f"{describe(key)} cannot be a key.")

    def _slice(self, node: ast.Slice, scope: Scope) -> Any:
        ends = (node.lower, node.upper, node.step)
        return slice(*(None if end is None else self.evaluate(end, scope) for end in ends))

    def _lambda(self, node: ast.Lambda, scope: Scope) -> Any:
        defaults = tuple(self.evaluate(default, scope) for default in node.args.defaults)
        return Function("a lambda", node.args, node.body, scope, defaults)

    def _walrus(self, node: ast.NamedExpr, scope: Scope) -> Any:
        value = self.evaluate(node.value, scope)
        scope.assign(node.target.id, value)
        return value

    def _comprehension(self, node: Any, scope: Scope) -> Any:
        inner = Scope({}, scope)
        rounds = self._rounds(node.generators, inner)
        if isinstance(node, ast.DictComp):
            return {self.as_key(self.evaluate(node.key, inner)): self.evaluate(node.value, inner) for _ in rounds}
        values = [self.evaluate(node.elt, inner) for _ in rounds]
        return set(map(self.as_key, values)) if isinstance(node, ast.SetComp) else values

    def _rounds(self, generators: list[ast.comprehension], scope: Scope) -> Iterator[None]:
        first, *others = generators
        for value in self.elements(self.evaluate(first.iter, scope)):
            self.budget.spend()
            self.assign(first.target, value, scope)
            if all(self.truth(self.evaluate(test, scope)) for test in first.ifs):
                if others:
                    yield from self._rounds(others, scope)
                else:
                    yield

    def _yield(self, node: ast.Yield | ast.YieldFrom, scope: Scope) -> Any:
        value = self.evaluate(node.value, scope) if node.value else None
        scope.yields += self.elements(value) if isinstance(node, ast.YieldFrom) else [value]
        return None


_EXPRESSIONS: dict[type[ast.expr], Callable[[Any, Any, Scope], Any]] = {
    ast.Constant: Expressions._constant,
    ast.Name: Expressions._name,
    ast.Attribute: Expressions._attribute,
    ast.Call: Expressions._call,
    ast.BinOp: Expressions._binary,
    ast.UnaryOp: Expressions._unary,
    ast.BoolOp: Expressions._boolean,
    ast.Compare: Expressions._compare,
    ast.IfExp: Expressions._conditional,
    ast.List: Expressions._sequence,
    ast.Tuple: Expressions._sequence,
    ast.Set: Expressions._sequence,
    ast.Dict: Expressions._dictionary,
    ast.JoinedStr: Expressions._joined,
    ast.FormattedValue: Expressions._formatted,
    ast.Subscript: Expressions._subscript,
    ast.Slice: Expressions._slice,
    ast.Lambda: Expressions._lambda,
    ast.NamedExpr: Expressions._walrus,
    ast.ListComp: Expressions._comprehension,
    ast.SetComp: Expressions._comprehension,
    ast.DictComp: Expressions._comprehension,
    ast.GeneratorExp: Expressions._comprehension,
    ast.Yield: Expressions._yield,
    ast.YieldFrom: Expressions._yield,
}
