"""Pack a finished run to take home: a script and a notebook that repeat it, its films, its weights, and a card.

Script and notebook need PyTorch and Pillow only. They hold the very lines of :mod:`cnn.handson.recipe`, so that the
same seed gives the same figures. Only packing a fine-tuned network loads PyTorch here.
"""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from cnn.cards import CLASSES
from cnn.handson.films import COLUMNS, SIDE, SPLITS, FilmSet, make_sheet
from cnn.handson.preparation import Prepared, prepare
from cnn.handson.runs.events import Result
from cnn.handson.settings import Settings
from cnn.layers import to_torch
from cnn.text import percent, text_cell

_MARK = "# %%"
_PARTS = {
    "films": '''def read_films(split):
    """Return films (N, 1, {side}, {side}) from 0 to 1, and labels (N,), of one split."""
    sheet = Image.open("films.png")
    greys = torch.frombuffer(bytearray(sheet.tobytes()), dtype=torch.uint8)
    tiles = greys.view(-1, {side}, {columns}, {side}).transpose(1, 2).reshape(-1, {side}, {side})
    with open("films.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    index = [number for number, row in enumerate(rows) if row["split"] == split]
    labels = torch.tensor([CLASSES.index(rows[number]["class"]) for number in index])
    return to_films(tiles[index]), labels


train, validation, test = (read_films(split) for split in {splits})
print(len(train[1]), "films for training,", len(validation[1]), "for validation,", len(test[1]), "for the test")''',
    "training": '''network = lay_out(network)
optimiser = make_optimiser(network, OPTIMISER, WEIGHT_DECAY)
batches, batch = EPOCHS * -(-len(train[1]) // BATCH_SIZE), 0
kept, kept_loss = None, math.inf


def keep(loss):
    """Keep the weights if they are the best on validation, or always where the last are wanted."""
    global kept, kept_loss
    if kept is None or not KEEP_BEST or loss < kept_loss:
        kept, kept_loss = {{name: value.clone() for name, value in network.state_dict().items()}}, loss


keep(float(F.cross_entropy(logits_of(network, validation[0]), validation[1])))
for epoch in range(1, EPOCHS + 1):
    losses = []
    for index in torch.randperm(len(train[1])).split(BATCH_SIZE):
        if batch == LAST_BATCH:
            break
        films = augment(train[0][index]) if AUGMENT else train[0][index]
        rate = rate_at(batch / batches, LEARNING_RATE)
        losses.append(train_batch(network, optimiser, films, train[1][index], rate)[0])
        batch += 1
    if not losses:
        break
    logits = logits_of(network, validation[0])
    loss = float(F.cross_entropy(logits, validation[1]))
    keep(loss)
    print(f"epoch {{epoch}}: loss {{sum(losses) / len(losses):.3f}}, validation loss {{loss:.3f}}")''',
    "result": """network.load_state_dict(kept)
logits = logits_of(network, test[0])
print(f"test accuracy {{float((logits.argmax(1) == test[1]).double().mean()):.4f}}")
print(f"test AUC {{auc_of(logits[:, 1] - logits[:, 0], test[1]):.4f}}")""",
}
_RESIDUAL = """class Residual(nn.Module):
    def __init__(self, main, shortcut=()):
        super().__init__()
        self.main = nn.Sequential(*main)
        self.shortcut = nn.Sequential(*shortcut)

    def forward(self, x):
        return self.main(x) + self.shortcut(x)


"""


def pack(result: Result, film_set: FilmSet) -> bytes:
    """Return a zip file with everything that repeats the run.

    Args:
        result: The run.
        film_set: The films that it was given, before they were prepared.
    """
    buffer = io.BytesIO()
    prepared = prepare(result.settings, film_set)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("train.py", script(result))
        archive.writestr("train.ipynb", notebook(result))
        archive.writestr("films.png", _sheet(prepared), zipfile.ZIP_STORED)
        archive.writestr("films.csv", _table(prepared))
        archive.writestr("network.safetensors", result.weights)
        archive.writestr("README.md", card(result, film_set))
        if result.settings.fine_tunes:
            archive.writestr("start.pt", _start(result.settings))
    return buffer.getvalue()


def script(result: Result) -> str:
    """Return the run as one Python script, in cells of the percent format."""
    cells = [
        '"""Repeat a training of the course: python train.py, beside films.png and films.csv."""',
        *(code for _, code in _cells(result)),
    ]
    return f"\n\n{_MARK}\n".join(cells) + "\n"


def notebook(result: Result) -> str:
    """Return the run as a Jupyter notebook, with the code of :func:`script`."""
    cells: list[dict[str, Any]] = []
    for text, code in _cells(result):
        cells += [
            {"cell_type": "markdown", "metadata": {}, "source": text},
            {"cell_type": "code", "metadata": {}, "source": code, "execution_count": None, "outputs": []},
        ]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


def _cells(result: Result) -> Iterator[tuple[str, str]]:
    """Yield text and code of each cell."""
    settings = result.settings
    numbers = {"side": SIDE, "columns": COLUMNS, "splits": SPLITS}
    names = ("optimiser", "learning_rate", "weight_decay", "batch_size", "epochs", "augment", "keep_best", "seed")
    constants = [f"{name.upper()} = {getattr(settings, name)!r}" for name in names]
    head = ["import csv", "import math", "", "import torch", "import torch.nn.functional as F", "from PIL import Image"]
    head += ["from torch import Tensor, nn", "", f"CLASSES = {list(CLASSES)!r}", *constants]
    head += [f"LAST_BATCH = {result.batches}  # {result.ended}", "torch.set_num_threads(1)", "torch.manual_seed(SEED)"]
    yield "# A training to repeat\nPyTorch and Pillow are enough. Settings first.", "\n".join(head)
    source = Path(__file__).with_name("recipe.py").read_text(encoding="utf-8")
    yield "## The recipe", source[source.index("def to_films") :].rstrip()
    yield "## Data", _PARTS["films"].format(**numbers)
    yield "## Network", _network(result)
    yield "## Training", _PARTS["training"].format()
    yield "## Result: the test films, once", _PARTS["result"].format()


def _network(result: Result) -> str:
    code = to_torch.torch_code(result.settings.described_network)
    lines = code[code.index("net = nn.Sequential(") :].split("\n\n")[0].replace("net = ", "network = ", 1)
    start = '\nnetwork.load_state_dict(torch.load("start.pt", weights_only=True))' if result.settings.fine_tunes else ""
    return f"{_RESIDUAL if 'Residual(' in lines else ''}{lines}{start}"


def _start(settings: Settings) -> bytes:
    """Return the weights that a fine-tuning begins with, as torch.save writes them."""
    import torch

    from cnn.handson import networks

    buffer = io.BytesIO()
    torch.save(networks.start(settings).state_dict(), buffer)
    return buffer.getvalue()


def _sheet(prepared: Prepared) -> bytes:
    pixels = np.concatenate([getattr(prepared, split).pixels for split in SPLITS])
    buffer = io.BytesIO()
    Image.fromarray(make_sheet(pixels)).save(buffer, "PNG")
    return buffer.getvalue()


def _table(prepared: Prepared) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["file", "split", "class", "patient", "cause"])
    for split in SPLITS:
        films = getattr(prepared, split)
        columns = (films.names, films.labels, films.patients, films.causes)
        for name, label, patient, cause in zip(*columns, strict=True):
            writer.writerow([text_cell(name), split, CLASSES[label], text_cell(patient), cause])
    return buffer.getvalue()


def card(result: Result, film_set: FilmSet) -> str:
    """Return a model card in Markdown."""
    counts = result.counts
    figures = [
        f"- AUC {result.test_auc}, accuracy {result.test_accuracy.in_percent()} at P(PNEUMONIA) = 0.5",
        f"- sensitivity {percent(counts.sensitivity[0])}, specificity {percent(counts.specificity[0])}",
        f"- validation AUC {result.validation_auc:.2f}; training accuracy {percent(result.train_accuracy)}",
    ]
    films = [
        f"Trained on {film_set.title}: {result.train_counts[0]} NORMAL, {result.train_counts[1]} PNEUMONIA;",
        f"{result.shared_patients} patients are in training and validation. `films.png` and `films.csv` hold the films",
        "as this run saw them. The shipped ones: Kermany, Zhang, Goldbaum, Mendeley Data v2, 2018, CC BY 4.0, resized.",
    ]
    sections = [
        "# A network trained in the course",
        "**For teaching only. This is not a medical device, and no result is a diagnosis.**",
        f"{result.settings.network_title}: `{result.settings.described_network}`, {result.parameters:,} parameters. "
        f"Input: a film (1, {SIDE}, {SIDE}) less its mean, divided by its standard deviation; output: logits of "
        f"{', '.join(CLASSES)}.",
        "## Films",
        "\n".join(films),
        f"## Figures on {len(result.test)} test films (95 % intervals, resampled by patient)",
        "\n".join(figures),
        "## Repeat it",
        "`python train.py` or `train.ipynb`, beside the films, with PyTorch and Pillow. "
        + (
            "The run was cut off by the time limit, so its learning rate fell faster than the script's: figures differ."
            if result.ended == "time limit"
            else "It prints the same test AUC, to 0.01."
        ),
        "## Settings",
        f"```json\n{json.dumps(asdict(result.settings), indent=1)}\n```",
        f"`network.safetensors`: SHA-256 {hashlib.sha256(result.weights).hexdigest()}; epoch {result.epoch} of "
        f"{result.epochs}; torch {version('torch')}.",
    ]
    return "\n\n".join(sections) + "\n"
