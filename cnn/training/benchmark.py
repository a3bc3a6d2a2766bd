"""How fast this is, as ratios within one run: ``python -m cnn.training.benchmark [--films FOLDER] [--out
benchmark.json]``.

Every row sets what a user waits for beside the bare work that nobody can avoid, on the same machine, in turns, one
after the other; the ratio is that of the medians. All rows but the batch run in one thread and are timed by the
processor's clock of this process, so that other work on the machine slows neither side. Bare work passes through the
network as it was trained, layer by layer; ours through the copies that predictions and explanations use. ``grad-cam``
and ``torchcam`` are compared with where they are installed
(``pip install --no-deps grad-cam ttach torchcam opencv-python-headless``).
"""

import argparse
import copy
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from cnn import cards
from cnn.attribution.attribute import attribute
from cnn.attribution.methods import STEPS, count_passes
from cnn.imaging.preprocess import to_tensor
from cnn.imaging.radiograph import read_radiograph
from cnn.models import loading, ood_gate, registry
from cnn.models.allocator import keep_memory
from cnn.models.loading import LoadedModel
from cnn.predict.files import find_files
from cnn.predict.outcomes import BATCH_SIZE, predict_files
from cnn.predict.prediction import PNEUMONIA, classify

SIDE = 2000
"""Pixels of the side of the film that is uploaded."""
MATRIX = 1024
"""Side of the two matrices whose product shows what the machine can do."""
MADE = 64
"""Films made for the batch where none are given."""
Work = Callable[[], object]


@dataclass(frozen=True)
class Row:
    """One line: ``value`` over ``bare``, both in ``unit``; ``target`` is the most that their ratio may be."""

    what: str
    against: str
    value: float
    bare: float
    target: float
    note: str = ""
    unit: str = "ms"

    @property
    def ratio(self) -> float:
        """How many times as long."""
        return self.value / self.bare

    @property
    def met(self) -> bool:
        """Whether the target is met."""
        return self.ratio <= self.target


def compared(
    what: str, work: Work, against: str, bare: Work, target: float, repeats: int,
    clock: Callable[[], float] = time.process_time,
) -> Row:  # fmt: skip
    """``work`` beside ``bare``, in turns, after one round that is not counted."""
    took: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats + 1):
        for kept, each in zip(took, (work, bare), strict=True):
            start = clock()
            each()
            kept.append(1000 * (clock() - start))
    mine, other = (statistics.median(kept[1:]) for kept in took)
    return Row(what, against, mine, other, target, f"{repeats} times each")


def upload(model: LoadedModel, repeats: int) -> Row:
    """From the bytes of a large JPEG to probabilities, beside Pillow and the network alone."""
    data = jpeg(SIDE, seed=0)

    def ours() -> object:
        return classify(model, to_tensor(read_radiograph(data, "film.jpg"), model.input_size))

    def bare() -> object:
        size = (model.input_size, model.input_size)
        grey = Image.open(BytesIO(data)).convert("L").resize(size, Image.Resampling.BILINEAR)
        return forward(model.module, torch.from_numpy(np.asarray(grey, np.float32) / 255)[None, None])

    what = f"bytes of a {SIDE} x {SIDE} JPEG to probabilities"
    return compared(what, ours, "Pillow's decode and resize, one forward pass", bare, 1.15, repeats)


def grad_cam(model: LoadedModel, pixels: Tensor, repeats: int) -> Row:
    """Grad-CAM beside one forward pass."""
    return compared(
        "Grad-CAM", lambda: attribute(model, pixels, "grad_cam", PNEUMONIA),
        "one forward pass", lambda: forward(model.module, pixels), 1.25, repeats,
    )  # fmt: skip


def integrated_gradients(model: LoadedModel, pixels: Tensor, repeats: int) -> Row:
    """Integrated Gradients beside its steps one by one."""

    def bare() -> None:
        for _ in range(STEPS):
            leaf = pixels.clone().requires_grad_()
            torch.autograd.grad(model.module(leaf)[0, PNEUMONIA], leaf)

    return compared(
        f"Integrated Gradients, {STEPS} steps", lambda: attribute(model, pixels, "integrated_gradients", PNEUMONIA),
        f"{STEPS} single forward and backward passes", bare, 0.55, repeats,
    )  # fmt: skip


def occlusion(model: LoadedModel, pixels: Tensor, repeats: int) -> Row:
    """Occlusion beside its windows one by one."""
    count = count_passes(model, "occlusion")

    def bare() -> None:
        for _ in range(count):
            forward(model.module, pixels)

    return compared(
        "Occlusion", lambda: attribute(model, pixels, "occlusion", PNEUMONIA),
        f"{count} single forward passes", bare, 0.5, repeats,
    )  # fmt: skip


def peers(model: LoadedModel, pixels: Tensor, repeats: int) -> Iterator[Row]:
    """Grad-CAM beside that of two other packages, as they are installed; neither has the other two methods."""
    for title, prepare in (("grad-cam", _by_grad_cam), ("torchcam", _by_torchcam)):
        try:
            theirs = prepare(model, pixels)
        except ImportError:  # it, or something that it needs, is not installed
            continue
        yield compared(
            f"Grad-CAM, beside {title}", lambda: attribute(model, pixels, "grad_cam", PNEUMONIA),
            f"{title}'s Grad-CAM", theirs, 1.0, repeats,
        )  # fmt: skip


def _by_grad_cam(model: LoadedModel, pixels: Tensor) -> Work:
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    network, layer = _double(model)
    cam = GradCAM(model=network, target_layers=[layer])
    return lambda: cam(input_tensor=pixels.clone().requires_grad_(), targets=[ClassifierOutputTarget(PNEUMONIA)])


def _by_torchcam(model: LoadedModel, pixels: Tensor) -> Work:
    from torchcam.methods import GradCAM  # here, for it is nobody's dependency

    network, layer = _double(model)

    def work() -> object:
        with GradCAM(network, target_layer=layer, input_shape=tuple(pixels.shape[1:])) as cam:
            (found,) = cam(PNEUMONIA, network(pixels.clone().requires_grad_()))
        return nn.functional.interpolate(found[None], size=pixels.shape[-2:], mode="bilinear")

    return work


def _double(model: LoadedModel) -> tuple[nn.Module, nn.Module]:
    """A network for others to set their hooks on, and the layer that Grad-CAM looks at."""
    network = copy.deepcopy(model.module)
    return network, network.get_submodule(model.cam_layers[0])


def machine(model: LoadedModel, pixels: Tensor, repeats: int) -> Row:
    """A forward pass, as predictions take it, beside a matrix product with as many multiply-adds."""
    with FlopCounterMode(display=False) as counter:
        forward(model.module, pixels)
    multiply_adds = counter.get_total_flops() // 2
    left, right = torch.randn(MATRIX, MATRIX), torch.randn(MATRIX, MATRIX)
    row = compared("forward pass", lambda: forward(model.folded, pixels), "", lambda: left @ right, 2.5, repeats)
    limit = row.bare * multiply_adds / MATRIX**3
    return Row(
        row.what, f"its {multiply_adds / 1e6:.0f} million multiply-adds as one matrix product",
        row.value, limit, row.target, row.note,
    )  # fmt: skip


def batch(model: LoadedModel, films: Sequence[Path], repeats: int) -> Row:
    """``cnn.predict`` over files beside reading them and passing them through gate and network, with all
    threads."""
    gate = ood_gate.load().network
    torch.set_num_threads(os.cpu_count() or 1)
    busy = 0.0

    def ours() -> object:
        nonlocal busy
        start = time.process_time(), time.perf_counter()
        rows = list(predict_files(films, model))
        busy = (time.process_time() - start[0]) / (time.perf_counter() - start[1]) / (os.cpu_count() or 1)
        return rows

    def bare() -> None:
        read = [read_radiograph(path.read_bytes(), path.name) for path in films]
        for start in range(0, len(read), BATCH_SIZE):
            part = read[start : start + BATCH_SIZE]
            sides = {ood_gate.INPUT_SIZE, model.input_size}
            inputs = {side: torch.cat([to_tensor(film, side) for film in part]) for side in sides}
            forward(gate, inputs[ood_gate.INPUT_SIZE].contiguous(memory_format=torch.channels_last))
            forward(model.module, inputs[model.input_size])

    row = compared(
        f"cnn.predict over {len(films)} files", ours,
        "decode, then batched forward passes of gate and network", bare,
        1.2, repeats, time.perf_counter,
    )  # fmt: skip
    torch.set_num_threads(1)
    note = f"{row.note}; by the clock on the wall; {busy:.0%} of the cores busy"
    return Row(row.what, row.against, row.value, row.bare, row.target, note)


def forward(module: nn.Module, pixels: Tensor) -> Tensor:
    """A bare forward pass."""
    with torch.inference_mode():
        return module(pixels)


def jpeg(side: int, seed: int) -> bytes:
    """A smooth grey picture with a little noise, about as hard to decode as a film."""
    generator = np.random.default_rng(seed)
    coarse = Image.fromarray(generator.integers(0, 256, (12, 12), dtype=np.uint8))
    grey = np.asarray(coarse.resize((side, side), Image.Resampling.BICUBIC), np.float32)
    grey += generator.normal(0, 3, grey.shape).astype(np.float32)
    data = BytesIO()
    Image.fromarray(grey.clip(0, 255).astype(np.uint8)).save(data, "JPEG", quality=90)
    return data.getvalue()


def table(rows: Sequence[Row]) -> str:
    """Rows as a Markdown table."""
    lines = ["| what | against | ratio | target | | measured |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {row.what} | {row.against} | {row.ratio:.2f} | {row.target:g} | {'met' if row.met else 'MISSED'} | "
        f"{row.value:.1f} / {row.bare:.1f} {row.unit}, {row.note} |"
        for row in rows
    ]
    return "\n".join(lines)


def write(rows: Sequence[Row], out: Path | None, **facts: object) -> None:
    """Prints the table, and writes rows and what the machine was to ``out``."""
    print(table(rows))
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    facts |= {"machine": platform.machine(), "cores": os.cpu_count(), "load": load, "torch": torch.__version__}
    print("\n" + ", ".join(f"{name} {value}" for name, value in facts.items()))
    if out is not None:
        found = [asdict(row) | {"ratio": row.ratio, "met": row.met} for row in rows]
        out.write_text(json.dumps(facts | {"rows": found}, indent=1) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m cnn.training.benchmark", description=__doc__.splitlines()[0])
    parser.add_argument("--films", type=Path, help="a folder of films for the batch (default: some are made)")
    parser.add_argument("--model", default=cards.DEFAULT_NETWORK, help=f"one of {', '.join(registry.MODELS)}")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--out", type=Path, help="JSON file to write")
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)
    keep_memory()  # as the app does
    model = loading.load(given.model)
    few = max(given.repeats // 3, 1)
    pixels = to_tensor(read_radiograph(jpeg(400, seed=1), "film.jpg"), model.input_size)
    rows = [upload(model, given.repeats), grad_cam(model, pixels, given.repeats),
            integrated_gradients(model, pixels, few), occlusion(model, pixels, few),
            *peers(model, pixels, given.repeats), machine(model, pixels, given.repeats)]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        if given.films is None:
            for number in range(MADE):
                (Path(folder) / f"{number}.jpg").write_bytes(jpeg(600, number))
        rows.append(batch(model, list(find_files([given.films or Path(folder)])), few))
    write(rows, given.out, model=given.model, repeats=given.repeats)


if __name__ == "__main__":
    main()
