"""The command line behind ``python -m cnn.predict``: a film, a folder or an archive, here or on a
cluster."""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import tee
from pathlib import Path

from tqdm import tqdm

from cnn.errors import CommandFailed, UserError
from cnn.models import loading, registry
from cnn.models.allocator import keep_memory
from cnn.predict import ray_workers
from cnn.predict.files import find_files
from cnn.predict.outcomes import Row, predict_files, predict_groups, weights_used
from cnn.predict.output import print_rows
from cnn.predict.resumable import Part, Run, check_output, open_run, shards_folder

STOPPED = 130
"""Exit code after Ctrl-C, as of a process that its signal ends."""
Workers = Callable[[Iterable[Part]], Iterator[tuple[int, Iterable[Row]]]]


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every file got its row, 2 when the command itself cannot be done, 130 when it was interrupted."""
    given = _parser().parse_args(arguments)
    keep_memory()
    try:
        if given.out is not None:
            _write(given)
        elif given.ray is not None:
            raise CommandFailed("--ray works on parts of an output; name it with --out FILE.")
        else:
            _print(given)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        goes_on = "the same command goes on from here" if given.out else "a run with --out can be gone on with"
        print(f"stopped; {goes_on}", file=sys.stderr)
        return STOPPED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m cnn.predict", description="Read chest radiographs; teaching only.")
    parser.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="files or folders")
    parser.add_argument("--out", type=Path, metavar="FILE",
                        help="CSV or Parquet file to write, by its ending; a run that was killed goes on "
                             "(default: CSV on standard output)")  # fmt: skip
    parser.add_argument("--model", default=registry.DEFAULT, help=f"one of {', '.join(registry.REGISTRY)}")
    parser.add_argument(
        "--insist", action="store_true", help="classify what does not look like a frontal chest radiograph, too"
    )
    parser.add_argument("--ray", nargs="?", const=ray_workers.HERE, metavar="ADDRESS",
                        help="work on Ray: with workers of its own on this machine, or on the cluster at HOST:PORT, "
                             "ray://HOST:PORT or auto; write it after the paths")  # fmt: skip
    return parser


def _print(given: argparse.Namespace) -> None:
    total = sum(1 for _ in find_files(given.paths))
    if not total:
        print("No files were found there.", file=sys.stderr)
    rows = predict_files(find_files(given.paths), loading.load(given.model), given.insist)
    print_rows(tqdm(rows, total=total, unit="file", file=sys.stderr))


def _write(given: argparse.Namespace) -> None:
    check_output(given.out)  # before a network is loaded
    model = loading.load(given.model)
    asked = {
        "paths": {str(path): str(path.absolute()) for path in given.paths},
        "model": model.name,
        **weights_used(model),
        "insist": given.insist,
    }
    files = find_files(given.paths, passed_over=shards_folder(given.out))
    with open_run(given.out, asked, files) as run:
        if run.done:
            print(f"Going on with {given.out}: {run.done} of {run.total} files have their row.", file=sys.stderr)
        with _workers(given, model) as work, _progress(run) as bar:
            for number, rows in work(run.missing()):
                run.keep(number, _counted(rows, bar))
        run.finish()


@contextmanager
def _workers(given: argparse.Namespace, model: loading.LoadedModel) -> Iterator[Workers]:
    """What turns parts into rows: this process, or the workers of a cluster."""
    if given.ray is None:
        yield partial(predict_parts, model=model, insist=given.insist)
        return
    load = partial(loading.load, given.model)
    with ray_workers.connected(given.ray) as size:
        print(f"Ray: {size}.", file=sys.stderr)
        yield partial(ray_workers.predict_parts, size=size, load=load, weights=weights_used(model),
                      paths=given.paths, insist=given.insist)  # fmt: skip


def _progress(run: Run) -> tqdm:
    """Files with their row, the mean rate of this run, and the time left."""
    return tqdm(total=run.total, initial=run.done, unit="file", smoothing=0, file=sys.stderr)


def _counted(rows: Iterable[Row], bar: tqdm) -> Iterator[Row]:
    for row in rows:
        yield row
        bar.update()


def predict_parts(
    parts: Iterable[Part], model: loading.LoadedModel, insist: bool = False
) -> Iterator[tuple[int, Iterator[Row]]]:
    """The number of each part and its rows, as :func:`cnn.predict.outcomes.predict_groups` gives them."""
    ours, theirs = tee(parts)
    for part, rows in zip(theirs, predict_groups((part.files for part in ours), model, insist), strict=True):
        yield part.number, rows


if __name__ == "__main__":
    raise SystemExit(main())
