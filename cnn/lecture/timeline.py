"""The milestones of the lecture's timeline (slide 5) in order of time, from ``content/timeline.toml``."""

from dataclasses import dataclass
from typing import Literal

from cnn.layers.layer import Shape, Vector, Volume
from cnn.layers.layers import Activation, Dropout, Flatten
from cnn.layers.network_text import parse
from cnn.layers.presets import PRESETS
from cnn.lecture.content_files import FOLDER, read_content


@dataclass(frozen=True)
class Milestone:
    """One point of the timeline, or a span if ``until`` is set; ``question_stem`` completes "In which year ...?".

    Its figure is that of a ``network`` (a preset's name or its text), of ``layers`` ("name WxHxD" or "name features")
    that no text of a network describes, or a ``sketch`` of an idea. ``figure`` is its caption.
    """

    name: str
    year: int
    summary: str
    story: str
    source: str
    question_stem: str = ""
    until: int | None = None
    points: tuple[str, ...] = ()
    figure: str = ""
    network: str = ""
    layers: tuple[str, ...] = ()
    sketch: Literal["recurrence", "residual"] | None = None

    @property
    def years(self) -> str:
        """The year, or first and last year of a span."""
        return f"{self.year}–{self.until}" if self.until else f"{self.year}"

    def volumes(self) -> tuple[tuple[str, Shape], ...]:
        """Return name and shape of input and layers, without layers that keep the shape; empty without a network."""
        if not self.network:
            return tuple(_read_layer(text) for text in self.layers)
        network = parse(PRESETS.get(self.network, self.network))
        changing = [
            (str(layer).split()[0], info.output)
            for layer, info in zip(network.layers, network.layer_infos(), strict=True)
            if not isinstance(layer, Activation | Dropout | Flatten)
        ]
        return (("input", network.volume), *changing)


@dataclass(frozen=True)
class ErrorRate:
    """The best entry of one year's ImageNet competition: its top-5 error in percent, and whether it is a CNN."""

    year: int
    name: str
    percent: float
    cnn: bool


@dataclass(frozen=True)
class _Errors:
    source: str
    rate: tuple[ErrorRate, ...]


@dataclass(frozen=True)
class _Timeline:
    milestone: tuple[Milestone, ...]
    imagenet: _Errors


_CONTENT = read_content(FOLDER / "timeline.toml", _Timeline)
TIMELINE = _CONTENT.milestone
IMAGENET, IMAGENET_SOURCE = _CONTENT.imagenet.rate, _CONTENT.imagenet.source


def _read_layer(text: str) -> tuple[str, Shape]:
    name, shape = text.rsplit(" ", 1)
    sizes = [int(size) for size in shape.split("x")]
    return name, Vector(*sizes) if len(sizes) == 1 else Volume(*sizes)
