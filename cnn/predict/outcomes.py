"""Rows for many files: what ``python -m cnn.predict`` says of each, however many there are."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice, tee
from pathlib import Path

import torch
from torch import Tensor

from cnn.errors import UserError
from cnn.imaging.preprocess import to_tensor
from cnn.imaging.radiograph import MAX_BYTES, read_radiograph
from cnn.models import loading, ood_gate
from cnn.predict.prediction import Prediction, classify

BATCH = 16
"""Films per forward pass: more gains nothing on a CPU and holds more memory."""


@dataclass(frozen=True)
class Row:
    """One line of the output: a file and what was said of it, or why it was refused; both, where a user insisted."""

    file: str
    status: str
    reason: str
    p_pneumonia: str
    label: str
    threshold: str
    model: str


@dataclass(frozen=True)
class Inputs:
    """A film as the classifier takes it and as it is judged before: (1, 1, S, S) each."""

    name: str
    classified: Tensor
    judged: Tensor


def weights_used(model: loading.LoadedModel) -> dict[str, str]:
    """SHA-256 of all the weights that make a row: the classifier's, and those of the gate before it."""
    return {"weights": model.weights_sha256, "gate": ood_gate.load().weights_sha256}


def predict_files(paths: Iterable[Path], model: loading.LoadedModel, insist: bool = False) -> Iterator[Row]:
    """A row for each path, in order. Files are read ahead, and as many batches scored at once as torch has threads.

    Each batch has one thread of torch: the last digits of a sum depend on how many it is shared among, and a row must
    not depend on the machine's cores. What does not look like a frontal chest radiograph is refused; with ``insist`` it
    is classified, and its row keeps the reason.
    """
    remaining, scorers = iter(paths), torch.get_num_threads()
    waiting: deque[Future[list[Row]]] = deque()
    with ThreadPoolExecutor() as reading, \
         ThreadPoolExecutor(scorers, initializer=torch.set_num_threads, initargs=(1,)) as scoring:  # fmt: skip
        while chunk := list(islice(remaining, BATCH)):
            coming = reading.map(partial(_read, size=model.input_size), chunk)
            waiting.append(scoring.submit(_rows, chunk, coming, model, insist))
            if len(waiting) > scorers:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()


def predict_groups(
    groups: Iterable[Sequence[str]], model: loading.LoadedModel, insist: bool = False
) -> Iterator[Iterator[Row]]:
    """The rows of each group of files, in order; those of one are to be taken before the next is asked for.

    One stream goes through all groups, so that the next files are read ahead across the border of two.
    """
    ours, theirs = tee(groups)
    rows = predict_files((Path(file) for group in ours for file in group), model, insist)
    for group in theirs:
        yield islice(rows, len(group))


def _read(path: Path, size: int) -> Inputs | str:
    """What the networks need, or why it cannot be had."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return f"{path.name} is larger than {MAX_BYTES // 2**20} MB; make it smaller."
        radiograph = read_radiograph(path.read_bytes(), path.name)
        sides = {side: to_tensor(radiograph, side) for side in {size, ood_gate.INPUT_SIZE}}  # mostly one and the same
        return Inputs(radiograph.name, sides[size], sides[ood_gate.INPUT_SIZE])
    except UserError as refusal:
        return str(refusal)
    except OSError as error:
        return f"{path.name} cannot be read ({error.strerror})."


def _rows(chunk: list[Path], coming: Iterable[Inputs | str], model: loading.LoadedModel, insist: bool) -> list[Row]:
    read = list(coming)
    inputs = [one for one in read if isinstance(one, Inputs)]
    verdicts = ood_gate.check_batch(torch.cat([each.judged for each in inputs])) if inputs else []
    doubts = ["" if verdict.accepted else verdict.sentence(each.name)
              for each, verdict in zip(inputs, verdicts, strict=True)]  # fmt: skip
    taken = [each.classified for each, doubt in zip(inputs, doubts, strict=True) if insist or not doubt]
    answers = iter(classify(model, torch.cat(taken)) if taken else ())
    judged, rows = iter(doubts), []
    for path, one in zip(chunk, read, strict=True):
        reason = one if isinstance(one, str) else next(judged)
        if isinstance(one, str) or (reason and not insist):
            rows.append(Row(str(path), "refused", reason, "", "", "", ""))
        else:
            rows.append(_row(path, next(answers), reason))
    return rows


def _row(path: Path, answer: Prediction, reason: str) -> Row:
    return Row(
        str(path), "ok", reason, f"{answer.p_pneumonia:.6f}", answer.label, f"{answer.threshold:.6f}", answer.model
    )  # fmt: skip
