"""Predict the shards of an archive on Ray: actors with a model each, on this machine or on a cluster.

An actor reads, decodes and scores the files of a shard and returns the outcomes. Only the process that started the run
writes, so an actor that dies leaves nothing half done, and Ray gives its shard to another one. All of
:mod:`cnn.predict.resumable` holds as on one machine.

Ray is optional (``pip install cnn-lecture[ray]``) and is imported when a run asks for it.
"""

import os
import socket
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from cnn.errors import CommandFailed, UserError
from cnn.models.allocator import ENVIRONMENT
from cnn.models.inference import choose_device
from cnn.models.loading import LoadedModel
from cnn.predict import outcomes
from cnn.predict.files import Shard
from cnn.predict.outcomes import Outcome, Rules, weight_hashes

LOCAL = "here"
"""The address of a cluster that a run starts for itself, on this machine."""
_ROOT = Path(__file__).resolve().parents[2]
_RETRIES = 5  # of a shard whose actor died; a file that kills its reader must not be tried for ever
_OBJECT_STORE = 256 * 2**20  # bytes; lists of files and outcomes are small
_TIMEOUT_S = 5.0  # until an address counts as unreachable


@dataclass(frozen=True)
class ClusterSize:
    """The number of actors that a cluster has room for, one for each GPU, or for each core where there is no GPU."""

    actors: int
    device: str
    machines: int

    def __str__(self) -> str:
        plural = "s" if self.machines > 1 else ""
        return f"{self.actors} workers with a {self.device} each, on {self.machines} machine{plural}"


@dataclass(frozen=True)
class WorkerSetup:
    """What an actor needs to score files exactly as the process that started the run.

    Attributes:
        load: Loads the model; called once by each actor.
        weights: The hashes that the actor's weights must have, see :func:`cnn.predict.outcomes.weight_hashes`.
        paths: Files and folders that the actor must see.
        folder: The folder that relative paths start from.
        rules: What holds for every file.
        device: The device to choose, None for the default.
    """

    load: Callable[[], LoadedModel]
    weights: dict[str, str]
    paths: Sequence[str]
    folder: str
    rules: Rules = field(default_factory=Rules)
    device: str | None = None


class Worker:
    """One model, and the outcomes of every shard that is sent to it."""

    def __init__(self, setup: WorkerSetup) -> None:
        self.setup = setup

    def predict(self, shard: Shard) -> tuple[int, list[Outcome]]:
        """Return the number of ``shard`` and the outcomes of its files.

        Raises:
            UserError: This machine has no or other weights, or does not see the archive.
        """
        ((number, results),) = outcomes.predict_shards([shard], self._model, self.setup.rules)
        return number, results

    @cached_property
    def _model(self) -> LoadedModel:
        if self.setup.device:
            choose_device(self.setup.device)
        model, machine = self.setup.load(), socket.gethostname()
        if weight_hashes(model) != self.setup.weights:
            raise CommandFailed(f"{machine} has other weights of {model.name!r} or of the gate; update it.")
        try:
            if not all(Path(path).is_absolute() for path in self.setup.paths):
                os.chdir(self.setup.folder)
            for path in self.setup.paths:
                os.stat(path)
        except OSError as error:
            raise CommandFailed(
                f"{machine} does not see {error.filename} ({error.strerror}); every machine has to see the archive "
                "under the same path."
            ) from error
        return model


@contextmanager
def connect(address: str) -> Iterator[ClusterSize]:
    """Open a Ray session: one that is open already, a new one on this machine for LOCAL, or a cluster's.

    No dashboard is started and no usage statistics are sent. A cluster receives this code and the weights, so that
    every worker scores alike; PyTorch and the other requirements must be installed there.

    Raises:
        CommandFailed: Ray is not installed, or there is no cluster at ``address``, or it has no free device.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # warnings of Ray's own would break the progress bar
    try:
        import ray
    except ImportError:
        raise CommandFailed('--ray wants Ray, which is not installed: pip install -e ".[ray]".') from None
    if ray.is_initialized():
        yield _cluster_size(address)
        return
    quiet = {"log_to_driver": False, "logging_level": "ERROR"}
    try:
        if address == LOCAL:
            ray.init("local", include_dashboard=False, object_store_memory=_OBJECT_STORE, **quiet)
        else:
            _check_address(address)
            ray.init(address, runtime_env=runtime_environment(), **quiet)
    except Exception as error:  # Ray raises anything, down to Exception itself
        raise CommandFailed(f"Ray cannot be reached at {address} ({_last_line(error)}).") from error
    try:
        yield _cluster_size(address)
    finally:
        ray.shutdown()


def _check_address(address: str) -> None:
    """Try to connect: Ray itself waits for a minute and then ends the process."""
    if address == "auto":
        return
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdigit():
        raise CommandFailed(
            f"{address} is no address of a Ray cluster: HOST:PORT, ray://HOST:PORT or auto, written after the paths."
        )
    try:
        socket.create_connection((host, int(port)), timeout=_TIMEOUT_S).close()
    except (OSError, OverflowError) as error:
        raise CommandFailed(f"There is no Ray cluster at {address} ({error}); check that it runs.") from error


def runtime_environment() -> dict[str, Any]:
    """Return what Ray sends to a cluster: ``cnn`` and the weights, in a checkout or installed."""
    # Excluding everything but two names by one pattern would make Ray send nothing.
    others = [f"/{path.name}" for path in _ROOT.iterdir() if path.name not in ("cnn", "cnn_lecture", "weights")]
    return {"working_dir": str(_ROOT), "excludes": others}


def _cluster_size(address: str) -> ClusterSize:
    import ray

    resources = ray.cluster_resources()
    device = "GPU" if resources.get("GPU", 0) >= 1 else "CPU"
    actors = int(resources.get(device, 0))
    if not actors:
        raise CommandFailed(f"The Ray cluster at {address} has no core to work with; start one with --num-cpus.")
    return ClusterSize(actors, device, sum(node["Alive"] for node in ray.nodes()))


def predict_shards(
    shards: Iterable[Shard], cluster: ClusterSize, setup: WorkerSetup
) -> Iterator[tuple[int, list[Outcome]]]:
    """Yield the number of each shard and the outcomes of its files, in the order in which they are finished.

    Each actor has a second shard waiting. Shards are taken from ``shards`` as they are needed.

    Raises:
        CommandFailed: A worker has other weights or does not see the archive, or the run broke off.
    """
    import ray

    resources: dict[str, Any] = {"num_gpus": 1} if cluster.device == "GPU" else {"num_cpus": 1}
    actor_class = ray.remote(
        max_restarts=-1, max_task_retries=_RETRIES, runtime_env={"env_vars": ENVIRONMENT}, **resources
    )(Worker)
    started, idle, in_flight = 0, deque[Any](), dict[Any, Any]()

    def next_result() -> tuple[int, list[Outcome]]:
        (finished,), _ = ray.wait(list(in_flight))
        idle.append(in_flight.pop(finished))
        result: tuple[int, list[Outcome]] = ray.get(finished)
        return result

    try:
        for shard in shards:
            if started < cluster.actors:
                started += 1
                actor = actor_class.remote(setup)
                idle.append(actor)
            else:
                if not idle:
                    yield next_result()
                actor = idle.popleft()
            in_flight[actor.predict.remote(shard)] = actor
        while in_flight:
            yield next_result()
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, UserError):
            raise error.cause from None
        raise CommandFailed(_broken_off(error)) from error
    except ray.exceptions.RayError as error:
        raise CommandFailed(_broken_off(error)) from error


def _broken_off(error: Exception) -> str:
    return f"The run on Ray broke off ({_last_line(error)}). What was finished is kept."


def _last_line(error: Exception) -> str:
    """Return the gist of an exception: Ray's hold the whole traceback of the worker."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:200] if lines else type(error).__name__
