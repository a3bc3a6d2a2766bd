"""Write a network as runnable PyTorch."""

from collections.abc import Iterator

from cnn.layers.layer import Layer, LayerInfo
from cnn.layers.network import Block, Network

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
"""The lines around ``net``."""


def torch_code(network: Network) -> str:
    """Return PyTorch code that builds the network as ``net``, and prints the shape behind each layer.

    Raises:
        DoesNotFit: A layer does not fit.
    """
    infos = iter(network.layer_infos())
    lines = [line for part in network.parts for line in _part_lines(part, infos)]
    residual = ["", RESIDUAL, "", ""] if any(isinstance(part, Block) for part in network.parts) else []
    input_shape = (1, *network.volume.torch_shape)
    return "\n".join([HEAD, *residual, "net = nn.Sequential(", *lines, ")", "", "", TAIL.format(input_shape)])


def expected_output(network: Network) -> str:
    """Return what :func:`torch_code` prints."""
    lines = []
    for stage, info in zip(network.stages(), network.layer_infos(), strict=True):
        module = "Residual" if stage.branch == "sum" else stage.layer.torch_code(info.input)[3:].split("(")[0]
        lines.append(" ".join([module, *map(str, info.output.torch_shape)]))
    return "\n".join(lines)


def _part_lines(part: Layer | Block, infos: Iterator[LayerInfo]) -> list[str]:
    """Return the lines of one layer or block, whose infos are the next of ``infos``."""
    if not isinstance(part, Block):
        return [f"    {part.torch_code(next(infos).input)},"]
    lines = []
    for branch in (part.main, part.shortcut):
        modules = [f"            {layer.torch_code(next(infos).input)}," for layer in branch]
        lines += ["        [", *modules, "        ],"] if branch else []
    next(infos)  # the addition
    return ["    Residual(", *lines, "    ),"]
