"""A network of layers: read from one line of text, measured layer by layer, and written as PyTorch.

    32x32x3, conv 16 3 p1, relu, [conv 16 3 p1, norm, relu, conv 16 3 p1, norm], relu, max 2, flatten, fc 3, softmax

First the volume, width x height x depth; then the layers, in the words of :mod:`cnn.layers.network_text`. Brackets
are a block: what enters it is added to what its layers make of it, as in ResNet. After a bar come the layers of the
shortcut, where it has any: ``[conv 32 3 s2 p1, norm | conv 32 1 s2]``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from cnn.errors import DoesNotFit, UserError
from cnn.layers import network_text
from cnn.layers.costs import activation_bytes
from cnn.layers.layers import NO_COST, Add, Layer, LayerInfo, Shape, Volume
from cnn.layers.receptive_field import PIXEL, ReceptiveField
from cnn.layers.sizes import Count

MAX_LAYERS = 200
Branch = Literal["", "main", "shortcut", "sum"]


@dataclass(frozen=True)
class Block:
    """Two ways for the same volume, added where they meet; an empty shortcut hands on what came in."""

    main: tuple[Layer, ...]
    shortcut: tuple[Layer, ...] = ()

    def __str__(self) -> str:
        ways = [", ".join(map(network_text.written, way)) for way in (self.main, self.shortcut) if way]
        return f"[{' | '.join(ways)}]"


@dataclass(frozen=True)
class Stage:
    """One layer in its place. ``step`` is None where the layer, or one before it, does not fit.

    ``problem`` says why a layer does not fit; it stands at the first such layer only. ``field`` is the receptive
    field, None where units differ or see everything; ``everything`` tells which. ``memory`` is that of the output.
    ``way`` tells which way of a block the layer is on, or that it is the sum at its end.
    """

    layer: Layer
    step: LayerInfo | None
    problem: str = ""
    field: ReceptiveField | None = None
    everything: bool = False
    memory: Count = NO_COST
    way: Branch = ""


@dataclass(frozen=True)
class Network:
    """A volume and what it passes, layer by layer and block by block."""

    volume: Volume
    parts: tuple[Layer | Block, ...]

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers outside of blocks: all of them, where the network is a chain."""
        return tuple(part for part in self.parts if not isinstance(part, Block))

    def stages(self) -> tuple[Stage, ...]:
        """What each layer makes of what arrives, up to the first that does not fit; a block ends with its sum."""
        return _stages(self)

    def extended(self, part: str) -> "Network | None":
        """With one more layer or block, written as in :func:`read`; None if there are as many as there may be."""
        try:
            return read(f"{self.text()}, {part}")
        except UserError:
            return None

    def residual(self) -> str | None:
        """A block in words that fits behind this network; None where no volume arrives."""
        last = self.stages()[-1:]
        shape = last[0].step.after if last and last[0].step else None if last else self.volume
        if not isinstance(shape, Volume):
            return None
        convolution = f"conv {shape.depth} 3 p1, norm"
        return f"[{convolution}, relu, {convolution}]"

    def steps(self) -> tuple[LayerInfo, ...]:
        """The steps of a network whose layers all fit. Raises ``DoesNotFit`` with the number of the first that not."""
        for number, stage in enumerate(self.stages(), start=1):
            if stage.problem:
                raise DoesNotFit(f"Layer {number} does not fit. {stage.problem}")
        return tuple(stage.step for stage in self.stages() if stage.step)

    def code(self) -> str:
        """Runnable PyTorch that builds the network as ``net`` and prints the shape behind each layer.

        Raises ``DoesNotFit`` as :meth:`steps`.
        """
        steps = iter(self.steps())
        lines = [line for part in self.parts for line in _code(part, steps)]
        residual = ["", RESIDUAL, "", ""] if any(isinstance(part, Block) for part in self.parts) else []
        size = (1, *self.volume.torch_shape)
        return "\n".join([HEAD, *residual, "net = nn.Sequential(", *lines, ")", "", "", TAIL.format(size)])

    def told(self) -> str:
        """What :meth:`code` prints, line by line."""
        lines = []
        for stage, step in zip(self.stages(), self.steps(), strict=True):
            kind = "Residual" if stage.way == "sum" else stage.layer.code(step.before)[3:].split("(")[0]
            lines.append(" ".join([kind, *map(str, step.after.torch_shape)]))
        return "\n".join(lines)

    def csv(self) -> str:
        """The figures of all layers that fit, a line each, in whole numbers; bytes are those of one image's output."""
        lines = ["layer,way,shape,parameters,multiply-adds,bytes,receptive field,jump"]
        for stage in self.stages():
            if stage.step:
                step, field = stage.step, stage.field
                seen = f"{field.size},{field.jump}" if field else "all," if stage.everything else ","
                figures = (step.parameters.value, step.multiply_adds.value, stage.memory.value)
                name = f"{network_text.written(stage.layer)},{stage.way}"
                lines.append(f"{name},{step.after},{','.join(map(str, figures))},{seen}")
        return "\n".join(lines) + "\n"

    def text(self) -> str:
        """The line that :func:`read` reads back as this network."""
        parts = (str(part) if isinstance(part, Block) else network_text.written(part) for part in self.parts)
        return ", ".join([str(self.volume), *parts])


HEAD = "import torch\nfrom torch import nn\n"
RESIDUAL = """class Residual(nn.Module):
    def __init__(self, main, shortcut=()):
        super().__init__()
        self.main = nn.Sequential(*main)
        self.shortcut = nn.Sequential(*shortcut)  # empty: x itself

    def forward(self, x):
        return self.main(x) + self.shortcut(x)"""
TAIL = """def tell(layer, before, after):
    print(type(layer).__name__, *after.shape[1:])


for layer in net.modules():
    if not isinstance(layer, nn.Sequential):
        layer.register_forward_hook(tell)
net.eval()(torch.zeros{})  # (batch, depth, height, width)"""
"""What :meth:`Network.code` puts around ``net``; :mod:`cnn.layers.from_torch` knows it again."""


def _code(part: Layer | Block, steps: Iterator[LayerInfo]) -> list[str]:
    """Lines of one layer or block; takes the steps that it needs."""
    if not isinstance(part, Block):
        return [f"    {part.code(next(steps).before)},"]
    ways = [[f"            {layer.code(next(steps).before)}," for layer in way] for way in (part.main, part.shortcut)]
    next(steps)  # the sum
    lists = [line for way in ways if way for line in ("        [", *way, "        ],")]
    return ["    Residual(", *lists, "    ),"]


@dataclass(frozen=True)
class _Here:
    """How far a volume has come, and what one of its numbers sees of the picture."""

    shape: Shape
    field: ReceptiveField | None = PIXEL
    everything: bool = False


@lru_cache(maxsize=64)  # a page asks for the same network several times
def _stages(network: Network) -> tuple[Stage, ...]:
    stages: list[Stage] = []
    here: _Here | None = _Here(network.volume)

    def pass_on(layer: Layer, at: _Here | None, way: Branch = "", other: _Here | None = None) -> _Here | None:
        """Adds the stage of ``layer``; returns what is behind it, None once something does not fit."""
        if at is None:
            stages.append(Stage(layer, None, way=way))
            return None
        try:
            step = layer.through(at.shape)
            memory = step.after.memory  # refuses an output beyond what this course counts
        except DoesNotFit as error:
            stages.append(Stage(layer, None, problem=str(error), way=way))
            return None
        behind = _behind(step, at) if other is None else _met(at, other)
        stages.append(Stage(layer, step, "", behind.field, behind.everything, memory, way))
        return behind

    for part in network.parts:
        if not isinstance(part, Block):
            here = pass_on(part, here)
            continue
        ends: list[_Here | None] = []
        ways: tuple[tuple[Branch, tuple[Layer, ...]], ...] = (("main", part.main), ("shortcut", part.shortcut))
        for way, layers in ways:
            end = here if None not in ends else None
            for layer in layers:
                end = pass_on(layer, end, way)
            ends.append(end)
        main, shortcut = ends
        here = pass_on(Add(shortcut.shape if shortcut else network.volume), shortcut and main, "sum", shortcut)
    return tuple(stages)


def _behind(step: LayerInfo, at: _Here) -> _Here:
    everything = at.everything or step.everything
    field = at.field.behind(step.window) if at.field and step.window and not everything else None
    return _Here(step.after, field, everything)


def _met(main: _Here, shortcut: _Here) -> _Here:
    field = main.field.joined(shortcut.field) if main.field and shortcut.field else None
    return _Here(main.shape, field, main.everything or shortcut.everything)


def read(text: str) -> Network:
    """The network that ``text`` describes. Raises ``UserError`` naming the first part that is not understood."""
    pieces = (" ".join(piece.split()) for piece in re.split(r"([\[\]|])|[,;\n]", text.lower()) if piece)
    first, *rest = [piece for piece in pieces if piece] or [""]
    size = re.fullmatch(r"(\d{1,9}) ?x ?(\d{1,9}) ?x ?(\d{1,9})", first)
    if not size:
        raise UserError(f'A network begins with its input volume, such as 32x32x3, not "{network_text.safe(first)}".')
    count = sum(piece not in ("[", "|") for piece in rest)  # a ] stands for the sum
    if count > MAX_LAYERS:
        raise UserError(f"{count} layers are more than fit here: use {MAX_LAYERS} or fewer.")
    width, height, depth = map(int, size.groups())
    activation_bytes(depth, height, width)  # refuses sizes that no layer takes
    return Network(Volume(width, height, depth), _parts(rest))


def _parts(pieces: list[str]) -> tuple[Layer | Block, ...]:
    parts: list[Layer | Block] = []
    ways: list[list[Layer]] = []  # of the block that is open
    for piece in pieces:
        if piece == "[":
            if ways:
                raise UserError("A block holds no other block: close the first with ] before the next [.")
            ways = [[]]
        elif piece == "|":
            if len(ways) != 1 or not ways[0]:
                raise UserError("A | stands once in a block, after its layers: [conv 16 3 p1 | conv 16 1].")
            ways.append([])
        elif piece == "]":
            if not ways or not ways[-1]:
                raise UserError("A ] ends a block of at least one layer: [conv 16 3 p1].")
            parts.append(Block(*map(tuple, ways)))
            ways = []
        else:
            (ways[-1] if ways else parts).append(network_text.layer(piece))
    if ways:
        raise UserError("A [ is not closed: put a ] after the last layer of its block.")
    return tuple(parts)
