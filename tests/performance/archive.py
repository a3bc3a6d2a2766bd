"""Measure a run over a large archive: ``python -m tests.performance.archive FILMS [--ray] [--kill]``.

Fills a folder with links to the films of FILMS, over and over, with broken files among them; runs ``python -m
cnn.predict`` on it as a user would; notes the memory and CPU time of the process and its descendants every second; and
checks that every file has one row, in order, and every broken one a reason. With ``--kill`` the run is killed with
SIGKILL at a third of the files, and resumed.
"""

import argparse
import csv
import signal
import subprocess
import sys
import tempfile
import time
from itertools import cycle
from pathlib import Path

from cnn.predict.resumable import shard_size, shards_folder


def make_archive(films: Path, folder: Path, files: int, broken: int) -> set[str]:
    """Fill ``folder`` with ``files`` links in folders of a thousand; return the ``broken`` ones, of four kinds."""
    sources = cycle(sorted(path.resolve() for path in films.rglob("*.jp*g")))
    step = files // broken if broken else files + 1
    broken_files: set[str] = set()
    for number, source in zip(range(files), sources, strict=False):
        path = folder / f"{number // 1000:04}" / f"{number:07}.jpeg"
        path.parent.mkdir(parents=True, exist_ok=True)
        if number % step == step - 1 and len(broken_files) < broken:
            data = source.read_bytes()
            path.write_bytes((b"", data[: len(data) // 2], b"not a film", data[:20])[len(broken_files) % 4])
            broken_files.add(str(path))
        else:
            path.symlink_to(source)
    return broken_files


def family(pid: int) -> dict[int, tuple[float, int]]:
    """Return seconds of CPU time and resident KiB of a process and its descendants, by process."""
    listing = subprocess.run(["ps", "-eo", "pid,ppid,cputimes,rss"], capture_output=True, text=True).stdout
    rows = [tuple(map(int, line.split())) for line in listing.splitlines()[1:]]
    members = {pid}
    for child, parent, *_ in rows * 3:  # Ray's workers are grandchildren
        if parent in members:
            members.add(child)
    return {process: (cpu_seconds, resident) for process, _, cpu_seconds, resident in rows if process in members}


def watch(command: list[str], out: Path, total: int, kill_at: float | None = None) -> None:
    """Run ``command`` to its end, or kill it at a share of the files, and print what it took."""
    start = time.monotonic()
    process = subprocess.Popen(command)
    cpu_seconds: dict[int, float] = {}
    peak = next_line = 0.0
    while process.poll() is None:
        time.sleep(1)
        members = family(process.pid)
        cpu_seconds |= {pid: seconds for pid, (seconds, _) in members.items()}
        resident = sum(kib for _, kib in members.values()) / 1024
        peak = max(peak, resident)
        done = shard_size(total) * len(list(shards_folder(out).glob("0*.csv"))) / total
        if done >= next_line:
            print(f"\n{done:4.0%} of the files after {time.monotonic() - start:.0f} s: {resident:.0f} MB")
            next_line += 0.1
        if kill_at is not None and done >= kill_at:
            process.send_signal(signal.SIGKILL)
            process.wait()
            print(f"\nkilled at {done:.0%}")
            return
    taken = time.monotonic() - start
    print(
        f"exit {process.returncode}; {taken:.0f} s, {total / taken:.1f} files/s; {sum(cpu_seconds.values()):.0f} s of "
        f"CPU time; at most {peak:.0f} MB resident (pages that processes share counted in each)"
    )


def check(out: Path, folder: Path, broken_files: set[str]) -> None:
    """Raise AssertionError where a file has no row, or two, or a broken one no reason."""
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows] == sorted(str(path) for path in folder.rglob("*.jpeg"))
    assert {row["file"] for row in rows if row["status"] == "refused"} >= broken_files
    assert all(row["reason"] for row in rows if row["file"] in broken_files)
    print(f"{len(rows)} rows, one a file, in order; {len(broken_files)} broken files, each with its reason")


def main() -> None:
    """Print memory at every tenth of the files, then time, and whether all files have their row."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("films", type=Path)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--broken", type=int, default=200)
    parser.add_argument("--model", default="logistic_regression", help="the default costs little besides reading")
    parser.add_argument("--ray", action="store_true")
    parser.add_argument("--kill", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder, out = Path(temporary) / "archive", Path(temporary) / "predictions.csv"
        broken_files = make_archive(options.films, folder, options.files, options.broken)
        command = [sys.executable, "-m", "cnn.predict", str(folder), "--out", str(out), "--model", options.model]
        command += ["--ray"] * options.ray
        if options.kill:
            watch(command, out, options.files, kill_at=1 / 3)
        watch(command, out, options.files)
        check(out, folder, broken_files)


if __name__ == "__main__":
    main()
