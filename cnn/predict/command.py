"""The command line ``python -m cnn.predict``: predict a film, a folder or an archive, here or on a Ray cluster."""

import argparse
import sys
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tqdm import tqdm

from cnn import cards
from cnn.errors import CommandFailed, UserError
from cnn.models import loading, registry
from cnn.models.allocator import keep_memory
from cnn.predict import ray_workers
from cnn.predict.files import Shard, find_files
from cnn.predict.outcomes import Outcome, predict_files, predict_shards, weight_hashes
from cnn.predict.output import print_rows
from cnn.predict.resumable import check_output, open_run, shards_folder

INTERRUPTED = 130
"""Exit code after Ctrl-C, as of a process that a signal ended."""
_STREAMS = (1, 2)  # standard output and error, which may be files within the archive


@dataclass(frozen=True)
class Options:
    """The arguments of the command."""

    paths: list[Path]
    out: Path | None
    model: str
    force: bool
    ray: str | None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        0 if every file got its row, 2 if the command itself cannot be carried out, 130 if it was interrupted.
    """
    options = _parse(arguments)
    try:
        keep_memory()
        if options.out is not None:
            _write(options, options.out)
        elif options.ray is not None:
            raise CommandFailed("--ray works on parts of an output; name it with --out FILE.")
        else:
            _print(options)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        advice = "the same command goes on from here" if options.out else "a run with --out can be gone on with"
        print(f"stopped; {advice}", file=sys.stderr)
        return INTERRUPTED
    return 0


def _parse(arguments: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(prog="python -m cnn.predict", description="Read chest radiographs; teaching only.")
    parser.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="files or folders")
    parser.add_argument("--out", type=Path, metavar="FILE", help="CSV or Parquet file to write; a killed run resumes")
    parser.add_argument("--model", default=cards.DEFAULT_NETWORK, help=f"one of {', '.join(registry.REGISTRY)}")
    parser.add_argument(
        "--insist", dest="force", action="store_true", help="also classify what is rejected as no chest"
    )
    ray_help = "use Ray: workers on this machine, or on the cluster at HOST:PORT, ray://HOST:PORT or auto; goes last"
    parser.add_argument("--ray", nargs="?", const=ray_workers.LOCAL, metavar="ADDRESS", help=ray_help)
    return Options(**vars(parser.parse_args(arguments)))


def _print(options: Options) -> None:
    files = list(find_files(options.paths, excluded=_STREAMS))
    if not files:
        print("No files were found there.", file=sys.stderr)
    outcomes = predict_files(files, loading.load(options.model), options.force)
    print_rows(tqdm(outcomes, total=len(files), unit="file", file=sys.stderr))


def _write(options: Options, out: Path) -> None:
    check_output(out)  # before a network is loaded
    model = loading.load(options.model)
    shards = shards_folder(out)
    paths = [path for path in options.paths if path.absolute() != shards.absolute()]  # as in: --out films/x.csv films/*
    settings = {
        "paths": {str(path): str(path.absolute()) for path in paths},
        "model": model.name,
        **weight_hashes(model),
        "insist": options.force,
    }
    with open_run(out, settings, find_files(paths, excluded=(shards, *_STREAMS))) as run:
        if run.done:
            print(f"Going on with {out}: {run.done} of {run.total} files have their row.", file=sys.stderr)
        bar = tqdm(total=run.total, initial=run.done, unit="file", smoothing=0, file=sys.stderr)
        with closing(_predict(options, model, run.missing())) as results, bar:
            for number, outcomes in results:
                run.write(number, outcomes)
                bar.update(len(outcomes))
        run.finish()


def _predict(
    options: Options, model: loading.LoadedModel, shards: Iterable[Shard]
) -> Generator[tuple[int, list[Outcome]]]:
    """Yield numbers and outcomes of ``shards``, from this process or from the workers of a cluster."""
    if options.ray is None:
        yield from predict_shards(shards, model, options.force)
        return
    setup = ray_workers.WorkerSetup(
        load=partial(loading.load, options.model),
        weights=weight_hashes(model),
        paths=[str(path) for path in options.paths],
        folder=str(Path.cwd()),
        force=options.force,
    )
    with ray_workers.connect(options.ray) as cluster:
        print(f"Ray: {cluster}.", file=sys.stderr)
        yield from ray_workers.predict_shards(shards, cluster, setup)
