"""Networks of Keras: layers in a row, layers called on what others make, and models of both."""

from typing import Any

from cnn.errors import DoesNotFit, UserError
from cnn.layers.graph import Effect, Operation
from cnn.layers.interpreter import module_methods
from cnn.layers.interpreter.keras_table import KERAS, MERGES, bind, build
from cnn.layers.interpreter.run import Run
from cnn.layers.operations import functions
from cnn.layers.operations.effects import describe
from cnn.layers.operations.machine import Machine
from cnn.layers.operations.values import Builtin, Class, Module, Name, Symbol, Tensor, Unknown, is_torch_tensor

PREFIX = "keras."
_MAX_SYMBOLS = 5000


def call(run: Run, name: Name, values: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """Return what a call of a name of Keras gives.

    Raises:
        UserError: The layer does not take these arguments.
    """
    last = name.last
    _note_shape(run, keywords.get("input_shape"))
    if last in ("Input", "InputLayer"):
        before = len(run.stated)
        _note_shape(run, keywords.get("shape", keywords.get("input_shape", values[0] if values else None)))
        stated = run.stated[-1] if len(run.stated) > before else None
        return (
            Symbol(None, dims=stated)
            if last == "Input"
            else Module(PREFIX + "InputLayer", arguments=bind(last, (), {}))
        )
    if last == "Sequential":
        module = Module("Sequential")
        layers = values[0] if values else keywords.get("layers", [])
        kept = [layer for layer in run.elements(layers) if not isinstance(layer, Symbol)]
        module_methods.initialise(module, tuple(kept), {})
        run.created.append(module)
        return module
    if last == "Model" and (len(values) > 1 or "outputs" in keywords):
        return _model(run, values, keywords)
    if last in MERGES or last.title() in MERGES:
        return _merge(run, name, values, keywords)
    if last in KERAS:
        return Module(PREFIX + last, arguments=bind(last, values, keywords))
    if functions.is_known(last) and any(map(is_torch_tensor, values)):
        return run.tensor_call(last, values, {}, "")
    return Module(last) if last[:1].isupper() else Unknown(f"{name.path}, which is not known here")


def _note_shape(run: Run, shape: Any) -> None:
    """Note the shape of an input that is stated with its channels last."""
    if isinstance(shape, tuple | list) and shape and all(type(side) is int and side > 0 for side in shape):
        run.stated.append((shape[-1], *shape[:-1]))
        run.channels_last = True


def _merge(run: Run, name: Name, values: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """Return a layer that merges, or what its function such as ``add([a, b])`` makes."""
    kind = name.last if name.last in MERGES else name.last.title()
    axis = keywords.get("axis", values[0] if values and isinstance(values[0], int) else -1)
    layer = Module(PREFIX + kind, arguments={"axis": axis})
    return call_layer(run, layer, values[:1]) if name.last.islower() else layer


def call_layer(run: Run, module: Module, values: tuple[Any, ...]) -> Any:
    """Call a layer: on symbols it is noted, on tensors it is run."""
    inputs = values[0] if values else None
    inputs = tuple(inputs) if isinstance(inputs, list | tuple) else (inputs,)
    if inputs and all(isinstance(value, Symbol) for value in inputs):
        run.budget.spend(10)
        return Symbol(module, inputs)
    if run.machine is None:
        return Unknown("what a layer of Keras makes")
    tensors = [value for value in inputs if isinstance(value, Tensor)]
    if not tensors:
        raise UserError(f"{module.title} is called without a tensor.")
    return _run_layer(run, module, tensors)


def _run_layer(run: Run, module: Module, tensors: list[Tensor]) -> Any:
    name = module.kind.removeprefix(PREFIX)
    first = tensors[0]
    if name in MERGES:
        keywords: dict[str, Any] = {}
        items: tuple[Any, ...] = tuple(tensors)
        if name == "Concatenate":
            items, keywords = (list(tensors),), {"dim": _axis(module.arguments["axis"], len(first.dims or ()))}
        return run.tensor_call(MERGES[name], items, keywords, "")
    assert run.machine is not None
    path = run.machine.paths.get(id(module), run.machine.scope[-1])
    if first.dims is None:
        return run.machine.apply(Operation(name, "other", path), tensors, lambda: Effect(None))
    if "layers" not in module.attributes:
        try:
            module.attributes["layers"] = build(name, module.arguments, first.dims)
        except (DoesNotFit, IndexError) as error:
            return run.machine.apply(Operation(name, "other", path), tensors, lambda: Effect(None), str(error))
    value: Any = first
    for layer in module.attributes["layers"]:
        run.machine.paths[id(layer)] = path
        value = run.machine.layer(layer, (value,))
    return value


def _axis(axis: Any, count: int) -> int:
    """Return where an axis of a shape with channels last is in one with channels first."""
    if not isinstance(axis, int) or not -count <= axis < count:
        raise UserError(f"There is no axis {describe(axis)}.")
    place = axis % max(1, count)
    return 0 if place == 0 else 1 if place == count - 1 else place + 1


def _model(run: Run, values: tuple[Any, ...], keywords: dict[str, Any]) -> Module:
    """Return a model of the layers between its inputs and its outputs."""
    inputs = keywords.get("inputs", values[0] if values else None)
    outputs = keywords.get("outputs", values[1] if len(values) > 1 else None)
    first, last = _symbols(inputs), _symbols(outputs)
    order = _in_order(last)

    def forward(run: Run, _: Module, *tensors: Any) -> Any:
        made: dict[int, Any] = {id(symbol): tensor for symbol, tensor in zip(first, tensors, strict=False)}
        for symbol in order:
            if id(symbol) not in made and symbol.layer is not None:
                arguments = [made.get(id(each)) for each in symbol.inputs]
                made[id(symbol)] = run.call(symbol.layer, (arguments if len(arguments) > 1 else arguments[0],), {})
        return made.get(id(last[0]))

    owner = Class("Model", (Name("keras.Model"),), {"forward": Builtin("forward", forward)})
    module = Module("Module", owner)
    for symbol in order:
        if isinstance(symbol.layer, Module):
            title = symbol.layer.title.removeprefix(PREFIX).lower()
            module.attributes.setdefault(f"{title}_{len(module.attributes)}", symbol.layer)
    run.created.append(module)
    return module


def symbol_shape(run: Run, symbol: Symbol) -> Any:
    """Return the shape, channels last, of what layers will make; code asks for it while it builds."""
    machine, run.machine = run.machine, Machine({})
    try:
        made: dict[int, Any] = {}
        for each in _in_order([symbol]):
            run.budget.spend(10)
            if each.layer is None:
                made[id(each)] = run.machine.input(each.dims) if each.dims else Tensor(None)
            else:
                arguments = [made[id(source)] for source in each.inputs]
                made[id(each)] = run.call(each.layer, (arguments if len(arguments) > 1 else arguments[0],), {})
        dims = made[id(symbol)].dims if isinstance(made[id(symbol)], Tensor) else None
    finally:
        run.machine = machine
    return Unknown("the shape of what a layer makes") if dims is None else (None, *dims[2:], *dims[1:2])


def _symbols(value: Any) -> list[Symbol]:
    values = list(value) if isinstance(value, list | tuple) else [value]
    if not values or not all(isinstance(each, Symbol) for each in values):
        raise UserError("A Model of Keras needs inputs and outputs that layers have made.")
    return values


def _in_order(outputs: list[Symbol]) -> list[Symbol]:
    """Return symbols with each behind those that it is made of."""
    order: list[Symbol] = []
    seen: set[int] = set()
    waiting = [(symbol, False) for symbol in outputs]
    while waiting:
        symbol, ready = waiting.pop()
        if ready:
            order.append(symbol)
        elif id(symbol) not in seen:
            seen.add(id(symbol))
            waiting += [(symbol, True), *((each, False) for each in symbol.inputs)]
        if len(order) > _MAX_SYMBOLS:
            raise UserError(f"More than {_MAX_SYMBOLS:,} layers cannot be read here.")
    return order
