"""The parts of an archive on Ray Data: actors that hold one model each, on this machine or on a cluster of many.

A part of the list goes to whichever actor is free; it reads, decodes and scores the files and sends the rows back. The
process that started the run writes them: workers write nothing, so one that dies leaves nothing half done, and Ray
gives what it was working on to another. All of :mod:`cnn.predict.resumable` holds as on one machine; Ray only says
who does what.

Ray is optional (``pip install cnn-lecture[ray]``) and is imported when a run asks for it.
"""

import json
import logging
import os
import socket
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cnn.errors import CommandFailed, UserError
from cnn.models.allocator import ENVIRONMENT
from cnn.models.loading import LoadedModel
from cnn.predict.outcomes import Row, predict_groups, weights_used
from cnn.predict.resumable import Part

HERE = "here"
"""The address of a cluster that a run starts for itself, on this machine."""
_ROOT = Path(__file__).resolve().parents[2]
_TOGETHER = 4  # parts in one task where there are many: handing out a task costs Ray as much as scoring several films
_MANY = 16  # parts for each actor, from which on it is no loss that the last task is long
_RETRIES = 5  # deaths that one part may cause or suffer; a file that kills every reader must not be given out for ever
_OBJECT_STORE = 256 * 2**20  # bytes; the lists and rows that pass through it are small
_PATIENCE = 5  # seconds until an address counts as unreachable


@dataclass(frozen=True)
class Size:
    """How many actors a cluster has room for, and what each takes: a GPU where there are any, else a core."""

    actors: int
    device: str
    machines: int

    def __str__(self) -> str:
        return f"{self.actors} workers with a {self.device} each, on {self.machines} machine{'s'[: self.machines > 1]}"


@contextmanager
def connected(address: str) -> Iterator[Size]:
    """A Ray session: one that is open already, a new one on this machine for :data:`HERE`, or the cluster's.

    No dashboard, and no report of use to anyone. To a cluster this code and the weights are sent along, so that every
    worker judges alike; PyTorch and the other requirements have to be there.

    Raises:
        CommandFailed: Ray is not installed, or there is no cluster at ``address``, or it has nothing to work with.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # or Ray's inner worries stand in the progress bar
    try:
        import ray
    except ImportError:
        raise CommandFailed('--ray wants Ray, which is not installed: pip install -e ".[ray]".') from None
    if ray.is_initialized():
        yield _size(address)
        return
    quiet = {"log_to_driver": False, "logging_level": "ERROR"}
    try:
        if address == HERE:
            ray.init("local", include_dashboard=False, object_store_memory=_OBJECT_STORE, **quiet)
        else:
            _check_address(address)
            ray.init(address, runtime_env=_sent_along(), **quiet)
    except Exception as error:  # Ray raises anything, down to Exception itself
        raise CommandFailed(f"Ray cannot be reached at {address} ({_gist(error)}).") from error
    try:
        yield _size(address)
    finally:
        ray.shutdown()


def _check_address(address: str) -> None:
    """Knocks first: Ray itself waits for a minute, and then ends the process."""
    if address == "auto":
        return
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdigit():
        raise CommandFailed(f"{address} is no address of a Ray cluster: HOST:PORT, ray://HOST:PORT or auto, written "
                            f"after the paths.")  # fmt: skip
    try:
        socket.create_connection((host, int(port)), timeout=_PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise CommandFailed(f"There is no Ray cluster at {address} ({error}); check that it runs.") from error


def _sent_along() -> dict[str, Any]:
    """This code and the weights; a pattern that excludes all else, but for two, would let Ray send nothing."""
    others = [f"/{path.name}" for path in _ROOT.iterdir() if path.name not in ("cnn", "weights")]
    return {"working_dir": str(_ROOT), "excludes": others}


def _size(address: str) -> Size:
    import ray

    there = ray.cluster_resources()
    device = "GPU" if there.get("GPU", 0) >= 1 else "CPU"
    actors = int(there.get(device, 0))
    if not actors:
        raise CommandFailed(f"The Ray cluster at {address} has no core to work with; start one with --num-cpus.")
    return Size(actors, device, sum(node["Alive"] for node in ray.nodes()))


def predict_parts(
    parts: Iterable[Part],
    size: Size,
    load: Callable[[], LoadedModel],
    weights: dict[str, str],
    paths: Sequence[Path],
    insist: bool = False,
) -> Iterator[tuple[int, list[Row]]]:
    """The number of each part and its rows, in the order in which they are finished.

    Args:
        parts: taken all at once; their names are packed, so that a million take about 10 MB.
        size: of the open session.
        load: called once by each actor.
        weights: that the actors have to have, as :func:`cnn.predict.outcomes.weights_used` tells them.
        paths: what every worker has to see.

    Raises:
        CommandFailed: a worker has other weights or does not see the archive, or the run broke off.
    """
    import ray.data

    logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # progress and errors are told by the command
    packed = [{"number": part.number, "files": zlib.compress(json.dumps(part.files).encode())} for part in parts]
    if not packed:
        return
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    each: dict[str, Any] = {"num_gpus": 1} if size.device == "GPU" else {"num_cpus": 1}
    tasks = -(-len(packed) // (_TOGETHER if len(packed) > _MANY * size.actors else 1))
    results = ray.data.from_items(packed, override_num_blocks=tasks).map_batches(
        Worker,
        batch_size=None,
        fn_constructor_args=(load, weights, str(Path.cwd()), [str(path) for path in paths], insist),
        compute=ray.data.ActorPoolStrategy(size=min(size.actors, len(packed))),
        max_task_retries=_RETRIES,
        runtime_env={"env_vars": ENVIRONMENT},
        **each,
    )
    try:
        for result in results.iter_rows():
            if result["fault"]:
                raise CommandFailed(result["fault"])
            yield result["number"], [Row(**row) for row in json.loads(result["rows"])]
    except UserError:
        raise
    except Exception as error:  # Ray and Ray Data have no family of errors in common
        raise CommandFailed(f"The run on Ray broke off ({_gist(error)}). What was finished is kept.") from error


class Worker:
    """What an actor is: one model, and rows for all parts that it is given."""

    def __init__(self, load: Callable[[], LoadedModel], weights: dict[str, str], folder: str,
                 paths: Sequence[str], insist: bool = False) -> None:  # fmt: skip
        self.fault, self.insist = "", insist
        try:
            self.model = load()
            if weights_used(self.model) != weights:
                raise CommandFailed(f"{socket.gethostname()} has other weights of {self.model.name!r} or of the gate; "
                                    "update it.")  # fmt: skip
            if not all(Path(path).is_absolute() for path in paths):
                os.chdir(folder)
            for path in paths:
                os.stat(path)
        except UserError as error:
            self.fault = str(error)
        except OSError as error:
            self.fault = (f"{socket.gethostname()} does not see {error.filename} ({error.strerror}); every machine has "
                          f"to see the archive under the same path.")  # fmt: skip

    def __call__(self, parts: dict[str, Any]) -> dict[str, Any]:
        """The rows of each of some parts, as JSON: names may hold bytes that Arrow's text cannot."""
        numbers = parts["number"]
        if self.fault:
            return {"number": numbers, "rows": len(numbers) * ["[]"], "fault": len(numbers) * [self.fault]}
        groups = predict_groups(
            (json.loads(zlib.decompress(packed)) for packed in parts["files"]), self.model, self.insist
        )
        rows = [json.dumps([asdict(row) for row in group]) for group in groups]
        return {"number": numbers, "rows": rows, "fault": len(numbers) * [""]}


def _gist(error: BaseException) -> str:
    """What an exception says, shortly: Ray's tell the whole story of the worker."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:200] if lines else type(error).__name__
