"""Train a network as a learner has set it, and report every step: a generator of events, a result last."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor, nn

from cnn.handson import networks, recipe
from cnn.handson.films import Films, FilmSet
from cnn.handson.preparation import LETTER_BOX, Prepared, prepare, stamp
from cnn.handson.runs.events import Epoch, Event, Examples, LetterCheck, Picture, Result, Step
from cnn.handson.settings import MAX_SECONDS, Settings

STEP_EVERY_S = 0.25
"""Seconds between two reports within an epoch."""
TIME_COUNTS_FROM = 0.1
"""Share of the time limit before which only batches count, so that a quick run does not depend on the clock."""
RESERVE = 0.08
"""Share of the time limit that is left for the evaluation at the end."""
WORST, EXAMPLES = 6, 12
FINISHED, STOPPED, OUT_OF_TIME = "finished", "stopped", "time limit"


class Clock:
    """Counts the seconds of work, without those in which nobody asked for the next event."""

    def __init__(self) -> None:
        self._before, self._since = 0.0, time.monotonic()

    def seconds(self) -> float:
        """Return the seconds of work so far."""
        return self._before + time.monotonic() - self._since

    def paused(self, event: Event) -> Iterator[Event]:
        """Yield ``event`` and stand still until the next is asked for."""
        self._before = self.seconds()
        yield event
        self._since = time.monotonic()


def train(
    settings: Settings,
    film_set: FilmSet,
    seconds: float = MAX_SECONDS,
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[Event]:
    """Train, and yield epoch 0 at once, then steps and epochs as they come, and one :class:`Result` last.

    Where the time is too short for all epochs, the learning rate falls with the time, so that the training ends well.

    Args:
        settings: What to train on which films.
        film_set: Films to choose from.
        seconds: Limit on the time of work.
        should_stop: Asked after every step; the training then ends with what it has.

    Raises:
        UserError: A class has no films, or the shipped weights to fine-tune are missing.
    """
    training = Training(settings, film_set, seconds, should_stop)
    for event in training.events():
        yield from training.clock.paused(event)


class Training:
    """One training on the way; :meth:`events` runs it."""

    def __init__(self, settings: Settings, film_set: FilmSet, seconds: float, should_stop: Callable[[], bool]) -> None:
        self.settings, self.should_stop = settings, should_stop
        self.clock, self.limit = Clock(), seconds * (1 - RESERVE)
        self.prepared: Prepared = prepare(settings, film_set)
        self.network = networks.start(settings)
        self.optimiser = recipe.make_optimiser(self.network, settings.optimiser, settings.weight_decay)
        self.train, self.validation = (_tensors(films) for films in (self.prepared.train, self.prepared.validation))
        self.batches = settings.epochs * -(-len(self.prepared.train) // settings.batch_size)
        self.batch = 0
        self.kept = _Kept()
        self.losses: list[float] = []
        first_ill = int(np.flatnonzero(film_set.test.labels == 1)[0])
        self.watched = _tensors(film_set.test.select([first_ill]))

    @property
    def progress(self) -> float:
        """The share of the training that is done, by batches, or by time where that is clearly too short."""
        by_time = (self.clock.seconds() / self.limit - TIME_COUNTS_FROM) / (1 - TIME_COUNTS_FROM)
        return max(self.batch / self.batches, by_time)

    def events(self) -> Iterator[Event]:
        """Run the training; see :func:`train`."""
        first = self._measure(self.train[0][::5], self.train[1][::5])  # films are in order of class
        yield self._epoch(0, first.loss, first.accuracy)
        yield self._examples()
        number = 0
        while self.batch < self.batches and not self._ended():
            number += 1
            yield from self._train_epoch(number)
        yield self._result(number)

    def _examples(self) -> Examples:
        """Draw films of both classes as training sees them, without a step of the generator that training uses."""
        films, labels = self.train
        index = torch.cat([(labels == label).nonzero()[: EXAMPLES // 2, 0] for label in (0, 1)])
        with torch.random.fork_rng(devices=[]):
            seen = recipe.augment(films[index]) if self.settings.augment else films[index]
        return Examples((seen[:, 0] * 255).round().to(torch.uint8).numpy(), labels[index].numpy())

    def _ended(self) -> str:
        if self.should_stop():
            return STOPPED
        return OUT_OF_TIME if self.progress >= 1 and self.batch < self.batches else ""

    def _train_epoch(self, number: int) -> Iterator[Event]:
        films, labels = self.train
        losses, correct, seen, reported = [], 0, 0, self.clock.seconds()
        for index in torch.randperm(len(films)).split(self.settings.batch_size):
            batch = recipe.augment(films[index]) if self.settings.augment else films[index]
            rate = recipe.rate_at(min(self.progress, 1.0), self.settings.learning_rate)
            loss, right = recipe.train_batch(self.network, self.optimiser, batch, labels[index], rate)
            self.batch += 1
            losses.append(loss)
            correct, seen = correct + right, seen + len(index)
            if self.clock.seconds() - reported > STEP_EVERY_S:
                reported = self.clock.seconds()
                yield Step(self.batch, self.batches, float(np.mean(losses[-8:])))
            if self._ended():
                break
        yield self._epoch(number, float(np.mean(losses)), correct / seen)

    def _epoch(self, number: int, train_loss: float, train_accuracy: float) -> Epoch:
        validation = self._measure(*self.validation)
        self.kept.consider(number, validation.loss, self.network, best=self.settings.keep_best)
        self.losses.append(train_loss)
        return Epoch(
            number,
            self.batch,
            train_loss,
            train_accuracy,
            validation.loss,
            validation.accuracy,
            validation.auc,
            networks.first_filters(self.network),
            networks.evidence(self.network, *self.watched)[0],
        )

    def _measure(self, films: Tensor, labels: Tensor) -> "Measures":
        return Measures.of(recipe.logits_of(self.network, films), labels)

    def _result(self, epochs: int) -> Result:
        ended = self._ended() or FINISHED
        self.network.load_state_dict(self.kept.state)
        prepared, test = self.prepared, _tensors(self.prepared.test)
        logits = recipe.logits_of(self.network, test[0])
        margins = (logits[:, 1] - logits[:, 0]).double().numpy()
        validation, train = self._measure(*self.validation), self._measure(*self.train)
        worst = np.argsort(-margins * (1 - 2 * prepared.test.labels))[:WORST].copy()
        return Result(
            settings=self.settings,
            epoch=self.kept.epoch,
            epochs=epochs,
            batches=self.batch,
            seconds=self.clock.seconds(),
            ended=ended,
            train_counts=prepared.train.counts,
            shared_patients=prepared.shared_patients,
            train_accuracy=train.accuracy,
            validation_accuracy=validation.accuracy,
            validation_auc=validation.auc,
            test=prepared.test,
            test_margins=margins,
            worst=worst,
            worst_maps=networks.evidence(self.network, test[0][worst], torch.from_numpy(margins[worst] > 0).long()),
            map_method=networks.map_method(self.network),
            parameters=sum(parameter.numel() for parameter in self.network.parameters()),
            weights=save({name: value.contiguous() for name, value in self.network.state_dict().items()}),
            letter=check_letter(self.network, prepared.test) if self.settings.letter else None,
            train_losses=tuple(self.losses),
        )


@dataclass(frozen=True)
class Measures:
    """How well logits fit labels."""

    loss: float
    accuracy: float
    auc: float

    @classmethod
    def of(cls, logits: Tensor, labels: Tensor) -> "Measures":
        """Compute them from logits (N, 2) and labels (N,)."""
        loss = float(nn.functional.cross_entropy(logits, labels))
        accuracy = float((logits.argmax(1) == labels).double().mean())
        return cls(loss, accuracy, recipe.auc_of(logits[:, 1] - logits[:, 0], labels))


class _Kept:
    """The weights that the result will have: those of the best epoch on validation, or of the last."""

    def __init__(self) -> None:
        self.epoch, self.loss = 0, float("inf")
        self.state: dict[str, Tensor] = {}

    def consider(self, epoch: int, loss: float, network: nn.Module, *, best: bool) -> None:
        """Keep a copy of the weights if they are to be preferred."""
        if not self.state or not best or loss < self.loss:
            self.epoch, self.loss = epoch, loss
            self.state = {name: value.clone() for name, value in network.state_dict().items()}


def check_letter(network: nn.Sequential, test: Films) -> LetterCheck:
    """Stamp the letter on every NORMAL test film, and measure accuracy and the share of evidence on the letter."""
    normal = test.labels == 0
    stamped = stamp(test, normal)
    films, labels = _tensors(stamped)
    maps = networks.evidence(network, films[normal], labels[normal])
    shares = letter_shares(maps)
    shown = int(np.argsort(shares)[len(shares) // 2])  # a film with the median share
    accuracy = Measures.of(recipe.logits_of(network, films), labels).accuracy
    return LetterCheck(accuracy, float(shares.mean()), stamped.pixels[normal][shown], maps[shown])


def letter_shares(maps: Picture) -> np.ndarray:
    """Return the share of each map's positive values that lies in the letter's box, (N,)."""
    positive = np.maximum(maps.astype(np.float64), 0)
    totals = positive.sum((1, 2))
    inside: np.ndarray = positive[:, *LETTER_BOX].sum((1, 2))
    return np.asarray(np.divide(inside, totals, out=np.zeros_like(totals), where=totals > 0))


def _tensors(films: Films) -> tuple[Tensor, Tensor]:
    """Return films (N, 1, 64, 64) from 0 to 1, and labels (N,)."""
    return recipe.to_films(torch.from_numpy(films.pixels)), torch.from_numpy(films.labels)
