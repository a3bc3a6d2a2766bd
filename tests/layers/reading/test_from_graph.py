"""Networks that are read become the builder's: exports come back, usual code too, all else is refused in a sentence."""

import random

import pytest

from cnn.errors import UserError
from cnn.layers import to_torch
from cnn.layers.layer import Volume
from cnn.layers.network_text import parse
from cnn.layers.presets import PRESETS
from cnn.layers.reading import from_graph
from tests.layers.test_network import random_network

COLOUR = Volume(32, 32, 3)


@pytest.mark.parametrize("name", PRESETS)
def test_the_code_of_every_preset_comes_back(name: str) -> None:
    network = parse(PRESETS[name])
    assert from_graph.read_network(to_torch.torch_code(network), COLOUR)[0] == network


def test_the_code_of_random_stacks_comes_back() -> None:
    draw, found = random.Random(3), 0
    while found < 100:
        network = random_network(draw, fitting=True)
        if not any(stage.problem for stage in network.stages()):
            assert from_graph.read_network(to_torch.torch_code(network), COLOUR)[0] == network, str(network)
            found += 1


CLASS = """
class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3, padding=1)
        self.block = nn.Conv2d(width, width, 3, padding=1)
        self.fc = nn.Linear(width, 10)
    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv(x)), 2)
        x = F.relu(x + self.block(x))
        return self.fc(x.mean((2, 3)))
"""


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("net = nn.Sequential(nn.Conv2d(3, 8, (5, 5), stride=2, bias=False))", "32x32x3, conv 8 5 s2 nobias"),
        ("nn.Sequential(nn.Conv2d(3, 8, 5, padding='same'), nn.Identity())", "32x32x3, conv 8 5 p2"),
        (
            "nn.Sequential(nn.Sequential(nn.Conv2d(3, 4, 1), nn.Tanh()), nn.AvgPool2d(2))",
            "32x32x3, conv 4 1, tanh, avg 2",
        ),
        ("nn.Sequential(nn.MaxPool2d(3, 2, 1, 1, False, True), nn.Flatten())", "32x32x3, max 3 s2 p1 ceil, flatten"),
        ("nn.Sequential(nn.ConvTranspose2d(3, 4, 2, 2, 0, 1, 1, False, 1))", "32x32x3, tconv 4 2 s2 o1 nobias"),
        ("nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 10), nn.Softmax(dim=1))", "28x28x1, flatten, fc 10, softmax"),
        ("nn.Sequential(nn.Conv2d(7, 6, 3), nn.Dropout(0.123456))", "32x32x7, conv 6 3, drop 0.1235"),
        (
            CLASS,
            "32x32x3, conv 8 3 p1, relu, max 2, [conv 8 3 p1], relu, adaptive 1, flatten, fc 10",
        ),
    ],
)
def test_usual_ways_to_write_a_network_are_read(code: str, text: str) -> None:
    network, notes = from_graph.read_network(code, COLOUR)
    assert str(network) == text
    assert any(str(network.volume) in note for note in notes)  # the size of the input was guessed


@pytest.mark.parametrize(
    "code",
    [
        "nn.Sequential(nn.GELU())",
        "nn.Sequential(nn.Conv2d(3, 6, (3, 5)))",
        "nn.Sequential(nn.Conv2d(3, 6, 4, padding='same'))",
        "nn.Sequential(nn.Conv2d(3, 6, 3, padding_mode='reflect'))",
        "nn.Sequential(nn.BatchNorm2d(3, affine=False))",
        "nn.Sequential(nn.AvgPool2d(2, padding=1, count_include_pad=False))",
        "nn.Sequential(nn.Softmax(dim=0))",
        "nn.Sequential(nn.Conv1d(3, 6, 3))",
        "nn.Sequential(nn.Conv2d(3, 6, 3), nn.Conv2d(7, 6, 3))",
        CLASS.replace("x + self", "x * self"),
        "nn.Sequential(" + "nn.ReLU()," * 500 + ")",
        "x = 3",
        "",
    ],
)
def test_what_the_builder_does_not_have_is_refused_in_a_sentence(code: str) -> None:
    with pytest.raises(UserError) as refusal:
        from_graph.read_network(code, COLOUR)
    assert 10 < len(str(refusal.value)) < 300


def test_the_input_that_exported_code_states_counts() -> None:
    code = to_torch.torch_code(parse("9x7x2, conv 3 3"))
    assert from_graph.read_network(code, COLOUR)[0].volume == Volume(9, 7, 2)
