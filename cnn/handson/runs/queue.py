"""Trainings in the background for many learners: a few at once, the others in line. Imports no PyTorch."""

import os
import pickle
import subprocess
import sys
import threading
import weakref
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal, cast

from cnn.errors import UserError
from cnn.handson.films import FilmSet
from cnn.handson.runs import worker
from cnn.handson.runs.events import Epoch, Examples, Result, Step
from cnn.handson.runs.worker import Job
from cnn.handson.settings import MAX_SECONDS, Settings

State = Literal["waiting", "running", "paused", "done", "failed"]
COMMAND = (sys.executable, "-m", "cnn.handson.runs.worker")
MAX_AT_ONCE = 4
"""Trainings at once however many processors there are: a container may use few of those that it counts."""
MAX_WAITING = 60
MAX_RUNS = 8
"""Runs that a learner keeps; the oldest goes first."""
WALL_S = 300.0
"""Seconds after which a training ends, pauses included."""
GRACE_S = 20.0
"""Seconds that a training has to end by itself."""
_LOST = UserError("The training ended unexpectedly, perhaps for lack of memory: start it again, or make it smaller.")


@dataclass(eq=False)
class Run:
    """One training as a page sees it; a thread fills it.

    Attributes:
        settings: As chosen.
        experiment: Name of the experiment that it belongs to, or empty.
        films: What it trains on, for a reader.
        number: Counts a learner's runs, from 1.
        film_set: The learner's own films, if it trains on them.
        state: Where it is.
        steps: Reports within epochs.
        epochs: Reports behind epochs; the first is before the training.
        examples: Training films as the network sees them.
        result: The end, once it is done.
        error: Why it failed.
    """

    settings: Settings
    experiment: str = ""
    films: str = ""
    number: int = 1
    film_set: FilmSet | None = None
    state: State = "waiting"
    steps: list[Step] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)
    examples: Examples | None = None
    result: Result | None = None
    error: UserError | None = None
    _worker: "Worker | None" = None

    @property
    def finished(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ("done", "failed")

    def pause(self) -> None:
        """Halt the training behind its present step."""
        if self.state == "running":
            self._tell(worker.PAUSE)
            self.state = "paused"

    def resume(self) -> None:
        """Continue a paused training."""
        if self.state == "paused":
            self._tell(worker.RESUME)
            self.state = "running"

    def stop(self) -> None:
        """End the training with what it has learned so far."""
        self._tell(worker.STOP)

    def _tell(self, byte: bytes) -> None:
        if self._worker:
            self._worker.tell(byte)


class Worker:
    """A process that waits for one job."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        environment = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).parents[3],  # where the package is, whatever folder the app was opened in
            env=environment,
        )
        self.input, self.output = cast(BinaryIO, self.process.stdin), cast(BinaryIO, self.process.stdout)

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self.process.poll() is None

    def tell(self, message: bytes) -> None:
        """Write to the process, unless it has ended."""
        try:
            self.input.write(message)
            self.input.flush()
        except OSError:
            pass  # whoever reads its output notices

    def end(self) -> None:
        """End the process at once."""
        self.process.kill()
        self.process.wait()
        self.input.close()
        self.output.close()


class Queue:
    """All trainings of one server."""

    def __init__(
        self, at_once: int | None = None, wall_seconds: float = WALL_S, command: Sequence[str] = COMMAND
    ) -> None:
        self.at_once = at_once or max(1, min(MAX_AT_ONCE, (os.cpu_count() or 2) - 1))
        self.wall_seconds, self.command = wall_seconds, command
        self._lock = threading.Lock()
        self._waiting: deque[tuple[Run, FilmSet | None]] = deque()
        self._running: set[Run] = set()
        self._spare: Worker | None = None

    def warm(self) -> None:
        """Start a process for the next training, so that it need not wait for PyTorch."""
        with self._lock:
            if self._spare is None or not self._spare.alive:
                self._spare = Worker(self.command)

    def submit(self, run: Run, film_set: FilmSet | None) -> None:
        """Start ``run`` on ``film_set``, or on the shipped films, as soon as its turn comes.

        Raises:
            UserError: Too many are waiting.
        """
        with self._lock:
            if len(self._waiting) >= MAX_WAITING:
                raise UserError("Too many trainings are waiting on this server: try again in a few minutes.")
            self._waiting.append((run, film_set))
        self._dispatch()

    def place(self, run: Run) -> int:
        """Return the place of a waiting run in line, from 1; 0 if it does not wait."""
        with self._lock:
            return next((place for place, (other, _) in enumerate(self._waiting, 1) if other is run), 0)

    def cancel(self, run: Run) -> None:
        """End a run without a result."""
        with self._lock:
            self._waiting = deque(pair for pair in self._waiting if pair[0] is not run)
            process = run._worker
            if not run.finished:
                run.state = "failed"
        if process and process.alive:
            process.process.kill()

    def close(self) -> None:
        """End all processes."""
        for run in [*self._running]:
            self.cancel(run)
        with self._lock:
            if self._spare:
                self._spare.end()
                self._spare = None

    def _dispatch(self) -> None:
        with self._lock:
            while self._waiting and len(self._running) < self.at_once:
                run, film_set = self._waiting.popleft()
                self._running.add(run)
                spare, self._spare = self._spare, None
                run._worker = spare if spare and spare.alive else Worker(self.command)
                run.state = "running"
                threading.Thread(target=self._drive, args=(run, run._worker, film_set), daemon=True).start()

    def _drive(self, run: Run, process: Worker, film_set: FilmSet | None) -> None:
        """Hand the job over and take in what the process reports, until it ends."""
        timers = [
            threading.Timer(self.wall_seconds, process.tell, (worker.STOP,)),
            threading.Timer(self.wall_seconds + GRACE_S, process.process.kill),
        ]
        for timer in timers:
            timer.daemon = True
            timer.start()
        process.tell(pickle.dumps(Job(run.settings, film_set, MAX_SECONDS)))
        try:
            while not run.finished:
                _take(run, pickle.load(process.output))
        except (EOFError, pickle.UnpicklingError, OSError):
            if not run.finished:
                run.error, run.state = _LOST, "failed"
        finally:
            for timer in timers:
                timer.cancel()
            process.end()
            run._worker = None
            with self._lock:
                self._running.discard(run)
            self._dispatch()


def _take(run: Run, message: object) -> None:
    """Put one report where it belongs."""
    if isinstance(message, Step):
        run.steps.append(message)
    elif isinstance(message, Epoch):
        run.epochs.append(message)
    elif isinstance(message, Examples):
        run.examples = message
    elif isinstance(message, Result):
        run.result, run.state = message, "done"
    elif isinstance(message, UserError):
        run.error, run.state = message, "failed"


class Desk:
    """The runs of one learner: one at a time, the last few kept; when the learner goes, so does what still runs."""

    def __init__(self, queue: Queue) -> None:
        self.queue, self.runs, self._count = queue, list[Run](), 0
        weakref.finalize(self, _cancel_all, queue, self.runs)

    @property
    def latest(self) -> Run | None:
        """The run that was started last."""
        return self.runs[-1] if self.runs else None

    def start(self, settings: Settings, film_set: FilmSet | None = None, experiment: str = "") -> Run:
        """Start a training, and forget the oldest where there are too many.

        Raises:
            UserError: The last one has not ended, or too many learners wait.
        """
        if self.latest and not self.latest.finished:
            raise UserError("One training at a time: stop the one that runs, or wait for its end.")
        run = Run(settings, experiment, film_set.title if film_set else "the shipped films", self._count + 1, film_set)
        self.queue.submit(run, film_set)
        self._count += 1
        self.runs.append(run)
        del self.runs[:-MAX_RUNS]
        return run

    def stop(self) -> None:
        """End the latest run: with a result if it has begun, else by leaving the line."""
        if self.latest and self.latest.state == "waiting":
            self.queue.cancel(self.latest)
        elif self.latest:
            self.latest.stop()


def _cancel_all(queue: Queue, runs: list[Run]) -> None:
    for run in runs:
        if not run.finished:
            queue.cancel(run)
