"""Attributes, calls, classes and modules of the source that is read."""

import ast
import copy
from dataclasses import replace
from typing import Any

from typing_extensions import override

from cnn.errors import UserError
from cnn.layers.interpreter import keras_layers, libraries, module_methods
from cnn.layers.interpreter.plain_values import METHODS, call_method
from cnn.layers.interpreter.run import Run
from cnn.layers.operations import functions
from cnn.layers.operations.effects import describe
from cnn.layers.operations.function_call import Call
from cnn.layers.operations.layer_table import LAYERS
from cnn.layers.operations.machine import Machine
from cnn.layers.operations.values import (
    MODULE_KINDS,
    Bound,
    Builtin,
    Class,
    Function,
    Module,
    Name,
    Scope,
    Super,
    Symbol,
    Tensor,
    Unknown,
)

_MAX_DEPTH = 50


class Objects(Run):
    """What values do when they are called or asked for an attribute."""

    @override
    def get_attribute(self, value: Any, name: str) -> Any:
        """Return an attribute.

        Raises:
            UserError: The value has none of this name.
        """
        if name.startswith("__") and name not in ("__init__", "__class__", "__name__", "__call__"):
            raise UserError(f"{name} is not read here.")
        if isinstance(value, Unknown):
            return value
        if isinstance(value, Name):
            return self._name_attribute(value, name)
        if isinstance(value, Tensor):
            return self._tensor_attribute(value, name)
        if isinstance(value, Module):
            return self._module_attribute(value, name)
        if isinstance(value, Super):
            return self._super_attribute(value, name)
        if isinstance(value, Symbol) and name == "shape":
            return keras_layers.symbol_shape(self, value)
        if isinstance(value, Class):
            return self._class_attribute(value, name)
        if isinstance(value, Function | Builtin) and name == "__name__":
            return value.name
        if isinstance(value, Bound) and name == "func":
            return value.target
        if name in ("values", "indices") and isinstance(value, tuple) and any(isinstance(v, Tensor) for v in value):
            return value[0 if name == "values" else 1]
        for kind, methods in METHODS.items():
            if isinstance(value, kind) and name in methods:
                return Builtin(name, lambda *v, **k: call_method(value, name, v, k, self.budget))
        raise UserError(f"{describe(value)} has no {name} that is read here.")

    def _name_attribute(self, value: Name, name: str) -> Any:
        if name == "__name__":
            return value.last
        return libraries.CONSTANTS.get(f"{value.path}.{name}", Name(f"{value.path}.{name}"))

    def _tensor_attribute(self, tensor: Tensor, name: str) -> Any:
        if name == "shape":
            return Unknown("a shape behind a layer that does not fit") if tensor.dims is None else tensor.dims
        if name == "ndim":
            return self.tensor_call("dim", (tensor,), {}, "")
        if name in ("data", "T", "mT"):
            return tensor if name == "data" else self.tensor_call("transpose", (tensor, -2, -1), {}, "{0}.mT")
        if name in ("is_cuda", "is_quantized", "requires_grad"):
            return False
        if name in ("device", "dtype", "grad", "layout"):
            return Unknown(f"the {name} of a tensor")

        def call(*values: Any, **keywords: Any) -> Any:
            code = libraries.call_code("{0}.", name, values, keywords, first=1)
            return self.tensor_call(name, (tensor, *values), keywords, code)

        return Builtin(name, call)

    @override
    def tensor_call(self, name: str, values: tuple[Any, ...], keywords: dict[str, Any], code: str) -> Any:
        """Run a function of tensors, as far as there is a run; shapes of constants are computed in any case."""
        return functions.run(name, Call(self.machine or Machine({}), values, dict(keywords), code))

    def _module_attribute(self, module: Module, name: str) -> Any:
        if name in module.attributes:
            return module.attributes[name]
        if name == "__class__":
            return module.owner or Name(module.kind)
        if module.owner and (found := module.owner.lookup(name)) is not None:
            return self._bind(found, module, module.owner)
        if module.kind:
            return module_methods.attribute(self, module, name)
        raise UserError(f"{module.title} has no attribute {name}.")

    def _bind(self, found: Any, module: Module, owner: Class) -> Any:
        if not isinstance(found, Function) or found.kind == "static":
            return found
        if found.kind == "property":
            return self.call(found, (module,), {})
        return Bound(found, (owner if found.kind == "class" else module,))

    def _super_attribute(self, value: Super, name: str) -> Any:
        passed = False
        for base in value.module.owner.lineage() if value.module.owner else ():
            if passed and isinstance(base, Class) and name in base.namespace:
                return self._bind(base.namespace[name], value.module, base)
            passed = passed or base is value.owner
        module = value.module
        if name == "__init__":
            fields = next((base.fields for base in value.owner.bases if isinstance(base, Class) and base.fields), ())
            return Builtin(name, lambda *v, **k: self._initialise(module, fields, v, k))
        if name in ("forward", "__call__"):
            return Builtin(name, lambda *v, **_: self.run_layer(module, v))
        return module_methods.attribute(self, module, name)

    def _class_attribute(self, owner: Class, name: str) -> Any:
        if name == "__name__":
            return owner.name
        found = owner.lookup(name)
        if found is None:
            if any(not isinstance(base, Class) for base in owner.lineage()):
                base = next(base for base in owner.lineage() if not isinstance(base, Class))
                if name == "__init__" and isinstance(base, Name):
                    return Builtin(name, lambda module, *v, **k: module_methods.initialise(module, v, k))
                if isinstance(base, Name):
                    return Name(f"{base.path}.{name}")
            raise UserError(f"{owner.name} has no {name}.")
        return Bound(found, (owner,)) if isinstance(found, Function) and found.kind == "class" else found

    @override
    def call(self, target: Any, values: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Call a value.

        Raises:
            UserError: It cannot be called, or not like this.
        """
        self.budget.spend()
        if isinstance(target, Bound):
            return self.call(target.target, (*target.arguments, *values), target.keywords | keywords)
        if isinstance(target, Function):
            return self._call_function(target, values, keywords)
        if isinstance(target, Class):
            return self.instantiate(target, values, keywords)
        if isinstance(target, Module):
            return self.call_module(target, values, keywords)
        if isinstance(target, Name):
            return libraries.call(self, target, values, keywords)
        if isinstance(target, Builtin):
            try:
                return target.call(*values, **keywords)
            except (TypeError, IndexError, AttributeError, KeyError) as error:
                raise UserError(f"{target.name} is not called like this: {error}.") from None
        if isinstance(target, Unknown):
            return self.unknown_call(target.reason, values, target)
        raise UserError(f"{describe(target)} cannot be called.")

    @override
    def unknown_call(self, kind: str, values: tuple[Any, ...], otherwise: Any) -> Any:
        """Return a tensor of unknown shape if tensors are passed to what is not known, else ``otherwise``."""
        tensors = [value for value in values if isinstance(value, Tensor) and value.node is not None]
        return self.machine.unknown(kind, tensors) if self.machine and tensors else otherwise

    def _call_function(self, function: Function, values: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        if self.depth >= _MAX_DEPTH:
            raise UserError(f"{function.name} calls itself too deeply to be read here.")
        scope = Scope(bind_arguments(function, values, keywords), function.scope)
        if function.owner:
            scope.variables["__class__"] = function.owner
            scope.variables["__self__"] = values[0] if values else None
        self.depth += 1
        self.frames.append(scope)
        try:
            if isinstance(function.body, ast.expr):
                return self.evaluate(function.body, scope)
            result = self.run_body(function.body, scope)
        finally:
            self.depth -= 1
            self.frames.pop()
        return scope.yields if function.is_generator else result

    def instantiate(self, owner: Class, values: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Return an instance of a class of the source."""
        module = Module(kind_of(owner), owner)
        initialiser = owner.lookup("__init__")
        if isinstance(initialiser, Function):
            self._call_function(initialiser, (module, *values), keywords)
        elif owner.fields:
            self._initialise(module, owner.fields, values, keywords)
        elif module.kind:
            module_methods.initialise(module, values, keywords)
        if module.kind:
            self.created.append(module)
        if isinstance(after := owner.lookup("__post_init__"), Function):
            self._call_function(after, (module,), {})
        return module

    def _initialise(
        self, module: Module, fields: tuple[str, ...], values: tuple[Any, ...], keywords: dict[str, Any]
    ) -> None:
        """Do what ``__init__`` of a dataclass with these fields does, or that of the library."""
        if not fields:
            module_methods.initialise(module, values, keywords)
            return
        given = dict(zip(fields, values, strict=False)) | keywords
        for name in fields:
            default = module.owner.lookup(name) if module.owner else None
            module.attributes[name] = given.get(name, copy.copy(default))

    @override
    def call_module(self, module: Module, values: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Run a module, or while definitions are read take note of the shape that it is run on."""
        machine = self.machine
        if any(isinstance(value, Symbol) for value in values) and not module.kind.startswith(keras_layers.PREFIX):
            return Symbol(module, tuple(value for value in values if isinstance(value, Symbol)))
        if module.kind.startswith(keras_layers.PREFIX):
            return keras_layers.call_layer(self, module, values)
        if machine is None:
            return self._try_module(module, values, keywords)
        machine.scope.append(machine.paths.get(id(module), machine.scope[-1]))
        try:
            forward = module.owner.lookup("forward") or module.owner.lookup("call") if module.owner else None
            if module.owner and forward is None:
                forward = module.owner.lookup("__call__")
            if isinstance(forward, Function):
                return self._call_function(forward, (module, *values), keywords)
            if isinstance(forward, Builtin):
                return forward.call(self, module, *values)
            return self.run_layer(module, (*values, *keywords.values()))
        finally:
            machine.scope.pop()

    def _try_module(self, module: Module, values: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Run a module on a tensor of the source, such as zeros that find out how many features a layer gives."""
        dims = next((value.dims for value in values if isinstance(value, Tensor)), None)
        if dims is None:
            return Unknown(f"what {module.title} makes of a tensor")
        if len(dims) > 1:
            self.stated.append(dims[1:])
        self.machine = Machine({})
        inputs = tuple(
            Tensor(value.dims, self.machine.builder.add_input(value.dims[1:]))
            if isinstance(value, Tensor) and value.dims
            else value
            for value in values
        )
        try:
            return _without_nodes(self.call_module(module, inputs, keywords))
        finally:
            self.machine = None

    @override
    def run_layer(self, module: Module, values: tuple[Any, ...]) -> Any:
        """Run a layer or container as the library itself does."""
        if self.machine is None:
            return Unknown(f"what {module.title} makes of a tensor")
        if module.kind == "Sequential":
            value = values[0] if values else None
            for child in module.children().values():
                self.budget.spend()
                value = self.call_module(child, value if isinstance(value, tuple) and len(value) > 1 else (value,), {})
            return value
        if module.kind in LAYERS:
            return self.machine.layer(module, values)
        if module.kind in MODULE_KINDS or not module.kind:
            raise UserError(f"{module.title} has no forward, so it cannot be called.")
        tensors = [value for value in values if isinstance(value, Tensor)]
        return self.machine.unknown(module.kind, tensors)


def _without_nodes(value: Any) -> Any:
    """Return what a trial run gave as constants, which are in no graph."""
    if isinstance(value, list | tuple):
        return type(value)(map(_without_nodes, value))
    if isinstance(value, dict):
        return {key: _without_nodes(each) for key, each in value.items()}
    return replace(value, node=None) if isinstance(value, Tensor) else value


def kind_of(owner: Class) -> str:
    """Return the module of the library that a class is derived from; empty for a plain class."""
    for base in owner.lineage():
        if isinstance(base, Name):
            if base.last in LAYERS or base.last in MODULE_KINDS:
                return base.last
            if base.last.endswith(("Module", "Model", "Layer", "Mixin", "Net")):
                return "Module"
        elif isinstance(base, Unknown) and owner.lookup("forward"):
            return "Module"
    return "Module" if owner.lookup("forward") else ""


def bind_arguments(function: Function, values: tuple[Any, ...], keywords: dict[str, Any]) -> dict[str, Any]:
    """Return the variables that a function starts with.

    Raises:
        UserError: An argument is missing, or one too many.
    """
    arguments = function.arguments
    names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    only = [argument.arg for argument in arguments.kwonlyargs]
    bound = dict(zip(names[len(names) - len(function.defaults) :], function.defaults, strict=True))
    bound |= function.keyword_defaults
    bound |= dict(zip(names, values, strict=False))
    extra = {name: value for name, value in keywords.items() if name not in (*names, *only)}
    bound |= {name: value for name, value in keywords.items() if name not in extra}
    if arguments.vararg:
        bound[arguments.vararg.arg] = tuple(values[len(names) :])
    elif len(values) > len(names):
        raise UserError(f"{function.name} takes {len(names)} arguments, not {len(values)}.")
    if arguments.kwarg:
        bound[arguments.kwarg.arg] = extra
    elif extra:
        raise UserError(f"{function.name} has no argument {next(iter(extra))}.")
    if missing := [name for name in (*names, *only) if name not in bound]:
        raise UserError(f"{function.name} needs {missing[0]}: give it a value.")
    return bound
