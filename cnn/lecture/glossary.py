"""The words and symbols of the course, each in one plain sentence, with the page that teaches it."""

import re
from dataclasses import dataclass
from typing import Literal

Role = Literal["input", "kernel", "output", "padding"]


@dataclass(frozen=True)
class Term:
    """One entry: ``forms`` are further spellings that mean the same, ``page`` the file of the page that teaches it.

    ``role`` is the colour that the thing has in figures, where it has one.
    """

    term: str
    meaning: str
    page: str
    symbol: str = ""
    forms: tuple[str, ...] = ()
    role: Role | None = None

    def matches(self, wanted: str) -> bool:
        """Whether the term, a form of it or its symbol is spelt like ``wanted``, or begins so."""
        words = (self.term, *self.forms, *self.term.split())
        return wanted == self.symbol or any(word.lower().startswith(wanted.strip().lower()) for word in words)


GLOSSARY: tuple[Term, ...] = (
    Term(
        "activation",
        "A number that a layer hands on, once its sum has gone through ReLU or another such function.",
        "filters_relu",
        forms=("activations",),
        role="output",
    ),
    Term(
        "AUPRC",
        "Area under the precision-recall curve: the mean precision over all thresholds; compare it with the "
        "share of what is looked for, which guessing reaches.",
        "model_card",
    ),
    Term(
        "AUROC",
        "Area under the ROC curve: how often a film with the disease scores higher than one without.",
        "model_card",
    ),
    Term(
        "batch normalisation",
        "A layer that moves and scales each map by numbers learnt in training, so that the next "
        "layer meets values of a steady size.",
        "architecture_builder",
    ),
    Term("bias", "One learnt number for each filter, added to its sum.", "convolution_2d", "b", ("biases",), "kernel"),
    Term(
        "calibration",
        "Whether a probability means what it says: of films given 80 percent, four of five should have it.",
        "model_card",
        forms=("calibrated",),
    ),
    Term(
        "channel",
        "One sheet of a volume, such as the red one of a picture or the map that one filter left.",
        "convolution_2d",
        forms=("channels",),
        role="input",
    ),
    Term(
        "consolidation",
        "Lung whose air has given way to fluid or cells, as in pneumonia; it is white on a film.",
        "chest_xray",
    ),
    Term(
        "convolution",
        "Slide a kernel along an input; at each place multiply what lies on top of each other, and add "
        "up. In mathematics the kernel is turned round first, in deep learning it is not.",
        "convolution_1d",
        forms=("convolutions", "CONV"),
    ),
    Term(
        "cross-correlation",
        "Convolution without turning the kernel round; what deep learning calls convolution.",
        "convolution_1d",
    ),
    Term(
        "cross-entropy",
        "The loss −log p of the probability given to the true class: 0 when sure and right, large when sure and wrong.",
        "fully_connected",
    ),
    Term("depth", "How many channels a volume has.", "filters_relu", "D1"),
    Term(
        "dilation",
        "The distance between neighbouring cells that a filter reads: 1 is without gaps, 2 leaves out every "
        "other cell.",
        "stride_padding",
        "D",
    ),
    Term(
        "dot product",
        "Multiply two equally long rows of numbers pair by pair, and add up.",
        "convolution_2d",
        forms=("dot products",),
    ),
    Term(
        "feature map",
        "What one filter leaves when it has been everywhere: one number for each place.",
        "filters_relu",
        forms=("feature maps", "activation map", "activation maps"),
        role="output",
    ),
    Term(
        "filter",
        "A small block of learnt weights, as deep as its input, that looks for one pattern at every place.",
        "convolution_2d",
        "K",
        ("filters",),
        "kernel",
    ),
    Term(
        "filter size",
        "The side of the window that a filter or a pool reads at a time: 3 means 3 x 3 cells.",
        "stride_padding",
        "F",
        role="kernel",
    ),
    Term("flatten", "Write a volume as one row of numbers: channel after channel, row by row.", "fully_connected"),
    Term(
        "fully connected layer",
        "A layer in which every output has a weight for every number of the input.",
        "fully_connected",
        forms=("fully connected layers", "fully connected"),
    ),
    Term(
        "Grad-CAM",
        "A saliency map made of a late layer's maps, each weighed by how much the score depends on it.",
        "chest_xray",
    ),
    Term(
        "gradient",
        "How much, and in which direction, a result changes when one number is changed a little.",
        "fully_connected",
        forms=("gradients",),
    ),
    Term("height", "How many rows a volume has.", "layer_calculator", "H1"),
    Term("input", "What a layer reads.", "convolution_1d", "x", role="input"),
    Term("input side", "How many cells the input has along one side.", "stride_padding", "N", role="input"),
    Term(
        "interval",
        "A range that the true figure is in, 95 times of 100, as far as so many films can tell.",
        "model_card",
        forms=("intervals",),
    ),
    Term(
        "kernel",
        "The row or square of weights that a convolution slides; with one slice for each channel it is called "
        "a filter.",
        "convolution_1d",
        "w",
        ("kernels",),
        "kernel",
    ),
    Term(
        "layer", "One step of a network: a volume comes in, a volume goes out.", "layer_calculator", forms=("layers",)
    ),
    Term("logit", "A class's score before softmax; any number.", "fully_connected", "z", ("logits",)),
    Term("multiply-adds", "How many products a layer computes and adds up for one picture.", "layer_calculator"),
    Term("NPV", "Negative predictive value: of all films called NORMAL, the share that is.", "operating_point"),
    Term(
        "padding",
        "Cells laid around the input, mostly zeros, so that a filter can also stand at the edge.",
        "stride_padding",
        "P",
        role="padding",
    ),
    Term("parameter", "A number that training sets: a weight or a bias.", "layer_calculator", forms=("parameters",)),
    Term(
        "pooling",
        "Keep one number of each window, its largest or its mean; nothing is learnt.",
        "pooling",
        forms=("pool", "max pooling", "average pooling"),
    ),
    Term("PPV", "Positive predictive value: of all films called PNEUMONIA, the share that has it.", "operating_point"),
    Term("prevalence", "The share of people who have the disease before anyone looks at a film.", "operating_point"),
    Term("radiograph", "A picture made with X-rays; also called a film.", "chest_xray", forms=("radiographs",)),
    Term(
        "receptive field",
        "The part of the first input that one cell of a later layer can see.",
        "layer_calculator",
        forms=("receptive fields",),
        role="input",
    ),
    Term("ReLU", "max(0, x): negative numbers become 0, all others stay.", "filters_relu"),
    Term(
        "residual block",
        "A few layers whose input is added to their output, so that they need only learn what to change.",
        "architecture_builder",
        forms=("residual blocks",),
    ),
    Term(
        "saliency map",
        "A picture of which parts of a film moved the network's score; not of where a disease is.",
        "chest_xray",
        forms=("saliency maps", "saliency"),
    ),
    Term("sensitivity", "Of the films that show the disease, the share that is called so.", "operating_point"),
    Term(
        "shortcut",
        "Something that tells training films apart and has nothing to do with the disease, such as a marker "
        "or the film's frame.",
        "shortcut_lab",
        forms=("shortcuts",),
    ),
    Term(
        "softmax", "Turns scores into shares that add up to 1: e to each score, over the sum of all.", "fully_connected"
    ),
    Term(
        "specificity", "Of the films that do not show the disease, the share that is called NORMAL.", "operating_point"
    ),
    Term("stride", "How many cells the filter moves at each step.", "stride_padding", "S", ("strides",)),
    Term(
        "temperature",
        "Divides the scores before softmax: above 1 the probabilities are less decided, below 1 more.",
        "fully_connected",
        "T",
    ),
    Term(
        "threshold",
        "The probability from which on a film is called PNEUMONIA; somebody has to choose it.",
        "operating_point",
        forms=("thresholds",),
    ),
    Term(
        "validation films", "Films that were kept from training, to choose a threshold and when to stop.", "model_card"
    ),
    Term("volume", "A block of numbers with a width, a height and a depth.", "filters_relu", forms=("volumes",)),
    Term(
        "weight",
        "A learnt number that one number of the input is multiplied by.",
        "convolution_1d",
        forms=("weights",),
        role="kernel",
    ),
    Term("width", "How many columns a volume has.", "layer_calculator", "W1"),
)
"""In alphabetical order."""

_FORMS = {form.lower(): term for term in GLOSSARY for form in (term.term, *term.forms)}
_SYMBOLS = {term.symbol: term for term in GLOSSARY if term.symbol}
SPELLINGS = re.compile(
    rf"(?<![\w-])(?:{'|'.join(sorted(map(re.escape, _FORMS), key=len, reverse=True))})(?![\w-])", re.IGNORECASE
)
"""Finds every spelling of every term, the longest that fits."""


def find_term(words: str) -> Term:
    """The entry that ``words`` spell, in any case. Raises ``KeyError`` if there is none."""
    return _FORMS[words.lower()]


def find_term_of_label(label: str) -> Term | None:
    """The entry whose symbol stands in the ``label`` of a widget, such as "Stride S"; the first, or None.

    A letter before an equals sign is another thing: a probability P = 0.5 is no padding.
    """
    return next((_SYMBOLS[word] for word in re.findall(r"\w+\b(?! =)", label) if word in _SYMBOLS), None)
