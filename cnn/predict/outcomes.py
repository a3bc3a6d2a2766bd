"""Predict many files: one outcome for each, whatever the file holds."""

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from cnn.errors import ImageRejected
from cnn.imaging.identifiers import Identifiers, read_identifiers
from cnn.imaging.radiograph import MAX_BYTES, display_name, read_radiograph
from cnn.models import cores, ood_gate
from cnn.models.film_inputs import FilmInputs
from cnn.models.loading import LoadedModel
from cnn.predict.files import Shard, cut_into_shards, read_regular_file
from cnn.predict.prediction import Prediction, classify

BATCH_SIZE = 16
"""Films in a forward pass. A larger batch is no faster on a CPU and takes more memory."""
READERS_WAITING = 4
"""Files that may wait for the disk while every core has another one to decode."""

Failure = Literal["", "rejected", "unreadable", "missing"]


@dataclass(frozen=True)
class Rules:
    """What holds for every file of a run.

    Attributes:
        force: Also classify films that the gate rejects. Their outcomes keep the reason.
        batch: Films in a forward pass. All passes have as many, because the last digits of a sum depend on it.
        max_bytes: Larger files are not read.
        patient_ids: Keep the Patient ID of a DICOM file.
        seconds: Keep how long each film took, which differs from run to run.
        device: Where the gate runs; None for the default.
    """

    force: bool = False
    batch: int = BATCH_SIZE
    max_bytes: int = MAX_BYTES
    patient_ids: bool = False
    seconds: bool = False
    device: str | None = None


@dataclass(frozen=True)
class FileFacts:
    """What is known of a file besides its pixels.

    Attributes:
        sha256: Of its bytes.
        width: Pixels of the film.
        height: Pixels of the film.
        spacing_mm: Distance of pixel centres, down and across, where the file gives it.
        identifiers: Of a DICOM file.
        seconds: Spent on it: reading, and its share of the passes of its batch; None where it was not asked for.
    """

    sha256: str = ""
    width: int | None = None
    height: int | None = None
    spacing_mm: tuple[float, float] | None = None
    identifiers: Identifiers = field(default_factory=Identifiers)
    seconds: float | None = None


@dataclass(frozen=True)
class Film:
    """A film as the networks take it, and what is said of its file."""

    inputs: FilmInputs
    notes: tuple[str, ...]
    facts: FileFacts


@dataclass(frozen=True)
class Outcome:
    """The result for one file: a prediction, or the reason why there is none; both where a rejection was overridden.

    Attributes:
        file: Its path, as it was listed.
        prediction: Of the network.
        reason: Why the file was not read or the gate rejected it, in a sentence.
        notes: What was done to the stored image, also where it was rejected afterwards, and warnings of a film that is
            cut or turned.
        failure: Which kind of reason it is.
        code: The reason in a word for programs, see :class:`cnn.errors.ImageRejected` and
            :class:`cnn.models.ood_gate.GateResult`.
        facts: Of the file, where a film was read.
    """

    file: str
    prediction: Prediction | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()
    failure: Failure = ""
    code: str = ""
    facts: FileFacts = field(default_factory=FileFacts)

    @property
    def kind(self) -> str:
        """``ok``, or the kind of failure."""
        return "ok" if self.prediction else self.failure or "unreadable"


def weight_hashes(model: LoadedModel) -> dict[str, str]:
    """Return the SHA-256 of all weights that an outcome depends on: the classifier's and the gate's."""
    return {"weights": model.weights_sha256, "gate": ood_gate.load().weights_sha256}


def predict_files(files: Iterable[Path], model: LoadedModel, rules: Rules | None = None) -> Iterator[Outcome]:
    """Yield the outcome of each file, in order; see :func:`predict_shards`."""
    rules = rules or Rules()
    for _, outcomes in predict_shards(cut_into_shards(map(str, files), rules.batch), model, rules):
        yield from outcomes


def predict_shards(shards: Iterable[Shard], model: LoadedModel, rules: Rules) -> Iterator[tuple[int, list[Outcome]]]:
    """Yield the number of each shard and the outcomes of its files, in order.

    Batches are scored side by side, as many as torch has threads, and each in one thread: the last digits of a sum
    depend on the number of threads that share it, and an outcome must not depend on the machine. Files are read ahead
    by more threads than that, so that no core waits for a slow disk. Shards are taken from ``shards`` as they are
    needed, and a few batches are held.

    Args:
        shards: Shards of files.
        model: The classifier.
        rules: What holds for every file.
    """
    threads = torch.get_num_threads()
    scorers = ThreadPoolExecutor(threads, initializer=cores.use_one)
    readers = ThreadPoolExecutor(threads + READERS_WAITING, initializer=cores.use_one)
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
            for batch in cut_into_shards(shard.files, rules.batch):
                films = [readers.submit(_read_film, Path(file), model.input_size, rules) for file in batch.files]
                pending.append((shard, scorers.submit(_predict_batch, batch.files, films, model, rules)))
                if len(pending) > 2 * threads:
                    yield from finish_oldest()
        while pending:
            yield from finish_oldest()
    finally:
        readers.shutdown(cancel_futures=True)
        scorers.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)  # for threads that others start: the number is the process's


def _predict_batch(
    files: Sequence[str], films: Sequence[Future[Film]], model: LoadedModel, rules: Rules
) -> list[Outcome]:
    """Return the outcome of each of ``files``, scored in one forward pass of the gate and one of ``model``."""
    outcomes = [Outcome(file) for file in files]
    inputs: dict[int, FilmInputs] = {}
    for index, future in enumerate(films):
        try:
            film = future.result()
        except ImageRejected as error:
            failure: Failure = "missing" if isinstance(error.__cause__, FileNotFoundError) else "unreadable"
            code = "missing" if failure == "missing" else error.code
            outcomes[index] = Outcome(files[index], None, str(error), error.notes, failure, code)
            continue
        inputs[index] = film.inputs
        outcomes[index] = Outcome(files[index], notes=film.notes, facts=film.facts)
    started = time.perf_counter()
    if inputs:
        films_for_gate = _fill([film.for_gate for film in inputs.values()], rules.batch)
        gate_results = ood_gate.check_batch(films_for_gate, rules.device)
        for index, result in zip(inputs, gate_results, strict=False):  # those of what fills the batch are dropped
            if not result.accepted:
                reason = result.sentence(display_name(files[index]))
                outcomes[index] = replace(outcomes[index], reason=reason, failure="rejected", code=result.code)
            if result.accepted or rules.force:
                outcomes[index] = replace(outcomes[index], notes=(*outcomes[index].notes, *result.warnings))
    classified = [index for index in inputs if rules.force or not outcomes[index].reason]
    if classified:
        predictions = classify(model, _fill([inputs[index].for_model(model) for index in classified], rules.batch))
        for index, prediction in zip(classified, predictions, strict=False):
            outcomes[index] = replace(outcomes[index], prediction=prediction, failure="")
    share = (time.perf_counter() - started) / max(1, len(inputs))
    return [_with_seconds(outcome, share) for outcome in outcomes]


def _with_seconds(outcome: Outcome, more: float) -> Outcome:
    facts = outcome.facts
    return outcome if facts.seconds is None else replace(outcome, facts=replace(facts, seconds=facts.seconds + more))


def _fill(films: list[Tensor], size: int) -> Tensor:
    """Return the films (1, 1, S, S) as a batch of ``size``, the first one repeated.

    In a batch of another size a sum may have other last digits, so that a film's row would depend on its neighbours.
    """
    return torch.cat(films + films[:1] * (size - len(films)))


def _read_film(path: Path, input_size: int, rules: Rules) -> Film:
    """Read a film for the gate and for a model of ``input_size``; raises ImageRejected with a sentence."""
    started = time.perf_counter()
    data = read_regular_file(path, rules.max_bytes)
    radiograph = read_radiograph(data, path.name, rules.max_bytes)
    inputs = FilmInputs.from_radiograph(radiograph, {input_size})
    height, width = radiograph.pixels.shape
    facts = FileFacts(
        radiograph.sha256,
        width,
        height,
        radiograph.pixel_spacing_mm,
        read_identifiers(data, rules.patient_ids),
        time.perf_counter() - started if rules.seconds else None,
    )
    return Film(inputs, radiograph.notes, facts)
