"""What recurrent layers make of a sequence: (batch, steps, features) or, without ``batch_first``, steps first."""

from cnn.errors import DoesNotFit
from cnn.layers.graph import Dims, Effect
from cnn.layers.operations import effects
from cnn.layers.operations.effects import Arguments, whole
from cnn.layers.sizes import Count


def effect(arguments: Arguments, dims: Dims) -> Effect:
    """Return what a recurrent layer makes of a sequence."""
    if len(dims) != 3:
        raise DoesNotFit(f"it reads sequences of features, but a shape of {effects.show(dims)} arrives.")
    effects.require_channels("input_size", whole(arguments, "input_size"), dims[2])
    hidden = arguments.get("proj_size") or whole(arguments, "hidden_size")
    return Effect((*dims[:2], hidden * (2 if arguments["bidirectional"] else 1)), reach="all")


def parameters(gates: int, arguments: Arguments) -> Count:
    """Return the parameters of a recurrent layer whose cells have this many gates."""
    hidden, inputs = whole(arguments, "hidden_size"), whole(arguments, "input_size")
    ways = 2 if arguments["bidirectional"] else 1
    out = arguments.get("proj_size") or hidden
    count = 0
    for _ in range(min(whole(arguments, "num_layers"), 1000)):
        count += ways * gates * hidden * (inputs + out + (2 if arguments["bias"] else 0))
        count += ways * hidden * out if arguments.get("proj_size") else 0
        inputs = out * ways
    return Count(count, f"{count:,}")


def state_dims(arguments: Arguments, output: Dims | None) -> Dims | None:
    """Return the shape of the last hidden state of a recurrent layer: layers and directions, batch, features."""
    if output is None:
        return None
    ways = 2 if arguments["bidirectional"] else 1
    layers = whole(arguments, "num_layers") * ways
    return (layers, output[0 if arguments["batch_first"] else 1], output[-1] // ways)
