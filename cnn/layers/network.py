"""Describe a network of layers, and measure it layer by layer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from cnn.errors import DoesNotFit
from cnn.layers.layer import NO_COST, Layer, LayerInfo, Shape, Vector, Volume
from cnn.layers.layers import Add
from cnn.layers.receptive_field import INPUT_CELL, ReceptiveField
from cnn.layers.sizes import Count

MAX_LAYERS = 200
Branch = Literal["", "main", "shortcut", "sum"]
"""The branch of a block that a layer is on, or "sum" for the addition at its end; empty outside of blocks."""


@dataclass(frozen=True)
class Block:
    """Two branches on the same input, whose outputs are added; an empty shortcut is the input itself."""

    main: tuple[Layer, ...]
    shortcut: tuple[Layer, ...] = ()

    def __str__(self) -> str:
        branches = [", ".join(map(str, branch)) for branch in (self.main, self.shortcut) if branch]
        return f"[{' | '.join(branches)}]"


@dataclass(frozen=True)
class Stage:
    """One layer at its position in a network.

    Attributes:
        layer: The layer, or the addition at the end of a block.
        info: What it makes of its input; None where it, or a layer before it, does not fit.
        problem: Why it does not fit, at the first such layer only.
        field: The receptive field in the network's input; None where units differ or depend on all of it.
        whole_input: Whether every unit depends on the whole input of the network.
        branch: The branch of a block that the layer is on.
    """

    layer: Layer
    info: LayerInfo | None
    problem: str = ""
    field: ReceptiveField | None = None
    whole_input: bool = False
    branch: Branch = ""

    @property
    def memory(self) -> Count:
        """Bytes of the output."""
        return self.info.output.memory if self.info else NO_COST


@dataclass(frozen=True)
class Network:
    """An input volume, and the layers and blocks that process it in order."""

    volume: Volume
    parts: tuple[Layer | Block, ...]

    def __str__(self) -> str:
        """Return the text that :func:`cnn.layers.network_text.parse` reads back."""
        return ", ".join(map(str, (self.volume, *self.parts)))

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers outside of blocks."""
        return tuple(part for part in self.parts if not isinstance(part, Block))

    def stages(self) -> tuple[Stage, ...]:
        """Return every layer at its position; a block is followed by its addition."""
        return _stages(self)

    def layer_infos(self) -> tuple[LayerInfo, ...]:
        """Return what each layer makes of its input.

        Raises:
            DoesNotFit: A layer does not fit; the sentence has its number.
        """
        for number, stage in enumerate(self.stages(), start=1):
            if stage.problem:
                raise DoesNotFit(f"Layer {number} does not fit. {stage.problem}")
        return tuple(stage.info for stage in self.stages() if stage.info)

    @property
    def output(self) -> Shape | None:
        """The output shape, or None if a layer does not fit."""
        end = _end(self.stages(), _Position(self.volume))
        return end.shape if end else None

    def csv(self) -> str:
        """Return a table with a line for each layer that fits, in whole numbers; bytes are those of the output."""
        lines = ["layer,way,shape,parameters,multiply-adds,bytes,receptive field,jump"]
        for stage in self.stages():
            if stage.info:
                counts = (stage.info.parameters, stage.info.multiply_adds, stage.memory)
                values = [stage.layer, stage.branch, stage.info.output, *(count.value for count in counts)]
                lines.append(",".join(map(str, [*values, *_field_columns(stage)])))
        return "\n".join(lines) + "\n"


def _field_columns(stage: Stage) -> tuple[object, object]:
    if stage.field:
        return stage.field.size, stage.field.jump
    return "all" if stage.whole_input else "", ""


@dataclass(frozen=True)
class _Position:
    """The values between two layers: their shape, and their receptive field as in :class:`Stage`."""

    shape: Shape
    field: ReceptiveField | None = INPUT_CELL
    whole_input: bool = False

    def after(self, info: LayerInfo) -> "_Position":
        """Return the position behind a layer that reads this one."""
        whole_input = self.whole_input or info.whole_input
        if whole_input or not self.field or not info.window:
            return _Position(info.output, None, whole_input)
        return _Position(info.output, self.field.extended(info.window))

    def joined(self, other: "_Position") -> "_Position":
        """Return this position with a receptive field that covers that of ``other``, too."""
        field = self.field.joined(other.field) if self.field and other.field else None
        return _Position(self.shape, field, self.whole_input or other.whole_input)


@lru_cache(maxsize=64)  # a page asks for the same network several times
def _stages(network: Network) -> tuple[Stage, ...]:
    stages: list[Stage] = []
    start = _Position(network.volume)
    for part in network.parts:
        position = _end(stages, start)
        stages += _block_stages(part, position) if isinstance(part, Block) else [_stage(part, position)]
    return tuple(stages)


def _block_stages(block: Block, start: _Position | None) -> list[Stage]:
    main = _chain_stages(block.main, start, "main")
    main_end = _end(main, start)
    shortcut_start = start if main_end else None
    shortcut = _chain_stages(block.shortcut, shortcut_start, "shortcut")
    shortcut_end = _end(shortcut, shortcut_start)
    if main_end and shortcut_end:
        addition = _stage(Add(shortcut_end.shape), main_end.joined(shortcut_end), "sum")
    else:
        addition = Stage(Add(Vector(0)), None, branch="sum")  # nothing is known of what is added
    return [*main, *shortcut, addition]


def _chain_stages(layers: Iterable[Layer], start: _Position | None, branch: Branch) -> list[Stage]:
    stages: list[Stage] = []
    for layer in layers:
        stages.append(_stage(layer, _end(stages, start), branch))
    return stages


def _stage(layer: Layer, position: _Position | None, branch: Branch = "") -> Stage:
    if position is None:
        return Stage(layer, None, branch=branch)
    try:
        info = layer.infer(position.shape)
    except DoesNotFit as error:
        return Stage(layer, None, str(error), branch=branch)
    behind = position.after(info)
    return Stage(layer, info, "", behind.field, behind.whole_input, branch)


def _end(stages: Sequence[Stage], start: _Position | None) -> _Position | None:
    """Return the position behind the last of ``stages``, or ``start``; None once a layer did not fit."""
    if not stages:
        return start
    last = stages[-1]
    return _Position(last.info.output, last.field, last.whole_input) if last.info else None
