"""Ray gives the rows that one process gives, also when a worker is killed; what is wrong is a sentence."""

import builtins
import json
import os
import socket
import zlib
from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnn.errors import CommandFailed
from cnn.models import loading
from cnn.predict import __main__, ray_workers
from cnn.predict.outcomes import BATCH, weights_used
from tests.support import random_weights

with_ray = pytest.mark.skipif(find_spec("ray") is None and "CI" not in os.environ, reason="Ray is not installed")


@pytest.fixture(scope="session")
def session() -> Iterator[None]:
    """One small Ray session with room for two actors."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray
    from ray import cloudpickle

    cloudpickle.register_pickle_by_value(random_weights)
    ray.init("local", num_cpus=2, include_dashboard=False, object_store_memory=2**27, log_to_driver=False,
             logging_level="ERROR")  # fmt: skip
    yield
    ray.shutdown()


@with_ray
def test_a_killed_worker_costs_no_file_and_doubles_none(
    session: None, tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    films = tmp_path / "films"
    films.mkdir()
    generator = np.random.default_rng(0)
    for number in range(6 * BATCH + 3):
        Image.fromarray(generator.integers(0, 255, (70, 80)).astype(np.uint8)).save(films / f"{number:03}.png")
    for number in (7, 50):
        (films / f"{number:03}.png").write_bytes(b"broken")
    (films / os.fsdecode(b"latin-\xe9.png")).write_bytes(b"")
    died, dying = tmp_path / "died", random_weights.dying
    asked = [str(films), "--model", "lecture", "--insist"]
    monkeypatch.setattr(loading, "load", lambda name: loading.load_from(weights, name))
    assert __main__.main([*asked, "--out", str(tmp_path / "one.csv")]) == 0
    monkeypatch.setattr(loading, "load", lambda name: dying(loading.load_from(weights, name), died, 2))
    assert __main__.main([*asked, "--out", str(tmp_path / "ray.csv"), "--ray"]) == 0
    assert died.exists()
    assert (tmp_path / "ray.csv").read_bytes() == (tmp_path / "one.csv").read_bytes()


def said_by(worker: ray_workers.Worker) -> str:
    answer = worker({"number": [3, 4], "files": 2 * [zlib.compress(json.dumps(["a.png"]).encode())]})
    assert (answer["number"], answer["rows"]) == ([3, 4], ["[]", "[]"])
    assert answer["fault"] == 2 * answer["fault"][:1]
    return str(answer["fault"][0])


def test_a_worker_that_does_not_see_the_archive_says_so(weights: Path, tmp_path: Path) -> None:
    load = partial(loading.load_from, weights, "lecture")
    blind = ray_workers.Worker(load, weights_used(load()), str(tmp_path), [str(tmp_path / "films")])
    assert f"{socket.gethostname()} does not see {tmp_path / 'films'} (No such file" in said_by(blind)


def test_a_worker_with_other_weights_says_so(weights: Path, tmp_path: Path) -> None:
    load = partial(loading.load_from, weights, "lecture")
    for other in ("weights", "gate"):
        theirs = weights_used(load()) | {other: "ffff"}
        assert "has other weights of 'lecture' or of the gate" in said_by(
            ray_workers.Worker(load, theirs, str(tmp_path), [])
        )
    nothing = partial(loading.load_from, tmp_path, "lecture")
    assert "The card weights/lecture.json is missing" in said_by(ray_workers.Worker(nothing, {}, str(tmp_path), []))


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@with_ray
@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("127.0.0.1:CLOSED", "There is no Ray cluster at 127.0.0.1:"),
        ("ray://127.0.0.1:CLOSED", "There is no Ray cluster at ray://127.0.0.1:"),
        ("127.0.0.1:99999999", "There is no Ray cluster"),
        ("films", "films is no address of a Ray cluster"),
    ],
)
def test_a_cluster_that_is_not_there_is_a_sentence(
    address: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ray

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    with (
        pytest.raises(CommandFailed, match=sentence),
        ray_workers.connected(address.replace("CLOSED", str(closed_port()))),
    ):
        pass


def test_ray_that_is_not_installed_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *more: object) -> object:
        if name == "ray":
            raise ImportError(name)
        return real(name, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(CommandFailed, match=r"not installed: pip install"), \
         ray_workers.connected(ray_workers.HERE):  # fmt: skip
        pass
