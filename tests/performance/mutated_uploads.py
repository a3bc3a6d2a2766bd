"""Break uploads of every kind at random: ``python -m tests.performance.mutated_uploads --cases 20000``.

Films, zip files of films, networks as ONNX and as source: each must end in a result or in one sentence, in a few
seconds and below 600 MiB. What else happens is printed with the number that makes the case again.
"""

import argparse
import io
import random
import resource
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from functools import cache

from onnx import TensorProto, helper

from cnn.errors import UserError
from cnn.handson.uploads import read_zip
from cnn.imaging.radiograph import read_radiograph
from cnn.layers.reading.read import read_file
from tests.imaging.corpus.mutate import SEEDS, broken, broken_film, good_data
from tests.layers.reading.network_texts import HEAD, TEXTS
from ui.widgets.film_gallery import thumbnail_url

SECONDS, MEMORY = 4.0, 600


def try_film(chance: random.Random) -> None:
    """Upload a broken film, and make its thumbnail."""
    name = chance.choice(SEEDS)
    thumbnail_url(read_radiograph(broken_film(name, chance), name).pixels)


def _zip(method: int, *bad: bytes) -> bytes:
    """Return a zip file of good films, the first of them replaced by the bad ones."""
    names = [name for name in SEEDS if name.endswith(("png", "jpg"))]
    films = [*bad, *(good_data(names[number % len(names)]) for number in range(len(bad), 32))]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for number, film in enumerate(films):
            archive.writestr(f"mine/{('NORMAL', 'PNEUMONIA')[number % 2]}/p{number}_1.png", film)
    return buffer.getvalue()


def try_zip(chance: random.Random) -> None:
    """Upload a zip file that is broken, or in which a film is."""
    method = chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA))
    if chance.random() < 0.5:
        read_zip(broken(_zip(method), chance))
    else:
        read_zip(_zip(method, broken(good_data(chance.choice(SEEDS)), chance)))


@cache
def _onnx() -> bytes:
    weight = helper.make_tensor("w", TensorProto.FLOAT, [8, 3, 3, 3], [0.0] * 216)
    shape = helper.make_tensor("s", TensorProto.INT64, [2], [0, -1])
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"], "/block/conv", strides=[1, 1], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a"], ["b"], "/block/relu"),
        helper.make_node("MaxPool", ["b"], ["c"], "/pool", kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Concat", ["c", "c"], ["d"], "/cat", axis=1),
        helper.make_node("Reshape", ["d", "s"], ["y"], "/flat"),
    ]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "xy"]
    return bytes(
        helper.make_model(helper.make_graph(nodes, "g", ends[:1], ends[1:], [weight, shape])).SerializeToString()
    )


def try_onnx(chance: random.Random) -> None:
    """Upload a broken ONNX file."""
    read_file(broken(_onnx(), chance), "net.onnx", (3, 64, 64))


def try_source(chance: random.Random) -> None:
    """Upload broken source."""
    source, shape = chance.choice(list(TEXTS.values()))
    read_file(broken((HEAD + source).encode(), chance), "net.py", shape)


KINDS: dict[str, Callable[[random.Random], None]] = {
    "film": try_film,
    "zip": try_zip,
    "onnx": try_onnx,
    "source": try_source,
}


def attempt(kind: str, number: int) -> str:
    """Return what became of a case: "read", "refused", or what else happened."""
    started = time.process_time()
    try:
        KINDS[kind](random.Random(number))
        outcome = "read"
    except UserError as error:
        sentence = str(error)
        outcome = "refused" if sentence.endswith(".") and "\n" not in sentence else f"no sentence: {sentence!r}"
    except Exception as error:
        outcome = f"{type(error).__name__}: {error}"
    seconds = time.process_time() - started
    return outcome if seconds < SECONDS else f"{seconds:.1f} s"


def main() -> None:
    """Try as many cases as asked for, in turn of each kind."""
    parser = argparse.ArgumentParser(prog="python -m tests.performance.mutated_uploads", description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--kind", choices=KINDS, nargs="*", default=[*KINDS])
    options = parser.parse_args()
    counts, started = Counter[tuple[str, str]](), time.monotonic()
    for number in range(options.cases):
        kind = options.kind[number % len(options.kind)]
        outcome = attempt(kind, number)
        if outcome not in ("read", "refused"):
            print(f"{kind} {number}: {outcome}", flush=True)
            outcome = "ELSE"
        counts[kind, outcome] += 1
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(", ".join(f"{kind} {outcome} {count:,}" for (kind, outcome), count in sorted(counts.items())))
    print(f"{options.cases:,} uploads in {time.monotonic() - started:.0f} s, at most {memory:.0f} MiB")
    raise SystemExit(memory > MEMORY or any(outcome == "ELSE" for _, outcome in counts))


if __name__ == "__main__":
    main()
