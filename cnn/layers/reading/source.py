"""Read a network from Python source: find it, build it, and run it on the shape of an input."""

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cnn.errors import DoesNotFit, UserError
from cnn.layers.graph import Dims, Graph
from cnn.layers.interpreter.installed_source import LibraryInterpreter
from cnn.layers.interpreter.statements import Interpreter
from cnn.layers.operations.layer_table import LAYERS, REQUIRED
from cnn.layers.operations.machine import Machine
from cnn.layers.operations.values import Class, Function, Module, Scope, Tensor

MAX_CHARACTERS = 200_000
_MAX_INPUTS = 4
_UNEXPECTED = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError)
"""What a function of tensors may raise that is called in a way that PyTorch does not know either."""
_STRANGE = "A layer or function is called in a way that is not read here."


@dataclass
class Source:
    """A network that source builds, ready to be run.

    Attributes:
        interpreter: Has read the source.
        candidates: Modules that may be the network, the likeliest first.
        notes: Sentences on what was not read.
    """

    interpreter: Interpreter
    candidates: list[Module]
    notes: tuple[str, ...] = ()

    @property
    def stated(self) -> Dims | None:
        """The shape without the batch on which the source itself runs its network."""
        return self.interpreter.stated[-1] if self.interpreter.stated else None

    def graph(self, dims: Dims) -> Graph:
        """Run the likeliest network that fits an input of this shape, or the likeliest of all."""
        run, graphs = self.interpreter, []
        if run.channels_last and dims not in run.stated and (dims[-1], *dims[:-1]) in run.stated:
            dims = (dims[-1], *dims[:-1])
        for candidate in self.candidates[:3]:
            graphs.append(run_network(run, candidate, dims, self.notes))
            if not graphs[-1].first_problem:
                return graphs[-1]
        return graphs[0]


def read_source(text: str) -> Source:
    """Read Python source, without running it, for the network that it defines.

    Raises:
        UserError: It is no Python, or defines no network.
    """
    run = LibraryInterpreter()
    tree = parse_python(text)
    scope = Scope()
    try:
        run.run_top(tree.body, scope)
        candidates = list(_candidates(run, scope, tree))
    except RecursionError:
        raise UserError("This code is nested too deeply to be read here.") from None
    except _UNEXPECTED as error:
        if isinstance(error, UserError):
            raise
        raise UserError(_STRANGE) from None
    if not candidates:
        raise UserError(_describe_nothing(scope))
    return Source(run, candidates)


def parse_python(text: str) -> ast.Module:
    """Return the syntax tree of source.

    Raises:
        UserError: It is too long, or no Python.
    """
    if len(text) > MAX_CHARACTERS:
        raise UserError(f"{len(text):,} characters are more than can be read here: use {MAX_CHARACTERS:,} or fewer.")
    lines = [line for line in text.strip("\n").split("\n") if not line.lstrip().startswith(("%", "!"))]
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    try:
        with warnings.catch_warnings(action="ignore"):
            return ast.parse("\n".join(line[indent:] for line in lines))
    except SyntaxError as error:
        raise UserError(f"Line {error.lineno or 1} is not Python that can be read: {error.msg}.") from None
    except (ValueError, RecursionError, MemoryError):
        raise UserError("This is not Python that can be read.") from None


def _candidates(run: Interpreter, scope: Scope, tree: ast.Module) -> Iterator[Module]:
    """Yield the modules that may be the network: variables from the last, then what classes and functions build."""
    seen: set[int] = set()
    found: list[Module] = []
    expression = scope.variables.pop("__expression__", None)
    for value in [expression, *reversed(list(scope.variables.values()))]:
        if _is_network(value) and id(value) not in seen:
            seen.add(id(value))
            found.append(value)
    inner = {id(child) for value in found for _, child in value.walk() if child is not value}
    outer = [value for value in found if id(value) not in inner]
    loose = [] if outer else [module for module in run.created if _is_network(module) and module.owner is not None]
    held = {id(child) for module in run.created for child in module.children().values()}
    outer += [module for module in reversed(loose) if id(module) not in seen | held | inner]
    yield from sorted(outer, key=lambda module: _preference(module))
    if not outer:
        yield from _built(run, scope, tree)


def _is_network(value: Any) -> bool:
    return (
        isinstance(value, Module)
        and (value.owner is not None or value.kind in ("Sequential", *LAYERS))
        and bool(value.kind)
    )


def _preference(module: Module) -> int:
    """Return 0 for what has layers, 1 for a single layer, which is rarely what a file is about."""
    return 0 if module.children() else 1


def _built(run: Interpreter, scope: Scope, tree: ast.Module) -> Iterator[Module]:
    """Yield what classes that no other class uses, and then functions, build without arguments, from the last."""
    used = {
        name.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for name in (node.func, *node.args, *(keyword.value for keyword in node.keywords))
        if isinstance(name, ast.Name)
    }
    makers = [
        value
        for value in reversed(list(scope.variables.values()))
        if isinstance(value, Class) or (isinstance(value, Function) and not value.name.startswith("_"))
    ]
    makers.sort(key=lambda maker: (maker.name in used, isinstance(maker, Function)))
    problem = None
    for maker in makers:
        try:
            value = run.call(maker, (), {})
        except UserError as error:
            problem = problem or UserError(f"{maker.name} cannot be built: {error}")
            continue
        if _is_network(value):
            yield value
            return
    if problem:
        raise problem


def _describe_nothing(scope: Scope) -> str:
    reasons = [value.reason for value in scope.variables.values() if hasattr(value, "reason")]
    if reasons:
        return f"No network can be read from this code: {reasons[-1].rstrip('.')}."
    return "There is no network in this: paste an nn.Sequential(...), a class with forward, or Keras layers."


def run_network(run: Interpreter, network: Module, dims: Dims, notes: tuple[str, ...] = ()) -> Graph:
    """Return the graph of a network on an input of this shape, which is without the batch."""
    machine = Machine({id(module): path for path, module in network.walk()})
    run.machine, run.depth = machine, 0
    run.budget.left = max(run.budget.left, 0) + 300_000
    problem, output = "", None
    inputs = tuple(machine.input(dims) for _ in range(_count_inputs(network)))
    try:
        output = _first_tensor(run.call_module(network, inputs, {}))
        if output is None or output.node is None:
            problem = f"{network.title} does not return a tensor that comes from its input."
    except UserError as error:
        problem = _place(machine, str(error))
    except RecursionError:
        problem = "This code is nested too deeply to be read here."
    except _UNEXPECTED:
        problem = _place(machine, _STRANGE)
    finally:
        run.machine = None
    node = output.node if output else None
    return Graph(
        tuple(machine.builder.nodes), node, other_parameters(network, machine), problem, (*notes, *machine.notes)
    )


def _place(machine: Machine, sentence: str) -> str:
    path = machine.scope[-1]
    return f"In {path}: {sentence}" if path else sentence


def _count_inputs(network: Module) -> int:
    forward = network.owner.lookup("forward") or network.owner.lookup("call") if network.owner else None
    if not isinstance(forward, Function):
        return 1
    names = [argument.arg for argument in (*forward.arguments.posonlyargs, *forward.arguments.args)]
    return max(1, min(len(names) - 1 - len(forward.defaults), _MAX_INPUTS))


def _first_tensor(value: Any) -> Tensor | None:
    """Return a network's output, the first where it has several."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return next((found for each in value if (found := _first_tensor(each))), None)
    return value if isinstance(value, Tensor) else None


def other_parameters(network: Module, machine: Machine) -> tuple[tuple[str, int], ...]:
    """Return the parameters of modules that were not run, and those that a network has by itself."""
    found: list[tuple[str, int]] = []
    for path, module in network.walk():
        for name, value in module.attributes.items():
            if isinstance(value, Tensor) and value.is_parameter and value.dims is not None:
                count = 1
                for side in value.dims:
                    count *= side
                found.append((f"{path}.{name}".lstrip("."), count))
        layer = LAYERS.get(module.kind)
        if layer and id(module) not in machine.nodes_of and module.arguments.get(layer.lazy) is not REQUIRED:
            try:
                count = layer.parameters(module.arguments).value if module.arguments else 0
            except (DoesNotFit, UserError):
                count = 0
            if count:
                found.append((path, count))
    return tuple(found)
