"""One training in a process of its own, ``python -m cnn.handson.runs.worker``, which ``queue`` starts.

A process can be stopped at once, its memory can be limited, and its threads and priority are its own, so that pages
stay quick. It is started before it is needed, because importing PyTorch takes seconds. On standard input it reads one
pickled :class:`Job`, then single bytes; on standard output it writes pickled events. It ends with its parent.
"""

import contextlib
import os
import pickle
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from cnn.errors import UserError
from cnn.handson.films import FilmSet, shipped
from cnn.handson.runs.events import Event
from cnn.handson.settings import Settings

PAUSE, RESUME, STOP = b"p", b"r", b"s"
MAX_MEMORY = 2 * 2**30
"""Bytes of data that the process may hold, PyTorch included."""
IDLE_S = 600
"""Seconds that the process waits for a job before it ends."""
_NICE = 10
_TOO_LARGE = UserError("This training needs more memory than there is: use fewer filters or a smaller batch.")


@dataclass(frozen=True, eq=False)
class Job:
    """What to train on which films, within how many seconds; without films, on the shipped ones."""

    settings: Settings
    film_set: FilmSet | None
    seconds: float


class Control:
    """Holds what the learner asked for; a thread listens while the training runs."""

    def __init__(self, source: BinaryIO) -> None:
        self.running, self.stopped = threading.Event(), False
        self.running.set()
        threading.Thread(target=self._listen, args=(source,), daemon=True).start()

    def _listen(self, source: BinaryIO) -> None:
        while byte := source.read(1):
            self.stopped = self.stopped or byte == STOP
            if byte == PAUSE:
                self.running.clear()
            else:
                self.running.set()
        os._exit(0)  # whoever asked for the training is gone


Train = Callable[[Settings, FilmSet, float, Callable[[], bool]], Iterator[Event]]


def prepare() -> Train:
    """Import what takes long, and return the function that trains."""
    import torch

    from cnn.handson.runs.training import train

    torch.set_num_threads(1)
    shipped()
    return train


def main(prepare: Callable[[], Train] = prepare) -> None:
    """Wait for one job, train, report, and end."""
    source = sys.stdin.buffer
    target = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # so that a stray print cannot damage the events
    _behave()
    idle = threading.Timer(IDLE_S, os._exit, (0,))
    idle.daemon = True
    idle.start()
    train = prepare()
    job: Job = pickle.load(source)
    idle.cancel()
    control = Control(source)

    def send(message: Any) -> None:
        pickle.dump(message, target)
        target.flush()

    try:
        for event in train(job.settings, job.film_set or shipped(), job.seconds, lambda: control.stopped):
            send(event)
            control.running.wait()
    except UserError as error:
        send(error)
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "allocate" not in str(error):
            raise
        send(_TOO_LARGE)


def _behave() -> None:
    """Give way to the pages, and keep to the limit of memory, where the system knows such things."""
    with contextlib.suppress(AttributeError, OSError):
        os.nice(_NICE)
    with contextlib.suppress(OSError):  # where the machine's memory ends, this process shall end and not the server
        Path("/proc/self/oom_score_adj").write_text("1000")
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MAX_MEMORY, MAX_MEMORY))


if __name__ == "__main__":
    main()
