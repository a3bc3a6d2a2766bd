"""PyTorch code read without running it: exports come back, usual ways to write a network, all else refused."""

import random
import tracemalloc
from pathlib import Path

import pytest

from cnn.errors import UserError
from cnn.layers import from_torch, to_torch
from cnn.layers.from_torch import TorchImport
from cnn.layers.layers import Volume
from cnn.layers.network import MAX_LAYERS
from cnn.layers.network_text import parse
from cnn.layers.presets import PRESETS
from tests.layers.test_network import random_network

COLOUR = Volume(32, 32, 3)


@pytest.mark.parametrize("name", PRESETS)
def test_the_code_of_every_preset_comes_back(name: str) -> None:
    network = parse(PRESETS[name])
    assert from_torch.parse(to_torch.torch_code(network), COLOUR) == TorchImport(network)


def test_the_code_of_random_stacks_comes_back() -> None:
    draw = random.Random(3)
    found = 0
    while found < 200:
        network = random_network(draw, fitting=True)
        if not any(stage.problem for stage in network.stages()):
            assert from_torch.parse(to_torch.torch_code(network), COLOUR) == TorchImport(network), str(network)
            found += 1


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (
            "torch.nn.Sequential(torch.nn.Conv2d(3, 16, 3, padding=1), torch.nn.ReLU(inplace=True))",
            "32x32x3, conv 16 3 p1, relu",
        ),
        (
            "net = nn.Sequential(nn.Conv2d(in_channels=3, out_channels=8, kernel_size=(5, 5), stride=2, bias=False))",
            "32x32x3, conv 8 5 s2 nobias",
        ),
        (
            "import torch.nn as nn\n"
            "nn.Sequential(nn.Conv2d(3, 8, 5, 2, 1, 2, 1, True), nn.MaxPool2d(2), nn.Identity())",
            "32x32x3, conv 8 5 s2 p1 d2, max 2",
        ),
        (
            'nn.Sequential(nn.Conv2d(3, 8, 5, padding="same"), nn.Conv2d(8, 8, 3, padding="valid"))',
            "32x32x3, conv 8 5 p2, conv 8 3",
        ),
        (
            'Sequential(OrderedDict([("a", Conv2d(3, 8, 3)), ("b", BatchNorm2d(8, eps=1e-3, momentum=0.01))]))',
            "32x32x3, conv 8 3, norm",
        ),
        (
            "nn.Sequential(nn.Sequential(nn.Conv2d(3, 4, 1), nn.Tanh()), nn.AvgPool2d((2, 2), stride=(2, 2)))",
            "32x32x3, conv 4 1, tanh, avg 2",
        ),
        (
            "nn.Sequential(nn.MaxPool2d(3, 2, 1, 1, False, True), nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(1, -1))",
            "32x32x3, max 3 s2 p1 ceil, adaptive 1, flatten",
        ),
        ("nn.Sequential(nn.ConvTranspose2d(3, 4, 2, 2, 0, 1, 1, False, 1))", "32x32x3, tconv 4 2 s2 o1 nobias"),
        (
            "nn.Sequential(nn.Flatten(), nn.Linear(3072, 10), nn.Dropout(), nn.Sigmoid(), nn.Softmax(dim=1))",
            "32x32x3, flatten, fc 10, drop 0.5, sigmoid, softmax",
        ),
        ("nn.Sequential(nn.Flatten(), nn.Linear(784, 10))", "28x28x1, flatten, fc 10"),  # a usual picture is found
        ("nn.Sequential(nn.Conv2d(1, 6, 5), nn.Flatten(), nn.Linear(6*24*24, 10))", None),
        ("nn.Sequential(nn.Conv2d(1, 6, 5), nn.Flatten(), nn.Linear(3456, 10))", "28x28x1, conv 6 5, flatten, fc 10"),
        ("nn.Sequential(nn.Dropout(0.123456))", "32x32x3, drop 0.1235"),
    ],
)
def test_usual_ways_to_write_a_network_are_read(code: str, text: str | None) -> None:
    if text is None:
        with pytest.raises(UserError, match="not a plain number"):
            from_torch.parse(code, COLOUR)
    else:
        assert str(from_torch.parse(code, COLOUR).network) == text
        assert parse(text) == from_torch.parse(code, COLOUR).network


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("nn.Sequential(nn.GELU())", r"“nn.GELU” cannot be read"),
        ("nn.Sequential(evil.nn.ReLU())", r"“evil.nn.ReLU” cannot be read"),
        ("nn.Sequential(nn.ReLU().eval())", r"“nn.ReLU\(\).eval” cannot be read"),
        ("__import__('os').system('touch owned')", "is not read here"),
        ("nn.Sequential(__import__('os').system('touch owned'))", "cannot be read"),
        ("nn.Sequential(nn.Conv2d(3, 6, __import__('os').system('touch owned')))", "not a plain number"),
        ("nn.Sequential(nn.Conv2d(3, 6, [k for k in (3,)][0]))", "not a plain number"),
        ("nn.Sequential(nn.Conv2d(3, 6, 9**9**9**9))", "not a plain number"),
        ("nn.Sequential(*layers)", r"“\*layers” is not a layer"),
        ("nn.Sequential(nn.Conv2d(3, 6, k))", "“k” in nn.Conv2d"),
        ("nn.Sequential(nn.Conv2d(3, 6))", "needs kernel_size"),
        ("nn.Sequential(nn.Conv2d(3, 6, 3, 1, 0, 1, 1, True, 'zeros', None))", "“None” cannot be read as an argument"),
        ("nn.Sequential(nn.Conv2d(3, 6, 3, kernel_size=3))", "“kernel_size=3” cannot be read as an argument"),
        ("nn.Sequential(nn.Conv2d(3, 6, **{'kernel_size': 3}))", "cannot be read as an argument"),
        ("nn.Sequential(nn.Conv2d(3, 6, 3, depth=3))", "“depth=3” cannot be read as an argument"),
        ("nn.Sequential(nn.Conv2d(3, 6, (3, 5)))", r"“kernel_size=\(3, 5\)” cannot be read"),
        ("nn.Sequential(nn.Conv2d(3, 6, -3))", "“kernel_size=-3” cannot be read"),
        ("nn.Sequential(nn.Conv2d(3, 6, True))", "“kernel_size=True” cannot be read"),
        ("nn.Sequential(nn.Conv2d(3, 10**9, 3))", "not a plain number"),
        ("nn.Sequential(nn.Conv2d(3, 1000000000, 3))", "below a billion"),
        ("nn.Sequential(nn.Conv2d(3, 6, 3, padding_mode='reflect'))", "use zeros"),
        ("nn.Sequential(nn.Conv2d(3, 6, 4, padding='same'))", "odd kernel"),
        ("nn.Sequential(nn.BatchNorm2d(3, affine=False))", "use True"),
        ("nn.Sequential(nn.Softmax())", "needs dim"),
        ("nn.Sequential(nn.Softmax(dim=0))", "use 1"),
        ("nn.Sequential(nn.Dropout(2))", "from 0 to 1"),
        ("nn.Sequential(nn.Conv2d(3, 6, 3), nn.Conv2d(7, 6, 3))", "reads 7 channels, but 6 arrive"),
        ("nn.Sequential(nn.Flatten(), nn.Linear(99, 3))", "reads 99 numbers, but 3,072 arrive"),
        ("nn.Sequential(Residual([Residual([nn.ReLU()])]))", "Residual takes"),
        ("nn.Sequential(Residual(nn.ReLU()))", "Residual takes"),
        ("class Residual: pass\nnn.Sequential(Residual([nn.ReLU()]))", "class Residual"),
        ("nn.Sequential(nn.ReLU())\nnn.Sequential(nn.ReLU())", "Two networks"),
        ("nn.Sequential(nn.ReLU())\nnet[0] = nn.GELU()", "is not read here"),
        ("nn.Sequential(OrderedDict(a=nn.ReLU()))", "list of pairs"),
        ("nn.Sequential(OrderedDict([('a', nn.ReLU())], b=nn.Tanh()))", "list of pairs"),
        ("nn.Sequential(OrderedDict([('a', nn.ReLU()), ('a', nn.Tanh())]))", "different names"),
        ("nn.Sequential(nn.AvgPool2d(2, divisor_override=0))", "divisor_override=0"),
        ("nn.Sequential(nn.AvgPool2d(2, count_include_pad=None))", "count_include_pad=None"),
        ("nn.Sequential(nn.ReLU(inplace=3))", "inplace=3"),
        ("nn.Sequential(a=nn.ReLU())", "takes layers alone"),
        ("x = 3", "is not read here"),
        ("", "no nn.Sequential"),
        ("nn.Sequential(nn.ReLU()", "not Python"),
        ("(" * 5000, "not Python"),
        ("-" * 40_000 + "1", "not Python"),
        ("nn.Sequential(" * 90 + ")" * 90 + "\x00", "not Python"),
        ("nn.Sequential(" + "nn.ReLU()," * 500 + ")", f"{MAX_LAYERS} or fewer"),
        ("z" * 100_000, "characters are more"),
    ],
)
def test_all_else_is_refused_by_name_and_never_run(code: str, said: str, tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    tracemalloc.start()
    with pytest.raises(UserError, match=said) as refusal:
        from_torch.parse(code, COLOUR)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 * 2**20
    assert len(str(refusal.value)) < 250
    assert not list(tmp_path.iterdir())


def test_the_input_that_exported_code_states_counts() -> None:
    code = to_torch.torch_code(parse("9x7x2, conv 3 3"))
    assert from_torch.parse(code, COLOUR).network.volume == Volume(9, 7, 2)
    for wrong in ("torch.zeros(1, 2, 7, 0)", "torch.zeros(1, 2, 7, 999999999)"):
        with pytest.raises(UserError, match="must lie between"):
            from_torch.parse(code.replace("torch.zeros(1, 2, 7, 9)", wrong), COLOUR)
    with pytest.raises(UserError, match="reads 2 channels, but 5 arrive"):
        from_torch.parse(code.replace("torch.zeros(1, 2, 7, 9)", "torch.zeros(1, 5, 7, 9)"), COLOUR)


def test_what_does_not_fit_is_left_to_be_shown_in_its_place() -> None:
    network = from_torch.parse("nn.Sequential(nn.Conv2d(3, 6, 9999), nn.ReLU())", COLOUR).network
    assert "longer than the input" in network.stages()[0].problem


EXPORTED = to_torch.torch_code(parse("8x8x3, avg 2 p1"))


@pytest.mark.parametrize(
    ("module", "noted"),
    [
        ("nn.AvgPool2d(2, padding=1, count_include_pad=False)", ["count_include_pad=False"]),
        ("nn.AvgPool2d(2, count_include_pad=False)", []),  # without padding there is nothing to count
        ("nn.AvgPool2d(2, 2, 0, False, True, 3)", ["divisor_override=3"]),
        ("nn.AvgPool2d(2, padding=1, count_include_pad=True, divisor_override=None)", []),
        ("nn.BatchNorm2d(3, eps=1e-3, momentum=None)", ["eps=0.001", "momentum=None"]),
        ("nn.BatchNorm2d(3, 1e-5, 0.1, True)", []),
        ("nn.ReLU(True)", ["inplace=True"]),
        ("nn.Dropout(0.123456, inplace=True)", ["inplace=True", "rounded to 0.1235"]),
        ("nn.Identity()", ["nn.Identity"]),
        ("nn.Sequential(nn.Tanh())", ["inside another"]),
        ("nn.MaxPool2d(2, return_indices=False)", []),
    ],
)
def test_what_is_dropped_or_changed_is_noted(module: str, noted: list[str]) -> None:
    code = EXPORTED.replace("nn.AvgPool2d(2, stride=2, padding=1)", module)
    assert module in code
    notes = from_torch.parse(code, COLOUR).notes
    assert len(notes) == len(noted)
    for note, words in zip(notes, noted, strict=True):
        assert words in note


def test_names_and_foreign_imports_are_noted() -> None:
    code = "from mine import Conv2d\nSequential(OrderedDict([('a', Conv2d(3, 8, 3))]))"
    notes = from_torch.parse(code, COLOUR).notes
    assert [any(words in note for note in notes) for words in ("from mine import Conv2d", "names")] == [True, True]


@pytest.mark.parametrize(
    ("code", "guess"),
    [
        ("nn.Sequential(nn.Conv2d(3, 6, 3))", "32x32x3"),
        ("nn.Sequential(nn.Conv2d(7, 6, 3))", "32x32x7"),
        ("nn.Sequential(nn.Flatten(), nn.Linear(784, 10))", "28x28x1"),
        ("nn.Sequential(nn.Conv2d(3, 6, 9999))", "32x32x3"),
    ],
)
def test_a_guessed_input_size_is_noted(code: str, guess: str) -> None:
    imported = from_torch.parse(code, COLOUR)
    assert str(imported.network.volume) == guess
    assert any(guess in note for note in imported.notes)
