"""The milestones of the lecture's timeline (slide 5), with the papers that they come from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Milestone:
    """One point of the timeline, or a span if ``until`` is given. ``deed`` completes "In which year ...?"."""

    name: str
    year: int
    what: str
    story: str
    source: str
    deed: str = ""
    until: int | None = None
    points: tuple[str, ...] = ()


TIMELINE: tuple[Milestone, ...] = (
    Milestone(
        "Neocognitron",
        1980,
        "Fukushima builds a network of small detectors that look at one patch each.",
        "Layers of detectors, each looking at a small patch, take turns with layers that let a pattern move a little. "
        "Both ideas are still here: they are convolution and pooling. What it did not have was a way to learn all of "
        "its weights from labelled pictures.",
        "K. Fukushima, Neocognitron, Biological Cybernetics 36, 193-202, 1980",
        "did Fukushima present the neocognitron",
    ),
    Milestone(
        "LeNet",
        1993,
        "The first CNN at work: LeNet reads hand-written checks.",
        "LeCun and colleagues let the weights of the detectors be learnt by backpropagation, and the same few weights "
        "are used everywhere on the picture. The lecture dates the reading of checks to 1993; the version that is "
        "quoted most, LeNet-5, was written up in 1998. It is small enough to write down below.",
        "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Gradient-based learning applied to document recognition, "
        "Proceedings of the IEEE 86, 2278-2324, 1998",
        "does the lecture's timeline put LeNet, the first CNN to read checks",
    ),
    Milestone(
        "RNN",
        1997,
        "The first recurrent network, says the lecture: one that reads sequences.",
        "A recurrent network passes what it has read on to its next step. The year is that of the long short-term "
        "memory of Hochreiter and Schmidhuber, which made long sequences learnable; simpler recurrent networks "
        "are older, such as Elman's of 1990.",
        "S. Hochreiter, J. Schmidhuber, Long short-term memory, Neural Computation 9, 1735-1780, 1997",
        "does the lecture's timeline put the first RNN",
    ),
    Milestone(
        "Stagnation",
        1997,
        "Deep learning stands still.",
        "None of the four reasons is about the idea being wrong. Large labelled picture collections, graphics cards "
        "and better ways to train took them away one after the other. In medicine the first reason is still felt: "
        "labelled radiographs are few.",
        "the lecture's four reasons",
        until=2006,
        points=(
            "too little training data",
            "too little computing power",
            "deep networks were hard to train",
            "accurate, easy rivals: support vector machines, naive Bayes",
        ),
    ),
    Milestone(
        "Deep belief nets",
        2006,
        "Hinton, Osindero and Teh train a deep network, one layer at a time.",
        "Each layer first learns to describe what comes in, without labels; then the whole is tuned. Later methods "
        "made this start unnecessary, but it showed that depth could be trained at all, and people came back.",
        "G. E. Hinton, S. Osindero, Y.-W. Teh, A fast learning algorithm for deep belief nets, "
        "Neural Computation 18, 1527-1554, 2006",
        "did Hinton, Osindero and Teh publish their fast learning algorithm for deep belief nets",
    ),
    Milestone(
        "AlexNet",
        2012,
        "A CNN wins the ImageNet competition by a wide margin.",
        "Five convolution layers, ReLU, dropout, and two graphics cards. After it, nearly every entry was a CNN.",
        "A. Krizhevsky, I. Sutskever, G. E. Hinton, ImageNet classification with deep convolutional neural networks, "
        "NIPS 2012",
        "did AlexNet win the ImageNet competition",
    ),
    Milestone(
        "ZFNet",
        2013,
        "Zeiler and Fergus look inside: what does each layer respond to?",
        "They drew what excites the units of each layer, found weak spots in AlexNet that way, and mended them. "
        "It is the beginning of the saliency maps at the end of this course.",
        "M. D. Zeiler, R. Fergus, Visualizing and understanding convolutional networks, ECCV 2014 (preprint 2013)",
        "did ZFNet enter the ImageNet competition",
    ),
    Milestone(
        "VGG",
        2014,
        "Nothing but 3x3 filters, stacked deep.",
        "Two 3x3 layers see as far as one 5x5 layer with fewer weights, and have a ReLU more. "
        "This plain recipe is still what people draw when they draw a CNN.",
        "K. Simonyan, A. Zisserman, Very deep convolutional networks for large-scale image recognition, ICLR 2015 "
        "(preprint 2014)",
        "was VGG presented, the network of 3x3 filters only",
    ),
    Milestone(
        "ResNet",
        2015,
        "152 layers, and a top-5 error of 3.57 percent on ImageNet.",
        "Each block adds its output to its input, so that a layer with nothing to say can leave things as they are; "
        "that made very deep networks trainable. The error of 3.57 percent is that of several networks together: "
        "the right class was not among their five best guesses for that share of the test pictures.",
        "K. He, X. Zhang, S. Ren, J. Sun, Deep residual learning for image recognition, CVPR 2016 (preprint 2015)",
        "did ResNet reach an error of 3.57 percent",
    ),
)
"""In order of time."""
