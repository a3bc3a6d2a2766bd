"""What the lesson plans are made of: pages opened in one fixed state, questions on them, and the answers, computed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlencode

import numpy as np

from cnn.evaluation import operating_point
from cnn.layers import costs, dense_vs_conv, presets, sizes
from cnn.layers import network as architecture
from cnn.layers.layers import Conv, Volume
from cnn.lecture.questions.layer_sizes import ask_filter_depth
from cnn.lecture.questions.quiz import draw_quiz
from cnn.lecture.questions.timeline import ask_year
from cnn.lecture.timeline import TIMELINE
from cnn.ops import convolution as convolution_module
from cnn.ops import feature_stack, pooling, signals, softmax, toy_inputs
from cnn.ops.windows import Array

QUIZ = 1
SIMULATED, PLANTED = "Simulated chest, no lesion", "Simulated chest with consolidation"


@dataclass(frozen=True)
class Prompt:
    """A question to a class, on a page opened with ``settings``, and the answer to expect.

    ``seen`` is what the page itself says of it, once its answers are not hidden; the tests look for it there.
    """

    settings: dict[str, str]
    question: str
    answer: str
    seen: str = ""


@dataclass(frozen=True)
class Unit:
    """A piece of a lesson on one page: what to do first, then the questions in the order to ask them."""

    page: str
    title: str
    do: str
    prompts: tuple[Prompt, ...]

    def link(self, prompt: Prompt, base: str = "") -> str:
        """The address that opens the page for ``prompt``; ``base`` is the app's own, with a slash at its end."""
        return f"{base}{self.page}?{urlencode(prompt.settings)}"


def _history() -> Unit:
    slump = next(milestone for milestone in TIMELINE if milestone.until)
    year = ask_year(1)
    return Unit(
        "history", "A bit of history", "Find the hatched stretch on the line before you read the story beside it.",
        (
            Prompt({"look": slump.name}, "Which four reasons kept convolutional networks waiting?",
                   f"{'; '.join(slump.points)}.", slump.story),
            Prompt({"look": "LeNet", "question": "1"}, year.prompt, f"{year.answer:g}. {year.why}", year.prompt),
        ),
    )  # fmt: skip


def _why() -> Unit:
    def link(width: int) -> dict[str, str]:
        return {"W1": f"{width}", "H1": "1000", "D1": "3", "hidden": "100", "K": "100", "F": "3"}

    dense, _, convolution = dense_vs_conv.compare_layers(Volume(1000, 1000, 3), 100, 100, 3)
    wider, _, same = dense_vs_conv.compare_layers(Volume(2000, 1000, 3), 100, 100, 3)
    return Unit(
        "why_cnns", "Why convolutional networks?", "Ask before you scroll: how many numbers is a colour picture?",
        (
            Prompt(link(1000), "A picture of 1000x1000x3, and 100 hidden nodes: how many weights?",
                   f"`{dense.weights.formula}`: one for every number of the picture and every node.",
                   dense.weights.formula),
            Prompt(link(1000), "And 100 filters of 3x3, slid over the same picture?",
                   f"`{convolution.weights.formula}`: the same filter serves at every place.",
                   convolution.weights.formula),
            Prompt(link(2000), "The picture becomes twice as wide. Which count doubles?",
                   f"The fully connected one, to {wider.weights.value:,}. The convolution keeps its "
                   f"{same.weights.value:,}, but has twice the work.", wider.weights.formula),
        ),
    )  # fmt: skip


def _convolution_1d() -> Unit:
    def both(x: str, w: str) -> tuple[dict[str, str], signals.Comparison]:
        numbers = [tuple(map(float, text.split())) for text in (x, w)]
        return {"x": x, "w": w, "mode": "full", "step": "0"}, signals.compare(numbers[0], numbers[1], "full")

    link, slide = both("0 1 2 3 3", "1 -1 2")
    ramp_link, ramp = both("0 0 1 0 0", "1 2 3")
    return Unit(
        "convolution_1d", "Convolution in one dimension",
        "Let somebody work out the first three outputs on the board, then step through them.",
        (
            Prompt(link, "Turn the kernel round and slide it. What comes out?",
                   f"{said(slide.convolution.output)}", said(slide.convolution.output, ", ")),
            Prompt(link, "And without turning it round?",
                   f"{said(slide.correlation.output)}: cross-correlation, which is what a convolution layer computes.",
                   said(slide.correlation.output, ", ")),
            Prompt(ramp_link, "A single 1 meets the kernel 1 2 3. Which side copies the kernel as it is?",
                   f"Convolution: {said(ramp.convolution.output)}. Cross-correlation writes it backwards: "
                   f"{said(ramp.correlation.output)}.", said(ramp.correlation.output, ", ")),
        ),
    )  # fmt: skip


def _convolution_2d() -> Unit:
    example = convolution_module.conv2d(toy_inputs.BINARY_IMAGE, toy_inputs.CROSS)
    link = {"part": "One channel", "x": rows(toy_inputs.BINARY_IMAGE), "w": rows(toy_inputs.CROSS), "flip": "false",
            "step": "0"}  # fmt: skip
    weights, side = costs.filter_weights(3, 5), sizes.output_size(32, 5)
    return Unit(
        "convolution_2d", "Convolution in two dimensions",
        "Step to the first position and read the nine products aloud.",
        (
            Prompt(link, "What stands in the first cell of the output?",
                   f"{example.output[0, 0, 0]:g}: the filter has five ones, and that many of them meet a one of the "
                   "picture.", said(example.output[0], ", ")),
            Prompt(link, "And in all nine?", f"Row by row {said(example.output[0], rows=' / ')}.",
                   said(example.output[0], ", ")),
            Prompt(link | {"flip": "true"}, "Turn the filter round first. What changes?",
                   "Nothing: this filter is the same turned round. Try it with an asymmetric one.",
                   "Turned round, this filter is the same"),
            Prompt({"part": "Three channels", "depth": "3", "step": "0"},
                   "A filter of 5x5 reads a colour picture of 32x32x3. How many products make one number, and how "
                   "large is the map?",
                   f"`{weights.formula}` products and a bias; the map is {side.size}x{side.size}x1.",
                   f"{weights.value} products"),
        ),
    )  # fmt: skip


def _filters() -> Unit:
    layers = feature_stack.two_layers(32, 3, 7, 8, 5)
    link = {"N": "32", "D1": "3", "K1": "7", "K2": "8", "F": "5", "question": "1"}
    asked = ask_filter_depth(3, 7, 8, 5)
    return Unit(
        "filters_relu", "Filters and ReLU", "Scroll to “What is the question mark?”: it is the slide's own question.",
        (
            Prompt(link, asked.prompt, f"{asked.answer:g}. {asked.why}", asked.prompt),
            Prompt(link, "How large is what the second layer leaves?",
                   f"{layers.after}x{layers.after}x{layers.second}; each of its filters has {layers.weights:,} "
                   "weights."),
            Prompt({"K": "6", "map": "2", "b": "-0.1"},
                   "The bias goes below zero. What does ReLU leave of the map?",
                   "Less: a bias moves every number of the map by the same, and what ends below zero is cleared. Only "
                   "the strongest answers survive."),
        ),
    )  # fmt: skip


def _stride() -> Unit:
    def link(n: int, f: int, s: int, p: int) -> dict[str, str]:
        return {"N": f"{n}", "F": f"{f}", "S": f"{s}", "P": f"{p}", "D": "1", "tall": "false", "same": "false",
                "mode": "zeros", "hide": "true", "step": "0"}  # fmt: skip

    def size(n: int, f: int, s: int, p: int) -> Prompt:
        found = sizes.output_size(n, f, s, p)
        padded = f", padding {p}" if p else ""
        return Prompt(
            link(n, f, s, p), f"Input {n}, filter {f}, stride {s}{padded}: how long is the output?",
            f"`{found.formula}`", found.formula,
        )  # fmt: skip

    down, up = sizes.output_size(7, 3, 3, rule="floor"), sizes.output_size(7, 3, 3, rule="ceil")
    return Unit(
        "stride_padding", "Stride and padding",
        "The page hides its answer until one has been given: let the class vote, type the vote, press “Check”.",
        (
            size(7, 3, 1, 0), size(7, 3, 2, 0),
            Prompt(link(7, 3, 3, 0), "Stride 3?",
                   f"It does not come out even: {float(down.quotient + 1):.2f}. The lecture calls that a mistake, "
                   f"PyTorch rounds down to {down.size} and leaves {down.unread_input} column unread, and rounded up "
                   f"it is {up.size}.", down.formula),
            size(5, 3, 1, 1),
            Prompt(link(7, 5, 1, 2), "Which padding keeps the size, for a filter of 5?",
                   f"P = (F - 1)/2 = {sizes.same_padding(5)[0]}, with stride 1.",
                   sizes.output_size(7, 5, 1, 2).formula),
        ),
    )  # fmt: skip


def _pooling() -> Unit:
    def link(x: Array | toy_inputs.Rows, stride: int) -> dict[str, str]:
        return {"x": rows(x), "kind": "max", "windows": "sliding", "F": "2", "S": f"{stride}", "P": "0",
                "rule": "floor", "step": "0"}  # fmt: skip

    slide = pooling.pool2d(np.array(toy_inputs.POOL_INPUT), 2, 2)
    convolved = convolution_module.conv2d(toy_inputs.BINARY_IMAGE, toy_inputs.CROSS).output[0]
    after = pooling.pool2d(convolved, 2, 1)
    learning = int((slide.backward() != 0).sum())
    return Unit(
        "pooling", "Pooling", "Four windows: four people say the maximum of theirs.",
        (
            Prompt(link(toy_inputs.POOL_INPUT, 2), "Windows of 2x2, stride 2: what is left of the picture?",
                   f"{said(slide.output[0], rows=' / ')}, and there is nothing to learn.",
                   said(slide.output[0], ", ")),
            Prompt(link(toy_inputs.POOL_INPUT, 2), "On the way back, how many of the input cells get a gradient?",
                   f"{learning} of {slide.backward().size}: the winner of each window, nobody else."),
            Prompt(link(convolved, 1), "What does the maximum make of the output of slide 12, with stride 1?",
                   f"{said(after.output[0], rows=' / ')}", said(after.output[0], ", ")),
        ),
    )  # fmt: skip


def _calculator() -> Unit:
    def link(depth: int) -> dict[str, str]:
        return {"kind": "convolution", "W1": "32", "H1": "32", "D1": f"{depth}", "K": "6", "F": "5", "S": "1",
                "P": "0", "D": "1", "groups": "1", "bias": "true", "hide": "true"}  # fmt: skip

    layer = Conv(6, 5)
    once, twice = (layer.through(Volume(32, 32, depth)) for depth in (3, 6))
    return Unit(
        "layer_calculator", "Layer calculator", "Everybody works it out on paper first; then turn off the hiding.",
        (
            Prompt(link(3), "6 filters of 5x5 read a volume of 32x32x3. What goes out, and what is learnt?",
                   f"{once.after}; `{once.parameters.formula}` weights and biases.", once.parameters.formula),
            Prompt(link(6), "The input becomes twice as deep. What goes out, and what is learnt?",
                   f"Still {twice.after}, but `{twice.parameters.formula}`: the weights double, the biases do not.",
                   twice.parameters.formula),
        ),
    )  # fmt: skip


def _fully_connected() -> Unit:
    def link(scores: tuple[float, ...]) -> dict[str, str]:
        return {"names": "Door, Stair, Sign", "z": " ".join(f"{z:g}" for z in scores), "T": "1.0", "true": "3"}

    def shares(scores: tuple[float, ...]) -> str:
        found = softmax.softmax(("Door", "Stair", "Sign"), scores)
        return ", ".join(f"{term.name} {term.probability:.1%}" for term in found.terms)

    slide = softmax.scores_for((0.1, 0.1, 0.8))
    loss = softmax.cross_entropy(softmax.softmax(("Door", "Stair", "Sign"), slide), 2)
    return Unit(
        "fully_connected", "Fully connected layer and softmax", "Scroll to “Softmax”.",
        (
            Prompt(link((0, 1, 2)), "Scores 0, 1, 2: which probabilities?", f"{shares((0, 1, 2))}."),
            Prompt(link((1000, 1001, 1002)), "Scores 1000, 1001, 1002?",
                   f"The same, {shares((1000, 1001, 1002))}: only differences count. In 32 bits e^1000 is infinite, "
                   "so the largest score is taken off first."),
            Prompt(link(slide), "Slide 42: the true class is Sign. How large is the loss?",
                   f"-ln {softmax.softmax(('a', 'b', 'c'), slide).terms[2].probability:.1f} = {loss.value:.3f}, with "
                   f"{shares(slide)}.", f"{loss.value:.3f}"),
        ),
    )  # fmt: skip


def _builder() -> Unit:
    def most(network: architecture.Network, what: Callable[[architecture.Stage], int]) -> tuple[int, str, int, float]:
        values = [what(stage) for stage in network.stages()]
        place = int(np.argmax(values))
        return place + 1, str(network.stages()[place].layer), values[place], values[place] / sum(values)

    vgg = architecture.read(presets.PRESETS["VGG-16"])
    weighs = most(vgg, lambda stage: stage.step.parameters.value if stage.step else 0)
    works = most(vgg, lambda stage: stage.step.multiply_adds.value if stage.step else 0)
    review = architecture.read(presets.PRESETS["Review (slides 43-44)"])
    volumes = [str(step.after) for step in review.steps()]
    return Unit(
        "architecture_builder", "Architecture builder",
        "Say each volume before it is shown; then let the class change one number and predict what else changes.",
        (
            Prompt({"net": review.text(), "look": "1"}, "What leaves the first convolution, and what the first pool?",
                   f"{volumes[0]} and {volumes[2]}: padding 1 keeps the size, the pool halves it.", volumes[2]),
            Prompt({"net": vgg.text(), "look": f"{weighs[0]}"}, "Which one layer of VGG-16 holds most of its weights?",
                   f"Layer {weighs[0]}, the first fully connected one: {weighs[2]:,}, {weighs[3]:.0%} of all.",
                   f"{weighs[2]:,}"),
            Prompt({"net": vgg.text(), "look": f"{works[0]}"}, "And which makes most of the products?",
                   f"A convolution: layer {works[0]} makes {works[2]:,}, {works[3]:.1%} of all, and others as many.",
                   f"{works[2]:,}"),
        ),
    )  # fmt: skip


def _inside() -> Unit:
    stages = architecture.read(presets.PRESETS["lecture, our own"]).stages()
    seen = [stage.field.size for stage in stages if isinstance(stage.layer, Conv) and stage.field]
    link = {"source": "Built-in films", "film": PLANTED, "network": "lecture", "map": "1"}
    return Unit(
        "inside_the_network", "Inside the network", "Point at a bright cell of a map: what it saw lights up.",
        (
            Prompt(link | {"layer": "conv1"}, "How much of the film does one cell of the first layer see?",
                   f"{seen[0]}x{seen[0]} pixels of the network's input."),
            Prompt(link | {"layer": "conv5"}, "And one of the fifth?",
                   f"{seen[-1]}x{seen[-1]}: each pool doubles the step, so the view grows faster with depth."),
        ),
    )  # fmt: skip


def _review() -> Unit:
    asked = draw_quiz(QUIZ)
    return Unit(
        "review", "Review and quiz", "Ten questions, one of each topic; the quiz number gives everybody the same ten.",
        tuple(
            Prompt({"quiz": f"{QUIZ}", "hide": "true"}, f"{place}. {one.question.prompt}",
                   f"{one.question.answer:.10g}. {one.question.why}", one.question.prompt)
            for place, one in enumerate(asked, start=1)
        ),
    )  # fmt: skip


def _chest_xray() -> Unit:
    link = {"source": "Built-in films", "network": "transfer"}
    return Unit(
        "chest_xray", "Read a chest X-ray",
        "Open it before the class comes in: what the network says of these films is its own, and changes when it is "
        "trained again. Let the class commit to an answer first.",
        (
            Prompt(link | {"film": PLANTED}, "Where is the consolidation? Does the map lie on it?",
                   "Turn on “Outline the truth”: the lesion was planted, so its place is known. Compare, and do not "
                   "take a hit for a proof: one film is one film."),
            Prompt(link | {"film": SIMULATED}, "Nothing was planted here. What does a map show where there is nothing?",
                   "It still has a strongest place: a map says what moved the number, whatever the number is."),
            Prompt(link | {"film": "An ankle (the wrong picture)"}, "Should the network answer here at all?",
                   "No. A network of two classes has two words, and one of them is its answer to any picture. "
                   "Whatever says no has to be built beside it."),
        ),
    )  # fmt: skip


def _shortcuts() -> Unit:
    link = {"source": "Built-in films", "film": PLANTED, "network": "transfer", "patch": "none"}
    return Unit(
        "shortcut_lab", "Shortcut lab", "Let the class bet on the probability before each change.",
        (
            Prompt(link | {"change": "Keep only the frame"}, "No chest is left. What should the network say, and what "
                   "does it say?",
                   "It ought to be undecided. Whatever it still says, it has from the frame; the page tells how often "
                   "that happens over the whole test set."),
            Prompt(link | {"change": "Mirror"}, "The film is mirrored. Should the answer change?",
                   "Not for pneumonia: either lung can have it. For the heart it would be another film."),
        ),
    )  # fmt: skip


def _operating() -> Unit:
    def worth(right: float, prevalence: float) -> operating_point.Cohort:
        values = np.array([right, right])
        found = operating_point.ConfusionCounts(values, 1 - values, 1 - values, values)
        return operating_point.expected_cohort(operating_point.rates_at_prevalence(found, prevalence), prevalence)

    rare, common = worth(0.9, 0.01), worth(0.9, 0.5)
    called = rare.true_positives + rare.false_positives
    return Unit(
        "operating_point", "Operating point", "Draw a thousand people as a square on the board, and divide it.",
        (
            Prompt({"films": "official test", "threshold": "0.5", "prevalence": "1.0", "hide": "true"},
                   "Of 1,000 people, 10 have pneumonia. A network that finds 90 % of the sick and clears 90 % of the "
                   "others calls how many, and how many of these rightly?",
                   f"{called} calls, {rare.true_positives} of them right: {rare.true_positives / called:.0%}. Then do it with the numbers "
                   "on the page."),
            Prompt({"films": "official test", "threshold": "0.5", "prevalence": "50.0", "hide": "true"},
                   "The same network where every second person is sick?",
                   f"{common.true_positives} of {common.true_positives + common.false_positives} calls are right: "
                   f"{common.true_positives / (common.true_positives + common.false_positives):.0%}. The network is the same, the place is not."),
        ),
    )  # fmt: skip


_PARTS: tuple[Callable[[], Unit], ...] = (
    _history, _why, _convolution_1d, _convolution_2d, _filters, _stride, _pooling, _calculator, _fully_connected,
    _builder, _inside, _review, _chest_xray, _shortcuts, _operating,
)  # fmt: skip


@cache
def units() -> dict[str, Unit]:
    """All parts by the file of their page, in the order to teach them."""
    return {part.page: part for part in (make() for make in _PARTS)}


def rows(numbers: Array | toy_inputs.Rows) -> str:
    """A matrix as it stands in a link."""
    return " / ".join(" ".join(f"{value:g}" for value in row) for row in numbers)


def said(numbers: Array, between: str = " ", rows: str = "") -> str:
    """All numbers in reading order; ``rows`` stands between the rows if it is given."""
    lines = [between.join(f"{value:g}" for value in row) for row in np.atleast_2d(numbers.squeeze())]
    return (rows or between).join(lines)
