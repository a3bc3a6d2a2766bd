"""deploy/nginx.conf in front of two replicas of the app, as docs/deployment.md says; every promise tried once."""

import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.performance.load.client import Reader
from tests.support.servers import ROOT, behind_nginx, free_port, is_up, running, streamlit, visit

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("deployment")]  # one pair of replicas for all


@dataclass
class Site:
    """The address of the proxy, and the replicas behind it by port."""

    url: str
    replicas: dict[int, subprocess.Popen[bytes]]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The proxy with ports and folders of its own, two replicas behind it."""
    ports, secret = (free_port(), free_port()), {"STREAMLIT_SERVER_COOKIE_SECRET": "the same for both replicas"}
    with ExitStack() as stack:
        replicas = {}
        for port in ports:
            replica = running(streamlit(port), f"http://127.0.0.1:{port}/_stcore/health", **secret)
            replicas[port] = stack.enter_context(replica)
        yield Site(stack.enter_context(behind_nginx(tmp_path_factory.mktemp("nginx"), *ports)), replicas)


def status(url: str, **options: object) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, **options), timeout=30) as answer:  # type: ignore[arg-type]
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_health_is_in_the_body_and_numbers_stay_inside(site: Site) -> None:
    assert is_up(f"{site.url}/_stcore/health")
    assert not is_up(f"{site.url}/healthz"), "any address answers 200, only this one says ok"
    assert status(f"{site.url}/_stcore/metrics") == 404
    assert status(f"http://127.0.0.1:{next(iter(site.replicas))}/_stcore/metrics") == 200, "it is the proxy that blocks"


def test_every_answer_carries_the_headers(site: Site) -> None:
    with urllib.request.urlopen(f"{site.url}/") as answer:
        headers = answer.headers
    assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
    assert "http" not in headers["Content-Security-Policy"], "nothing from another host"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Server"] == "nginx", "without its version"
    assert re.search(r"seat=[0-9a-f]{32}; .*HttpOnly", str(headers.get_all("Set-Cookie")))


def test_a_body_over_the_cap_is_refused(site: Site) -> None:
    upload = f"{site.url}/_stcore/upload_file/none/none"
    assert status(upload, data=b"0" * (42 * 2**20), method="PUT") == 413
    assert status(f"{site.url}/", data=b"0" * 2**17, method="POST") == 413, "a megabyte is for uploads only"
    assert status(upload, data=b"0" * 2**20, method="PUT") == 403, "below, it reaches the app, which wants a token"


def test_a_page_of_another_site_gets_no_socket(site: Site) -> None:
    async def knock(origin: str) -> None:
        address = site.url.replace("http://", "ws://") + "/_stcore/stream"
        async with connect(address, origin=origin, proxy=None):  # type: ignore[arg-type]
            pass

    visit(knock(site.url))
    with pytest.raises(InvalidStatus, match="403"):
        visit(knock("https://elsewhere.example"))


def test_uploads_have_a_quota(site: Site) -> None:
    upload, seat = f"{site.url}/_stcore/upload_file/none/none", {"Cookie": f"seat={'0' * 32}"}
    answers = [status(upload, data=b"0", method="PUT", headers=seat) for _ in range(40)]
    assert answers[:20] == 20 * [403]
    assert 429 in answers
    other = {"Cookie": f"seat={'1' * 32}"}
    assert status(upload, data=b"0", method="PUT", headers=other) == 403, "another reader may go on"


def test_readers_keep_their_replica_and_a_dead_one_is_taken_over(site: Site) -> None:
    """A dozen readers upload; one replica is killed; all of them go on, those who sat in it by another session."""
    film = (ROOT / "docs" / "chest_xray.png").read_bytes()

    async def walk() -> None:
        readers = [Reader(site.url) for _ in range(8)]
        for reader in readers:
            await reader.connect()
            await reader.open("")
            page = await reader.open("pooling")
            assert page.finished
            # The socket is in one replica; another would refuse the file: it knows only its own sessions.
            place = await reader.place_for("film.png")
            assert reader.put(place.upload_url, "film.png", film) == 204
            before = reader.session
            await reader.close()
            await reader.connect()
            await reader.open("pooling")
            assert reader.session == before, "the same replica took the session up again"
        victim = next(iter(site.replicas.values()))
        victim.kill()
        victim.wait()
        moved = 0
        for reader in readers:
            before = reader.session
            await reader.close()
            await reader.connect()
            page = await reader.open("history")
            assert page.finished
            assert "A bit of history" in page.text()
            moved += reader.session != before
            await reader.close()
        assert 0 < moved < len(readers), "some sat in the replica that died, and some did not"

    visit(walk())
