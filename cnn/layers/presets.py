"""Name well-known networks, each as a text for :func:`cnn.layers.network_text.parse`."""


def _vgg(*stages: tuple[int, int]) -> str:
    """Return the text of VGG stages of (filters, convolutions), each with a pool at its end."""
    return "".join(f"conv {width} 3 p1, relu, " * repeats + "max 2, " for width, repeats in stages)


def _resnet(*widths: int) -> str:
    """Return the text of ResNet stages of two basic blocks; all stages but the first halve width and height."""
    blocks = []
    for stage, width in enumerate(widths):
        halving = [("s2 ", f" | conv {width} 1 s2 nobias, norm") if stage else ("", ""), ("", "")]
        blocks += [
            f"[conv {width} 3 {stride}p1 nobias, norm, relu, conv {width} 3 p1 nobias, norm{shortcut}], relu, "
            for stride, shortcut in halving
        ]
    return "".join(blocks)


def _inverted(depth: int, *stages: tuple[int, int, int, int, int]) -> str:
    """Return the text of inverted residual blocks: 1x1 expansion, depthwise convolution, 1x1 projection.

    Stages are (expansion, kernel size, stride, filters, blocks); a block adds its input where the shape stays.
    """
    blocks = []
    for expand, kernel, first_stride, width, repeats in stages:
        for number in range(repeats):
            stride = 1 if number else first_stride
            wide = depth * expand
            widen = f"conv {wide} 1 nobias, norm, relu, " if expand > 1 else ""
            step = f" s{stride}" if stride > 1 else ""
            block = (
                f"{widen}conv {wide} {kernel}{step} p{kernel // 2} g{wide} nobias, norm, relu, "
                f"conv {width} 1 nobias, norm"
            )
            blocks.append(f"[{block}], " if stride == 1 and depth == width else f"{block}, ")
            depth = width
    return "".join(blocks)


_LITE0_STAGES = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)
PRESETS: dict[str, str] = {
    "Review (slides 43-44)": ("32x32x3, conv 16 3 p1, relu, max 2, conv 16 3 p1, relu, max 2, flatten, fc 3, softmax"),
    "Slide 10": ("64x64x1, " + "conv 10 3 p1, relu, conv 10 3 p1, relu, max 2, " * 3 + "flatten, fc 2"),
    "LeNet-5": ("32x32x1, conv 6 5, tanh, avg 2, conv 16 5, tanh, avg 2, flatten, fc 120, tanh, fc 84, tanh, fc 10"),
    "AlexNet": (
        "224x224x3, conv 64 11 s4 p2, relu, max 3 s2, conv 192 5 p2, relu, max 3 s2, conv 384 3 p1, relu, "
        "conv 256 3 p1, relu, conv 256 3 p1, relu, max 3 s2, adaptive 6, flatten, drop 0.5, fc 4096, relu, drop 0.5, "
        "fc 4096, relu, fc 1000"
    ),
    "VGG-16": (
        f"224x224x3, {_vgg((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))}"
        "adaptive 7, flatten, fc 4096, relu, drop 0.5, fc 4096, relu, drop 0.5, fc 1000"
    ),
    "ResNet-18": (
        "224x224x3, conv 64 7 s2 p3 nobias, norm, relu, max 3 s2 p1, "
        f"{_resnet(64, 128, 256, 512)}adaptive 1, flatten, fc 1000"
    ),
    "Lecture CNN": (
        "128x128x1, "
        + "".join(f"conv {width} 3 p1, relu, max 2, " for width in (16, 32, 64, 96, 128))
        + "flatten, fc 2"
    ),
    "EfficientNet-Lite0": (
        "224x224x1, conv 32 3 s2 p1 nobias, norm, relu, "
        + _inverted(32, *_LITE0_STAGES)
        + "conv 1280 1 nobias, norm, relu, adaptive 1, flatten, drop 0.2, fc 2"
    ),
}
"""AlexNet, VGG-16 and ResNet-18 as in torchvision; Lecture CNN and EfficientNet-Lite0 as in :mod:`cnn.models.loading`.

Slide 10 is the chain to which the lecture returns, on films that a learner can train it on. EfficientNet-Lite0 is
without its stochastic depth, which skips whole blocks at random in training only.
"""
NOTES = {
    "LeNet-5": "LeNet-5 as it is usually written today. In the original of 1998, pooling had trained weights, the "
    "second convolution read a part of the maps only, and the last layer compared distances.",
    "AlexNet": "AlexNet as in torchvision, which has fewer filters than the network of 2012.",
}
"""What differs from the network as it was published, by name."""
