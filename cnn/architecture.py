"""A stack of layers: read from one line of text, measured layer by layer, and written as PyTorch.

    32x32x3, conv 16 3 p1, relu, max 2, flatten, fc 3, softmax

First the volume, width x height x depth; then the layers. Numbers without a letter must be given, those with one are
left out where they are usual: ``s`` stride, ``p`` padding, ``d`` dilation, ``g`` groups, ``o`` output padding.
Only chains can be written down: a network with branches, such as ResNet, cannot.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from cnn.arithmetic import Count, ReceptiveField, Window, activation_bytes, receptive_field
from cnn.errors import DoesNotFit, UserError
from cnn.layers import (
    NOTHING,
    Activation,
    AdaptivePool,
    BatchNorm,
    Conv,
    Dropout,
    Flatten,
    Layer,
    Linear,
    Pool,
    Shape,
    Softmax,
    Step,
    Transposed,
    Volume,
)

MAX_LAYERS = 60
PRESETS: dict[str, str] = {
    "Review (slides 43-44)": (
        "32x32x3, conv 16 3 p1, relu, max 2, conv 16 3 p1, relu, max 2, flatten, fc 3, softmax"
    ),
    "LeNet-5": (
        "32x32x1, conv 6 5, tanh, avg 2, conv 16 5, tanh, avg 2, flatten, fc 120, tanh, fc 84, tanh, fc 10"
    ),
    "AlexNet": (
        "224x224x3, conv 64 11 s4 p2, relu, max 3 s2, conv 192 5 p2, relu, max 3 s2, conv 384 3 p1, relu, "
        "conv 256 3 p1, relu, conv 256 3 p1, relu, max 3 s2, adaptive 6, flatten, drop 0.5, fc 4096, relu, drop 0.5, "
        "fc 4096, relu, fc 1000"
    ),
    "VGG-16": (
        "224x224x3, "
        + "".join(
            f"conv {width} 3 p1, relu, " * repeats + "max 2, "
            for width, repeats in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
        )
        + "adaptive 7, flatten, fc 4096, relu, drop 0.5, fc 4096, relu, drop 0.5, fc 1000"
    ),
    "lecture, our own": (
        "128x128x1, "
        + "".join(f"conv {width} 3 p1, relu, max 2, " for width in (16, 32, 64, 96, 128))
        + "flatten, fc 2"
    ),
}
"""AlexNet and VGG-16 as in torchvision, which adds the adaptive pool; ``lecture`` as in :mod:`cnn.models`."""


@dataclass(frozen=True)
class Stage:
    """One layer in its place. ``step`` is None where the layer, or one before it, does not fit.

    ``problem`` says why a layer does not fit; it stands at the first such layer only. ``field`` is the receptive
    field, None where units differ or see everything; ``everything`` tells which. ``memory`` is that of the output.
    """

    layer: Layer
    step: Step | None
    problem: str = ""
    field: ReceptiveField | None = None
    everything: bool = False
    memory: Count = NOTHING


@dataclass(frozen=True)
class Network:
    """A volume and the layers that it passes."""

    volume: Volume
    layers: tuple[Layer, ...]

    def stages(self) -> tuple[Stage, ...]:
        """What each layer makes of what arrives, up to the first that does not fit."""
        return _stages(self)

    def extended(self, part: str) -> "Network | None":
        """With one more layer, written as in :func:`read`; None if there are as many as there may be."""
        longer = Network(self.volume, (*self.layers, _layer(part)))
        return longer if len(longer.layers) <= MAX_LAYERS else None

    def steps(self) -> tuple[Step, ...]:
        """The steps of a network whose layers all fit. Raises ``DoesNotFit`` with the number of the first that not."""
        for number, stage in enumerate(self.stages(), start=1):
            if stage.problem:
                raise DoesNotFit(f"Layer {number} does not fit. {stage.problem}")
        return tuple(stage.step for stage in self.stages() if stage.step)

    def code(self) -> str:
        """Runnable PyTorch that builds the network as ``net`` and prints the shape behind each layer.

        Raises ``DoesNotFit`` as :meth:`steps`.
        """
        lines = [f"    {layer.code(step.before)}," for layer, step in zip(self.layers, self.steps(), strict=True)]
        return "\n".join(
            [
                "import torch",
                "from torch import nn",
                "",
                "net = nn.Sequential(",
                *lines,
                ")",
                f"x = torch.zeros{(1, *self.volume.torch_shape)}  # (batch, depth, height, width)",
                "for layer in net.eval():",
                "    x = layer(x)",
                '    print(type(layer).__name__, *x.shape[1:], sep=" ")',
            ]
        )

    def told(self) -> str:
        """What :meth:`code` prints, line by line."""
        steps = self.steps()
        kinds = [layer.code(step.before)[3:].split("(")[0] for layer, step in zip(self.layers, steps, strict=True)]
        return "\n".join(
            " ".join([kind, *map(str, step.after.torch_shape)]) for kind, step in zip(kinds, steps, strict=True)
        )

    def csv(self) -> str:
        """The figures of all layers that fit, a line each, in whole numbers; bytes are those of one image's output."""
        lines = ["layer,shape,parameters,multiply-adds,bytes,receptive field,jump"]
        for layer, stage in zip(self.layers, self.stages(), strict=True):
            if stage.step:
                step, field = stage.step, stage.field
                seen = f"{field.size},{field.jump}" if field else "all," if stage.everything else ","
                figures = (step.parameters.value, step.multiply_adds.value, stage.memory.value)
                lines.append(f"{written(layer)},{step.after},{','.join(map(str, figures))},{seen}")
        return "\n".join(lines) + "\n"

    def text(self) -> str:
        """The line that :func:`read` reads back as this network."""
        return ", ".join([str(self.volume), *(written(layer) for layer in self.layers)])


@lru_cache(maxsize=64)  # a page asks for the same network several times
def _stages(network: Network) -> tuple[Stage, ...]:
    stages: list[Stage] = []
    shape: Shape = network.volume
    windows: list[Window] | None = []
    everything, broken = False, False
    for layer in network.layers:
        if broken:
            stages.append(Stage(layer, None))
            continue
        try:
            step = layer.through(shape)
            memory = step.after.memory  # refuses an output beyond what this course counts
        except DoesNotFit as error:
            stages.append(Stage(layer, None, problem=str(error)))
            broken = True
            continue
        everything = everything or step.everything
        windows = [*windows, step.window] if windows is not None and step.window else None
        field = receptive_field(windows)[-1] if windows and not everything else None
        stages.append(Stage(layer, step, field=field, everything=everything, memory=memory))
        shape = step.after
    return tuple(stages)


def read(text: str) -> Network:
    """The network that ``text`` describes. Raises ``UserError`` naming the first part that is not understood."""
    first, *parts = [" ".join(part.split()) for part in re.split(r"[,\n]", text.strip().strip(","))]
    size = re.fullmatch(r"(\d{1,9})x(\d{1,9})x(\d{1,9})", first)
    if not size:
        raise UserError(f'A network begins with its input volume, such as 32x32x3, not "{_safe(first)}".')
    if len(parts) > MAX_LAYERS:
        raise UserError(f"{len(parts)} layers are more than fit here: use {MAX_LAYERS} or fewer.")
    width, height, depth = map(int, size.groups())
    activation_bytes(depth, height, width)  # refuses sizes that no layer takes
    return Network(Volume(width, height, depth), tuple(_layer(part) for part in parts if part))


_WORDS: dict[str, tuple[tuple[str, ...], str, tuple[str, ...], Callable[..., Layer]]] = {
    "conv": (("out_channels", "kernel_size"), "spdg", ("nobias",), Conv),
    "tconv": (("out_channels", "kernel_size"), "spodg", ("nobias",), Transposed),
    "max": (("kernel_size",), "spd", ("ceil",), Pool),
    "avg": (("kernel_size",), "spd", ("ceil",), Pool),
    "adaptive": (("size",), "", (), AdaptivePool),
    "fc": (("out_features",), "", ("nobias",), Linear),
    "flatten": ((), "", (), Flatten),
    "norm": ((), "", (), BatchNorm),
    "softmax": ((), "", (), Softmax),
    "relu": ((), "", (), Activation),
    "tanh": ((), "", (), Activation),
    "sigmoid": ((), "", (), Activation),
}
"""For each word: numbers that must be given, letters of those that may, flags that may follow, and the layer."""
_LETTERS = {"s": "stride", "p": "padding", "d": "dilation", "g": "groups", "o": "output_padding"}
_USUAL = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "output_padding": 0}


def _layer(part: str) -> Layer:
    word, *rest = part.split()
    if word == "drop" and len(rest) == 1 and re.fullmatch(r"\d?\.?\d{1,4}", rest[0]):
        return Dropout(float(rest[0]))
    if word not in _WORDS:
        known = ", ".join([*_WORDS, "drop"])
        raise UserError(f'"{_safe(part)}" is not a layer: use one of {known}.')
    needed, letters, flags, build = _WORDS[word]
    given: dict[str, object] = {}
    numbers = rest[: len(needed)]
    if len(numbers) < len(needed) or not all(re.fullmatch(r"\d{1,9}", number) for number in numbers):
        example = " ".join([word, *("3" for _ in needed)])
        raise UserError(f'"{_safe(part)}" needs {len(needed)} whole numbers after its name, such as {example}.')
    given |= {name: int(number) for name, number in zip(needed, numbers, strict=True)}
    for extra in rest[len(needed) :]:
        named = re.fullmatch(r"([a-z])(\d{1,9})", extra)
        if named and named[1] in letters:
            given[_LETTERS[named[1]]] = int(named[2])
        elif extra in flags:
            given |= {"bias": False} if extra == "nobias" else {"ceil": True}
        else:
            allowed = ", ".join([*(f"{letter}1" for letter in letters), *flags]) or "nothing"
            raise UserError(f'"{_safe(extra)}" means nothing to {word}, which takes {allowed} here.')
    if build is Pool:
        given = {"kind": "max" if word == "max" else "average", "stride": given["kernel_size"]} | given
    if build is Activation:
        given = {"name": word}
    return build(**given)


def written(layer: Layer) -> str:
    """The words of one layer, without what is usual."""
    if isinstance(layer, Dropout):
        return f"drop {layer.probability:g}"
    word = next(
        word
        for word, (*_, build) in _WORDS.items()
        if type(layer) is build
        and (not isinstance(layer, Activation) or layer.name == word)
        and (not isinstance(layer, Pool) or (layer.kind == "max") == (word == "max"))
    )
    needed, letters, flags, _ = _WORDS[word]
    parts = [word, *(str(getattr(layer, name)) for name in needed)]
    for letter in letters:
        name = _LETTERS[letter]
        usual = layer.kernel_size if isinstance(layer, Pool) and name == "stride" else _USUAL[name]
        value = getattr(layer, name)
        parts += [f"{letter}{value}"] if value != usual else []
    parts += ["nobias"] if "nobias" in flags and not layer.bias else []  # type: ignore[attr-defined]
    parts += ["ceil"] if "ceil" in flags and layer.ceil else []  # type: ignore[attr-defined]
    return " ".join(parts)


def _safe(text: str) -> str:
    """At most 40 characters, none of which Markdown would act upon."""
    plain = re.sub(r"[^\w\s.-]", "?", text)
    return plain if len(plain) <= 40 else f"{plain[:40]}..."
