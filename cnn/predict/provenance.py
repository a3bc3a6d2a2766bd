"""What a study must be able to say of its rows later: which weights, settings, versions and machine made them."""

import hashlib
import importlib.metadata
import json
import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cnn import __version__
from cnn.errors import CommandFailed
from cnn.models.inference import device
from cnn.models.loading import LoadedModel

_PACKAGES = ("torch", "numpy", "pillow", "pydicom")


def now() -> str:
    """Return the time in UTC, to the second, as ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def versions() -> dict[str, str]:
    """Return the versions of this package, of Python, and of the packages that decode and compute."""
    installed = {name: importlib.metadata.version(name) for name in _PACKAGES}
    return {"cnn": __version__, "python": platform.python_version(), **installed}


def describe_run(model: LoadedModel, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return all that the rows of a run depend on, fit for JSON."""
    return {
        "settings": dict(settings),
        "threshold": model.threshold,
        "threshold_rule": model.card["threshold_rule"],
        "temperature": model.temperature,
        "versions": versions(),
        "machine": {"system": platform.platform(), "cores": os.cpu_count(), "device": str(device())},
    }


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class RunLog:
    """A log of JSON lines: when the run began, each file with its outcome, and the end with counts. None writes none.

    Lines are appended, so that a resumed run goes on in the same log.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def write(self, event: str, **facts: object) -> None:
        """Append a line.

        Raises:
            CommandFailed: The file cannot be written.
        """
        if self._path is None:
            return
        try:
            with self._path.open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(json.dumps({"time": now(), "event": event, **facts}) + "\n")
        except OSError as error:
            raise CommandFailed(f"The log {self._path} cannot be written ({error.strerror}).") from error
