"""Predict many files: one outcome for each, whatever the file holds."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch

from cnn.errors import ImageRejected, UserError
from cnn.imaging.radiograph import MAX_BYTES, display_name, read_radiograph
from cnn.models import ood_gate
from cnn.models.film_inputs import FilmInputs
from cnn.models.loading import LoadedModel
from cnn.predict.files import Shard, cut_into_shards
from cnn.predict.prediction import Prediction, classify

BATCH_SIZE = 16
"""Films in a forward pass. A larger batch is no faster on a CPU and takes more memory."""


@dataclass(frozen=True)
class Outcome:
    """The result for one file: a prediction, or the reason why there is none; both where a rejection was overridden."""

    file: str
    prediction: Prediction | None = None
    reason: str = ""


def weight_hashes(model: LoadedModel) -> dict[str, str]:
    """Return the SHA-256 of all weights that an outcome depends on: the classifier's and the gate's."""
    return {"weights": model.weights_sha256, "gate": ood_gate.load().weights_sha256}


def predict_files(files: Iterable[Path], model: LoadedModel, force: bool = False) -> Iterator[Outcome]:
    """Yield the outcome of each file, in order; see :func:`predict_shards`."""
    for _, outcomes in predict_shards(cut_into_shards(map(str, files), BATCH_SIZE), model, force):
        yield from outcomes


def predict_shards(
    shards: Iterable[Shard], model: LoadedModel, force: bool = False
) -> Iterator[tuple[int, list[Outcome]]]:
    """Yield the number of each shard and the outcomes of its files, in order.

    Batches are read and scored side by side, as many as torch has threads, and each in one thread: the last digits of a
    sum depend on the number of threads that share it, and an outcome must not depend on the machine. Shards are taken
    from ``shards`` as they are needed.

    Args:
        shards: Shards whose sizes are multiples of BATCH_SIZE, but for the last.
        model: The classifier.
        force: Also classify files that the gate rejects. Their outcomes keep the reason.
    """
    threads = torch.get_num_threads()
    pool = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))
    pending: deque[tuple[int, list[Future[list[Outcome]]]]] = deque()

    def finish_oldest() -> tuple[int, list[Outcome]]:
        number, batches = pending.popleft()
        return number, [outcome for batch in batches for outcome in batch.result()]

    try:
        for shard in shards:
            batches = cut_into_shards(shard.files, BATCH_SIZE)
            pending.append((shard.number, [pool.submit(predict_batch, batch.files, model, force) for batch in batches]))
            if len(pending) > threads:
                yield finish_oldest()
        while pending:
            yield finish_oldest()
    finally:
        pool.shutdown(cancel_futures=True)


def predict_batch(files: Sequence[str], model: LoadedModel, force: bool = False) -> list[Outcome]:
    """Return the outcome of each of ``files``, scored in one forward pass of the gate and one of ``model``."""
    reasons = [""] * len(files)
    films: dict[int, FilmInputs] = {}
    for index, file in enumerate(files):
        try:
            films[index] = _read_inputs(Path(file), model.input_size)
        except UserError as error:
            reasons[index] = str(error)
    if films:
        gate_results = ood_gate.check_batch(torch.cat([film.for_gate for film in films.values()]))
        for index, gate_result in zip(films, gate_results, strict=True):
            if not gate_result.accepted:
                reasons[index] = gate_result.sentence(display_name(files[index]))
    classified = [index for index in films if force or not reasons[index]]
    predictions: dict[int, Prediction] = {}
    if classified:
        batch = torch.cat([films[index].for_model(model) for index in classified])
        predictions = dict(zip(classified, classify(model, batch), strict=True))
    return [Outcome(file, predictions.get(index), reasons[index]) for index, file in enumerate(files)]


def _read_inputs(path: Path, input_size: int) -> FilmInputs:
    """Read a film for the gate and for a model of ``input_size``; raises ImageRejected with a sentence."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ImageRejected(f"{path.name} is larger than {MAX_BYTES // 2**20} MB; make it smaller.")
        data = path.read_bytes()
    except OSError as error:
        raise ImageRejected(f"{path.name} cannot be read ({error.strerror}).") from error
    return FilmInputs.from_radiograph(read_radiograph(data, path.name), {input_size})
