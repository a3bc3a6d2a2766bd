"""Measure speed as ratios within one run: ``python -m cnn.training.benchmark [--films FOLDER] [--out FILE]``.

Each task that a user waits for is timed beside the bare work that nobody can avoid, on the same machine, alternately;
the ratio is that of the medians. Tasks of one thread are timed by this process's CPU clock, so that other work on the
machine slows neither side; the batch, and what is done once more on all cores, by the clock on the wall. The bare work
passes through the network as it was trained, layer by layer; the tasks through the copies that predictions and
explanations use.
"""

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
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
from cnn.models import cores, loading, ood_gate, registry
from cnn.models.allocator import keep_memory
from cnn.models.loading import LoadedModel
from cnn.predict.files import find_files
from cnn.predict.outcomes import BATCH_SIZE, predict_files
from cnn.predict.prediction import PNEUMONIA, classify

UPLOAD_SIDE = 2000
"""Side of the uploaded film in pixels."""
MATRIX_SIDE = 1024
"""Side of the two matrices whose product shows what the machine can do."""
BATCH_FILMS = 64
"""Films that are drawn for the batch where none are given."""


@dataclass(frozen=True)
class Task:
    """Something a user waits for, the bare work that it is compared with, and the largest acceptable ratio.

    Attributes:
        title: Of the task.
        run: The task.
        bare_title: Of the bare work.
        run_bare: The bare work.
        target: Largest acceptable ratio of their times.
        bare_scale: How often the bare work is counted.
    """

    title: str
    run: Callable[[], object]
    bare_title: str
    run_bare: Callable[[], object]
    target: float
    bare_scale: float = 1.0


@dataclass(frozen=True)
class Result:
    """A measured ratio of ``value`` to ``bare``, both in ``unit``, and the largest that is acceptable."""

    title: str
    bare_title: str
    value: float
    bare: float
    target: float
    note: str = ""
    unit: str = "ms"

    @property
    def ratio(self) -> float:
        """How many times as much."""
        return self.value / self.bare

    @property
    def met(self) -> bool:
        """Whether the target is met."""
        return self.ratio <= self.target


def compare(task: Task, repeats: int, clock: Callable[[], float] = time.process_time) -> Result:
    """Time a task and its bare work alternately, after one uncounted round."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats + 1):
        for milliseconds, run in zip(times, (task.run, task.run_bare), strict=True):
            start = clock()
            run()
            milliseconds.append(1000 * (clock() - start))
    value, bare = (statistics.median(milliseconds[1:]) for milliseconds in times)
    return Result(task.title, task.bare_title, value, bare * task.bare_scale, task.target, f"{repeats} times each")


def upload(model: LoadedModel) -> Task:
    """From the bytes of a large JPEG to probabilities, beside Pillow and the network alone."""
    data = draw_jpeg(UPLOAD_SIDE, seed=0)
    size = (model.input_size, model.input_size)

    def run_bare() -> Tensor:
        grey = Image.open(BytesIO(data)).convert("L").resize(size, Image.Resampling.BILINEAR)
        return forward(model.module, torch.from_numpy(np.asarray(grey, np.float32) / 255)[None, None])

    return Task(
        f"bytes of a {UPLOAD_SIDE} x {UPLOAD_SIDE} JPEG to probabilities",
        lambda: classify(model, to_tensor(read_radiograph(data, "film.jpg"), model.input_size)),
        "Pillow's decode and resize, one forward pass",
        run_bare,
        target=0.75,
    )


def grad_cam(model: LoadedModel, pixels: Tensor) -> Task:
    """Grad-CAM beside one forward pass."""
    return Task(
        "Grad-CAM",
        lambda: attribute(model, pixels, "grad_cam", PNEUMONIA),
        "one forward pass",
        lambda: forward(model.module, pixels),
        target=1.05,
    )


def integrated_gradients(model: LoadedModel, pixels: Tensor) -> Task:
    """Integrated Gradients beside its steps one by one."""

    def run_bare() -> None:
        for _ in range(STEPS):
            leaf = pixels.clone().requires_grad_()
            torch.autograd.grad(model.module(leaf)[0, PNEUMONIA], leaf)

    return Task(
        f"Integrated Gradients, {STEPS} steps",
        lambda: attribute(model, pixels, "integrated_gradients", PNEUMONIA),
        f"{STEPS} single forward and backward passes",
        run_bare,
        target=0.6,
    )


def occlusion(model: LoadedModel, pixels: Tensor) -> Task:
    """Occlusion beside its windows one by one."""
    passes = count_passes(model, "occlusion")
    return Task(
        "Occlusion",
        lambda: attribute(model, pixels, "occlusion", PNEUMONIA),
        f"{passes} single forward passes",
        lambda: [forward(model.module, pixels) for _ in range(passes)],
        target=0.4,
    )


def on_all_cores(tasks: dict[float, Task], repeats: int) -> list[Result]:
    """Compare tasks, by their targets, and their bare work on all cores, in a thread that has claimed no single one."""

    def run() -> list[Result]:
        torch.set_num_threads(cores.CORES)
        wide = [replace(task, title=f"{task.title}, all cores", target=target) for target, task in tasks.items()]
        return [compare(task, repeats, time.perf_counter) for task in wide]

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(run).result()


def forward_pass(model: LoadedModel, pixels: Tensor) -> Task:
    """Compare a forward pass, as predictions take it, with a matrix product with as many multiply-adds."""
    with FlopCounterMode(display=False) as counter:
        forward(model.module, pixels)
    multiply_adds = counter.get_total_flops() // 2
    left, right = torch.randn(MATRIX_SIDE, MATRIX_SIDE), torch.randn(MATRIX_SIDE, MATRIX_SIDE)
    return Task(
        "forward pass",
        lambda: model.scores(pixels),
        f"its {multiply_adds / 1e6:.0f} million multiply-adds as one matrix product",
        lambda: left @ right,
        target=1.3,
        bare_scale=multiply_adds / MATRIX_SIDE**3,
    )


def batch(model: LoadedModel, films: Sequence[Path]) -> Task:
    """:func:`cnn.predict.outcomes.predict_files` beside reading files and passing them through gate and network."""
    gate = ood_gate.load().network

    def run_bare() -> None:
        radiographs = [read_radiograph(path.read_bytes(), path.name) for path in films]
        for start in range(0, len(radiographs), BATCH_SIZE):
            part = radiographs[start : start + BATCH_SIZE]
            sides = {ood_gate.INPUT_SIZE, model.input_size}
            inputs = {side: torch.cat([to_tensor(radiograph, side) for radiograph in part]) for side in sides}
            forward(gate, inputs[ood_gate.INPUT_SIZE].contiguous(memory_format=torch.channels_last))
            forward(model.module, inputs[model.input_size])

    return Task(
        f"predictions for {len(films)} files",
        lambda: list(predict_files(films, model)),
        "decode, then batched forward passes of gate and network",
        run_bare,
        target=0.55,
    )


def forward(module: nn.Module, pixels: Tensor) -> Tensor:
    """Return the output of a bare forward pass."""
    with torch.inference_mode():
        return torch.as_tensor(module(pixels))


def draw_jpeg(side: int, seed: int) -> bytes:
    """Return a smooth grey image with a little noise, about as hard to decode as a film."""
    generator = np.random.default_rng(seed)
    coarse = Image.fromarray(generator.integers(0, 256, (12, 12), dtype=np.uint8))
    grey = np.asarray(coarse.resize((side, side), Image.Resampling.BICUBIC), np.float32)
    grey += generator.normal(0, 3, grey.shape).astype(np.float32)
    data = BytesIO()
    Image.fromarray(grey.clip(0, 255).astype(np.uint8)).save(data, "JPEG", quality=90)
    return data.getvalue()


def format_table(results: Sequence[Result]) -> str:
    """Return results as a Markdown table."""
    lines = ["| what | against | ratio | target | | measured |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {result.title} | {result.bare_title} | {result.ratio:.2f} | {result.target:g} | "
        f"{'met' if result.met else 'MISSED'} | {result.value:.1f} / {result.bare:.1f} {result.unit}, {result.note} |"
        for result in results
    ]
    return "\n".join(lines)


def write_report(results: Sequence[Result], out: Path | None, **facts: object) -> None:
    """Print the table and the facts of the run, and write both to ``out`` as JSON."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    facts |= {"machine": platform.machine(), "cores": os.cpu_count(), "load": load, "torch": torch.__version__}
    print(format_table(results) + "\n\n" + ", ".join(f"{name} {value}" for name, value in facts.items()))
    if out is not None:
        rows = [asdict(result) | {"ratio": result.ratio, "met": result.met} for result in results]
        out.write_text(json.dumps(facts | {"results": rows}, indent=1) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m cnn.training.benchmark", description=__doc__.splitlines()[0])
    parser.add_argument("--films", type=Path, help="a folder of films for the batch (default: drawn images)")
    parser.add_argument("--model", default=cards.DEFAULT_NETWORK, choices=registry.MODELS)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--out", type=Path, help="JSON file to write")
    options = parser.parse_args(arguments)
    cores.use_one()
    keep_memory()  # as the command does
    model = loading.load(options.model)
    pixels = to_tensor(read_radiograph(draw_jpeg(400, seed=1), "film.jpg"), model.input_size)
    results = [compare(task, options.repeats) for task in (upload(model), grad_cam(model, pixels))]
    few = max(options.repeats // 3, 1)
    gradients, windows = integrated_gradients(model, pixels), occlusion(model, pixels)
    results += [compare(task, few) for task in (gradients, windows)]
    results += on_all_cores({0.35: gradients, 0.25: windows}, few)
    results.append(compare(forward_pass(model, pixels), options.repeats))
    with tempfile.TemporaryDirectory() as folder:
        if options.films is None:
            for number in range(BATCH_FILMS):
                (Path(folder) / f"{number}.jpg").write_bytes(draw_jpeg(600, number))
        torch.set_num_threads(os.cpu_count() or 1)
        films = list(find_files([options.films or Path(folder)]))
        results.append(compare(batch(model, films), few, time.perf_counter))
    write_report(results, options.out, model=options.model, repeats=options.repeats)


if __name__ == "__main__":
    main()
