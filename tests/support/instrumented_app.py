"""The app in a process that can be looked into: ``python -m tests.support.instrumented_app APP_PORT LOOK_PORT
SECONDS``.

The app keeps the session of a reader who has left for so many seconds. A GET to the second port tells, as JSON, which
objects made from readers' pictures are alive, what the server holds for its sessions and which files were opened for
writing since the start. Nothing is collected or freed by looking.
"""

import json
import os
import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import captum.attr  # noqa: F401  (writes a list of fonts when it is imported, here before anybody looks)
from streamlit import runtime
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.uploaded_file_manager import UploadedFile
from streamlit.web import cli

from cnn.attribution.attribution import Attribution
from cnn.attribution.checks import CheckedMap
from cnn.imaging.radiograph import Radiograph
from ui.chest import film_store
from ui.chest.film_store import Film
from ui.widgets.upload import Tray

WATCHED = (Radiograph, Film, Attribution, CheckedMap, UploadedFile, Tray, AppSession)
_made: dict[str, list[weakref.ref[Any]]] = {kind.__name__: [] for kind in WATCHED}
_written: list[str] = []


def _note_birth(kind: type) -> None:
    before: Callable[..., None] = kind.__init__  # type: ignore[misc]

    def init(self: Any, *arguments: Any, **named: Any) -> None:
        before(self, *arguments, **named)
        _made[kind.__name__].append(weakref.ref(self))

    kind.__init__ = init  # type: ignore[misc]


def _note_writing(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open":
        path, mode, flags = arguments
        if any(letter in (mode or "") for letter in "wax+") or (flags or 0) & (os.O_WRONLY | os.O_RDWR):
            _written.append(str(path))


def _open_files() -> Iterator[str]:
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError):  # closed by now, as the one that listed the folder is
            yield os.readlink(f"/proc/self/fd/{name}")


def _is_a_reader_s(one: Any) -> bool:
    """Whether ``one`` is alive and not of a built-in film, which all readers share."""
    shared = film_store.SHARED.maps.values()
    return one is not None and getattr(one, "uploaded", True) and not any(one is each for each in shared)


def _seen() -> dict[str, Any]:
    server = runtime.get_instance()
    uploads = list(server.uploaded_file_mgr.file_storage.values())
    return {
        "alive": {name: sum(_is_a_reader_s(one()) for one in made) for name, made in _made.items()},
        "made": {name: len(made) for name, made in _made.items()},
        "uploads": [record.name for files in uploads for record in files.values()],
        "media": len(server.media_file_mgr._storage._files_by_id) + len(server.media_file_mgr._deferred_callables),
        "written": _written,
        "open": [path for path in _open_files() if path.startswith("/")],
    }


class _Look(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps(_seen()).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


def main() -> None:
    """Starts both servers."""
    app_port, look_port, leaves_in_s = sys.argv[1:]
    for kind in WATCHED:
        _note_birth(kind)
    sys.addaudithook(_note_writing)
    Thread(target=HTTPServer(("127.0.0.1", int(look_port)), _Look).serve_forever, daemon=True).start()
    options = {"headless": "true", "address": "127.0.0.1", "port": app_port, "disconnectedSessionTTL": leaves_in_s}
    sys.argv = ["streamlit", "run", "app.py", *(f"--server.{name}={value}" for name, value in options.items())]
    cli.main()


if __name__ == "__main__":
    main()
