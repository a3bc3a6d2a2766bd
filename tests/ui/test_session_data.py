"""Where an upload goes, looked up in the running server: nowhere but into memory, and out of it with the session."""

import asyncio
import json
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.imaging.corpus import build
from tests.imaging.corpus.build import PATIENT
from tests.performance.load.client import Reader, Shown
from tests.support.servers import ROOT, free_port, running, visit

pytestmark = pytest.mark.slow

NAME = "miss-marple"
SETTINGS = {"network": "lecture", "insist": "true"}
LEAVES_IN_S = 2
"""Seconds for which the server keeps the session of a reader who has left."""
OF_PICTURES = ("Radiograph", "Film", "Attribution", "CheckedMap", "UploadedFile")
LARGE = 3 * 2**19
"""Bytes, above what the server's parser of forms would put on disk by itself."""


class Watched:
    """The server of ``tests.support.instrumented_app``."""

    def __init__(self, url: str, look: str, log: Path, folder: Path) -> None:
        self.url, self._look, self.log, self.folder = url, look, log, folder
        # Some libraries write caches of their own, on fonts for example, while they are imported.
        self.written, self.files = len(self.look()["written"]), sorted(folder.rglob("*"))

    def look(self) -> dict[str, Any]:
        with urllib.request.urlopen(self._look, timeout=60) as answer:
            return dict(json.load(answer))

    def wait_for(self, wanted: Callable[[dict[str, Any]], bool], seconds: float = 120) -> dict[str, Any]:
        """Looks until it is as wanted, or time is up; what was seen last."""
        until = time.monotonic() + seconds
        while not wanted(seen := self.look()) and time.monotonic() < until:
            time.sleep(0.2)
        return seen


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """A server of its own, with a temporary folder of its own."""
    folder, log = tmp_path_factory.mktemp("tmp"), tmp_path_factory.mktemp("log") / "server.log"
    app, look = free_port(), free_port()
    command = [sys.executable, "-m", "tests.support.instrumented_app", str(app), str(look), str(LEAVES_IN_S)]
    environment = {"TMPDIR": str(folder), "HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    with running(command, f"http://127.0.0.1:{app}/_stcore/health", log=log, **environment):
        yield Watched(f"http://127.0.0.1:{app}", f"http://127.0.0.1:{look}", log, folder)


def chest() -> Image.Image:
    """A film that the network may be asked about."""
    return Image.open(ROOT / "cnn" / "imaging" / "samples" / "simulated.png").convert("L")


def dicom() -> bytes:
    """A film with a patient's name, number and date of birth."""
    data = build.dicom(np.asarray(chest()))
    assert data.count(PATIENT.encode()) >= 2
    return data


def large() -> bytes:
    """A PNG with a little noise, larger than ``LARGE``."""
    pixels = np.asarray(chest().resize((2200, 2200)), np.float32) + np.random.default_rng(0).normal(0, 3, (2200, 2200))
    data = build.saved(Image.fromarray(pixels.clip(0, 255).astype(np.uint8)), "PNG")
    assert len(data) > LARGE
    return data


@dataclass
class Visit:
    """What was seen while one reader uploaded two films, left the page, came back, lost the connection, and left."""

    sent: bytes
    """All that the page with the films was sent."""
    logged: str
    shown: dict[str, Any]
    """What the server held while the films were shown."""
    elsewhere: dict[str, Any]
    """What it held while the reader was on another page."""
    back: str
    """The words of the page when the reader had come back to it."""
    strangers: list[str]
    """The words of the same page as another reader sees it."""
    resumed: tuple[bool, str, str]
    """Whether the session was the same after a lost connection, with the page at once and past the time to leave."""
    gone: dict[str, Any]
    """What was held soon after the reader had left."""


async def _walk(watched: Watched) -> Visit:
    reader = Reader(watched.url)
    try:
        await reader.connect()
        await reader.open("")
        page = await reader.open("chest_xray", **SETTINGS)
        page = await reader.upload(page, (f"{NAME}.dcm", dicom()), (f"{NAME}.png", large()))
        assert NAME in page.text()
        assert "The network says" in page.text()
        sent = b"".join(element.SerializeToString() for element in page.elements.values())
        shown, logged = watched.look(), watched.log.read_text(errors="replace")
        strangers = [page.text() async for page in _stranger(watched.url)]
        await reader.open("history")
        elsewhere = watched.wait_for(lambda seen: not pictures(seen))
        back = (await reader.open("chest_xray", **SETTINGS)).text()
        before = reader.session
        await reader.close()
        await reader.connect()
        again = await reader.rerun()
        await asyncio.sleep(LEAVES_IN_S + 0.5)  # past the time at which the session would have gone
        resumed = again.session == before, again.text(), (await reader.rerun()).text()
    finally:
        await reader.close()
    gone = watched.wait_for(lambda seen: not pictures(seen) and not seen["alive"]["Tray"])
    return Visit(sent, logged, shown, elsewhere, back, strangers, resumed, gone)


async def _stranger(url: str) -> AsyncIterator[Shown]:
    """What another reader sees, who asks for the first reader's film, too."""
    other = Reader(url)
    await other.connect()
    await other.open("")
    for film in ("own 1", ""):
        yield await other.open("chest_xray", film=film, **SETTINGS)
    await other.close()


def pictures(seen: dict[str, Any]) -> int:
    """How many objects made from readers' pictures there are."""
    return sum(seen["alive"][kind] for kind in OF_PICTURES) + int(seen["media"])


@pytest.fixture(scope="module")
def walked(watched: Watched) -> Visit:
    return visit(_walk(watched))


def test_an_upload_follows_its_reader_and_what_was_made_of_it_goes_with_the_page(walked: Visit) -> None:
    assert walked.shown["uploads"] == [], "the tray has them, Streamlit has not"
    assert all(walked.shown["alive"][kind] for kind in ("Film", "Attribution")), "else this tests nothing"
    assert walked.shown["media"]
    assert {kind: walked.elsewhere["alive"][kind] for kind in OF_PICTURES} == dict.fromkeys(OF_PICTURES, 0)
    assert walked.elsewhere["media"] == 0
    assert NAME in walked.back, "the film follows"


def test_another_reader_sees_nothing_of_it(walked: Visit) -> None:
    assert len(walked.strangers) == 2
    for words in walked.strangers:
        assert "The network says" in words
        assert NAME not in words


def test_a_session_goes_soon_after_its_reader(walked: Visit) -> None:
    assert walked.shown["alive"]["AppSession"]
    kinds = (*OF_PICTURES, "Tray")
    assert {kind: walked.gone["alive"][kind] for kind in kinds} == dict.fromkeys(kinds, 0)
    assert walked.gone["alive"]["AppSession"] <= 1, "emptied, but held by Streamlit's loop until the next reader comes"
    assert walked.gone["uploads"] == []
    assert walked.gone["media"] == 0


def test_a_reader_who_comes_back_in_time_finds_everything(walked: Visit) -> None:
    same, at_once, later = walked.resumed
    assert same
    assert NAME in at_once
    assert NAME in later


def test_nothing_of_an_upload_is_written_logged_or_sent_back(watched: Watched, walked: Visit) -> None:
    for secret in (PATIENT, "19700101"):
        assert secret.encode() in dicom()
        assert secret.encode() not in walked.sent
        assert secret not in walked.logged
    assert "Traceback" not in walked.logged
    assert NAME not in walked.logged
    assert walked.shown["written"][watched.written :] == []
    assert [path for path in walked.shown["open"] if path.startswith(str(watched.folder))] == []
    assert sorted(watched.folder.rglob("*")) == watched.files
