"""Uploads are weighed: by session, by address and all together, and only where the page has a box for them."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send
from streamlit import runtime

from tests.support.app import ROOT
from tests.support.servers import visit
from ui.shell import upload_limits
from ui.shell.upload_limits import ADDRESS_BYTES, ALL_BYTES, FILE_BYTES, MIB, SESSION_BYTES, UploadLimits

Answer = tuple[int, str]


class Site:
    """A server that keeps what it gets, behind the limits; sizes are kept in place of bytes."""

    def __init__(self) -> None:
        self.file_storage: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        self.limits = UploadLimits(self._keep)
        self.arriving: asyncio.Event | None = None

    async def _keep(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.arriving is not None:
            await self.arriving.wait()
        session, file = scope["path"].split("/")[-2:]
        size = int(dict(scope["headers"]).get(b"content-length", 0))
        self.file_storage[session][file] = SimpleNamespace(data=range(size))
        await send({"type": "http.response.start", "status": 204, "headers": []})

    async def ask(self, path: str, size: object = None, address: str = "192.0.2.1", method: str = "PUT") -> Answer:
        sent: list[Any] = []
        chunks = [b"a", b""]

        async def receive() -> dict[str, Any]:
            body = chunks.pop(0)
            return {"type": "http.request", "body": body, "more_body": bool(chunks)}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [] if size is None else [(b"content-length", str(size).encode())]
        scope = {"type": "http", "method": method, "path": path, "headers": headers, "client": (address, 1)}
        await self.limits(scope, receive, send)
        kept = dict(sent[0]["headers"]).get(b"cache-control", b"").decode()
        return sent[0]["status"], kept or b"".join(message.get("body", b"") for message in sent[1:]).decode()

    def put(self, session: str, file: str, megabytes: float, address: str = "192.0.2.1") -> Answer:
        return visit(self.ask(f"/_stcore/upload_file/{session}/{file}", int(megabytes * MIB), address))


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A site on which the page of every session s0 to s9 has a box."""
    site = Site()
    monkeypatch.setattr(runtime, "get_instance", lambda: SimpleNamespace(uploaded_file_mgr=site))
    sessions = [f"s{number}" for number in range(10)]
    for session in sessions:
        monkeypatch.setattr(upload_limits, "get_script_run_ctx", lambda one=session: SimpleNamespace(session_id=one))
        upload_limits.show_file_box("Files", key=session)
    yield site
    for session in sessions:
        upload_limits.forget(session)


def test_every_box_is_one_that_is_counted() -> None:
    modules = [path for folder in ("ui", "pages") for path in (ROOT / folder).rglob("*.py")]
    with_box = [path.name for path in modules if ".file_uploader(" in path.read_text(encoding="utf-8")]
    assert with_box == ["upload_limits.py"], "else files for the page are refused"


def test_a_page_without_a_box_takes_nothing(site: Site) -> None:
    assert site.put("s0", "a", 1)[0] == 204
    upload_limits.close_box("s0")
    status, sentence = site.put("s0", "b", 1)
    assert status == 403
    assert sentence.endswith(".")
    assert list(site.file_storage["s0"]) == ["a"]


def test_a_session_has_so_many_bytes_and_gets_them_back(site: Site) -> None:
    half = (SESSION_BYTES / 2 - FILE_BYTES) / MIB
    assert [site.put("s0", name, half)[0] for name in "ab"] == [204, 204]
    status, sentence = site.put("s0", "c", 1)
    assert status == 429
    assert f"{SESSION_BYTES // MIB} MB" in sentence
    del site.file_storage["s0"]["a"]
    assert site.put("s0", "c", 1)[0] == 204


def test_empty_files_count_too(site: Site) -> None:
    most = SESSION_BYTES // FILE_BYTES
    site.file_storage["s0"] = {str(number): SimpleNamespace(data=b"") for number in range(most)}
    assert site.put("s0", "a", 0)[0] == 429


def test_films_in_the_tray_count_until_the_session_ends(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_limits, "get_script_run_ctx", lambda: SimpleNamespace(session_id="s0"))
    upload_limits.hold(SESSION_BYTES)
    assert site.put("s0", "a", 1)[0] == 429
    upload_limits.hold(SESSION_BYTES - 2 * MIB)
    assert site.put("s0", "a", 1)[0] == 204
    upload_limits.forget("s0")
    assert site.put("s0", "b", 1)[0] == 403, "it has no box any more"


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:0:1::5", "2001:db8:0:1:ffff::7", True),
        ("2001:db8:0:1::5", "2001:db8:0:2::5", False),
    ],
)
def test_an_address_has_so_many_bytes_in_all_its_sessions(site: Site, one: str, other: str, is_same: bool) -> None:
    part = (ADDRESS_BYTES / 3 - FILE_BYTES) / MIB
    assert [site.put(session, "a", part, one)[0] for session in ("s0", "s1", "s2")] == [204, 204, 204]
    assert site.put("s3", "a", 1, other)[0] == (429 if is_same else 204)


def test_all_sessions_together_have_so_many_bytes(site: Site) -> None:
    part = ALL_BYTES / MIB / 4 - 1
    answers = [site.put(f"s{number}", "a", part, f"192.0.2.{number}")[0] for number in range(4)]
    assert answers == [204, 204, 204, 204]
    status, sentence = site.put("s5", "a", 5, "192.0.2.5")
    assert status == 507
    assert sentence.endswith(".")


def test_what_is_arriving_counts_and_what_broke_off_does_not(site: Site) -> None:
    size = SESSION_BYTES * 2 // 3

    async def walk() -> None:
        site.arriving = asyncio.Event()
        first = asyncio.create_task(site.ask("/_stcore/upload_file/s0/a", size))
        await asyncio.sleep(0)
        assert (await site.ask("/_stcore/upload_file/s0/b", size))[0] == 429
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        site.arriving.set()
        assert (await site.ask("/_stcore/upload_file/s0/b", size))[0] == 204

    visit(walk())


@pytest.mark.parametrize("size", [None, "many", "-1", "1e9"])
def test_an_upload_says_how_long_it_is(site: Site, size: object) -> None:
    assert visit(site.ask("/_stcore/upload_file/s0/a", size))[0] == 411


def test_pictures_of_films_are_not_kept_on_the_way(site: Site) -> None:
    assert visit(site.ask("/media/abc.png", method="GET")) == (204, "private, no-store")
