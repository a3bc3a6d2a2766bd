"""Servers that tests start and stop on this machine's own address, and visits to them."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest

ROOT = Path(__file__).parents[2]
Result = TypeVar("Result")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def streamlit(port: int, script: str = "app.py", *, module: str = "streamlit") -> list[str]:
    """The command that serves ``script``."""
    server = ["--server.headless=true", "--server.address=127.0.0.1", f"--server.port={port}"]
    return [sys.executable, "-m", module, "run", script, *server]


def is_up(url: str) -> bool:
    """Whether the health check at ``url`` says so in its body: Streamlit answers 200 to any address."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.read() == b"ok")
    except OSError:
        return False


def visit(walk: Coroutine[Any, Any, Result]) -> Result:
    """What ``walk`` returns, from a thread of its own: Playwright's loop may still run in that of the tests."""
    with ThreadPoolExecutor(1) as other:
        return other.submit(asyncio.run, walk).result()


@contextmanager
def running(
    command: Sequence[str], health: str, *, cwd: Path = ROOT, log: Path | None = None, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """The process of ``command``, from when ``health`` answers "ok" to the end of the block."""
    with open(log or os.devnull, "wb") as out:
        everything = os.environ | environment
        server = subprocess.Popen(command, cwd=cwd, stdout=out, stderr=out, env=everything, start_new_session=True)
        try:
            for _ in range(6000):  # a slow machine is given up on after ten minutes
                if is_up(health):
                    break
                if server.poll() is not None:
                    raise RuntimeError(f"the server ended with {server.returncode}")
                time.sleep(0.1)
            else:
                raise RuntimeError("the server did not start")
            yield server
        finally:
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
            server.wait()


@contextmanager
def behind_nginx(folder: Path, *ports: int, tls: int = 0) -> Iterator[str]:
    """The address of a proxy with deploy/nginx.conf in front of the app's two replicas; its files lie in ``folder``.

    It listens with a certificate of its own on port ``tls``, too, as docs/deployment.md says. Without nginx the test is
    skipped; on a CI machine (environment variable CI) that is a failure.
    """
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no nginx: apt install nginx-light")
    front, text = free_port(), (ROOT / "deploy" / "nginx.conf").read_text()
    changes = {
        "127.0.0.1:8501": f"127.0.0.1:{ports[0]}",
        "127.0.0.1:8502": f"127.0.0.1:{ports[-1]}",
        "/tmp/nginx.pid": f"{folder}/nginx.pid",
        "/dev/stdout": f"{folder}/access.log",
    }
    for before, after in changes.items():
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    text = text.replace("listen 8080", f"listen 127.0.0.1:{front}")
    if tls:
        lines = (f"listen 127.0.0.1:{tls} ssl", f"ssl_certificate {_certificate(folder)}")
        lines += (f"ssl_certificate_key {folder}/key.pem", "server_name localhost")
        text = text.replace("server_name localhost", ";\n".join(lines), 1)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    text = text.replace("http {", "http {\n" + "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds), 1)
    (folder / "nginx.conf").write_text(text)
    command = [nginx, "-p", str(folder), "-e", "stderr", "-c", f"{folder}/nginx.conf", "-g", "daemon off;"]
    url = f"http://127.0.0.1:{front}"
    with running(command, f"{url}/_stcore/health", log=folder / "error.log"):
        yield url


def _certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that is signed by itself; its key lies beside it."""
    made = folder / "certificate.pem"
    options = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1"
    files = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{folder}/key.pem", "-out", str(made)]
    subprocess.run(["openssl", *options.split(), *files], check=True, capture_output=True)
    return made
