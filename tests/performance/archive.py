"""What a run over a large archive takes; run it by hand: ``python -m tests.performance.archive FILMS [--ray]
[--kill]``.

Makes a folder of links to the films of FILMS, over and over, with broken files among them; runs
``cnn.predict`` on it as a user would; looks every second at the memory and the processor time of the process
and all below it; and checks that every file has its row once, in order, and every broken one its reason. With
``--kill`` the run is killed with SIGKILL at a third of the files, and gone on with.
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
    """``files`` links to ``films`` in folders of a thousand, ``broken`` of them broken in four ways; returns which."""
    sources = cycle(sorted(path.resolve() for path in films.rglob("*.jp*g")))
    step = files // broken if broken else files + 1
    harmed = set()
    for number in range(files):
        path = folder / f"{number // 1000:04}" / f"{number:07}.jpeg"
        path.parent.mkdir(parents=True, exist_ok=True)
        source = next(sources)
        if number % step == step - 1 and len(harmed) < broken:
            data = source.read_bytes()
            path.write_bytes((b"", data[: len(data) // 2], b"not a film", data[:20])[len(harmed) % 4])
            harmed.add(str(path))
        else:
            path.symlink_to(source)
    return harmed


def family(pid: int) -> dict[int, tuple[str, float, int]]:
    """What ``ps`` tells of a process and all below it: name, seconds of processor time, resident KiB."""
    listed = subprocess.run(["ps", "-eo", "pid,ppid,cputimes,rss,comm"], capture_output=True, text=True).stdout
    lines = [line.split(None, 4) for line in listed.splitlines()[1:]]
    found = {pid}
    for line in lines * 3:  # Ray's workers are grandchildren
        if int(line[1]) in found:
            found.add(int(line[0]))
    return {int(line[0]): (line[4], float(line[2]), int(line[3])) for line in lines if int(line[0]) in found}


def watch(command: list[str], out: Path, total: int, kill_at: float) -> None:
    """Runs ``command`` to its end, or kills it at a share of the files; prints what it took."""
    start = time.monotonic()
    process = subprocess.Popen(command)
    size, spent, peak, next_line = shard_size(total), {}, 0, 0.0
    while process.poll() is None:
        time.sleep(1)
        now = family(process.pid)
        spent |= {pid: seconds for pid, (_, seconds, _) in now.items()}
        resident = sum(kib for *_, kib in now.values()) / 1024
        peak = max(peak, resident)
        done = size * len(list(shards_folder(out).glob("0*.csv"))) / total if total else 0
        if done >= next_line:
            each = ", ".join(sorted(f"{name} {kib // 1024}" for name, _, kib in now.values() if kib > 50 * 1024))
            print(f"\n{done:4.0%} of the files after {time.monotonic() - start:.0f} s: {resident:.0f} MB ({each})")
            next_line += 0.1
        if done >= kill_at:
            process.send_signal(signal.SIGKILL)
            process.wait()
            print(f"\nkilled at {done:.0%}")
            return
    taken = time.monotonic() - start
    print(f"exit {process.returncode}; {taken:.0f} s, {total / taken:.1f} files/s; {sum(spent.values()):.0f} s of "
          f"processor time; at most {peak:.0f} MB resident (pages that processes share counted in each)")  # fmt: skip


def check(out: Path, folder: Path, harmed: set[str]) -> None:
    """Raises AssertionError where a file has no row, or two, or a broken one no reason."""
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows] == sorted(str(path) for path in folder.rglob("*.jpeg"))
    assert {row["file"] for row in rows if row["status"] == "refused"} >= harmed
    assert all(row["reason"] for row in rows if row["file"] in harmed)
    print(f"{len(rows)} rows, each file once, in order; {len(harmed)} broken ones, each with its reason")


def main() -> None:
    """Prints memory at every tenth of the files, then time, and whether all files have their row."""
    parser = argparse.ArgumentParser(prog="python -m tests.performance.archive")
    parser.add_argument("films", type=Path)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--broken", type=int, default=200)
    parser.add_argument("--model", default="logistic_regression", help="floor costs little but the reading")
    parser.add_argument("--ray", action="store_true")
    parser.add_argument("--kill", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder, out = Path(temporary) / "archive", Path(temporary) / "x.csv"
        harmed = make_archive(given.films, folder, given.files, given.broken)
        command = [
            sys.executable,
            "-m",
            "cnn.predict",
            str(folder),
            "--out",
            str(out),
            "--model",
            given.model,
        ]
        command += ["--ray"] * given.ray
        if given.kill:
            watch(command, out, given.files, kill_at=1 / 3)
        watch(command, out, given.files, kill_at=2)
        check(out, folder, harmed)


if __name__ == "__main__":
    main()
