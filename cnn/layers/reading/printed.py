"""Read what ``print(model)`` writes: layers with their arguments, but not how they are connected.

Layers are taken to follow each other as they are printed. Blocks of well-known networks, and those with layers under a
name such as ``downsample``, are connected as these are; where a row of numbers is needed, a volume is flattened.
"""

import ast
import math
import re
from typing import Any

from cnn.errors import UserError
from cnn.layers.interpreter import module_methods
from cnn.layers.interpreter.run import Run
from cnn.layers.interpreter.statements import Interpreter
from cnn.layers.operations.layer_table import LAYERS
from cnn.layers.operations.values import Builtin, Class, Module, Name, Scope, Tensor
from cnn.layers.reading import known_blocks
from cnn.layers.reading.source import MAX_CHARACTERS, Source

_LINE = re.compile(r"\s*(?:\((?P<name>[\w.-]+)\): )?(?:(?P<times>\d+) x )?(?P<kind>[\w.]+)\((?P<rest>.*)$")
_REPEATED = re.compile(r"(\d+)-(\d+)")
_NOTE = (
    "A printed model does not say how its layers are connected: they were taken in the order in which they are printed."
)
_MAX_DEPTH = 40
_MAX_COPIES = 200


def is_printed(text: str) -> bool:
    """Return whether a text looks like a printed model: a first line that opens a class, then named layers."""
    lines = text.strip().splitlines()
    return (
        len(lines) > 2
        and bool(re.fullmatch(r"[\w.]+\(\s*", lines[0]))
        and bool(re.match(r"\s+\([\w.-]+\): ", lines[1]))
    )


def read_printed(text: str) -> Source:
    """Return the network of a printed model.

    Raises:
        UserError: A line is not understood.
    """
    if len(text) > MAX_CHARACTERS:
        raise UserError(f"{len(text):,} characters are more than can be read here: use {MAX_CHARACTERS:,} or fewer.")
    run = Interpreter()
    scope = Scope({"SHORTCUTS": known_blocks.SHORTCUTS, "follow": Builtin("follow", lambda *v: _follow(run, *v))})
    run.run(ast.parse(known_blocks.SOURCE).body, scope)
    lines = [line for line in text.strip().splitlines() if line.strip()]
    _, module, rest = _Reader(run, scope.variables).read(lines, 0)
    if rest < len(lines):
        raise UserError(f"Line {rest + 1} comes after the end of the printed model: {lines[rest].strip()[:60]}")
    return Source(run, [module], (_NOTE,))


class _Reader:
    """Builds modules from the lines of a printed model."""

    def __init__(self, run: Interpreter, blocks: dict[str, Any]) -> None:
        self.run = run
        self.blocks = blocks

    def read(self, lines: list[str], start: int, depth: int = 0) -> tuple[str, Module, int]:
        """Return name and module that begin at a line, and the number of the line behind it."""
        self.run.budget.spend(20)
        found = _LINE.match(lines[start])
        if not found or depth > _MAX_DEPTH:
            raise UserError(f"Line {start + 1} is no line of a printed model: {lines[start].strip()[:60]}")
        name, kind, rest = found["name"] or "", found["kind"].rpartition(".")[2], found["rest"].rstrip()
        if rest.endswith(")") and kind != "Sequential":
            return name, self._layer(kind, rest[:-1], start), start + 1
        module = self._container(kind)
        number = start + 1
        if rest == ")":
            return name, module, number
        while number < len(lines) and lines[number].strip() != ")":
            child_name, child, number = self._child(lines, number, depth, module)
            module.attributes[child_name] = child
        if number >= len(lines):
            raise UserError(f"The bracket of {kind} in line {start + 1} is never closed: paste the whole model.")
        return name, self._finished(module), number + 1

    def _child(self, lines: list[str], number: int, depth: int, parent: Module) -> tuple[str, Module, int]:
        """Read a child; of a line such as ``(0-3): 4 x Block(`` all copies but the last are put into ``parent``."""
        name, child, after = self.read(lines, number, depth + 1)
        repeated = _REPEATED.fullmatch(name)
        if not repeated:
            return name or str(len(parent.attributes)), child, after
        first, last = int(repeated[1]), int(repeated[2])
        if not 0 <= last - first < _MAX_COPIES:
            raise UserError(
                f"Line {number + 1} repeats a block {last - first + 1:,} times, more than can be read here."
            )
        for index in range(first, last):
            _, parent.attributes[str(index)], _ = self.read(lines, number, depth + 1)
        return str(last), child, after

    def _layer(self, kind: str, arguments: str, line: int) -> Module:
        if kind not in LAYERS and arguments:  # a class of one's own that prints as the layer that it is derived from
            kind = max((each for each in LAYERS if kind.startswith(each) or kind.endswith(each)), key=len, default=kind)
        if kind not in LAYERS:
            return self._container(kind) if not arguments else Module(kind)
        module = Module(kind)
        if kind == "Identity":
            return module
        quoted = re.sub(
            r"=([A-Za-z_]\w*)", lambda word: f"={word[1]!r}" if word[1] not in _WORDS else word[0], arguments
        )
        try:
            call = ast.parse(f"f({quoted})", mode="eval").body
            assert isinstance(call, ast.Call)
            values = tuple(map(ast.literal_eval, call.args))
            keywords = {keyword.arg or "": ast.literal_eval(keyword.value) for keyword in call.keywords}
        except (SyntaxError, ValueError, AssertionError, RecursionError, MemoryError):
            raise UserError(f"Line {line + 1} has arguments of {kind} that are not read: {arguments[:60]}") from None
        known = {name: value for name, value in keywords.items() if name in LAYERS[kind].arguments}
        module_methods.initialise(module, values, known)
        return module

    def _container(self, kind: str) -> Module:
        if kind in ("Sequential", "ModuleList", "ModuleDict") or kind in LAYERS:
            return Module(kind if kind not in LAYERS else "Sequential")
        owner = self.blocks.get(kind)
        if kind in known_blocks.RESIDUAL:
            owner = self.blocks["Residual"]
        if not isinstance(owner, Class):
            owner = Class(kind, (Name("torch.nn.Module"),), {"forward": Builtin("forward", _forward)})
        return Module("Module", owner)

    def _finished(self, module: Module) -> Module:
        """Connect a block with layers on a shortcut as a residual block, unless its class is known."""
        own = module.owner is not None and isinstance(module.owner.lookup("forward"), Builtin)
        if own and len(module.attributes) > 1 and any(name in known_blocks.SHORTCUTS for name in module.attributes):
            return Module("Module", self.blocks["Residual"], module.attributes)
        return module


_WORDS = ("True", "False", "None")


def _forward(objects: Run, module: Module, value: Any) -> Any:
    """Run the layers of a block in the order in which they are printed."""
    for name, child in module.children().items():
        objects.budget.spend()
        if not name.lower().startswith("aux"):  # heads that are used in training alone
            value = _follow(objects, child, value)
    return value


def _follow(objects: Run, layer: Any, value: Any) -> Any:
    """Run one layer, or those of a list, on what comes before it; a volume before a row of numbers is flattened."""
    if isinstance(value, tuple):
        value = value[0]
    if isinstance(layer, Module) and layer.kind in ("ModuleList", "ModuleDict"):
        return _forward(objects, layer, value)
    features = _first_features(layer)
    dims = value.dims if isinstance(value, Tensor) else None
    if features and dims and len(dims) > 2 and dims[-1] != features:
        if features == dims[1]:
            value = objects.tensor_call("mean", (value, list(range(2, len(dims)))), {}, "")
        elif features == math.prod(dims[1:]):
            value = objects.tensor_call("flatten", (value, 1), {}, "torch.flatten({0}, 1)")
    return objects.call_module(layer, (value,), {})


def _first_features(layer: Any) -> int | None:
    """Return how many features in a row a module reads, if it begins with a fully connected layer."""
    if not isinstance(layer, Module):
        return None
    if layer.kind == "Linear":
        return int(layer.arguments["in_features"])
    inner = [child for child in layer.children().values() if child.kind not in ("Dropout", "Flatten")]
    return _first_features(inner[0]) if layer.kind == "Sequential" and inner else None
