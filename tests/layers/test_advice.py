"""Every value that an error names as fitting does fit, by the rule that raised the error."""

import random
import re
from dataclasses import replace

import pytest

from cnn.errors import DoesNotFit, SizeDoesNotFit
from cnn.layers.layer import Layer, Volume
from cnn.layers.layers import Conv, ConvTranspose, Pool
from cnn.layers.network import Block, Network
from tests.support.advice import advised_values

CASES = 4000


def random_layer(draw: random.Random) -> Layer:
    size, stride, padding, dilation = draw.randint(1, 9), draw.randint(1, 5), draw.randint(0, 12), draw.randint(1, 4)
    groups = draw.choice([1, 1, 2, 3, 4])
    if draw.random() < 0.5:
        return Pool(draw.choice(["max", "average"]), size, stride, padding, dilation, draw.random() < 0.5)
    if draw.random() < 0.5:
        return Conv(draw.randint(1, 12), size, stride, padding // 4, dilation, groups)
    return ConvTranspose(draw.randint(1, 12), size, stride, padding, draw.randint(0, stride - 1), dilation, groups)


def test_every_value_offered_for_a_layer_makes_it_fit() -> None:
    draw, offered = random.Random(16), 0
    for _ in range(CASES):
        layer = random_layer(draw)
        width = draw.randint(1, 12)
        volume = Volume(width, draw.choice([width, draw.randint(1, 12)]), draw.randint(1, 12))
        try:
            layer.infer(volume)
            continue
        except DoesNotFit as error:
            sentence = str(error)
        sides = {volume.width, volume.height}
        for name, value in advised_values(sentence):
            offered += 1
            if name != "n":
                assert replace(layer, **{name: value}).infer(volume).output.memory.value, (layer, volume, sentence)
                continue
            fitting = []
            for side in sides:  # the side that the sentence is about, as long as it is
                larger = replace(volume, **{k: value for k in ("width", "height") if getattr(volume, k) == side})
                try:
                    fitting.append(layer.infer(larger))
                except DoesNotFit:
                    continue
            assert fitting, (layer, volume, sentence)
    assert offered > CASES // 4


@pytest.mark.parametrize("scale", [1, 900])
def test_two_faults_are_not_cured_by_one_value(scale: int) -> None:
    with pytest.raises(SizeDoesNotFit) as refusal:
        Conv(6, 9 * scale, groups=4).infer(Volume(5 * scale, 5 * scale, 3))
    assert not refusal.value.nearest


def test_large_prime_numbers_of_channels_are_answered_at_once() -> None:
    with pytest.raises(DoesNotFit, match="set groups to 1"):
        Conv(999_999_937, 1, groups=500_000).infer(Volume(5, 5, 999_999_929))


def test_the_projection_offered_for_a_shortcut_makes_the_addition_fit() -> None:
    draw, offered = random.Random(4), 0
    for _ in range(500):
        volume = Volume(draw.randint(1, 20), draw.randint(1, 20), draw.randint(1, 4))
        main = (Conv(draw.randint(1, 6), draw.choice([1, 3]), draw.randint(1, 3), draw.randint(0, 1)),)
        problem = Network(volume, (Block(main),)).stages()[-1].problem
        if found := re.search(r"end the shortcut with conv (\d+) 1(?: s(\d+))?", problem):
            offered += 1
            shortcut = (Conv(int(found[1]), 1, int(found[2] or 1)),)
            assert Network(volume, (Block(main, shortcut),)).output
    assert offered > 100
