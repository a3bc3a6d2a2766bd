"""What the page on why there are CNNs says about its numbers; markdown."""

from collections.abc import Sequence

from cnn.layers.dense_vs_conv import LayerCost
from cnn.lecture.leaf import FORMULAS, SIDE
from cnn.lecture.pixel_shuffle.results import NETWORKS, Experiment, neighbour_correlation
from cnn.ops.windows import Array
from ui.lecture.layer_summary import say_bytes
from ui.shell.text import plain, three_figures


def counted(layers: Sequence[LayerCost]) -> str:
    """Both counts with their numbers put in, and how they compare."""
    dense, convolution = layers[0], layers[-1]
    return (
        f"**Fully connected.** The numbers in the picture: `{dense.reads.formula}`. Each hidden node has a weight "
        f"for each of them: `{dense.weights.formula}` weights, {say_bytes(dense.memory)} at 4 bytes a weight.\n\n"
        f"**Convolution.** A filter is as deep as the picture, and the same filter serves at every place: "
        f"`{convolution.weights.formula}` weights. {_compared(dense.weights.value, convolution.weights.value)} "
        "Biases are left out on both sides, as on the slide."
    )


def _compared(dense: int, convolution: int) -> str:
    if dense == convolution:
        return (
            "That is exactly as many: a filter as large as the picture has one place only, and is a fully connected "
            "node."
        )
    more, fewer = ("fully connected layer", "convolution") if dense > convolution else (
        "convolution", "fully connected layer")  # fmt: skip
    times = max(dense, convolution) / min(dense, convolution)
    return f"The {more} has **{three_figures(times)} times** as many weights as the {fewer}."


def fair(layers: Sequence[LayerCost]) -> str:
    """What the comparison leaves out."""
    dense, own, convolution = layers
    if own.reads.value == dense.reads.value:
        return (
            "Here a filter looks at the whole picture, so each number that comes out is a sum over all of it, and "
            "there is nothing to save. Make the filter smaller than the picture, and see."
        )
    if convolution.weights.value >= dense.weights.value:
        return (
            f"Nothing is saved here: {convolution.weights.value:,} weights against {dense.weights.value:,}, because "
            "the picture is small, or the filters are many more than the hidden nodes. A layer of filters keeps its "
            "number of weights when the picture grows; a fully connected one does not."
        )
    return plain(
        f"Where does the saving come from? A number that comes out is a sum over {own.reads.value:,} numbers instead "
        f"of {dense.reads.value:,}, because a filter looks at one patch; and one filter is used at every place instead "
        f"of a filter of its own for each, which would need {own.weights.value:,} weights for the same output. "
        "More weights need more training pictures before they stop fitting noise. "
        f"It is not a saving of work: the convolution leaves {convolution.outputs.value:,} numbers, not "
        f"{dense.outputs.value:,}, and takes {convolution.multiply_adds.value:,} multiply-adds for them, against "
        f"{dense.multiply_adds.value:,}."
    )


def leaf(shown: Array) -> str:
    """How the leaf is drawn, and how alike its neighbouring pixels are."""
    right, below = neighbour_correlation(shown)
    formulas = "; ".join(f"{level}: {formula}" for level, formula in FORMULAS.items())
    return (
        f"A pixel and its neighbour are alike: over this picture, the correlation of a pixel with the one to its right "
        f"is **{right + 0:.2f}**, with the one below it **{below + 0:.2f}**. A fully connected layer gets one long row "
        f"instead, in which the pixel below is {SIDE} numbers away; it is never told which numbers were neighbours. "
        f"(Drawn by formula, with t along the leaf and x from its stem: {formulas}.)"
    )


def experiment(found: Experiment) -> str:
    """What was trained on what."""
    side = found.samples.shape[-1]
    dense, convolution = (found.parameters[network] for network in NETWORKS)
    return (
        f"The network is to name {side}x{side} pictures of {len(found.names)} kinds: {', '.join(found.names)}. "
        f"One is fully connected, with one hidden layer ({dense:,} weights and biases). The other is CONV, ReLU, POOL, "
        f"CONV, ReLU, the maximum of each map, and a last layer ({convolution:,}). Both were trained on "
        f"{found.training:,} pictures as they are; and then again from the start on the same pictures with their "
        "pixels shuffled, every picture in the same way. Turn the switch above to see what they were given then."
    )


def prediction(found: Experiment) -> tuple[str, dict[str, str], str]:
    """A question to ask before the curves are shown, what to say to each answer, and the right one."""
    hurt = [network for network in NETWORKS if found.hurt(network)]
    dense, convolution = (f"{-found.lost(network):+.1f} points" for network in NETWORKS)
    said = (
        f"The share of right answers changed by {dense} for the fully connected network and by {convolution} for the "
        "convolution."
    )
    answers = {"the fully connected one": ["fully connected"], "the convolution": ["convolution"],
               "both": list(NETWORKS), "neither": []}  # fmt: skip
    right = next(answer for answer, networks in answers.items() if networks == hurt)
    return "Which network does worse on shuffled pictures?", dict.fromkeys(answers, said), right


def stays(found: Experiment) -> str:
    """What can still be learnt after the shuffle, and why."""
    side = found.samples.shape[-1]
    dense = (
        "**Fully connected: nothing is lost.** It has a weight for each pixel and does not know where the pixel lies. "
        "Move the pixels, move the weights with them, and every sum is the same; so whatever could be learnt before "
        "can be learnt after, in as many steps. It never used the second dimension, and cannot miss it."
    )
    if found.hurt("convolution"):
        last = found.curves["convolution", "shuffled"].last
        convolution = (
            "**Convolution: edges and corners are gone.** A window now holds pixels from all over the picture, another "
            "mix at each place, so that a filter which means something here means nothing there. The information is "
            "still in the picture, since a shuffle can be undone, but this network cannot get at most of it. What "
            "stays learnable is, first, what no shuffle can touch: which greys there are and how many of each; "
            f"on their own, put in order of brightness, they are enough for {found.greys_alone:.0%} where guessing "
            f"gives {1 / len(found.names):.0%}. And second, which scattered pixels happen to be dark together in one "
            f"window of {found.sees}x{found.sees}. Both together come to {last:.0%}."
        )
    else:
        convolution = (
            f"**Convolution: nothing worth mentioning is lost here.** Its last layer sees {found.sees}x{found.sees} "
            f"pixels, and these pictures are {side}x{side}: each unit reads all or most of the picture, much as a "
            "fully connected node does, and every digit sits in the middle, so that nothing has to be found elsewhere. "
            "A convolution is worth having where pictures are larger than its windows and things move about: choose "
            "the shapes, and compare."
        )
    return f"{dense}\n\n{convolution}"
