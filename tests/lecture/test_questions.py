"""Questions: the answer is torch's, each known slip is recognised, and no slip is ever the right answer."""

import itertools
import math
import random
import re

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from cnn.errors import DoesNotFit, UserError
from cnn.layers import network_text, to_torch
from cnn.layers.layer import Volume
from cnn.layers.layers import Conv, ConvTranspose, Pool
from cnn.layers.presets import PRESETS
from cnn.layers.sizes import Window
from cnn.lecture.questions.dense_vs_conv import ask_dense_vs_conv
from cnn.lecture.questions.fully_connected import ask_fully_connected
from cnn.lecture.questions.gradient_descent import ask_corner, ask_next_weight
from cnn.lecture.questions.layer_sizes import (
    ask_filter_depth,
    ask_layer,
    ask_output_numbers,
    ask_output_size,
    ask_parameters,
)
from cnn.lecture.questions.networks import ask_chain, ask_receptive_field
from cnn.lecture.questions.output_cells import ask_cell, ask_pooled_cell
from cnn.lecture.questions.question import NO_FIT, Question, read_number
from cnn.lecture.questions.quiz import draw_quiz
from cnn.ops.convolution import conv1d, conv2d
from cnn.ops.filter_task import FilterTask, backward_pass
from cnn.ops.gradients import full_convolution
from cnn.ops.pooling import pool2d
from cnn.ops.softmax import softmax


def assert_sound(question: Question) -> None:
    """What must hold for every question."""
    right, sentence = question.check(question.answer)
    assert right
    assert question.why in sentence
    for value, slip in question.mistakes.items():
        assert question.check(value) == (False, f"Not quite. {slip}")
    far = max(map(abs, [question.answer, *question.mistakes])) + 7
    assert question.check(far) == (False, f"Not quite: {far:.10g} is not it. {question.hint}")


def slip(question: Question, given: float) -> str:
    right, sentence = question.check(given)
    assert not right
    return sentence


def test_the_lectures_answers_to_what_does_not_divide_are_right_too() -> None:
    question = ask_output_size(7, Window(3, 3))
    for answer in (2, 2.33, 7 / 3, NO_FIT):
        right, sentence = question.check(answer)
        assert right, answer
        assert "rounds down to 2; with ceil_mode=True it takes 3." in sentence
    divides = ask_output_size(7, Window(3, 2))
    assert not divides.accepted
    assert not divides.check(NO_FIT)[0]
    assert not ask_filter_depth(3, 7, 8, 5).check(NO_FIT)[0]


def test_size_answers_are_torch_s() -> None:
    draw = random.Random(3)
    asked = 0
    for _ in range(150):
        n, f, s, p, d = (draw.randint(1, top) for top in (12, 5, 4, 3, 2))
        for rule, layer in (
            ("floor", nn.Conv1d(1, 1, f, s, p, d, device="meta")),
            ("ceil", nn.MaxPool1d(f, s, p, d, ceil_mode=True)),
        ):
            try:
                question = ask_output_size(n, Window(f, s, p, d), rule)
                theirs = layer(torch.empty(1, 1, n, device="meta")).shape[-1]
            except (DoesNotFit, RuntimeError):
                continue
            assert question.answer == theirs
            assert_sound(question)
            asked += 1
    assert asked > 100


@pytest.mark.parametrize(
    ("question", "wrong", "reason"),
    [
        (ask_output_size(11, Window(3, 2, 2)), 5, "forgot 2P"),
        (ask_output_size(11, Window(3, 2, 2)), 13, "forgot the stride"),
        (ask_output_size(11, Window(3, 2, 2)), 6, "+ 1"),
        (ask_output_size(11, Window(3, 1, 2)), 11, "once"),
        (ask_output_size(7, Window(3, 3)), 3, "rounded up"),
        (ask_output_size(7, Window(3, 3), "ceil"), 2, "rounded down"),
        (ask_output_size(5, Window(2, 2, 1), "ceil"), 4, "drops"),
        (ask_output_size(20, Window(3, 1, 0, 3)), 18, "dilation"),
        (ask_parameters(3, 6, 5), 156, "forgot the depth"),
        (ask_parameters(3, 6, 5), 450, "forgot the biases"),
        (ask_parameters(3, 6, 5), 900, "bias for each weight"),
        (ask_parameters(3, 6, 5), 76, "one filter"),
        (ask_filter_depth(3, 7, 8, 5), 3, "depth of the image"),
        (ask_filter_depth(3, 7, 8, 5), 8, "how many filters the layer has"),
        (ask_output_numbers((28, 28), 6, 3), 28 * 28 * 6 * 3, "input's depth"),
    ],
)
def test_the_usual_slips_are_named(question: Question, wrong: float, reason: str) -> None:
    assert_sound(question)
    assert reason in slip(question, wrong)


def test_parameters_are_counted_as_torch_does_and_slips_named() -> None:
    for c, k, f in itertools.product((1, 3, 8), (1, 6, 16), (1, 3, 5)):
        question = ask_parameters(c, k, f)
        assert question.answer == sum(p.numel() for p in nn.Conv2d(c, k, f, device="meta").parameters())
        assert_sound(question)
    assert ask_filter_depth(3, 7, 8, 5).answer == nn.Conv2d(7, 8, 5).weight.shape[1] == 7
    assert ask_output_numbers((28, 28), 6, 3).answer == nn.Conv2d(3, 6, 5)(torch.zeros(1, 3, 32, 32)).numel()


def test_cells_in_1d_are_numpy_s_and_the_other_convention_is_named() -> None:
    x, w = [0, 1, 2, 3, 3], [1, -1, 2]
    for seed in range(20):
        for flip, theirs in ((True, np.convolve(x, w)), (False, np.correlate(x, w, "full"))):
            question = ask_cell(conv1d(x, w, flip=flip), seed)
            place = int(re.search(r"number (\d+)", question.prompt)[1]) - 1
            assert question.answer == theirs[place]
            assert_sound(question)
            other = (np.correlate(x, w, "full") if flip else np.convolve(x, w))[place]
            assert ("did not flip" if flip else "You flipped") in slip(question, other)


def test_cells_in_2d_are_torch_s_and_bias_and_depth_are_named() -> None:
    draw = np.random.default_rng(1)
    named = set()
    for seed in range(20):
        x, w, b = draw.integers(-3, 4, (3, 5, 6)), draw.integers(-2, 3, (2, 3, 3, 2)), np.array([10, -20])
        question = ask_cell(conv2d(x, w, b, (Window(3, 2, 1), Window(2, 2, 1))), seed)
        k, i, j = (int(re.search(rf"{word} (\d+)", question.prompt)[1]) - 1 for word in ("filter", "row", "column"))
        theirs = F.conv2d(*(torch.tensor(a, dtype=torch.float64) for a in (x, w, b)), padding=1, stride=2)
        assert question.answer == theirs[k, i, j]
        assert_sound(question)
        named |= {text.split(":")[0] for text in question.mistakes.values()}
    assert {"You forgot the bias.", "You forgot the depth", "You flipped the kernel"} <= named


def test_why_is_a_sum_that_python_agrees_with() -> None:
    for seed in range(20):
        question = ask_cell(conv1d([0.5, -1, 2, 3], [1, -1.5, 2]), seed)
        left, right = question.why.rstrip(".").split(" = ")
        assert eval(left) == pytest.approx(float(right), abs=1e-4)


@pytest.mark.parametrize("kind", ["max", "average", "lp"])
def test_pooled_cells_are_torch_s(kind: str) -> None:
    x = np.array([[5, 6, 7, 8], [2, 10, 4, 11], [7, 9, 3, 5], [8, 6, 7, 1]], dtype=float)
    layer = {"max": nn.MaxPool2d(2), "average": nn.AvgPool2d(2), "lp": nn.LPPool2d(2, 2)}[kind]
    theirs = layer(torch.tensor(x)[None, None])[0, 0]
    for seed in range(8):
        question = ask_pooled_cell(pool2d(x, Window(2, stride=2), kind), seed)
        i, j = (int(re.search(pattern, question.prompt)[1]) - 1 for pattern in (r"row (\d+)", r"column (\d+)"))
        assert question.answer == pytest.approx(theirs[i, j].item())
        assert_sound(question)
    if kind == "max":
        assert any("average" in text for text in question.mistakes.values())


def test_two_decimals_are_enough_where_there_are_more() -> None:
    question = Question("?", 1 / 3, "A third.", "Divide.", {2 / 3: "That is the rest."})
    assert question.check(0.33)[0]
    assert not question.check(0.3)[0]
    assert question.check(0.67) == (False, "Not quite. That is the rest.")


def test_questions_on_the_fully_connected_layer_are_answered_as_torch_does() -> None:
    prompts = set()
    for seed in range(1, 61):
        question = ask_fully_connected(seed)
        assert_sound(question)
        prompts.add(question.prompt)
        given = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", question.prompt)]
        if "e^z" in question.prompt:
            logits, asked = torch.tensor(given[:3]).log(), int(given[-1])
            assert question.answer == pytest.approx(torch.softmax(logits, 0)[asked - 1].item())
        elif "gradient" in question.prompt:
            z = torch.tensor(given[:3]).log().requires_grad_()
            F.cross_entropy(z, torch.tensor(int(given[3]) - 1)).backward()
            assert question.answer == pytest.approx(z.grad[int(given[4]) - 1].item(), abs=1e-6)
        elif "fully connected" in question.prompt:
            width, height, depth, classes = map(int, given)
            layer = nn.Linear(width * height * depth, classes, device="meta")
            assert question.answer == sum(p.numel() for p in layer.parameters())
        else:
            depth, height, width, _, channel, row, column = map(int, given)
            volume = torch.arange(depth * height * width).reshape(depth, height, width)
            assert question.answer == volume[channel, row, column]
    assert len(prompts) > 30


@pytest.mark.parametrize("scores", [(0, 0, math.log(8)), (1000, 1001, 1002), (-500, -501)])
def test_the_first_question_on_the_page_is_on_its_own_scores(scores: tuple[float, ...]) -> None:
    example = softmax([str(score) for score in scores], scores, 0.5)
    question = ask_fully_connected(1, example)
    assert_sound(question)
    asked = int(question.prompt.rstrip("?").split()[-1]) - 1
    theirs = torch.softmax(torch.tensor(scores, dtype=torch.float64) / 0.5, 0)
    assert question.answer == pytest.approx(theirs[asked].item())


def test_questions_on_a_layer_are_on_its_width_and_on_what_it_learns() -> None:
    volume = Volume(32, 20, 3)
    convolved = nn.Conv2d(3, 8, 5, 2, 2)(torch.zeros(3, 20, 32))
    assert ask_layer(Conv(8, 5, 2, 2), volume, 1).answer == convolved.shape[2]
    assert ask_layer(Conv(8, 5), volume, 2).answer == sum(p.numel() for p in nn.Conv2d(3, 8, 5).parameters())
    assert ask_layer(Conv(9, 5, groups=3), volume, 2).answer == 28
    pooled = nn.MaxPool2d(3, 2, ceil_mode=True)(torch.zeros(3, 20, 32))
    assert ask_layer(Pool("max", 3, 2, ceil_mode=True), volume, 2).answer == pooled.shape[2]
    assert ask_layer(ConvTranspose(8, 5), volume, 1) is None


def test_questions_on_why_there_are_cnns() -> None:
    prompts = set()
    for seed in range(1, 41):
        question = ask_dense_vs_conv(seed)
        assert_sound(question)
        prompts.add(question.prompt)
        given = [int(number) for number in re.findall(r"\d+", question.prompt)]
        if "hidden nodes" in question.prompt:
            width, height, depth, hidden = given
            layer = nn.Linear(width * height * depth, hidden, bias=False, device="meta")
            assert question.answer == layer.weight.numel()
        elif "grows" in question.prompt:
            small, large = (nn.Linear(n * n * 3, 2, device="meta").weight.numel() for n in (given[0], given[2]))
            assert question.answer == large / small == 4
        elif "convolution with" in question.prompt:
            _, _, depth, filters, kernel_size, _ = given
            assert question.answer == nn.Conv2d(depth, filters, kernel_size, device="meta").weight.numel()
        else:
            assert question.answer == given[0] * given[1] * 3
    assert len(prompts) > 15


def test_a_receptive_field_is_as_wide_as_the_gradient_of_one_output() -> None:
    for layers in ([Window(3)] * 3, [Window(5), Window(2, stride=2), Window(5)], [Window(3), Window(2, stride=2)]):
        question = ask_receptive_field(layers)
        assert_sound(question)
        pixels = torch.zeros(1, 1, 1, 60, requires_grad=True)
        x = pixels
        for one in layers:
            x = F.conv2d(x, torch.ones(1, 1, 1, one.kernel_size), stride=one.stride)
        x[..., 5].sum().backward()
        assert question.answer == (pixels.grad != 0).sum()
    assert "forgot the stride" in slip(ask_receptive_field([Window(3), Window(2, stride=2), Window(3)]), 6)


def test_questions_on_the_review_s_chain_are_answered_by_torch() -> None:
    network = network_text.parse(PRESETS["Review (slides 43-44)"])
    scope: dict[str, nn.Sequential] = {}
    exec(to_torch.torch_code(network).split("def tell")[0], scope)
    net = scope["net"]
    shapes = []
    x = torch.zeros(1, 3, 32, 32)
    for layer in net:
        x = layer(x)
        shapes.append(tuple(x.shape[1:]))
    learning = sum(any(True for _ in layer.parameters()) for layer in net)
    pooled = [shape for shape, layer in zip(shapes, net, strict=True) if isinstance(layer, nn.MaxPool2d)]
    weighed = next(layer.in_features for layer in net if isinstance(layer, nn.Linear))
    wanted = [weighed, learning, int(np.prod(shapes[0])), pooled[-1][-1]]
    for seed, answer in enumerate(wanted, start=1):
        question = ask_chain(network, seed)
        assert_sound(question)
        assert question.answer == answer
    assert wanted == [1024, 3, 16384, 8]


def test_a_mixed_quiz_is_ten_sound_questions_of_ten_topics_drawn_by_its_number() -> None:
    orders, prompts = set(), set()
    for number in range(1, 200):
        asked = draw_quiz(number)
        assert len(asked) == 10
        assert len({one.page for one in asked}) == 10
        for one in asked:
            assert_sound(one.question)
            assert one.question.mistakes
        orders.add(tuple(one.page for one in asked))
        prompts.add(tuple(one.question.prompt for one in asked))
    assert len(orders) > 150
    assert len(prompts) == 199
    for one, again in zip(draw_quiz(5), draw_quiz(5), strict=True):
        assert (one.page, one.question) == (again.page, again.question)


def test_cells_of_a_mixed_quiz_follow_from_the_numbers_shown_with_them() -> None:
    for number in range(1, 60):
        for one in draw_quiz(number):
            if one.page == "convolution_1d":
                x, w = (given.numbers[0] for given in one.operands)
                full = np.convolve(x, w) if "flipped" in one.question.prompt else np.correlate(x, w, "full")
                assert one.question.answer == full[one.question.cell[2]]
            elif one.page == "convolution_2d":
                x, w = (torch.tensor(given.numbers)[None, None] for given in one.operands)
                assert one.question.answer == F.conv2d(x, w)[0][one.question.cell]
            elif one.page == "pooling":
                x = torch.tensor(one.operands[0].numbers)[None]
                pool = F.max_pool2d if "max" in one.question.prompt else F.avg_pool2d
                assert one.question.answer == pytest.approx(pool(x, 2)[one.question.cell].item())


def test_questions_on_a_filter_that_learns_are_answered_by_autograd() -> None:
    """The weight after a step of torch's SGD on the mean over all pairs, and a corner of dL/dx of one pair."""
    named = set()
    for seed in range(12):
        task, rate = FilterTask("hidden", seed), 0.05
        step = task.steps(rate, 1)[0]
        passed = backward_pass(task, step.weight, 0)
        x = torch.tensor(np.array(task.inputs))[:, None].requires_grad_()
        w, target = (torch.tensor(values)[None, None] for values in (step.weight, task.weights))
        w.requires_grad_()
        F.mse_loss(F.conv2d(x, w), F.conv2d(x.detach(), target)).backward()
        question = ask_next_weight(step, rate, passed.weight_gradient.output[0], seed)
        assert_sound(question)
        named |= {*question.mistakes.values()}
        row, column = (int(re.search(rf"{word} (\d+)", question.prompt)[1]) - 1 for word in ("row", "column"))
        assert question.answer == pytest.approx((w - rate * w.grad)[0, 0, row, column].item())
        corner = ask_corner(full_convolution(passed.errors, passed.weight), seed)
        assert_sound(corner)
        # The loss of one pair is three times its share of the mean over three pairs.
        assert corner.answer == pytest.approx(3 * x.grad[0, 0][corner.cell[1:]].item())
        assert {*corner.cell[1:]} <= {0, 5}
    assert {"You forgot the learning rate.", "You added the gradient, which goes uphill: subtract it."} <= named


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (" 7 ", 7),
        ("-2.5", -2.5),
        ("−2,33", -2.33),
        ("0,333", 0.333),
        ("7/3", 7 / 3),
        ("-7 / 2", -3.5),
        (".5", 0.5),
        ("12,345,678", 12345678),
        ("1 234", 1234),
    ],
)
def test_a_typed_number_is_read_as_it_was_meant(text: str, number: float) -> None:
    assert read_number(text) == number


@pytest.mark.parametrize(
    "text", ["", "32x32x3", "7//3", "7/0", "1,5,7", "2,333", "12,3456,789", "1.2.3", "1e9", "nan", "9" * 99]
)
def test_what_is_no_number_or_may_be_two_is_refused(text: str) -> None:
    with pytest.raises(UserError):
        read_number(text)
