"""The teacher's guide: plans that add up, a file that is what the code says, answers that torch gives too."""

import re
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn.functional import conv1d, conv2d, cross_entropy, max_pool2d

from cnn.layers import to_torch
from cnn.layers.network_text import parse
from cnn.layers.presets import PRESETS
from cnn.lecture import lesson_plans, teachers_guide
from cnn.ops import toy_inputs
from tests.support.app import printed

ROOT = Path(__file__).parents[2]
UNITS = lesson_plans.units()


def answers(page: str) -> list[str]:
    return [prompt.answer for prompt in UNITS[page].prompts]


def row(values: torch.Tensor) -> str:
    return " ".join(f"{value:g}" for value in values.flatten().tolist())


def test_the_file_is_what_the_code_says() -> None:
    assert teachers_guide.FILE.read_text(encoding="utf-8") == teachers_guide.render_guide(), (
        "run python -m cnn.lecture.teachers_guide"
    )


@pytest.mark.parametrize("plan", lesson_plans.PLANS, ids=lambda plan: plan.name)
def test_a_plan_fills_its_minutes_and_has_no_break_at_its_ends(plan: lesson_plans.LessonPlan) -> None:
    assert sum(stop.minutes for stop in plan.stops) == plan.minutes
    assert plan.stops[0].page
    assert plan.stops[-1].page


def test_the_longest_plan_uses_every_unit_once() -> None:
    assert sorted(stop.page for stop in lesson_plans.PLANS[-1].stops if stop.page) == sorted(UNITS)


def test_answers_of_the_convolutions_are_torchs() -> None:
    x, w = torch.tensor([0.0, 1, 2, 3, 3]), torch.tensor([1.0, -1, 2])
    flipped, plain, *_ = answers("convolution_1d")
    assert row(conv1d(x[None, None], w.flip(0)[None, None], padding=2)) == flipped
    assert plain.startswith(row(conv1d(x[None, None], w[None, None], padding=2)))
    image, cross = torch.tensor(toy_inputs.BINARY_IMAGE), torch.tensor(toy_inputs.CROSS)
    first, nine, *_ = answers("convolution_2d")
    found = conv2d(image.float()[None, None], cross.float()[None, None])
    assert first.startswith(f"{found[0, 0, 0, 0]:g}:")
    assert nine == f"Row by row {' / '.join(row(line) for line in found[0, 0])}."
    assert answers("pooling")[2] == " / ".join(row(line) for line in max_pool2d(found, 2, 1)[0, 0])


def test_answers_on_pooling_are_torchs() -> None:
    x = torch.tensor(toy_inputs.POOL_INPUT).float()[None, None].requires_grad_()
    out = max_pool2d(x, 2)
    out.sum().backward()
    kept, learning, _ = answers("pooling")
    assert kept.startswith(" / ".join(row(line) for line in out[0, 0]))
    assert x.grad is not None
    assert learning.startswith(f"{int((x.grad != 0).sum())} of {x.numel()}:")


def test_answers_on_sizes_are_torchs() -> None:
    sizes = [nn.Conv1d(1, 1, f, s, p)(torch.zeros(1, 1, n)).shape[-1] for n, f, s, p in ((7, 3, 1, 0), (7, 3, 2, 0))]
    first, second, uneven, *_ = answers("stride_padding")
    assert first.endswith(f"= {sizes[0]}`")
    assert second.endswith(f"= {sizes[1]}`")
    for rounded_up in (False, True):
        assert f" {nn.MaxPool1d(3, 3, ceil_mode=rounded_up)(torch.zeros(1, 1, 7)).shape[-1]}" in uneven


def test_answers_on_weights_are_torchs() -> None:
    for answer, depth in zip(answers("layer_calculator"), (3, 6), strict=True):
        layer = nn.Conv2d(depth, 6, 5)
        height, width = layer(torch.zeros(1, depth, 32, 32)).shape[2:]
        assert f"{width} × {height} × 6" in answer
        assert f"= {sum(one.numel() for one in layer.parameters())}`" in answer
    assert f"{nn.Linear(3000, 100, bias=False).weight.numel() * 1000:,}" in answers("why_cnns")[0]
    assert f"= {nn.Conv2d(3, 100, 3, bias=False).weight.numel():,}`" in answers("why_cnns")[1]


def test_answers_on_softmax_are_torchs() -> None:
    first, shifted, slide = answers("fully_connected")
    for value in torch.softmax(torch.tensor([0.0, 1, 2]), 0).tolist():
        assert f"{100 * value:.1f} %" in first
        assert f"{100 * value:.1f} %" in shifted
    scores = torch.tensor([[0.1, 0.1, 0.8]]).log()
    assert f"= {cross_entropy(scores, torch.tensor([2])):.3f}," in slide


def test_answers_on_whole_networks_are_torchs() -> None:
    shapes = printed(to_torch.torch_code(parse(PRESETS["Review (slides 43-44)"]))).splitlines()
    first, weights, products = answers("architecture_builder")
    assert shapes[0].split()[1:] == ["16", "32", "32"]
    assert "32 × 32 × 16" in first
    assert shapes[2].split()[1:] == ["16", "16", "16"]
    assert "16 × 16 × 16" in first
    assert f"{512 * 7 * 7 * 4096 + 4096:,}" in weights
    assert f"{3 * 3 * 64 * 64 * 224 * 224:,}" in products


def test_answer_on_the_view_of_a_cell_is_torchs() -> None:
    layers = [nn.Sequential(nn.Conv2d(1, 1, 3, padding=1), nn.MaxPool2d(2)) for _ in range(4)]
    net = nn.Sequential(*layers, nn.Conv2d(1, 1, 3, padding=1))
    for weight in net.parameters():
        nn.init.ones_(weight)
    reach = 0
    for _ in range(10):  # a pool passes the gradient to one cell of its window: other draws find the others
        picture = torch.rand(1, 1, 128, 128, requires_grad=True)
        net(picture)[0, 0, 4, 4].backward()
        rows = picture.grad[0, 0].abs().sum(1).nonzero()  # type: ignore[index]
        reach = max(reach, int(rows.max() - rows.min()) + 1)
    expected = int(re.match(r"\d+", answers("inside_the_network")[1]).group())  # type: ignore[union-attr]
    assert 0.75 * expected <= reach <= expected


def test_people_in_the_answer_on_prevalence_add_up() -> None:
    rare, common = answers("operating_point")
    called, right = (int(number) for number in re.findall(r"\d+", rare)[:2])
    assert (called, right) == (round(0.9 * 10 + 0.1 * 990), 9)
    assert common.startswith("450 of 500 ")
