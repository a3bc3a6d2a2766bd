"""What is shipped is enough: the app opens from the container's files alone, and from the wheel in any folder."""

import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cnn import __version__
from tests.performance.load.client import Reader
from tests.support.app import ROOT
from tests.support.servers import free_port, running, visit
from ui.shell.frame import chapters

pytestmark = pytest.mark.slow
OPEN_PAGES = ROOT / "tests" / "support" / "open_pages.py"


def python(*arguments: object, cwd: Path, path: Path) -> subprocess.CompletedProcess[str]:
    """Run Python in ``cwd`` with nothing of this checkout on its path."""
    command = [sys.executable, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(path)}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def copied_by_the_container() -> Iterator[tuple[Path, str]]:
    """Each source of a COPY line of the Containerfile, with its destination below the working directory."""
    for line in (ROOT / "deploy" / "Containerfile").read_text(encoding="utf-8").splitlines():
        if line.startswith("COPY "):
            *sources, destination = line.split()[1:]
            for source in sources:
                several = destination.endswith("/") or destination == "."
                yield ROOT / source, f"{destination}/{Path(source).name}" if several else destination


def test_every_page_opens_from_the_container_s_files_and_only_those_with_a_network_load_torch(tmp_path: Path) -> None:
    for source, destination in copied_by_the_container():
        if source.is_dir():
            shutil.copytree(source, tmp_path / destination, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tmp_path / destination)
    with_torch = sorted(chapter.file for chapter in chapters() if chapter.with_torch)
    pages = sorted({page.stem for page in (ROOT / "pages").glob("*.py")} - {*with_torch}) + with_torch
    run = python(OPEN_PAGES, tmp_path, *pages, cwd=tmp_path, path=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr[-2000:]
    assert run.stdout.split("with PyTorch:")[1].split() == with_torch


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built and unpacked as pip does into site-packages."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, ROOT]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr[-2000:]
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        wheel.extractall(folder / "site-packages")
    return folder / "site-packages"


def test_the_wheel_takes_no_common_name(installed: Path) -> None:
    names = {entry.name for entry in installed.iterdir()}
    assert names == {"cnn", "cnn_lecture", f"cnn_lecture-{__version__}.dist-info"}


def test_the_wheel_holds_all_that_the_app_needs(installed: Path) -> None:
    listed = ["git", "ls-files", "cnn", "notebooks", "pages", "ui", "weights", "app.py", ".streamlit"]
    tracked = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert not [
        name
        for name in tracked
        if not (installed / name).is_file() and not (installed / "cnn_lecture" / name).is_file()
    ]


def test_the_command_opens_the_app_in_any_folder_ready_to_classify_before_a_reader_comes(
    installed: Path, tmp_path: Path
) -> None:
    port = free_port()
    command = [sys.executable, "-m", "cnn", f"--server.port={port}", "--server.headless=true"]
    url = f"http://127.0.0.1:{port}"
    with running(command, f"{url}/_stcore/health", cwd=tmp_path, PYTHONPATH=str(installed)) as process:
        end = time.monotonic() + 120
        while "libtorch" not in Path(f"/proc/{process.pid}/maps").read_text():
            assert time.monotonic() < end
            time.sleep(0.1)
        assert "The network says" in visit(first_verdict(url))


async def first_verdict(url: str) -> str:
    """The words of the page that shows the first film."""
    reader = Reader(url)
    await reader.connect()
    await reader.open("")
    page = await reader.open("chest_xray")
    await reader.close()
    return page.text()
