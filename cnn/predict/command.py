"""The command line ``python -m cnn.predict``: predict a film, a folder or an archive, here or on a Ray cluster."""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from cnn import cards
from cnn.errors import CommandFailed, UserError
from cnn.extensions import run_extensions
from cnn.imaging.radiograph import MAX_BYTES
from cnn.models import loading, registry
from cnn.models.allocator import keep_memory
from cnn.models.inference import choose_device
from cnn.predict import ray_workers
from cnn.predict.files import Shard, find_files
from cnn.predict.outcomes import BATCH_SIZE, Outcome, Rules, predict_files, predict_shards, weight_hashes
from cnn.predict.output import print_rows
from cnn.predict.provenance import RunLog, describe_run
from cnn.predict.resumable import check_output, open_run, provenance_file, shards_folder

INTERRUPTED = 130
"""Exit code after Ctrl-C, as of a process that a signal ended."""
TOO_MANY_UNREADABLE, NOTHING_FOUND = 3, 4
"""Exit codes of a run whose files are not what the study expects."""
_STREAMS = (1, 2)  # standard output and error, which may be files within the archive


@dataclass(frozen=True)
class Options:
    """The arguments of the command."""

    paths: list[Path]
    out: Path | None
    model: str
    force: bool
    device: str | None
    batch: int
    max_mb: int
    max_unreadable: float | None
    log: Path | None
    ids: bool
    seconds: bool
    ray: str | None

    @property
    def rules(self) -> Rules:
        """What holds for every file."""
        return Rules(self.force, self.batch, self.max_mb * 2**20, self.ids, self.seconds)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        0 if every file got its row, 2 if the command itself cannot be carried out, 3 if more files could not be read
        than ``--max-unreadable`` allows, 4 if no files were found, 130 if it was interrupted.
    """
    try:
        run_extensions()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    options = _parse(arguments)
    try:
        keep_memory()
        if options.device:
            choose_device(options.device)
        if options.out is not None:
            counts = _write(options, options.out)
        elif options.ray is not None:
            raise CommandFailed("--ray works on parts of an output; name it with --out FILE.")
        else:
            counts = _print(options)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        advice = "the same command goes on from here" if options.out else "a run with --out can be gone on with"
        print(f"stopped; {advice}", file=sys.stderr)
        return INTERRUPTED
    return _judge(counts, options.max_unreadable)


def _judge(counts: Counter[str], max_unreadable: float | None) -> int:
    """Say how many files had which outcome, and return the exit code."""
    total = counts.total()
    if not total:
        print("No files were found there.", file=sys.stderr)
        return NOTHING_FOUND
    print(f"{total} files: {', '.join(f'{count} {name}' for name, count in sorted(counts.items()))}.", file=sys.stderr)
    unreadable = 100 * (counts["unreadable"] + counts["missing"]) / total
    return TOO_MANY_UNREADABLE if max_unreadable is not None and unreadable > max_unreadable else 0


def _parse(arguments: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(prog="python -m cnn.predict", description="Read chest radiographs; teaching only.")
    parser.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="files or folders")
    parser.add_argument("--out", type=Path, metavar="FILE", help="CSV or Parquet file to write; a killed run resumes")
    parser.add_argument("--model", default=cards.DEFAULT_NETWORK, help=f"one of {', '.join(registry.REGISTRY)}")
    parser.add_argument(
        "--insist", dest="force", action="store_true", help="also classify what is rejected as no chest"
    )
    parser.add_argument("--device", metavar="NAME", help="where networks run: cpu, cuda, cuda:1; else a GPU if any")
    batch_help = f"films in a forward pass, {BATCH_SIZE} if not given; more on a GPU"
    parser.add_argument("--batch", type=_count(1, 1024), default=BATCH_SIZE, metavar="N", help=batch_help)
    size = MAX_BYTES // 2**20
    size_help = f"larger files are not read, {size} if not given"
    parser.add_argument("--max-mb", type=_count(1, 4096), default=size, metavar="MB", help=size_help)
    share_help = "end with 3 if more than this share of the files cannot be read"
    parser.add_argument("--max-unreadable", type=float, metavar="PERCENT", help=share_help)
    parser.add_argument("--log", type=Path, metavar="FILE", help="append a JSON line for each file, and for the run")
    parser.add_argument("--ids", action="store_true", help="write the Patient ID of DICOM files, too")
    parser.add_argument("--seconds", action="store_true", help="write how long each film took; differs between runs")
    ray_help = "use Ray: workers on this machine, or on the cluster at HOST:PORT, ray://HOST:PORT or auto; goes last"
    parser.add_argument("--ray", nargs="?", const=ray_workers.LOCAL, metavar="ADDRESS", help=ray_help)
    return Options(**vars(parser.parse_args(arguments)))


def _count(low: int, high: int) -> Callable[[str], int]:
    def count(text: str) -> int:
        if text.isdecimal() and low <= int(text) <= high:
            return int(text)
        raise argparse.ArgumentTypeError(f"give a whole number from {low} to {high}")

    return count


def _settings(options: Options, model: loading.LoadedModel, paths: Sequence[Path]) -> dict[str, Any]:
    """Return all that the rows depend on, fit for JSON."""
    return {
        "paths": {str(path): str(path.absolute()) for path in paths},
        "model": model.name,
        **weight_hashes(model),
        "insist": options.force,
        "device": options.device,
        "batch": options.batch,
        "max_mb": options.max_mb,
        "ids": options.ids,
        "seconds": options.seconds,
    }


def _print(options: Options) -> Counter[str]:
    files = list(find_files(options.paths, excluded=(*_STREAMS, *_log_file(options))))
    model, counts, log = loading.load(options.model), Counter[str](), RunLog(options.log)
    log.write("start", **describe_run(model, _settings(options, model, options.paths)), files=len(files))

    def counted() -> Iterator[Outcome]:
        for outcome in tqdm(predict_files(files, model, options.rules), total=len(files), unit="file", file=sys.stderr):
            counts[outcome.kind] += 1
            _log_outcome(log, outcome)
            yield outcome

    print_rows(counted())
    log.write("end", outcomes=counts)
    return counts


def _write(options: Options, out: Path) -> Counter[str]:
    check_output(out)  # before a network is loaded
    model, log = loading.load(options.model), RunLog(options.log)
    shards = shards_folder(out)
    paths = [path for path in options.paths if path.absolute() != shards.absolute()]  # as in: --out films/x.csv films/*
    settings = _settings(options, model, paths)
    record = describe_run(model, settings)
    excluded: list[Path | int] = [shards, provenance_file(out), *_STREAMS, *_log_file(options)]
    with open_run(out, settings, find_files(paths, excluded=excluded)) as run:
        log.write("start", **record, files=run.total, done=run.done)
        if run.done:
            print(f"Going on with {out}: {run.done} of {run.total} files have their row.", file=sys.stderr)
        bar = tqdm(total=run.total, initial=run.done, unit="file", smoothing=0, file=sys.stderr)
        with closing(_predict(options, model, run.missing())) as results, bar:
            for number, outcomes in results:
                run.write(number, outcomes)
                bar.update(len(outcomes))
                for outcome in outcomes:
                    _log_outcome(log, outcome)
        counts = run.finish(record)
    log.write("end", outcomes=counts)
    return counts


def _log_file(options: Options) -> list[Path]:
    return [options.log] if options.log else []


def _log_outcome(log: RunLog, outcome: Outcome) -> None:
    log.write("file", file=outcome.file, outcome=outcome.kind, reason=outcome.reason)


def _predict(
    options: Options, model: loading.LoadedModel, shards: Iterable[Shard]
) -> Generator[tuple[int, list[Outcome]]]:
    """Yield numbers and outcomes of ``shards``, from this process or from the workers of a cluster."""
    if options.ray is None:
        yield from predict_shards(shards, model, options.rules)
        return
    setup = ray_workers.WorkerSetup(
        load=partial(loading.load, options.model),
        weights=weight_hashes(model),
        paths=[str(path) for path in options.paths],
        folder=str(Path.cwd()),
        rules=options.rules,
        device=options.device,
    )
    with ray_workers.connect(options.ray) as cluster:
        print(f"Ray: {cluster}.", file=sys.stderr)
        yield from ray_workers.predict_shards(shards, cluster, setup)
