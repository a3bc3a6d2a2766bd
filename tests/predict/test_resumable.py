"""Parts on disk: killed, damaged, full, shared or strange, a run ends with every file once or with a sentence."""

import csv
import errno
import io
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from weakref import WeakSet

import pytest
from pyarrow import parquet

from cnn.errors import CommandFailed
from cnn.predict import output
from cnn.predict.outcomes import BATCH, Row
from cnn.predict.resumable import MOST_PARTS, Part, Run, open_run, shard_size, shards_folder

ASKED = {"model": "lecture", "weights": "0a1b"}
FILES = [Path(f"films/{number:03}.png") for number in range(3 * BATCH + 5)]


def rows(part: Part) -> Iterator[Row]:
    """Every seventh file is refused."""
    for file in part.files:
        if int(Path(file).stem) % 7:
            yield Row(file, "ok", "", "0.250000", "NORMAL", "0.400000", "lecture")
        else:
            yield Row(file, "refused", f"“{Path(file).name}” is empty, or not.", "", "", "", "")


def go(out: Path, asked: dict[str, str] = ASKED, parts: int | None = None) -> list[int]:
    """Works on at most ``parts`` missing parts, the last one first; returns which."""
    with open_run(out, asked, FILES) as run:
        todo = list(run.missing())[::-1][:parts]
        for part in todo:
            run.keep(part.number, rows(part))
        if parts is None:
            run.finish()
    return [part.number for part in todo]


def files_of(out: Path) -> list[str]:
    return [row["file"] for row in csv.DictReader(out.open(newline=""))]


def test_a_run_goes_on_and_every_file_has_its_row_once_in_order(tmp_path: Path) -> None:
    out = tmp_path / "x.csv"
    assert go(out, parts=2) == [3, 2]
    assert not out.exists()
    assert go(out) == [1, 0]
    assert files_of(out) == [str(file) for file in FILES]
    assert list(tmp_path.iterdir()) == [out]


def test_parts_are_whole_batches_and_never_too_many() -> None:
    for total in (0, 1, BATCH, 624, 20_000, 10**6, 10**7 + 1):
        size = shard_size(total)
        assert size % BATCH == 0
        assert size > 0
        assert -(-total // size) <= MOST_PARTS
    assert shard_size(624) == BATCH


def test_parquet_says_what_csv_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "_GROUP", 20)
    for name in ("x.csv", "x.PARQUET"):
        go(tmp_path / name)
    table = parquet.read_table(tmp_path / "x.PARQUET")
    assert [str(table.schema.field(name).type) for name in ("file", "p_pneumonia")] == ["string", "double"]
    written = list(csv.DictReader((tmp_path / "x.csv").open(newline="")))
    for one, other in zip(table.to_pylist(), written, strict=True):
        for name, text in other.items():
            assert one[name] == ((float(text) if name in ("p_pneumonia", "threshold") else text) if text else None)


def test_a_probability_of_zero_is_a_number_in_parquet(tmp_path: Path) -> None:
    with open_run(tmp_path / "x.parquet", ASKED, FILES[:1]) as run:
        run.keep(0, [Row("films/000.png", "ok", "", "0.000000", "NORMAL", "0.400000", "lecture")])
        run.finish()
    assert parquet.read_table(tmp_path / "x.parquet")["p_pneumonia"].to_pylist() == [0.0]


def test_an_archive_without_files_gives_a_header(tmp_path: Path) -> None:
    with open_run(tmp_path / "x.csv", ASKED, []) as run:
        assert list(run.missing()) == []
        run.finish()
    assert (tmp_path / "x.csv").read_text() == "file,status,reason,p_pneumonia,label,threshold,model\n"


@pytest.mark.parametrize("name", ["two\nlines.png", "re\rturn.png", 'a "b", c.png', os.fsdecode(b"latin-\xe9.png")])
def test_odd_names_keep_their_row(name: str, tmp_path: Path) -> None:
    out = tmp_path / "x.csv"
    with open_run(out, ASKED, [Path(name)]) as run:
        (part,) = run.missing()
        assert part.files == [name]
        run.keep(0, [Row(name, "refused", f"{name} is empty", "", "", "", "")])
    with open_run(out, ASKED, []) as run:
        assert run.done == 1
        run.finish()
    assert files_of(out) == [output.shown(name)]


def test_a_damaged_part_is_done_again(tmp_path: Path) -> None:
    out = tmp_path / "x.csv"
    go(out, parts=4)
    damaged = shards_folder(out) / "000001.csv"
    for harm in (damaged.read_text()[:-40], damaged.read_text().replace("016", "017", 1), '"', ""):
        damaged.write_text(harm)
        assert go(out, parts=4) == [1]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_is_said_and_what_was_finished_is_kept(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "x.csv"
    go(out, parts=3)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(*((os, "fsync") if call == "fsync" else (Path, "replace")), full)
        with pytest.raises(CommandFailed, match=r"x\.csv cannot be written \(No space left on device\)"):
            go(out)
    assert not out.exists()
    assert go(out) == [0]
    assert len(files_of(out)) == len(FILES)


def test_a_disk_that_is_full_at_the_start_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CommandFailed, match="No space left"):
        go(tmp_path / "x.csv")
    assert not list(tmp_path.iterdir())


def test_a_full_standard_output_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/full", "w") as full:
        monkeypatch.setattr("sys.stdout", full)
        with pytest.raises(CommandFailed, match="standard output \\(No space left on device\\)"):
            output.print_rows(rows(Part(0, [str(file) for file in FILES])))


def test_another_question_does_not_go_on(tmp_path: Path) -> None:
    go(tmp_path / "x.csv", parts=1)
    with pytest.raises(CommandFailed, match="begun with other weights; ask the same to go on"):
        go(tmp_path / "x.csv", ASKED | {"weights": "ffff"})
    assert go(tmp_path / "x.csv", parts=9) == [2, 1, 0]


def test_two_runs_do_not_share_an_output(tmp_path: Path) -> None:
    with open_run(tmp_path / "x.csv", ASKED, FILES), pytest.raises(CommandFailed, match="Another run is writing"):
        go(tmp_path / "x.csv")
    assert len(go(tmp_path / "x.csv")) == 4


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("x.txt", "neither CSV nor Parquet"),
        ("taken.csv", "exists already"),
        ("strange.csv", r"holds thesis\.doc, which is not of a run"),
        ("file.csv", r"cannot be written \(File exists\)"),
        ("broken.csv", r"run\.json cannot be read"),
        ("nowhere/x.csv", r"cannot be written \(No such file or directory\)"),
    ],
)
def test_an_output_that_cannot_be_is_said_and_nothing_is_touched(name: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "taken.csv").write_text("kept")
    (tmp_path / "file.csv.parts").write_text("kept")
    for folder, file in (("strange.csv.parts", "thesis.doc"), ("broken.csv.parts", "run.json")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / file).write_text("kept")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(CommandFailed, match=sentence):
        go(tmp_path / name)
    assert [path for path in sorted(tmp_path.rglob("*")) if path.name != "lock"] == before
    assert all(path.read_text() == "kept" for path in before if path.is_file())


def test_an_output_that_comes_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "x.csv"
    with open_run(out, ASKED, FILES) as run:
        for part in run.missing():
            run.keep(part.number, rows(part))
        out.write_text("kept")
        with pytest.raises(CommandFailed, match="exists already"):
            run.finish()
    assert out.read_text() == "kept"
    out.unlink()
    assert go(out) == []
    assert len(files_of(out)) == len(FILES)


def test_the_list_is_made_once(tmp_path: Path) -> None:
    out = tmp_path / "x.csv"
    go(out, parts=1)
    listed = (shards_folder(out) / "files.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in listed] == [str(file) for file in FILES]
    with open_run(out, ASKED, iter([Path("later.png")])) as run:
        assert (run.total, run.done) == (len(FILES), 5)


def test_rows_are_written_as_they_come(tmp_path: Path) -> None:
    with open_run(tmp_path / "x.csv", ASKED, FILES) as run:
        part = next(run.missing())
        seen: list[int] = []

        def watched() -> Iterator[Row]:
            for row in rows(part):
                seen.append(len(list(shards_folder(tmp_path / "x.csv").glob("0*.csv"))))
                yield row

        run.keep(0, watched())
        assert set(seen) == {0}  # not under its name before it is whole
        assert isinstance(run, Run)
        assert run.done == BATCH


@pytest.mark.parametrize("name", ["x.csv", "x.parquet"])
def test_no_more_than_a_stretch_of_an_archive_is_in_memory(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counts the names and rows that are alive at once, out of 640 each."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    monkeypatch.setattr(output, "_GROUP", 48)
    alive: WeakSet[object] = WeakSet()
    most = Counter[str]()

    class Name(type(Path())):  # type: ignore[misc]
        """A path that can be counted."""

    def counted(thing: Row | Path) -> Row | Path:
        alive.add(thing)
        kinds = Counter(type(each).__name__ for each in alive)
        most.update({kind: max(0, number - most[kind]) for kind, number in kinds.items()})
        return thing

    read = output.read_rows
    monkeypatch.setattr(output, "read_rows", lambda path: map(counted, read(path)))
    with open_run(tmp_path / name, ASKED, map(counted, (Name(f"films/{number}.png") for number in range(640)))) as run:
        for part in run.missing():
            run.keep(part.number, map(counted, rows(part)))
        run.finish()
    assert 0 < most["Name"] <= 2
    assert 0 < most["Row"] <= (2 if name == "x.csv" else 2 * 48)


def test_what_is_written_is_read_back() -> None:
    file = io.StringIO()
    assert output.write_rows(rows(Part(0, ["0.png", "1.png"])), file) == 2
    assert file.getvalue().splitlines()[1] == '0.png,refused,"“0.png” is empty, or not.",,,,'
