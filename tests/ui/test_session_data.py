"""Where an upload goes, looked up in the running server: nowhere but into memory, and out of it with the session."""

import asyncio
import json
import sys
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.imaging.corpus import build
from tests.imaging.corpus.build import PATIENT
from tests.performance.load.client import Reader, Shown
from tests.support.servers import ROOT, free_port, running, visit

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("privacy")]  # one server for all

NAME = "miss-marple"
LEAVES_IN_S = 5
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


async def _uploaded(reader: Reader) -> Shown:
    await reader.connect()
    await reader.open("")
    page = await reader.open("chest_xray", network="lecture", insist="true")
    shown = await reader.upload(page, (f"{NAME}.dcm", dicom()), (f"{NAME}.png", large()))
    assert NAME in shown.text()
    assert "The network says" in shown.text()
    return shown


def upload_and(watched: Watched, then: Callable[[Reader, Shown], Awaitable[None]]) -> None:
    """Has a reader upload two films and do ``then``; the reader leaves afterwards."""

    async def all_of_it() -> None:
        reader = Reader(watched.url)
        try:
            await then(reader, await _uploaded(reader))
        finally:
            await reader.close()

    visit(all_of_it())


def test_an_upload_follows_its_reader_and_what_was_made_of_it_goes_with_the_page(watched: Watched) -> None:
    async def leave(reader: Reader, shown: Shown) -> None:
        seen = watched.look()
        assert seen["uploads"] == [], "the tray has them, Streamlit has not"
        assert all(seen["alive"][kind] for kind in ("Film", "Attribution")), "else this tests nothing"
        assert seen["media"]
        await reader.open("history")
        seen = watched.wait_for(lambda seen: not any(seen["alive"][kind] for kind in OF_PICTURES) and not seen["media"])
        assert {kind: seen["alive"][kind] for kind in OF_PICTURES} == dict.fromkeys(OF_PICTURES, 0)
        assert seen["media"] == 0
        back = await reader.open("chest_xray", network="lecture", insist="true")
        assert NAME in back.text(), "the film follows"

    upload_and(watched, leave)


def test_another_reader_sees_nothing_of_it(watched: Watched) -> None:
    async def look(reader: Reader, shown: Shown) -> None:
        other = Reader(watched.url)
        await other.connect()
        await other.open("")
        for film in ("own 1", ""):
            page = await other.open("chest_xray", network="lecture", insist="true", film=film)
            assert "The network says" in page.text()
            assert NAME not in page.text()
        await other.close()

    upload_and(watched, look)


def test_a_session_goes_soon_after_its_reader(watched: Watched) -> None:
    async def look(reader: Reader, shown: Shown) -> None:
        assert watched.look()["alive"]["AppSession"]

    upload_and(watched, look)
    kinds = (*OF_PICTURES, "Tray")
    seen = watched.wait_for(lambda seen: not any(seen["alive"][kind] for kind in kinds) and not seen["media"])
    assert {kind: seen["alive"][kind] for kind in kinds} == dict.fromkeys(kinds, 0)
    assert seen["alive"]["AppSession"] <= 1, "emptied, but held by Streamlit's loop until the next reader comes"
    assert seen["uploads"] == []
    assert seen["media"] == 0


def test_a_reader_who_comes_back_in_time_finds_everything(watched: Watched) -> None:
    async def blink(reader: Reader, shown: Shown) -> None:
        before = reader.session
        await reader.close()
        await reader.connect()
        again = await reader.rerun()
        assert again.session == before
        assert NAME in again.text()
        await asyncio.sleep(LEAVES_IN_S + 1)  # past the time at which the session would have gone
        assert NAME in (await reader.rerun()).text()

    upload_and(watched, blink)


def test_nothing_of_an_upload_is_written_logged_or_sent_back(watched: Watched) -> None:
    async def look(reader: Reader, shown: Shown) -> None:
        seen, logged = watched.look(), watched.log.read_text(errors="replace")
        sent = b"".join(element.SerializeToString() for element in shown.elements.values())
        for secret in (PATIENT, "19700101"):
            assert secret.encode() in dicom()
            assert secret.encode() not in sent
            assert secret not in logged
        assert "Traceback" not in logged
        assert NAME not in logged
        assert seen["written"][watched.written :] == []
        assert [path for path in seen["open"] if path.startswith(str(watched.folder))] == []
        assert sorted(watched.folder.rglob("*")) == watched.files

    upload_and(watched, look)
