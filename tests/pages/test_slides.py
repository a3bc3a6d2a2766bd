"""Every row of the lecture is played on a page with the lecture's own numbers; what is computed equals PyTorch's."""

import json
import re
from collections.abc import Callable

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest
from torch import Tensor, nn
from torch.nn import functional as F

from cnn.ops.pooling import Pooling
from tests.support.app import all_text, figures, open_page, press
from tests.support.grids import example_of

Rows = dict[str, tuple[str, ...]]
"""What stands on the page, by slide."""
SLIDES: dict[str, tuple[tuple[str, Rows], ...]] = {
    "home": (
        (
            "",
            {
                "3": ("What is convolution", "Why convolutional networks", "The pooling layer", "slides 43–45"),
                "4": ("Understand the concepts", "Know the components", "Implement a classification pipeline"),
            },
        ),
    ),
    "history": (
        (
            "",
            {
                "5": (
                    *("1980", "Neocognitron", "1993", "LeNet", "1997", "RNN", "1997–2006", "2006", "2012", "2015"),
                    *("too little training data", "too little computing power", "hard to train", "naive Bayes"),
                    *("AlexNet", "ZFNet", "VGG", "ResNet", "3.57 %"),
                )
            },
        ),
    ),
    "convolution_1d": (
        (
            "Slide 7",
            {
                "6": ("0 1 1 3 4 3 6", "0 2 3 5 5 0 3", "-2 -2 -1 3 3"),
                "7": ("after smoothing", "best match", "Without a shift it is"),
            },
        ),
    ),
    "why_cnns": (
        (
            "Slide 8: 1000 × 1000 × 3",
            {
                "8": ("= 3,000,000 inputs", "300,000,000 weights"),
                "9": ("outline", "veins", "edges and corners"),
            },
        ),
    ),
    "convolution_2d": (
        ("3 × 3 on 5 × 5", {"12": ("1 1 1 0 0 / 0 1 1 1 0", "output 4 3 4 / 2 4 3 / 2 3 4")}),
        (
            "5 × 5 × 3 on 32 × 32 × 3",
            {
                "11": ("input 32 × 32 × 3", "filter 5 × 5 × 3"),
                "14": ("= 75 products", "just one number", "output 28 × 28 × 1"),
            },
        ),
        ("Edges of a film", {"13": ("filter -1 -1 -1 / -1 8 -1 / -1 -1 -1",)}),
    ),
    "filters_relu": (
        ("6 filters of 5 × 5 × 3", {"15": ("filter 5 × 5 × 3", "output 28 × 28 × 6")}),
        (
            "7 filters, then 8",
            {"16": ("5 × 5 × 3", "28 × 28 × 7", "8 filters of 5 × 5 × 7", "24 × 24 × 8")},
        ),
    ),
    "inside_the_network": (
        (
            "",
            {
                "10, 36": ("conv1", "relu1", "pool1", "fc", "P(PNEUMONIA)"),
                "17": ("Low level", "Middle level", "High level"),
            },
        ),
    ),
    "stride_padding": (
        ("7 × 7, stride 1", {"19-24": ("output 5 × 5 × 1", "(7 − 3 + 2 × 0)/1 + 1 = 5")}),
        ("7 × 7, stride 2", {"25-28": ("output 3 × 3 × 1", "(7 − 3 + 2 × 0)/2 + 1 = 3")}),
        (
            "7 × 7, stride 3",
            {"29-31": ("does not fit", "13 of 49 cells"), "32": ("2.33 ✗", "(N - F + 2P)/S + 1")},
        ),
        ("32 × 32, filter 5 × 5", {"33": ("P = 0**: 32 → 28 → 24", "P = 2**: 32 → 32 → 32")}),
        ("4 × 4, no padding", {"34": ("input 4 × 4 × 1", "output 2 × 2 × 1")}),
        ("5 × 5, padding 1", {"34, padded": ("input 5 × 5 × 1", "output 5 × 5 × 1")}),
    ),
    "layer_calculator": (
        ("3 × 3, stride 1, padding 1", {"35, F3 S1 P1": ("Output 32 × 32 × 32", "(3 × 3 × 3) × 32 + 32 = 896")}),
        ("5 × 5, stride 1, padding 2", {"35, F5 S1 P2": ("Output 32 × 32 × 64", "(5 × 5 × 3) × 64 + 64 = 4,864")}),
        ("5 × 5, stride 2, padding 2", {"35, F5 S2 P2": ("Output 16 × 16 × 128", "(5 × 5 × 3) × 128 + 128 = 9,728")}),
        ("6 filters of 5 × 5 × 3", {"15": ("Output 28 × 28 × 6", "(5 × 5 × 3) × 6 + 6 = 456")}),
        ("Pool 2 × 2, stride 2", {"37": ("Input 100 × 100 × 128", "Output 50 × 50 × 128")}),
        ("Pool 3 × 3, stride 2", {"40": ("Window of 3 × 3", "Output 7 × 7 × 16", "parameters none")}),
    ),
    "pooling": (
        (
            "Max pooling",
            {"38": ("5 6 7 8 / 2 10 4 11", "output 10 11 / 9 7"), "37": ("50 × 50 × 128",)},
        ),
        ("Convolution, then pooling", {"39": ("output 4 3 4 / 2 4 3 / 2 3 4", "output 4 4 / 4 4")}),
        ("Overlapping: F 3, S 2", {"40": ("output 3 × 3 × 1",)}),
    ),
    "fully_connected": (
        (
            "Slide 42",
            {"41": ("18 × 3 + 3 = 57", "4,096 × 3 + 3"), "42": ("Door", "Stair", "Sign", "0.100", "0.800")},
        ),
    ),
    "architecture_builder": (
        (
            "Review (slides 43-44)",
            {"43-44": ("input 32 × 32 × 3", "conv 32 × 32 × 16", "max 16 × 16 × 16", "conv 16 × 16 × 16", "1 × 1 × 3")},
        ),
        ("Slide 10", {"10, 18, 36, 41": ("1. conv 10", "2. relu", "3. conv 10", "4. relu", "5. max", "1 × 1 × 2")}),
    ),
    "review": (("", {"46": ("Dive into Deep Learning", "Artificial Intelligence", "Goodfellow", "CS231n")}),),
}
"""For each page what is pressed in turn, and what each row of the lecture then finds there."""


def _image(*lines: str) -> Tensor:
    return torch.tensor([[float(value) for value in line.split()] for line in lines])[None, None]


SIGNAL, KERNEL = torch.tensor([[[0.0, 1, 2, 3, 3]]]), torch.tensor([[[1.0, -1, 2]]])
BINARY = _image("1 1 1 0 0", "0 1 1 1 0", "0 0 1 1 1", "0 0 1 1 0", "0 1 1 0 0")
CONVOLVED = F.conv2d(BINARY, _image("1 0 1", "0 1 0", "1 0 1"))
COLOUR = torch.zeros(1, 3, 32, 32)
TORCH: dict[str, Callable[[], Tensor]] = {
    "0 1 1 3 4 3 6": lambda: F.conv1d(SIGNAL, KERNEL.flip(-1), padding=2),
    "0 2 3 5 5 0 3": lambda: F.conv1d(SIGNAL, KERNEL, padding=2),
    "output 4 3 4 / 2 4 3 / 2 3 4": lambda: CONVOLVED,
    "output 4 4 / 4 4": lambda: F.max_pool2d(CONVOLVED, 2, 1),
    "output 10 11 / 9 7": lambda: F.max_pool2d(_image("5 6 7 8", "2 10 4 11", "7 9 3 5", "8 6 7 1"), 2),
    "output 28 × 28 × 1": lambda: nn.Conv2d(3, 1, 5)(COLOUR),
    "output 28 × 28 × 6": lambda: nn.Conv2d(3, 6, 5)(COLOUR),
    "28 × 28 × 7": lambda: nn.Conv2d(3, 7, 5)(COLOUR),
    "24 × 24 × 8": lambda: nn.Conv2d(7, 8, 5)(nn.Conv2d(3, 7, 5)(COLOUR)),
    "Output 32 × 32 × 64": lambda: nn.Conv2d(3, 64, 5, padding=2)(COLOUR),
    "Output 16 × 16 × 128": lambda: nn.Conv2d(3, 128, 5, 2, 2)(COLOUR),
    "Output 50 × 50 × 128": lambda: nn.MaxPool2d(2)(torch.zeros(1, 128, 100, 100)),
    "Output 7 × 7 × 16": lambda: nn.MaxPool2d(3, 2)(torch.zeros(1, 16, 15, 15)),
}
"""Numbers and sizes of the table, and what PyTorch makes of the lecture's input."""


def told(app: AppTest) -> str:
    """All that a reader of the page finds: prose, figures, links, and what the browser computes of each grid."""
    sent = [json.loads(element.proto.json) for element in app.get("bidi_component")]
    links = [link.proto.label for link in app.get("page_link")]
    text = " ".join(
        [all_text(app), figures(app), *links, *(_grid(data) for data in sent if isinstance(data.get("rows"), dict))]
    )
    return _squeezed(text)


def _grid(data: dict) -> str:  # type: ignore[type-arg]
    example = example_of(data)
    shown = [("input", example.input), ("output", example.output)]
    if not isinstance(example, Pooling):
        shown.append(("filter", example.kernel[0]))
    if data["pool"]:
        pooled = F.max_pool2d(torch.from_numpy(example.output.copy()), 2, 1).numpy()
        assert [len(data["pool"][axis]["windows"]) for axis in ("rows", "columns")] == [*pooled.shape[1:]]
        shown.append(("output", pooled))
    return " ".join(f"{name} {_size(values)} {name} {_rows(values)}" for name, values in shown)


def _size(values: np.ndarray) -> str:
    channels, height, width = values.shape
    return f"{width} × {height} × {channels}"


def _rows(values: np.ndarray) -> str:
    return " / ".join(" ".join(f"{value:g}" for value in row) for row in values[0]) if values.size < 60 else ""


@pytest.mark.parametrize("page", SLIDES)
def test_every_row_of_the_lecture_is_on_its_page(page: str) -> None:
    app = open_page(page)
    for label, rows in SLIDES[page]:
        if label:
            press(app, label)
        found = told(app)
        missing = [(slide, text) for slide, texts in rows.items() for text in texts if _squeezed(text) not in found]
        assert not missing, f"{missing} of {found}"


def _squeezed(text: str) -> str:
    plain = re.sub(r"<[^>]*>", " ", text)
    return re.sub(r"[\s,\[\]]+", " ", re.sub(r"\.0(?=[\],])", "", plain))


def test_the_table_has_every_slide() -> None:
    numbers = {
        number
        for stops in SLIDES.values()
        for _, rows in stops
        for slides in rows
        for first, last in re.findall(r"(?<![A-Z])(\d+)(?:-(\d+))?", slides)
        for number in range(int(first), int(last or first) + 1)
    }
    assert {*range(3, 47)} - numbers == {45}, "the hands-on part has tests of its own"


@pytest.mark.parametrize("golden", TORCH)
def test_the_numbers_are_pytorchs(golden: str) -> None:
    assert any(golden in texts for stops in SLIDES.values() for _, rows in stops for texts in rows.values())
    with torch.no_grad():
        theirs = TORCH[golden]().numpy()
    values = theirs.reshape(-1, *theirs.shape[-2:])
    assert (_size(values) if "×" in golden else _rows(values)) in golden
