"""deploy/nginx.conf in front of two replicas of the app, as docs/deployment.md says; every promise tried once."""

import asyncio
import http.client
import re
import socket
import ssl
import subprocess
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from cnn.handson.runs.worker import MAX_MEMORY
from tests.performance.load.client import Reader
from tests.support.servers import ROOT, behind_nginx, free_port, is_up, running, streamlit, visit
from ui.shell.upload_limits import ALL_BYTES, MIB

pytestmark = pytest.mark.slow


@dataclass
class Site:
    """Addresses of the proxy, the replicas behind it by port, their logs, and what must not be in these."""

    url: str
    tls_url: str
    certificate: Path
    replicas: dict[int, subprocess.Popen[bytes]]
    logs: list[Path]
    secrets: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The proxy with ports and folders of its own, two replicas behind it."""
    ports, secret = (free_port(), free_port()), {"STREAMLIT_SERVER_COOKIE_SECRET": "the same for both replicas"}
    folder = tmp_path_factory.mktemp("nginx")
    with ExitStack() as stack:
        replicas = {}
        for port in ports:
            health, log = f"http://127.0.0.1:{port}/_stcore/health", folder / f"{port}.log"
            command = streamlit(port, module="tests.support.cold_streamlit")
            replicas[port] = stack.enter_context(running(command, health, log=log, **secret))
        logs = [folder / "access.log", folder / "error.log", *(folder / f"{port}.log" for port in ports)]
        tls = free_port()
        url = stack.enter_context(behind_nginx(folder, *ports, tls=tls))
        yield Site(url, f"https://127.0.0.1:{tls}", folder / "certificate.pem", replicas, logs)


def status(url: str, **options: object) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, **options), timeout=30) as answer:  # type: ignore[arg-type]
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_health_is_in_the_body_and_numbers_stay_inside(site: Site) -> None:
    assert is_up(f"{site.url}/_stcore/health")
    assert not is_up(f"{site.url}/healthz"), "any address answers 200, only this one says ok"
    for path in ("metrics", "script-health-check", "agent/openapi.json"):
        assert status(f"{site.url}/_stcore/{path}") == 404
    assert status(f"http://127.0.0.1:{next(iter(site.replicas))}/_stcore/metrics") == 200, "it is the proxy that blocks"


def test_every_answer_carries_the_headers(site: Site) -> None:
    with urllib.request.urlopen(f"{site.url}/") as answer:
        headers = answer.headers
    assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
    for scheme in ("http", "ws:", "wss:", "*"):
        assert scheme not in headers["Content-Security-Policy"], "nothing from another host, and nothing to it"
    assert "Strict-Transport-Security" not in headers, "without TLS it would say what is not so"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Server"] == "nginx", "without its version"
    assert re.search(r"seat=[0-9a-f]{32}; .*HttpOnly", str(headers.get_all("Set-Cookie")))


def test_over_tls_all_cookies_are_secure_and_stay_so(site: Site) -> None:
    trusted = ssl.create_default_context(cafile=site.certificate)
    cookies: dict[str, str] = {}
    for path in ("/", "/_stcore/health", "/_stcore/host-config"):
        with urllib.request.urlopen(site.tls_url + path, context=trusted) as answer:
            assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
            cookies |= {cookie.partition("=")[0]: cookie for cookie in answer.headers.get_all("Set-Cookie")}
    assert {"seat", "_streamlit_xsrf"} <= cookies.keys()
    for cookie in cookies.values():
        assert "; secure" in cookie.lower()

    async def knock() -> None:
        address = site.tls_url.replace("https://", "wss://") + "/_stcore/stream"
        async with connect(address, origin=site.tls_url, ssl=trusted, proxy=None):  # type: ignore[arg-type]
            pass

    visit(knock())


def test_a_body_over_the_cap_is_refused(site: Site) -> None:
    upload = f"{site.url}/_stcore/upload_file/none/none"
    assert status(upload, data=b"0" * (42 * 2**20), method="PUT") == 413
    assert status(f"{site.url}/", data=b"0" * 2**17, method="POST") == 413, "large bodies are for uploads only"
    assert status(upload, data=b"0" * 2**20, method="PUT") == 403, "below, it reaches the app, which wants a token"


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [("POST", "/", 403), ("DELETE", "/", 403), ("OPTIONS", "/_stcore/upload_file/a/b", 403), ("HEAD", "/", 200)],
)
def test_only_the_methods_that_are_needed_pass(site: Site, method: str, path: str, expected: int) -> None:
    assert status(f"{site.url}{path}", method=method) == expected


def test_another_host_is_not_served(site: Site) -> None:
    assert status(f"{site.url}/", headers={"Host": "elsewhere.example"}) == 421


def slow_request(site: Site) -> socket.socket:
    """A request whose body never comes to its end."""
    parts = urlsplit(site.url)
    connection = socket.create_connection((parts.hostname, parts.port), timeout=30)
    connection.sendall(f"GET / HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: 900\r\n\r\nx".encode())
    return connection


def test_slow_connections_of_one_address_leave_the_others_alone(site: Site) -> None:
    with ExitStack() as stack:
        slow = [stack.enter_context(slow_request(site)) for _ in range(420)]
        assert slow[-1].recv(64).startswith(b"HTTP/1.1 429"), "400 of one address are held, and no more"
        parts = urlsplit(site.url)
        other = http.client.HTTPConnection(parts.hostname or "", parts.port, 5, source_address=("127.0.0.2", 0))
        other.request("GET", "/_stcore/health")
        assert other.getresponse().read() == b"ok"


def test_files_are_weighed_and_pictures_are_not_kept(site: Site) -> None:
    """A page without a box takes none; a reader's own is shown, and no log says which."""
    film, name = (ROOT / "docs" / "chest_xray.png").read_bytes(), "mr-smith-1950.png"

    async def walk() -> None:
        reader = Reader(site.url)
        await reader.connect()
        home = await reader.open("")
        pictures = [image.url for images in home.of("imgs") for image in images.imgs]
        assert pictures
        seat = {"Cookie": f"seat={reader.cookies['seat']}"}
        with urllib.request.urlopen(urllib.request.Request(site.url + pictures[0], headers=seat)) as answer:
            assert answer.headers["Cache-Control"] == "private, no-store"
        await reader.open("history")
        place = await reader.place_for(name)
        with pytest.raises(urllib.error.HTTPError) as refusal:
            await asyncio.to_thread(reader.put, place.upload_url, name, film)
        assert refusal.value.code == 403
        page = await reader.open("chest_xray", insist="true")
        shown = await reader.upload(page, (name, film))
        assert name in shown.text()
        site.secrets.update({reader.session, place.file_id, *(url.split("/")[-1] for url in pictures), "smith"})
        await reader.close()

    visit(walk())


def test_the_container_s_memory_has_room_for_all_uploads() -> None:
    containerfile = (ROOT / "deploy" / "Containerfile").read_text()
    gigabytes = re.findall(r'LABEL memory="(\d)g"', containerfile)
    taken = 1600 * MIB + MAX_MEMORY  # by decoding and networks, as measured with all films in, and by one training
    assert int(gigabytes[0]) * 2**30 > ALL_BYTES + taken


def test_the_container_is_named_by_digest_and_runs_without_rights() -> None:
    containerfile, guide = (
        (ROOT / "deploy" / "Containerfile").read_text(),
        (ROOT / "docs" / "deployment.md").read_text(),
    )
    (base,) = re.findall(r"^ARG BASE=(\S+)$", containerfile, re.MULTILINE)
    assert re.fullmatch(r"docker\.io/library/python:3\.12-slim@sha256:[0-9a-f]{64}", base)
    assert re.findall(r"^USER (\w+)$", containerfile, re.MULTILINE) == ["reader"]
    assert all(
        "--require-hashes" in line or "--no-deps" in line for line in re.findall("pip install.*", containerfile)[:3]
    )
    run = " ".join(re.findall(r"podman run(.*?)cnn-lecture\n", guide, re.DOTALL)[0].split())
    for option in ("--read-only", "--cap-drop all", "--security-opt no-new-privileges", "--memory 4g", "--cpus "):
        assert option in run
    assert re.search(r"--tmpfs /tmp:size=\d+m ", run)


def test_an_error_names_no_outside_service_and_shows_no_code() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert config["client"]["showErrorLinks"] is False
    assert config["client"]["showErrorDetails"] == "none"
    assert config["server"]["maxWidgetStateSize"] == 1


@pytest.mark.parametrize("name", ["requirements.lock", "torch.lock"])
def test_locked_versions_are_those_that_are_tested(name: str) -> None:
    lock = (ROOT / "deploy" / name).read_text()
    pins = dict(re.findall(r"^([a-z0-9-]+)==(\S+) \\\n +--hash=sha256:[0-9a-f]{64}", lock, re.MULTILINE))
    assert len(pins) == lock.count("=="), "each with a hash"
    constraints = (ROOT / "constraints.txt").read_text().lower().replace("_", "-")
    tested = dict(line.split("==") for line in constraints.split() if "==" in line)
    assert {package: tested[package] for package in pins if package != "setuptools"} == {
        package: version for package, version in pins.items() if package != "setuptools"
    }


def test_every_requirement_is_locked_and_what_it_requires() -> None:
    """Those of the container's Python, as the installed versions say, which are the locked ones."""
    locks = "".join((ROOT / "deploy" / f"{name}.lock").read_text() for name in ("requirements", "torch"))
    locked = set(re.findall(r"^([a-z0-9-]+)==", locks, re.MULTILINE))
    container = {"python_version": "3.12", "python_full_version": "3.12.14", "extra": ""}
    installed = (version for package in locked for version in metadata.Distribution.discover(name=package))
    requirements = [Requirement(line) for version in installed for line in version.requires or ()]
    required = {one.name for one in requirements if one.marker is None or one.marker.evaluate(container)}
    required |= set(re.findall(r"^[\w-]+", (ROOT / "requirements.txt").read_text(), re.MULTILINE))
    assert {"onnx", "protobuf", "streamlit"} <= {canonicalize_name(name) for name in required} <= locked


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
        readers = [Reader(site.url) for _ in range(12)]  # of eight all sit in one replica once in a hundred times
        for reader in readers:
            await reader.connect()
            await reader.open("")
            page = await reader.open("pooling", part="A film")
            assert page.finished
            # The socket is in one replica; another would refuse the file: it knows only its own sessions.
            place = await reader.place_for("film.png")
            assert reader.put(place.upload_url, "film.png", film) == 204
            before = reader.session
            site.secrets.update({before, place.file_id})
            await reader.close()
            await reader.connect()
            await reader.open("pooling", part="A film")
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


def test_no_log_tells_a_session_a_file_or_a_reader(site: Site) -> None:
    """After all the tests above: who reads an id in a log could take the session over."""
    assert len(site.secrets) > 8
    said = "".join(log.read_text() for log in site.logs)
    assert " upload 204 " in said, "the kind of path is there"
    for secret in (*site.secrets, "127.0.0.1 ", "client: ", "film.png", "seat="):
        assert secret not in said
