"""Questions on layers: output size, depth and number of parameters."""

import math
from dataclasses import replace

from cnn.layers.costs import conv_parameters
from cnn.layers.layer import Layer, Volume
from cnn.layers.layers import Conv, Pool
from cnn.layers.sizes import Rule, Size, Window, formula, output_size
from cnn.lecture.questions.question import Misfit, Question, build_question
from cnn.ops.convolution import Convolution
from cnn.ops.feature_stack import TwoLayers


def ask_output_size(n: int, window: Window, rule: Rule = "floor") -> Question:
    """Ask for the output size along one side.

    Raises:
        SizeDoesNotFit: If no window fits the input.
    """
    size = output_size(n, window, rule)
    kernel_size, stride, dilation, reach = window.kernel_size, window.stride, window.dilation, window.reach
    padding = window.ends[0]

    def steps(cells: int) -> int:
        return -(-cells // stride) if rule == "ceil" else cells // stride

    mistakes = [*_rounding_mistakes(size), (size.size - 1, "You forgot the + 1: the first position counts as well.")]
    if padding:
        mistakes.append((steps(n - reach) + 1, "You forgot 2P: padding adds cells on both sides."))
        mistakes.append((steps(n - reach + padding) + 1, "You added P once: padding lies on both sides, so it is 2P."))
    if stride > 1:
        mistakes.append((n - reach + 2 * padding + 1, "You forgot the stride: divide by S before you add 1."))
    if dilation > 1:
        mistakes.append(
            (steps(n - kernel_size + 2 * padding) + 1, "You forgot the dilation: F spreads to D*(F - 1) + 1.")
        )
    mistakes.append((n, "The size stays the same only with stride 1 and 2P = F - 1."))
    dilated = f", dilation D = {dilation}" if dilation > 1 else ""
    question = build_question(
        f"An input of N = {n}, a filter of F = {kernel_size}, stride S = {stride}, padding P = {padding}{dilated}: "
        f"how many output positions along this side{_RULE_WORDS[rule]}?",
        size.size,
        f"{size.formula}.",
        "Count the first position, then how many further steps of S fit before the kernel leaves the padded input.",
        mistakes,
    )
    quotient = size.quotient + 1
    if quotient.denominator == 1:
        fits = Misfit(False, "Not quite. The division leaves no rest: the last window ends at the edge.")
        return replace(question, misfit=fits)
    up = output_size(n, window, "ceil")
    dropped = ", because it drops a window that would start behind the input" if up.dropped else ""
    rules = (
        f"{formula(n, window)} is not whole. The lecture says that this does not fit; PyTorch rounds down to "
        f"{math.floor(quotient)}; with ceil_mode=True it takes {up.size}{dropped}."
    )
    misfit = Misfit(True, f"Right. {rules}")
    return replace(question, why=f"{question.why} {rules}", accepted={float(quotient): rules}, misfit=misfit)


def ask_parameters(in_channels: int, out_channels: int, kernel_size: int) -> Question:
    """Ask for the number of parameters of a convolution layer."""
    parameters = conv_parameters(in_channels, out_channels, kernel_size)
    square = kernel_size * kernel_size
    weights = square * in_channels * out_channels
    mistakes = [
        (square * out_channels + out_channels, "You forgot the depth: a filter has a slice for each input channel."),
        (square * out_channels, "You forgot the depth of the filters, and the biases."),
        (weights, "You forgot the biases: each filter has one."),
        (2 * weights, "You counted a bias for each weight: a whole filter has only one."),
        (weights + 1, "You counted one bias for the layer: each filter has its own."),
        (weights + in_channels, "You counted a bias for each input channel: it is one for each filter."),
        (square * in_channels + 1, "That is one filter: the layer has K of them."),
    ]
    return build_question(
        f"A layer of K = {out_channels} filters with F = {kernel_size} reads an input of depth D1 = {in_channels}: "
        "how many parameters does it have, biases included?",
        parameters.value,
        f"(F*F*D1)*K + K: {parameters.formula}.",
        "One filter has F*F*D1 weights and one bias.",
        mistakes,
    )


def ask_filter_depth(image_depth: int, filters_before: int, filters: int, kernel_size: int) -> Question:
    """Ask the lecture's question mark: how deep the filters of the second layer are."""
    return build_question(
        f"An image of depth {image_depth} passes {filters_before} filters, then ReLU. "
        f"The next layer has {filters} filters of {kernel_size} × {kernel_size} × ?: what is the question mark?",
        filters_before,
        f"Each of the {filters_before} filters made one map, so the next input is {filters_before} deep, "
        "and a filter has as many channels as its input.",
        "A filter is as deep as the volume that it reads.",
        [
            (image_depth, "That is the depth of the image, which the second layer never sees."),
            (filters, "That is how many filters the layer has: it sets the depth of the output, not of a filter."),
            (kernel_size, "That is F, the width and height of a filter."),
            (1, "A filter does not read one map only: it sums over all of them."),
        ],
    )


def ask_output_numbers(sides: tuple[int, int], filters: int, depth: int) -> Question:
    """Ask how many numbers the stacked maps hold; ``sides`` (height, width) of one map, ``depth`` of the input."""
    height, width = sides
    total = height * width * filters
    return build_question(
        f"Each of the {filters} filters leaves a map of {height} × {width}: how many numbers does the stack hold?",
        total,
        f"{height}*{width}*{filters} = {total:,}.",
        "One map for each filter, one number for each position.",
        [
            (height * width, "That is one map: there is one for each filter."),
            (total * depth, "You kept the input's depth: each filter sums over it and leaves a single map."),
            (height * width * depth, "You stacked by the input's depth: the stack is as deep as there are filters."),
        ],
    )


def ask_maps(example: Convolution, seed: int) -> Question:
    """Ask for the size of the maps of a worked convolution with stride 1, or how many numbers they hold."""
    depth, height, _ = example.input.shape
    count, rows, columns = example.output.shape
    if seed % 2:
        return ask_output_size(height, Window(example.kernel.shape[-1]))
    return ask_output_numbers((rows, columns), count, depth)


def ask_two_layers(layers: TwoLayers, seed: int) -> Question:
    """Ask the lecture's question mark about two layers in a row, or what else can be counted there."""
    f = layers.kernel_size
    questions = (
        lambda: ask_filter_depth(layers.depth, layers.first, layers.second, f),
        lambda: ask_output_numbers((layers.between, layers.between), layers.first, layers.depth),
        lambda: ask_parameters(layers.first, layers.second, f),
        lambda: ask_output_size(layers.between, Window(f)),
    )
    return questions[(seed - 1) % len(questions)]()


def ask_layer(layer: Layer, before: Volume, seed: int) -> Question | None:
    """Ask for the output size or the parameters of a layer; None if there is no question for this kind of layer.

    Raises:
        SizeDoesNotFit: If no window fits the input.
    """
    if isinstance(layer, Conv):
        if seed % 2 == 0 and layer.groups == 1 and layer.bias:
            return ask_parameters(before.depth, layer.out_channels, layer.kernel_size)
        return ask_output_size(before.width, layer.window)
    if isinstance(layer, Pool):
        rule: Rule = "ceil" if layer.ceil_mode else "floor"
        return ask_output_size(before.width, layer.window, rule)
    return None


_RULE_WORDS: dict[Rule, str] = {
    "exact": "",
    "floor": "",
    "ceil": " with ceil_mode=True",
}


def _rounding_mistakes(size: Size) -> list[tuple[float, str]]:
    """Return the wrong ways to round a quotient that is not whole."""
    if size.quotient.denominator == 1:
        return []
    return [
        (math.floor(size.quotient) + 1, "You rounded down: ceil_mode rounds up."),
        (
            math.ceil(size.quotient) + 1,
            "The last of these windows would start behind the input, so PyTorch drops it."
            if size.dropped
            else "You rounded up: cells left over at the edge are not read.",
        ),
    ]
