"""Time maps and their checks in fresh processes: ``python -m tests.performance.checks [--profile]``.

One map of the default network with its checks, by two methods; and four maps of the average of both, each checked.
"""

import argparse
import cProfile
import multiprocessing
import pstats
import time
from collections.abc import Sequence

import torch

from cnn.attribution.attribute import attribute
from cnn.attribution.checks import check_map
from cnn.imaging.preprocess import to_tensor
from cnn.imaging.radiograph import read_radiograph
from cnn.imaging.samples.real_films import REAL_FILMS
from cnn.models import loading
from cnn.predict.prediction import PNEUMONIA, classify

CASES = (
    ("transfer", ["grad_cam"]),
    ("transfer", ["integrated_gradients"]),
    ("ensemble", ["grad_cam", "occlusion", "integrated_gradients", "gradient_shap"]),
)


def measure(network: str, methods: Sequence[str], profile: bool) -> None:
    """Print the seconds in all, of the maps, and of the checks of each; of a first film, and of another afterwards."""
    torch.set_num_threads(1)  # as the app does
    model = loading.load(network)
    films = [to_tensor(read_radiograph(*film.read()), model.input_size) for film in REAL_FILMS[1:3]]
    classify(model, films[0])
    for film, when in zip(films, ("first", "second"), strict=True):
        profiler = cProfile.Profile()
        if profile:
            profiler.enable()
        start, cpu = time.perf_counter(), time.process_time()
        maps = [attribute(model, film, method, PNEUMONIA) for method in methods]
        took = [time.perf_counter() - start]
        for attribution in maps:
            start = time.perf_counter()
            check_map(model, film, attribution)
            took.append(time.perf_counter() - start)
        profiler.disable()
        cpu = time.process_time() - cpu
        parts = " + ".join(f"{seconds:.1f}" for seconds in took)
        print(f"{network}, {', '.join(methods)}, {when} film: {sum(took):.1f} s ({cpu:.1f} of CPU): {parts}")
        if profile:
            pstats.Stats(profiler).sort_stats("tottime").print_stats(25)


def main() -> None:
    """Measure each case in a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m tests.performance.checks", description=__doc__)
    parser.add_argument("--profile", action="store_true", help="print also which functions took the time")
    options = parser.parse_args()
    for network, methods in CASES:
        process = multiprocessing.get_context("spawn").Process(target=measure, args=(network, methods, options.profile))
        process.start()
        process.join()


if __name__ == "__main__":
    main()
