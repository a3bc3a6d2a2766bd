"""Hold the reader of networks against PyTorch, and against damaged input: by hand, as it takes minutes.

``python -m tests.performance.any_network names | onnx | modules | mutations | fields [--cases N] [--only NAME ...]``
"""

import argparse
import io
import random
import re
import resource
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
import torchvision

from cnn.errors import UserError
from cnn.layers.graph import Graph
from cnn.layers.interpreter.installed_source import model_names
from cnn.layers.reading.read import read_file, read_graph
from tests.layers.reading.network_texts import HEAD, TEXTS
from tests.layers.reading.receptive_fields import differing_fields
from tests.layers.reading.test_random_source import CALLS, PIECES, differs, random_module
from tests.layers.reading.torch_judge import Counts, build, count

LARGE = re.compile(
    "convnext_(small|base|large)|regnet_._(3|8|16|32|128)_?.*gf|vit_[lh].*|maxvit_t|.*(19|16)(_bn)?|"
    ".*(_s|_b|_l|_m|_b[3-7])|resnet152|.*(64x4d|8d|101_2)"
)
"""Classifiers whose export takes long."""


def classifier(name: str, device: str = "meta") -> tuple[torch.nn.Module, tuple[int, ...]]:
    """A classifier of torchvision without weights, and the shape of its input."""
    options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    with torch.device(device if not name.startswith("regnet") else "cpu"):
        network = getattr(torchvision.models, name)(**options).eval()
    return network.to(device), (3, 299, 299) if name == "inception_v3" else (3, 224, 224)


def agrees(graph: Graph, wanted: Counts, parameters: bool = True) -> bool:
    """Whether a graph has output, multiply-adds and parameters of PyTorch."""
    output = graph.output_dims[1:] if graph.output_dims else None
    counts = (graph.parameters, wanted.parameters) if parameters else (0, 0)
    same = (output, graph.multiply_adds, counts[0]) == (wanted.output, wanted.multiply_adds, counts[1])
    return same and not graph.first_problem


def by_name(names: list[str]) -> Iterator[tuple[str, bool]]:
    """Read each classifier by its name."""
    for name in names or model_names():
        network, shape = classifier(name)
        yield name, agrees(read_graph(name, shape), count(network, shape))


def exported(names: list[str]) -> Iterator[tuple[str, bool]]:
    """Export each classifier to ONNX as for training, so that batch normalisation stays a layer, and read the file."""
    for name in names or [name for name in model_names() if not LARGE.fullmatch(name)]:
        network, shape = classifier(name, "cpu")
        for head in {"aux1", "aux2", "AuxLogits"} & dict(network.named_children()).keys():
            setattr(network, head, None)  # not run, so not in the file
        wanted, file = count(network, shape), io.BytesIO()
        for module in network.modules():
            module.training = isinstance(module, torch.nn.modules.batchnorm._BatchNorm)
        mode = torch.onnx.TrainingMode.PRESERVE
        with warnings.catch_warnings(action="ignore"), torch.no_grad():
            torch.onnx.export(network, (torch.zeros(2, *shape),), file, dynamo=False, training=mode)
        graph = read_file(file.getvalue(), "network.onnx", shape)
        yield name, agrees(graph, wanted)


def modules(cases: int) -> Iterator[tuple[str, bool]]:
    """Compare random modules layer by layer."""
    draw = random.Random(20)
    for number in range(cases):
        source, shape = random_module(draw), (3, draw.randint(20, 40), draw.randint(20, 40))
        yield f"module {number}", not differs(source, shape)


def mutations(cases: int) -> Iterator[tuple[str, bool]]:
    """Damage source and files, and read them: a result or a sentence, each within 2 s."""
    draw = random.Random(21)
    texts = [(source, shape) for source, shape in TEXTS.values()]
    file = io.BytesIO()
    with warnings.catch_warnings(action="ignore"):
        torch.onnx.export(build(texts[0][0]), (torch.zeros(2, *texts[0][1]),), file, dynamo=False)
    slowest, before = 0.0, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(cases):
        source, shape = draw.choice(texts)
        data, name = damaged_text(draw, source), "network.py"
        if number % 4 == 0:
            data, name, shape = damaged_bytes(draw, file.getvalue()), "network.onnx", texts[0][1]
        started, good = time.process_time(), True
        try:
            read_file(data, name, shape)
        except UserError:
            pass
        except Exception as error:
            Path(f"/tmp/mutation_{number}_{type(error).__name__}").write_bytes(data)
            good = False
        seconds = time.process_time() - started
        slowest = max(slowest, seconds)
        yield f"mutation {number}", good and seconds < 2
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"slowest {slowest:.2f} s, {peak:.0f} MiB more than before")


def damaged_text(draw: random.Random, source: str) -> bytes:
    """Source with pieces cut out, moved and put in."""
    source = HEAD + source
    for _ in range(draw.choice((1, 2, 5, 20))):
        start = draw.randrange(len(source) + 1)
        end = start + draw.choice((0, 1, 10, 100))
        source = source[:start] + draw.choice((*PIECES, *CALLS, source[end : end + 20], "")) + source[end:]
    return source.encode()


def damaged_bytes(draw: random.Random, data: bytes) -> bytes:
    """A file with bytes changed, cut out or cut off."""
    damaged = bytearray(data)
    for _ in range(draw.choice((1, 4, 40))):
        damaged[draw.randrange(len(damaged))] = draw.randrange(256)
    start = draw.randrange(len(damaged))
    del damaged[start : start + draw.choice((0, 0, 1, 50))]
    return bytes(damaged[: draw.choice((len(data), len(data), len(data) // 2))])


def fields(names: list[str]) -> Iterator[tuple[str, bool]]:
    """Compare each receptive field with the cells of the input whose gradient is not zero."""
    torch.set_default_dtype(torch.float64)
    for name in names or TEXTS:
        wrong = differing_fields(*TEXTS[name])
        print(*wrong, sep="\n", end="\n" if wrong else "")
        yield name, not wrong


def main() -> None:
    """Run one comparison and print what differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["names", "onnx", "modules", "mutations", "fields"])
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--only", nargs="*", default=[])
    options = parser.parse_args()
    runs: dict[str, Callable[[], Iterator[tuple[str, bool]]]] = {
        "names": lambda: by_name(options.only),
        "onnx": lambda: exported(options.only),
        "modules": lambda: modules(options.cases),
        "mutations": lambda: mutations(options.cases),
        "fields": lambda: fields(options.only),
    }
    started, results = time.perf_counter(), []
    for name, good in runs[options.what]():
        results.append(good)
        if not good:
            print("DIFFERS", name, flush=True)
    print(f"{sum(results)} of {len(results)} agree, {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
