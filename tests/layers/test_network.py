"""Networks: random stacks against torch, the exported code, the line of text, what does not fit or is no network."""

import contextlib
import math
import random
import tracemalloc

import pytest
import torch
from torch import Tensor, nn

from cnn.errors import DoesNotFit, UserError
from cnn.layers import to_torch
from cnn.layers.layer import Layer, Volume
from cnn.layers.layers import Activation, AdaptivePool, BatchNorm, Conv, Dropout, Flatten, Linear, Softmax
from cnn.layers.network import MAX_LAYERS, Block, Network
from cnn.layers.network_text import insert, parse, residual_block
from cnn.layers.presets import PRESETS
from cnn.layers.receptive_field import ReceptiveField
from tests.layers.test_layers import random_layer, theirs
from tests.layers.test_presets import built


def random_part(draw: random.Random) -> Layer | Block:
    """Any layer, or a block of one to three layers, most of which keep the shape, with or without a shortcut."""
    others = [
        Activation("relu"),
        Activation("tanh"),
        BatchNorm(),
        Dropout(0.25),
        Softmax(),
        Flatten(),
        AdaptivePool(draw.randint(1, 3)),
        Linear(draw.randint(1, 5), draw.random() < 0.5),
    ]
    chance = draw.random()
    if chance < 0.4:
        return random_layer(draw)
    if chance < 0.85:
        return draw.choice(others)
    depth, stride = draw.randint(1, 4), draw.randint(1, 2)
    keeping = [Activation("relu"), BatchNorm(), Dropout(0.25), Conv(depth, 3, 1, 1), random_layer(draw)]
    main = (Conv(depth, 3, stride, 1), *draw.choices(keeping, weights=(3, 3, 1, 3, 1), k=draw.randint(0, 2)))
    projection = (Conv(depth, 1, stride),)
    return Block(main, draw.choice([(), projection, projection, (draw.choice(keeping),)]))


def random_network(draw: random.Random, fitting: bool) -> Network:
    """2 to 12 layers as they come, or only such as are said to fit."""
    network = Network(Volume(draw.randint(6, 20), draw.randint(6, 20), draw.randint(1, 4)), ())
    length = draw.randint(2, 12)
    while len(network.stages()) < length:
        longer = Network(network.volume, (*network.parts, random_part(draw)))
        stages = longer.stages()
        if len(stages) <= 12 and not (fitting and any(stage.problem for stage in stages)):
            network = longer
    return network


class Refused(Exception):
    """Torch runs it, and the course does not."""


def torch_layer(layer: Layer, x: Tensor) -> Tensor:
    """What the layer makes of ``x`` in torch. Raises what torch raises, or ``Refused``."""
    plain = {
        Activation: lambda a: {"relu": nn.ReLU(), "tanh": nn.Tanh()}[a.name],
        Dropout: lambda _: nn.Dropout(0.25),
        BatchNorm: lambda _: nn.BatchNorm2d(x.shape[1]),
        Softmax: lambda _: nn.Softmax(dim=1),
        AdaptivePool: lambda a: nn.AdaptiveAvgPool2d(a.size),
        Flatten: lambda _: nn.Flatten(),
        Linear: lambda a: nn.Linear(math.prod(x.shape[1:]), a.out_features, a.bias),
    }
    make = plain.get(type(layer))
    module = make(layer) if make else theirs(layer, x.shape[1])
    if x.dim() == 2 and not isinstance(layer, (Activation, Dropout, Softmax, Flatten, Linear)):
        raise Refused  # torch takes a row for one picture without a batch
    if isinstance(layer, Linear) and x.dim() == 4 and x.shape[1:3] == (1, 1):
        raise Refused  # here the whole volume happens to be as wide as its last side
    after = module.eval()(x)
    if not after.numel():
        raise Refused  # torch lets a transposed convolution leave a volume without a single number
    return after


def torch_shapes(network: Network) -> list[tuple[int, ...]]:
    """Shapes as torch gives them, up to the first layer that it refuses; every block has one more for its sum."""
    shapes: list[tuple[int, ...]] = []

    def passed(layers: tuple[Layer, ...], x: Tensor) -> Tensor:
        for layer in layers:
            x = torch_layer(layer, x)
            shapes.append(tuple(x.shape[1:]))
        return x

    x = torch.zeros(1, *network.volume.torch_shape)
    try:
        for part in network.parts:
            if not isinstance(part, Block):
                x = passed((part,), x)
                continue
            main, shortcut = passed(part.main, x), passed(part.shortcut, x)
            if main.shape != shortcut.shape:
                raise Refused  # torch may stretch a side of 1 to fit
            x = main + shortcut
            shapes.append(tuple(x.shape[1:]))
    except (RuntimeError, ValueError, Refused):
        pass
    return shapes


def test_random_stacks_are_accepted_exactly_as_far_as_torch_runs_them() -> None:
    draw = random.Random(7)
    whole = blocks = ran = 0
    for number in range(400):
        network = random_network(draw, fitting=number % 5 < 2)
        stages = network.stages()
        assert 2 <= len(stages) <= 12
        ours = [stage.info.output.torch_shape for stage in stages if stage.info]
        assert ours == torch_shapes(network), str(network)
        assert parse(str(network)) == network
        if len(ours) == len(stages):
            whole += 1
            blocks += any(stage.branch == "sum" for stage in stages)
            if ran < 80:
                ran += 1
                assert built(network, "cpu")[1] == to_torch.expected_output(network)
        else:
            with pytest.raises(DoesNotFit, match=f"Layer {len(ours) + 1} does not fit"):
                to_torch.torch_code(network)
    assert 140 < whole < 280
    assert blocks > 40
    assert ran == 80


def test_what_follows_a_layer_that_does_not_fit_has_no_figures() -> None:
    stages = parse("8x8x3, conv 4 9, relu, flatten, fc 2").stages()
    assert "longer than the input" in stages[0].problem
    assert [stage.info for stage in stages] == [None] * 4
    assert [stage.problem for stage in stages[1:]] == [""] * 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "begins with its input volume"),
        ("32x32, conv 3 3", "begins with its input volume"),
        ("8x8x3, import os", "not a layer"),
        ("8x8x3, __import__('os').system('x')", "not a layer"),
        ("8x8x3, conv 3", "2 whole numbers"),
        ("8x8x3, conv 3 -1", "2 whole numbers"),
        ("8x8x3, conv 3 3 q2", "means nothing to conv"),
        ("8x8x3, relu 3", "takes nothing"),
        ("8x8x3, drop x", "needs a probability"),
        ("8x8x3, drop 0.12345", "up to 4 decimals"),
        ("8x8x3, conv 1000000000 3", "at most 999,999,999"),
        ("8x8x3, fc 1000000000", "at most 999,999,999"),
        ("8x8x3, conv 3 3 d99999999999999999", "at most 999,999,999"),
        ("8x8x" + "9" * 5000 + ", relu", "at most 999,999,999"),
        ("8x8x3, conv 3 3 p1 p2", "second time"),
        ("8x8x3, max 2 ceil ceil", "second time"),
        ("8x8x3, [relu", "not closed"),
        ("8x8x3, relu]", "ends a block"),
        ("8x8x3, []", "ends a block"),
        ("8x8x3, [[relu]]", "no other block"),
        ("8x8x3, relu | relu", "stands once"),
        ("8x8x3, [relu | relu | relu]", "stands once"),
        ("8x8x3" + ", [" * 500, "no other block"),
        ("8x8x3" + ", relu" * 500, f"{MAX_LAYERS} or fewer"),
        ("8x8x3, " + "z" * 100_000, "not a layer"),
    ],
)
def test_text_that_is_no_network_is_refused_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises(UserError, match=said) as refusal:
        parse(text)
    assert len(str(refusal.value)) < 200


def test_numbers_out_of_range_are_refused_where_they_stand() -> None:
    for text in (
        "0x8x3, relu",
        "999999999x999999999x3, conv 3 3",
        "8x8x3, conv 9 3, conv 9 999999999",
        "8x8x3, conv 3 3 s0",
        "8x8x3, flatten, fc 0",
        "8x8x3, adaptive 0",
        "9999x9999x99, flatten",
        "9999x9999x3, tconv 1 2 s2",
        "9x9x3, adaptive 10000, conv 99999 1, flatten",
        "8x8x3, conv 0 3",
    ):
        with pytest.raises(DoesNotFit):
            parse(text).layer_infos()


def test_a_block_adds_up_two_ways() -> None:
    stages = parse("8x8x4, [conv 6 3 s2 p1, norm | conv 6 1 s2], relu").stages()
    assert [stage.branch for stage in stages] == ["main", "main", "shortcut", "sum", ""]
    assert [stage.field.size for stage in stages if stage.field] == [3, 3, 1, 3, 3]
    assert "end the shortcut with conv 6 1 s2" in parse("8x8x4, [conv 6 3 s2 p1], relu").stages()[1].problem
    parse("8x8x4, [conv 6 3 s2 p1 | conv 6 1 s2], relu").layer_infos()


def test_a_sum_sees_what_its_ways_see_and_nothing_is_said_where_their_steps_differ() -> None:
    apart = parse("9x9x1, [conv 1 3 | conv 1 5 p1]").stages()[-1]  # one reads from cell 0 on, the other from -1
    assert apart.field == ReceptiveField(5, 1, -1)
    assert parse("3x3x1, [conv 1 3 | conv 1 1 s3]").stages()[-1].field is None


def test_a_block_fits_behind_whatever_volume_arrives() -> None:
    for text in ("8x8x3, conv 5 3", "8x8x3"):
        network = parse(text)
        longer = insert(network, len(network.parts), residual_block(network) or "")
        assert longer
        assert longer.layer_infos()
    assert residual_block(parse("8x8x3, flatten")) is None
    assert residual_block(parse("8x8x3, conv 5 9")) is None
    assert insert(parse("8x8x3" + ", relu" * MAX_LAYERS), 1, "relu") is None


@pytest.mark.parametrize(
    "text",
    [
        "9999x9999x99",
        "9999x9999x999999999",
        "9999x9999x3, conv 999999999 9999 p4999",
        "9999x9999x3, flatten, fc 999999999",
        "9999x9999x3, tconv 9 9999 s9999",
        "9x9x9, adaptive 10000, adaptive 9999",
        "8x8x3" + ", relu" * 100_000,
        "8x8x3, " + "[" * 100_000,
        *PRESETS.values(),
    ],
)
def test_no_network_takes_much_memory(text: str) -> None:
    tracemalloc.start()
    with contextlib.suppress(UserError):
        network = parse(text)
        _ = network.stages(), network.csv(), str(network), residual_block(network)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 * 2**20


def test_the_spelling_of_the_slides_is_understood() -> None:
    assert parse("32 x 32 x 3; CONV 16 3 P1, ReLU; MAX 2") == parse("32x32x3, conv 16 3 p1, relu, max 2")
