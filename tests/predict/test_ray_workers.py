"""Ray gives the rows that one process gives, also when a worker is killed; what is wrong is a sentence."""

import builtins
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnn.errors import CommandFailed, UserError
from cnn.models import loading
from cnn.predict import command, ray_workers
from cnn.predict.files import Shard
from cnn.predict.outcomes import BATCH_SIZE, weight_hashes
from cnn.predict.ray_workers import Worker, WorkerSetup
from tests.support import random_weights

with_ray = pytest.mark.skipif(find_spec("ray") is None and "CI" not in os.environ, reason="Ray is not installed")


@pytest.fixture(scope="session")
def session() -> Iterator[None]:
    """One small Ray session with room for two actors."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray
    from ray import cloudpickle

    cloudpickle.register_pickle_by_value(random_weights)
    options = {"include_dashboard": False, "log_to_driver": False, "logging_level": "ERROR"}
    ray.init("local", num_cpus=2, object_store_memory=2**27, **options)
    yield
    ray.shutdown()


@pytest.fixture
def films(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    folder.mkdir()
    generator = np.random.default_rng(0)
    for number in range(6 * BATCH_SIZE + 3):
        Image.fromarray(generator.integers(0, 255, (70, 80)).astype(np.uint8)).save(folder / f"{number:03}.png")
    for name in ("007.png", "050.png", os.fsdecode(b"latin-\xe9.png")):
        (folder / name).write_bytes(b"broken")
    return folder


@pytest.mark.slow
@with_ray
def test_a_killed_worker_costs_no_file_and_doubles_none(
    session: None, films: Path, tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    died, dying = tmp_path / "died", random_weights.dying
    arguments = [str(films), "--model", "lecture", "--insist"]
    monkeypatch.setattr(loading, "load", lambda name: dying(loading.load_from(weights, name), died, 2))
    assert command.main([*arguments, "--out", str(tmp_path / "ray.csv"), "--ray"]) == 0
    assert died.exists()
    assert command.main([*arguments, "--out", str(tmp_path / "one.csv")]) == 0
    assert (tmp_path / "ray.csv").read_bytes() == (tmp_path / "one.csv").read_bytes()


@pytest.mark.slow
@with_ray
def test_what_a_worker_objects_to_ends_the_run_with_its_sentence(
    session: None, films: Path, tmp_path: Path, weights: Path
) -> None:
    setup = WorkerSetup(partial(loading.load_from, weights, "lecture"), {}, [str(films)], str(tmp_path))
    shards = [Shard(0, [str(films / "000.png")])]
    with ray_workers.connect(ray_workers.LOCAL) as cluster, pytest.raises(CommandFailed, match="has other weights"):
        list(ray_workers.predict_shards(shards, cluster, setup))


def test_a_worker_says_what_it_lacks(weights: Path, tmp_path: Path) -> None:
    load = partial(loading.load_from, weights, "lecture")
    hashes = weight_hashes(load())
    absent = tmp_path / "films"
    unlike = "has other weights of 'lecture' or of the gate"
    for setup, sentence in (
        (
            WorkerSetup(load, hashes, [str(absent)], "."),
            f"{socket.gethostname()} does not see {absent} \\(No such file",
        ),
        (WorkerSetup(load, hashes | {"weights": "ffff"}, [], "."), unlike),
        (WorkerSetup(load, hashes | {"gate": "ffff"}, [], "."), unlike),
        (WorkerSetup(partial(loading.load_from, tmp_path, "lecture"), {}, [], "."), r"lecture\.json is missing"),
    ):
        with pytest.raises(UserError, match=sentence):
            Worker(setup).predict(Shard(3, ["a.png"]))


def test_what_is_sent_to_a_cluster_is_enough_for_a_prediction(films: Path, tmp_path: Path) -> None:
    sent = ray_workers.runtime_environment()
    target = tmp_path / "worker"
    target.mkdir()
    for path in Path(sent["working_dir"]).iterdir():
        if f"/{path.name}" not in sent["excludes"]:
            shutil.copytree(path, target / path.name, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "cnn.predict", str(films / "000.png"), "--insist"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    worker = subprocess.run(command, cwd=target, env=environment, capture_output=True, text=True)
    assert worker.returncode == 0, worker.stderr
    assert ",ok," in worker.stdout


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
        ray_workers.connect(address.replace("CLOSED", str(closed_port()))),
    ):
        pass


def test_ray_that_is_not_installed_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_ray(name: str, *more: object) -> object:
        if name == "ray":
            raise ImportError(name)
        return real(name, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without_ray)
    with (
        pytest.raises(CommandFailed, match="not installed: pip install"),
        ray_workers.connect(ray_workers.LOCAL),
    ):
        pass
