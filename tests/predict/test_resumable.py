"""Shards on disk: killed, damaged, full, shared or foreign, a run ends with every file once or with a sentence."""

import csv
import errno
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from weakref import WeakSet

import pytest
from pyarrow import parquet

from cnn.errors import CommandFailed
from cnn.predict import output
from cnn.predict.files import Shard
from cnn.predict.outcomes import BATCH_SIZE, Outcome
from cnn.predict.output import COLUMNS
from cnn.predict.prediction import Prediction
from cnn.predict.resumable import MAX_SHARDS, open_run, shard_size, shards_folder
from cnn.text import printable

SETTINGS = {"model": "lecture", "weights": "0a1b"}
FILES = [Path(f"films/{number:03}.png") for number in range(3 * BATCH_SIZE + 5)]


def predicted(file: str, p_pneumonia: float = 0.25) -> Outcome:
    return Outcome(file, Prediction((0, 0), (1 - p_pneumonia, p_pneumonia), "NORMAL", 0.4, 1.0, "lecture"))


def outcomes(shard: Shard) -> list[Outcome]:
    """Every seventh file is unreadable."""
    return [
        predicted(file) if int(Path(file).stem) % 7 else Outcome(file, reason=f"“{Path(file).name}” is empty, or not.")
        for file in shard.files
    ]


def go(out: Path, settings: dict[str, str] = SETTINGS, shards: int | None = None) -> list[int]:
    """Works on at most ``shards`` missing shards, the last one first; returns which."""
    with open_run(out, settings, FILES) as run:
        todo = list(run.missing())[::-1][:shards]
        for shard in todo:
            run.write(shard.number, outcomes(shard))
        if shards is None:
            run.finish()
    return [shard.number for shard in todo]


def files_of(out: Path) -> list[str]:
    return [row["file"] for row in csv.DictReader(out.open(newline=""))]


def fail_with_full_disk(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_run_resumes_and_every_file_has_its_row_once_in_order(tmp_path: Path) -> None:
    out = tmp_path / "x.csv"
    assert go(out, shards=2) == [3, 2]
    assert not out.exists()
    assert go(out) == [1, 0]
    assert files_of(out) == [str(file) for file in FILES]
    assert list(tmp_path.iterdir()) == [out]
    assert [line.rstrip(",") for line in out.read_text().splitlines()[1:3]] == [
        'films/000.png,refused,"“000.png” is empty, or not.",,,,,,unreadable',
        "films/001.png,ok,,0.250000,NORMAL,0.400000,lecture,,ok,0.000000,,,,1.000000",
    ]


@pytest.mark.parametrize("total", [0, 1, BATCH_SIZE, 624, 20_000, 10**6, 10**7 + 1])
def test_shards_are_whole_batches_and_never_too_many(total: int) -> None:
    size = shard_size(total)
    assert size % BATCH_SIZE == 0
    assert size > 0
    assert -(-total // size) <= MAX_SHARDS


def test_numbers_in_parquet_are_numbers(tmp_path: Path) -> None:
    with open_run(tmp_path / "x.PARQUET", SETTINGS, [Path("NA"), Path("0")]) as run:
        run.write(0, [predicted("NA", 0.0), Outcome("0", reason="nan")])
        run.finish()
    table = parquet.read_table(tmp_path / "x.PARQUET")
    assert [str(table.schema.field(name).type) for name in ("file", "p_pneumonia")] == ["string", "double"]
    columns = table.select(["file", "reason", "p_pneumonia"]).to_pydict()
    assert columns == {"file": ["NA", "0"], "reason": [None, "nan"], "p_pneumonia": [0.0, None]}


@pytest.mark.parametrize("name", ["x.csv", "x.parquet"])
def test_an_archive_without_files_gives_no_rows(name: str, tmp_path: Path) -> None:
    with open_run(tmp_path / name, SETTINGS, []) as run:
        assert list(run.missing()) == []
        run.finish()
    if name == "x.csv":
        assert (tmp_path / name).read_text() == ",".join(COLUMNS) + "\n"
    else:
        assert parquet.read_table(tmp_path / name).num_rows == 0


@pytest.mark.parametrize(
    "name",
    [
        "two\nlines.png",
        "re\rturn.png",
        'a "b", c.png',
        "it's.png",
        os.fsdecode(b"latin-\xe9.png"),
        "=1+1.png",
        "+1",
        "-1",
        "@x.png",
        "\t=x.png",
        "'=x.png",
        "''=x.png",
        "＝x.png",
    ],
)
def test_odd_names_keep_their_row(name: str, tmp_path: Path) -> None:
    out, table = tmp_path / "x.csv", tmp_path / "x.parquet"
    for path in (out, table):
        with open_run(path, SETTINGS, [Path(name)]) as run:
            (shard,) = run.missing()
            assert shard.files == [name]
            run.write(0, [Outcome(name, reason=f"{name} is empty", notes=(f"{name} was cut.", "So."))])
        with open_run(path, SETTINGS, []) as run:
            assert run.done == 1
            run.finish()
    columns = parquet.read_table(table, columns=["file", "reason", "notes"]).to_pydict()
    true_name = printable(name)
    assert columns == {"file": [true_name], "reason": [f"{true_name} is empty"], "notes": [f"{true_name} was cut. So."]}
    (cell,) = files_of(out)
    assert cell[0] not in "=+-@\t＝"
    assert cell in (true_name, f"'{true_name}")


def test_a_damaged_shard_is_done_again(tmp_path: Path) -> None:
    out = tmp_path / "x.csv"
    go(out, shards=4)
    damaged = shards_folder(out) / "000001.csv"
    text = damaged.read_text()
    for harm in (text[:-10], text[:-40], text.replace("016", "017", 1), '"', ""):
        damaged.write_text(harm)
        assert go(out, shards=4) == [1]


@pytest.mark.parametrize("module", [os, Path])
def test_a_full_disk_is_a_sentence_and_finished_shards_are_kept(
    module: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "x.csv"
    go(out, shards=3)
    with monkeypatch.context() as patch:
        patch.setattr(module, "fsync" if module is os else "replace", fail_with_full_disk)
        with pytest.raises(CommandFailed, match=r"x\.csv cannot be written \(No space left on device\)"):
            go(out)
    assert not out.exists()
    assert go(out) == [0]
    assert len(files_of(out)) == len(FILES)


def test_a_disk_that_is_full_at_the_start_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", fail_with_full_disk)
    with pytest.raises(CommandFailed, match="No space left"):
        go(tmp_path / "x.csv")
    assert not list(tmp_path.iterdir())


def test_a_full_standard_output_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/full", "w") as full:
        monkeypatch.setattr("sys.stdout", full)
        with pytest.raises(CommandFailed, match=r"standard output \(No space left on device\)"):
            output.print_rows([predicted("a.png")])


def test_other_settings_do_not_resume(tmp_path: Path) -> None:
    go(tmp_path / "x.csv", shards=1)
    with pytest.raises(CommandFailed, match="begun with other weights"):
        go(tmp_path / "x.csv", SETTINGS | {"weights": "ffff"})
    assert go(tmp_path / "x.csv", shards=9) == [2, 1, 0]


def test_rows_of_an_older_version_do_not_resume(tmp_path: Path) -> None:
    go(tmp_path / "x.csv", shards=1)
    card = shards_folder(tmp_path / "x.csv") / "run.json"
    settings = json.loads(card.read_text())
    del settings["columns"]
    card.write_text(json.dumps(settings))
    with pytest.raises(CommandFailed, match="begun by another version, whose rows have other columns"):
        go(tmp_path / "x.csv")


def test_two_runs_do_not_share_an_output(tmp_path: Path) -> None:
    with open_run(tmp_path / "x.csv", SETTINGS, FILES), pytest.raises(CommandFailed, match="Another run is writing"):
        go(tmp_path / "x.csv")
    assert len(go(tmp_path / "x.csv")) == 4


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("x.txt", "neither CSV nor Parquet"),
        ("taken.csv", "exists already"),
        ("foreign.csv", r"holds thesis\.doc, which is not of a run"),
        ("file.csv", r"cannot be written \(File exists\)"),
        ("broken.csv", r"run\.json cannot be read"),
        ("nowhere/x.csv", r"cannot be written \(No such file or directory\)"),
    ],
)
def test_an_impossible_output_is_a_sentence_and_nothing_is_touched(name: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "taken.csv").write_text("kept")
    (tmp_path / "file.csv.parts").write_text("kept")
    for folder, file in (("foreign.csv.parts", "thesis.doc"), ("broken.csv.parts", "run.json")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / file).write_text("kept")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(CommandFailed, match=sentence):
        go(tmp_path / name)
    assert [path for path in sorted(tmp_path.rglob("*")) if path.name != "lock"] == before
    assert all(path.read_text() == "kept" for path in before if path.is_file())


def test_an_output_that_appears_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "x.csv"
    with open_run(out, SETTINGS, FILES) as run:
        for shard in run.missing():
            run.write(shard.number, outcomes(shard))
        out.write_text("kept")
        with pytest.raises(CommandFailed, match="exists already"):
            run.finish()
    assert out.read_text() == "kept"
    out.unlink()
    assert go(out) == []
    assert len(files_of(out)) == len(FILES)


def test_the_list_is_made_once(tmp_path: Path) -> None:
    out = tmp_path / "x.csv"
    go(out, shards=1)
    lines = (shards_folder(out) / "files.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [str(file) for file in FILES]
    with open_run(out, SETTINGS, iter([Path("later.png")])) as run:
        assert (run.total, run.done) == (len(FILES), 5)


def test_an_archive_is_listed_without_holding_its_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts the paths that are alive at once, out of 640."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    alive: WeakSet[object] = WeakSet()
    most = Counter[str]()

    class Name(type(Path())):  # type: ignore[misc]
        """A path that can be counted."""

    def counted(names: Iterable[Name]) -> Iterator[Name]:
        for name in names:
            alive.add(name)
            most["names"] = max(most["names"], len(alive))
            yield name

    with open_run(tmp_path / "x.csv", SETTINGS, counted(Name(f"films/{number}.png") for number in range(640))) as run:
        for shard in run.missing():
            run.write(shard.number, outcomes(shard))
        run.finish()
    assert 0 < most["names"] <= 2
    assert len(files_of(tmp_path / "x.csv")) == 640
