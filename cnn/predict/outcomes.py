"""Predict many files: one outcome for each, whatever the file holds."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch

from cnn.errors import ImageRejected
from cnn.imaging.radiograph import display_name, read_radiograph
from cnn.models import ood_gate
from cnn.models.film_inputs import FilmInputs
from cnn.models.loading import LoadedModel
from cnn.predict.files import Shard, cut_into_shards, read_regular_file
from cnn.predict.prediction import Prediction, classify

BATCH_SIZE = 16
"""Films in a forward pass. A larger batch is no faster on a CPU and takes more memory."""
READERS_WAITING = 4
"""Files that may wait for the disk while every core has another one to decode."""

Film = tuple[FilmInputs, tuple[str, ...]]
"""A film as the networks take it, and notes on how it was read."""


@dataclass(frozen=True)
class Outcome:
    """The result for one file: a prediction, or the reason why there is none; both where a rejection was overridden.

    ``notes`` say what was done to the stored image, also where it was rejected afterwards, and warn of a film that is
    cut or turned.
    """

    file: str
    prediction: Prediction | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()


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

    Batches are scored side by side, as many as torch has threads, and each in one thread: the last digits of a sum
    depend on the number of threads that share it, and an outcome must not depend on the machine. Files are read ahead
    by more threads than that, so that no core waits for a slow disk. Shards are taken from ``shards`` as they are
    needed, and a few batches are held.

    Args:
        shards: Shards whose sizes are multiples of BATCH_SIZE, but for the last.
        model: The classifier.
        force: Also classify files that the gate rejects. Their outcomes keep the reason.
    """
    threads = torch.get_num_threads()
    scorers = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))
    readers = ThreadPoolExecutor(threads + READERS_WAITING, initializer=torch.set_num_threads, initargs=(1,))
    pending: deque[tuple[Shard, Future[list[Outcome]]]] = deque()
    outcomes: list[Outcome] = []  # of the oldest shard

    def finish_oldest() -> Iterator[tuple[int, list[Outcome]]]:
        shard, batch = pending.popleft()
        outcomes.extend(batch.result())
        if len(outcomes) == len(shard.files):
            yield shard.number, outcomes.copy()
            outcomes.clear()

    try:
        for shard in shards:
            for batch in cut_into_shards(shard.files, BATCH_SIZE):
                films = [readers.submit(_read_film, Path(file), model.input_size) for file in batch.files]
                pending.append((shard, scorers.submit(_predict_batch, batch.files, films, model, force)))
                if len(pending) > 2 * threads:
                    yield from finish_oldest()
        while pending:
            yield from finish_oldest()
    finally:
        readers.shutdown(cancel_futures=True)
        scorers.shutdown(cancel_futures=True)


def _predict_batch(
    files: Sequence[str], films: Sequence[Future[Film]], model: LoadedModel, force: bool
) -> list[Outcome]:
    """Return the outcome of each of ``files``, scored in one forward pass of the gate and one of ``model``."""
    reasons = [""] * len(files)
    notes: list[Sequence[str]] = [()] * len(files)
    inputs: dict[int, FilmInputs] = {}
    for index, film in enumerate(films):
        try:
            inputs[index], notes[index] = film.result()
        except ImageRejected as error:
            reasons[index], notes[index] = str(error), error.notes
    if inputs:
        gate_results = ood_gate.check_batch(torch.cat([film.for_gate for film in inputs.values()]))
        for index, gate_result in zip(inputs, gate_results, strict=True):
            if not gate_result.accepted:
                reasons[index] = gate_result.sentence(display_name(files[index]))
            if gate_result.accepted or force:
                notes[index] = (*notes[index], *gate_result.warnings)
    classified = [index for index in inputs if force or not reasons[index]]
    predictions: dict[int, Prediction] = {}
    if classified:
        batch = torch.cat([inputs[index].for_model(model) for index in classified])
        predictions = dict(zip(classified, classify(model, batch), strict=True))
    return [
        Outcome(file, predictions.get(index), reasons[index], tuple(notes[index])) for index, file in enumerate(files)
    ]


def _read_film(path: Path, input_size: int) -> Film:
    """Read a film for the gate and for a model of ``input_size``; raises ImageRejected with a sentence."""
    radiograph = read_radiograph(read_regular_file(path), path.name)
    return FilmInputs.from_radiograph(radiograph, {input_size}), radiograph.notes
