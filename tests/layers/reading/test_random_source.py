"""Random modules against PyTorch, layer by layer, and damaged source, which is answered in time with a sentence."""

import contextlib
import random
import time

import pytest

from cnn.errors import UserError
from cnn.layers.reading.read import read_graph
from tests.layers.reading.network_texts import HEAD, TEXTS
from tests.layers.reading.torch_judge import build, count

ACTIVATIONS = ("nn.ReLU()", "nn.LeakyReLU(0.1)", "nn.GELU()", "nn.SiLU(inplace=True)", "nn.PReLU()", "nn.Hardtanh()")
PIECES = ("*", "(", ")", "9**9", "None", "-1", "self", "x", "[0] * 10**8", "range(10**9)", ":", "=", "\n", "x.view(-1)")
CALLS = ("__import__('os').system('true')", "open('/etc/hostname')", "eval('1')", "().__class__.__bases__")


def random_layers(draw: random.Random, channels: int) -> tuple[list[str], int]:
    """A few lines that build layers, and the channels behind them."""
    lines = []
    for _ in range(draw.randint(2, 6)):
        kind, k = draw.randrange(7), draw.choice((1, 2, 3, (1, 3), (3, 2)))
        if kind <= 2:
            groups = draw.choice((1, 1, 2)) if channels % 2 == 0 else 1
            out = draw.choice((4, 6, 8, 12))
            options = f"stride={draw.choice((1, 2, (2, 1)))}, padding={draw.choice((0, 1, (1, 0)))}, groups={groups}"
            lines.append(f"nn.Conv2d({channels}, {out}, {k}, {options}, dilation={draw.choice((1, 1, 2))})")
            channels = out
        elif kind == 3:
            options = (
                f"{draw.choice((2, 3, (2, 3)))}, stride={draw.choice((1, 2))}, ceil_mode={draw.choice((True, False))}"
            )
            lines.append(f"nn.{draw.choice(('MaxPool2d', 'AvgPool2d'))}({options}, padding={draw.choice((0, 1))})")
        elif kind == 4:
            lines.append(f"nn.ConvTranspose2d({channels}, 6, {k}, stride=2, output_padding={draw.choice((0, 1))})")
            channels = 6
        elif kind == 5:
            lines.append(draw.choice((f"nn.BatchNorm2d({channels})", f"nn.GroupNorm(1, {channels})")))
        else:
            lines.append(draw.choice(ACTIVATIONS))
    return lines, channels


def random_module(draw: random.Random) -> str:
    """A class with two sequences, a branch that is added or concatenated, and a head."""
    first, middle = random_layers(draw, 3)
    second, last = random_layers(draw, middle)
    join = draw.choice(("torch.cat([y, self.side(y)], dim=1)", "y + self.side(y)", "y * torch.sigmoid(self.side(y))"))
    width = 2 * last if "cat" in join else last
    return f"""
class Net(nn.Module):
    def __init__(self, classes={draw.randint(2, 9)}):
        super().__init__()
        self.first = nn.Sequential({", ".join(first)})
        layers = [{", ".join(second)}]
        self.second = nn.Sequential(*layers)
        self.side = nn.Conv2d({last}, {last}, 3, padding="same", bias={draw.choice((True, False))})
        self.fc = nn.Linear({width} * 2 * 2, classes)

    def forward(self, x):
        y = self.second(F.relu(self.first(x)))
        y = F.adaptive_avg_pool2d({join}, 2)
        return self.fc(y.view(y.size(0), -1))

net = Net()
"""


def differs(source: str, shape: tuple[int, ...]) -> str:
    """Say what of a module is not as PyTorch has it, layer by layer and in sum; both may say that it does not fit."""
    graph = read_graph(HEAD + source, shape)
    try:
        wanted = count(build(source), shape)
    except (RuntimeError, ValueError) as error:
        return "" if graph.first_problem else f"PyTorch does not run it: {error}"
    if graph.first_problem or graph.output_dims is None:
        return f"PyTorch runs it, but here: {graph.first_problem}"
    found = {node.operation.path: node.output[1:] for node in reversed(graph.nodes[1:]) if node.output}
    layers = [path for path in wanted.shapes if found.get(path) != wanted.shapes[path]]
    totals = (graph.output_dims[1:], graph.parameters, graph.multiply_adds)
    same = totals == (wanted.output, wanted.parameters, wanted.multiply_adds)
    return "" if same and not layers else f"{layers} {totals} {wanted}"


@pytest.mark.parametrize("seed", range(5))
def test_random_modules_are_counted_as_pytorch_counts_them(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(10):
        source = random_module(draw)
        assert not differs(source, (3, draw.randint(20, 40), draw.randint(20, 40))), source


def test_damaged_source_is_answered_in_time() -> None:
    draw, texts = random.Random(3), list(TEXTS.values())
    for _ in range(150):
        source, shape = draw.choice(texts)
        for _ in range(draw.choice((1, 2, 5))):
            start = draw.randrange(len(source))
            end = start + draw.choice((0, 1, 10))
            source = source[:start] + draw.choice((*PIECES, *CALLS, source[end : end + 20])) + source[end:]
        started = time.process_time()
        with contextlib.suppress(UserError):
            read_graph(HEAD + source, shape)
        assert time.process_time() - started < 2


@pytest.mark.parametrize("call", CALLS)
def test_nothing_of_python_can_be_reached(call: str) -> None:
    source = f"import torch.nn as nn\nvalue = {call}\nnet = nn.Sequential(nn.Conv2d(3, value, 3))\n"
    try:
        graph = read_graph(source, (3, 8, 8))
    except UserError:
        return
    assert graph.first_problem


@pytest.mark.parametrize(
    "loop",
    [
        "while True:\n    pass",
        "x = [1]\nfor i in x:\n    x.append(i)",
        "x = 'a'\nwhile x:\n    x = x + x",
        "x = (1,)\nfor i in range(60):\n    x = (x, x)\ny = {x: 1}",
        "f = lambda n: f(n)\nf(1)",
        "x = 2\nwhile 1:\n    x = x ** 60",
    ],
)
def test_code_that_does_not_end_is_given_up(loop: str) -> None:
    started = time.process_time()
    graph = read_graph(f"{loop}\nimport torch.nn as nn\nnet = nn.Sequential(nn.Conv2d(1, 2, 3))\n", (1, 8, 8))
    assert time.process_time() - started < 2
    assert graph.output_dims is not None
