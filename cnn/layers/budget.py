"""An exercise: a network for small colour pictures within a budget of parameters, multiply-adds and depth."""

from dataclasses import dataclass

from cnn.layers.layer import Vector, Volume
from cnn.layers.network import Network
from cnn.text import typeset_shape

VOLUME, CLASSES = Volume(32, 32, 3), 10
MAX_PARAMETERS, MAX_MULTIPLY_ADDS, LEAST_FIELD = 100_000, 10_000_000, 24


@dataclass(frozen=True)
class Demand:
    """One demand of the exercise, what the network has, and whether that is enough."""

    text: str
    actual: str
    is_met: bool


def demands(network: Network) -> tuple[Demand, ...]:
    """Return what the exercise asks for, compared with a network."""
    infos = [stage.info for stage in network.stages() if stage.info]
    parameters = sum(info.parameters.value for info in infos)
    products = sum(info.multiply_adds.value for info in infos)
    fields = [
        stage.field.size
        for stage in network.stages()
        if stage.field and stage.info and isinstance(stage.info.output, Volume)
    ]
    widest = max(fields, default=1)
    output = network.output
    return (
        Demand(
            f"input {typeset_shape(VOLUME)}, output {CLASSES} classes",
            f"now input {typeset_shape(network.volume)}, output {typeset_shape(output) if output else 'none'}",
            network.volume == VOLUME and output == Vector(CLASSES),
        ),
        Demand(f"fewer than {MAX_PARAMETERS:,} parameters", f"{parameters:,}", parameters < MAX_PARAMETERS),
        Demand(f"fewer than {MAX_MULTIPLY_ADDS:,} multiply-adds", f"{products:,}", products < MAX_MULTIPLY_ADDS),
        Demand(
            f"a receptive field of at least {LEAST_FIELD} pixels before flatten",
            f"{widest}",
            widest >= LEAST_FIELD,
        ),
    )
