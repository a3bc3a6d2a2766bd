import hashlib
import io
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import numpy as np
import pytest

from cnn.errors import UserError
from cnn.imaging.radiograph import read_radiograph
from cnn.imaging.samples import download
from cnn.imaging.samples.built_in import Sample


def archive(n: int = 30) -> bytes:
    file = io.BytesIO()
    images = np.random.default_rng(0).integers(0, 255, (n, 224, 224), dtype=np.uint8)
    np.savez_compressed(file, test_images=images, test_labels=np.array([[k % 3 > 0] for k in range(n)], np.uint8))
    return file.getvalue()


DATA = archive()


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def server():
    """A local server of DATA; /cut sends half of it, /slow nothing after the head, /gone is not there."""
    seen = []
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(self.path)
            if self.path == "/gone":
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(DATA)))
            self.end_headers()
            if self.path == "/slow":
                over.wait(5)
            else:
                self.wfile.write(DATA if self.path == "/whole" else DATA[: len(DATA) // 2])

        def log_message(self, *args):
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
    yield SimpleNamespace(url=f"http://127.0.0.1:{http.server_port}", seen=seen)
    over.set()
    http.shutdown()
    http.server_close()


@pytest.fixture
def publish(monkeypatch):
    """Stand in for the package: say that the dataset is at this address, with this checksum."""

    def publish(url: str, md5: str = hashlib.md5(DATA, usedforsecurity=False).hexdigest()) -> None:
        info = {"url_224": url, "MD5_224": md5, "label": {"0": "normal", "1": "pneumonia"}}
        package = SimpleNamespace(INFO={"pneumoniamnist": info})
        monkeypatch.setitem(sys.modules, "medmnist", package)

    return publish


def left_behind(home):
    return [path.name for path in home.rglob("*") if path.is_file()]


def test_fetched_images_are_samples_with_their_labels(home, server, publish):
    publish(f"{server.url}/whole")
    steps = []
    fetched = download.fetch(6, lambda done, total: steps.append((done, total)))
    assert steps[-1] == (len(DATA), len(DATA))
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert [s.label for s in fetched] == ["NORMAL", "PNEUMONIA"] * 3
    assert len({s.key for s in fetched}) == 6
    with np.load(io.BytesIO(DATA)) as arrays:
        for sample in fetched:
            assert isinstance(sample, Sample)
            assert not sample.simulated
            number = int(sample.key.rpartition("-")[2])
            assert sample.label == ("NORMAL", "PNEUMONIA")[int(arrays["test_labels"][number, 0])]
            radiograph = read_radiograph(*sample.read())
            assert np.array_equal(np.round(radiograph.pixels * 255), arrays["test_images"][number])
    assert left_behind(home) == [download.FILE]


def test_a_second_time_nothing_is_transferred_and_the_same_images_come(home, server, publish):
    publish(f"{server.url}/whole")
    first, second = download.fetch(5), download.fetch(5)
    assert first == second
    assert server.seen == ["/whole"]


def test_as_many_as_asked_for_or_all(home, server, publish):
    publish(f"{server.url}/whole")
    for count in (1, 2, 7, 20, 30, 99):
        assert len({s.key for s in download.fetch(count)}) == min(count, 30)


@pytest.mark.parametrize(
    ("path", "sentence"), [("/cut", "damaged|reached"), ("/slow", "reached"), ("/gone", "reached")]
)
def test_what_goes_wrong_under_way_is_one_sentence_and_leaves_nothing(
    path, sentence, home, server, publish, monkeypatch
):
    monkeypatch.setattr(download, "TIMEOUT", 0.3)
    publish(server.url + path)
    with pytest.raises(UserError, match=sentence):
        download.fetch()
    assert left_behind(home) == []


def test_a_wrong_checksum_is_not_kept(home, server, publish):
    publish(f"{server.url}/whole", md5="0" * 32)
    with pytest.raises(UserError, match="damaged"):
        download.fetch()
    assert left_behind(home) == []


def test_an_interrupted_download_leaves_nothing(home, server, publish):
    class Stop(BaseException):
        pass

    def stop(done, total):
        raise Stop

    publish(f"{server.url}/whole")
    with pytest.raises(Stop):
        download.fetch(progress=stop)
    assert left_behind(home) == []


def test_a_damaged_file_from_before_is_fetched_again(home, server, publish):
    publish(f"{server.url}/whole")
    (home / ".medmnist").mkdir()
    (home / ".medmnist" / download.FILE).write_bytes(DATA[:100])
    assert len(download.fetch(2)) == 2
    assert (home / ".medmnist" / download.FILE).read_bytes() == DATA


def test_no_network_is_one_sentence_at_once(home, publish, monkeypatch, capsys):
    def refuse(*args, **kwargs):
        raise OSError("no network in this test")

    monkeypatch.setattr("socket.getaddrinfo", refuse)
    monkeypatch.setattr("socket.socket.connect", refuse)
    publish("https://example.invalid/pneumoniamnist_224.npz")
    start = time.monotonic()
    assert download.main(["--out", str(home / "out")]) == 1
    assert time.monotonic() - start < 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.strip().splitlines()[-1].startswith("PneumoniaMNIST cannot be fetched")
    assert "Traceback" not in said.err
    assert left_behind(home) == []
    assert not (home / "out").exists()


def test_no_package_is_one_sentence(home, monkeypatch):
    monkeypatch.setitem(sys.modules, "medmnist", None)
    with pytest.raises(UserError, match="pip install medmnist"):
        download.fetch()
    assert list(home.iterdir()) == []


def test_from_the_command_line_into_folders_by_label(home, server, publish, capsys):
    publish(f"{server.url}/whole")
    assert download.main(["--out", str(home / "out"), "--count", "4"]) == 0
    assert capsys.readouterr().out == f"4 images in {home / 'out'}\n"
    for label in ("NORMAL", "PNEUMONIA"):
        files = list((home / "out" / label).iterdir())
        assert len(files) == 2
        for file in files:
            assert read_radiograph(file.read_bytes(), file.name).pixels.shape == (224, 224)


def test_a_folder_that_cannot_be_written_is_one_sentence(home, server, publish, capsys):
    publish(f"{server.url}/whole")
    (home / "out").write_text("a file")
    assert download.main(["--out", str(home / "out")]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_the_package_says_what_is_asked_of_it():
    info = pytest.importorskip("medmnist", reason="medmnist is not installed (pip install medmnist)").INFO
    about = info["pneumoniamnist"]
    assert about["url_224"].startswith("https://")
    assert len(about["MD5_224"]) == 32
    assert {name.upper() for name in about["label"].values()} == {"NORMAL", "PNEUMONIA"}
    assert about["n_samples"]["test"] == 624
    assert about["license"] == "CC BY 4.0"
