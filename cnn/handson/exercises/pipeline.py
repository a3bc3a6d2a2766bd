"""Exercises of notebook 3: split, network, loss, training step, evaluation."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from cnn.handson import networks
from cnn.handson.exercises.judging import Exercise, choice, function, outcome, returned, rule, value
from cnn.handson.exercises.sizes import CHAIN, parameters
from cnn.handson.films import SIDE, Films, shipped
from cnn.handson.recipe import auc_of, standardise

Step = Callable[[nn.Module, torch.optim.Optimizer, Tensor, Tensor], Any]
Mask = NDArray[np.bool_]
_PATIENTS = np.repeat(np.arange(60), np.arange(60) % 5 + 1)


def _generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


_FILMS = torch.rand(6, 1, 8, 8, generator=_generator()) * torch.arange(1, 7).view(6, 1, 1, 1)
_LABELS = torch.tensor([0, 1, 0, 1, 1, 0])
_LOGITS = torch.randn(6, 2, generator=_generator())


def split_by_patient(patients: NDArray[Any], share: float, seed: int) -> Mask:
    """Return which films are for validation: all those of a share of the patients."""
    names = np.random.default_rng(seed).permutation(np.unique(patients))
    return np.isin(patients, names[: round(share * len(names))])


def split_by_film(patients: NDArray[Any], share: float, seed: int) -> Mask:
    """Return which films are for validation: a share of them, whoever they are of."""
    order = np.random.default_rng(seed).permutation(len(patients))
    return np.isin(np.arange(len(patients)), order[: round(share * len(patients))])


def _judge_split(answer: Any) -> str:
    masks = [np.asarray(returned(answer(_PATIENTS.copy(), 0.2, seed))) for seed in (0, 0, 1)]
    mask = masks[0]
    if mask.shape != _PATIENTS.shape or mask.dtype != bool:
        return "return one True or False for each film: True where it is for validation."
    shared = set(_PATIENTS[mask]) & set(_PATIENTS[~mask])
    if shared:
        return f"{len(shared)} patients have films in training and in validation: choose patients, not films."
    if not 0.1 <= mask.mean() <= 0.3:
        return f"{mask.mean():.0%} of the films are for validation, where share = 0.2 was asked for."
    if (masks[0] != masks[1]).any():
        return "the same seed must give the same split: use np.random.default_rng(seed)."
    if (masks[0] == masks[2]).all():
        return "another seed must give another split: draw the patients at random."
    return ""


def _lecture() -> nn.Module:
    return networks.build(CHAIN)


def _judge_network(answer: Any) -> str:
    if not isinstance(answer, nn.Module):
        return "a network is expected, such as nn.Sequential(...)."
    with torch.no_grad():
        logits = answer(torch.randn(3, 1, SIDE, SIDE, generator=_generator()))
    if logits.shape != (3, 2):
        return f"three films give an output of shape {tuple(logits.shape)}, and (3, 2) is expected."
    kinds = [type(module).__name__ for module in answer.modules()]
    if "Softmax" in kinds or "LogSoftmax" in kinds:
        return "leave the softmax out: the loss of PyTorch takes logits and applies it itself."
    if kinds.count("ReLU") < kinds.count("Conv2d"):
        return "a ReLU is missing behind a CONV: two CONV without one in between are a single linear map."
    count = sum(parameter.numel() for parameter in answer.parameters())
    if count != parameters(CHAIN):
        return f"it has {count:,} parameters; compare each layer with the table, its padding and its bias, too."
    return ""


def _small() -> nn.Sequential:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(72, 2))


def _run_steps(step: Step) -> tuple[list[float], list[float]]:
    """Take three steps and return the losses, and the weights of the last layer."""
    network = _small()
    optimiser = torch.optim.SGD(network.parameters(), lr=0.05)
    losses = [returned(step(network, optimiser, _FILMS, _LABELS)) for _ in range(3)]
    assert not any(isinstance(loss, Tensor) for loss in losses), (
        "return the loss as a number, float(loss): a tensor keeps the whole graph of the computation in memory."
    )
    return losses, network.get_parameter("3.weight").detach().flatten().tolist()


def train_step(network: nn.Module, optimiser: torch.optim.Optimizer, films: Tensor, labels: Tensor) -> float:
    """Take one step; return the loss before it."""
    optimiser.zero_grad()
    return _without_zeroing(network, optimiser, films, labels)


def _without_zeroing(network: nn.Module, optimiser: torch.optim.Optimizer, films: Tensor, labels: Tensor) -> float:
    loss = F.cross_entropy(network(films), labels)
    loss.backward()
    optimiser.step()
    return float(loss.detach())


def _without_step(network: nn.Module, _: torch.optim.Optimizer, films: Tensor, labels: Tensor) -> float:
    return float(F.cross_entropy(network(films), labels).detach())


def _step_then_loss(network: nn.Module, optimiser: torch.optim.Optimizer, films: Tensor, labels: Tensor) -> float:
    train_step(network, optimiser, films, labels)
    return _without_step(network, optimiser, films, labels)


def _run_accuracy(accuracy: Callable[[nn.Module, Tensor, Tensor], Any]) -> tuple[float, ...]:
    """Return accuracies of a network with much dropout, and whether it is in training mode afterwards."""
    network = nn.Sequential(nn.Dropout(0.9), _small())
    network.train()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        results = [returned(accuracy(network, _FILMS, _LABELS)) for _ in range(5)]
    return *map(float, results), float(network.training)


def accuracy(network: nn.Module, films: Tensor, labels: Tensor, *, evaluate: bool = True, again: bool = True) -> float:
    """Return the share of films classified correctly; ``evaluate`` and ``again`` switch the mode."""
    network.train(not evaluate)
    with torch.no_grad():
        share = float((network(films).argmax(1) == labels).float().mean())
    network.train(again)
    return share


def _best(history: list[dict[str, float]], key: str = "validation_loss") -> int:
    return int(np.argmin([epoch[key] for epoch in history]))


def _history(training: list[float], validation: list[float], test: list[float]) -> list[dict[str, float]]:
    names = ("training_loss", "validation_loss", "test_loss")
    return [dict(zip(names, losses, strict=True)) for losses in zip(training, validation, test, strict=True)]


def _auc(margins: Tensor, labels: Tensor, ties: float = 0.5) -> float:
    differences = margins[labels == 1][:, None] - margins[labels == 0][None]
    return float((differences > 0).double().mean() + ties * (differences == 0).double().mean())


def _sensitivity(predicted: NDArray[Any], labels: NDArray[Any]) -> float:
    return float((predicted[labels == 1] == 1).mean())


def _specificity(predicted: NDArray[Any], labels: NDArray[Any]) -> float:
    return float((predicted[labels == 0] == 0).mean())


def every_film() -> Films:
    """Return the shipped films for training and validation together."""
    return shipped().train.joined(shipped().validation)


def _shared_patients(mask: Mask, patients: NDArray[Any]) -> int:
    return len(set(patients[mask]) & set(patients[~mask]))


_BY_FILM = split_by_film(every_film().patients, 0.2, 0)
_HISTORIES = [
    _history([0.7, 0.5, 0.3, 0.1, 0.05], [0.7, 0.55, 0.4, 0.45, 0.6], [0.7, 0.5, 0.45, 0.42, 0.5]),
    _history([0.7, 0.2, 0.1], [0.6, 0.7, 0.8], [0.7, 0.5, 0.4]),
]
_MARGINS = torch.tensor([0.3, -1.0, 2.0, 0.3, 0.8, -0.2])
_PREDICTED, _TRUE = np.array([1, 1, 1, 1, 1, 0, 1, 1, 0, 1]), np.array([1, 1, 1, 1, 1, 1, 1, 1, 0, 0])

EXERCISES: dict[str, Exercise] = {
    "3.1": rule(
        _judge_split,
        split_by_patient,
        {
            "choose patients, not films": split_by_film,
            "another seed must give another split": lambda p, share, seed: split_by_patient(p, share, 0),
            "for validation, where share": lambda p, share, seed: split_by_patient(p, 1 - share, seed),
            "the same seed must give the same": lambda p, share, seed: split_by_patient(
                p, share, int(np.random.default_rng().integers(10**6))
            ),
            "one True or False for each film": lambda p, share, seed: np.flatnonzero(split_by_patient(p, share, seed)),
        },
        "np.unique(patients) are the patients. Shuffle them with np.random.default_rng(seed).permutation(...).",
        "np.isin(patients, chosen) is True for the films of the chosen patients.",
    ),
    "3.2": function(
        standardise,
        [(_FILMS,)],
        {
            "you used mean and spread of the whole batch: each film has its own, or its neighbours change it.": (
                lambda x: (x - x.mean()) / x.std(correction=0)
            ),
            "you did not divide by the spread.": lambda x: x - x.mean((1, 2, 3), keepdim=True),
            "you divide by the variance; its root is the standard deviation.": (
                lambda x: (x - x.mean((1, 2, 3), keepdim=True)) / x.var((1, 2, 3), keepdim=True, correction=0)
            ),
        },
        "films.mean((1, 2, 3), keepdim=True) has the shape (N, 1, 1, 1): one mean for each film.",
        tolerance=0.02,
    ),
    "3.3": rule(
        _judge_network,
        _lecture(),
        {
            "leave the softmax out": nn.Sequential(_lecture(), nn.Softmax(1)),
            "a ReLU is missing": nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.LazyLinear(2)),
            "compare each layer with the table": nn.Sequential(nn.Flatten(), nn.Linear(SIDE * SIDE, 2)),
            "(3, 2) is expected": nn.Flatten(),
        },
        "nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), and so on; then nn.Flatten() and nn.Linear.",
        "After four pools 64 pixels have become 4: nn.Linear(96 * 4 * 4, 2).",
    ),
    "3.4": function(
        F.cross_entropy,
        [(_LOGITS, _LABELS), (_LOGITS * 500, _LABELS)],
        {
            "you forgot the softmax: logits are no probabilities.": (lambda z, y: -z[range(len(y)), y].mean()),
            "you added the films up; the loss is their mean.": lambda z, y: F.cross_entropy(z, y, reduction="sum"),
            "the sign is wrong: the loss of a sure and right answer is near 0, of a wrong one large.": (
                lambda z, y: -F.cross_entropy(z, y)
            ),
            "you took the logarithm to another base than e: use torch.log.": (
                lambda z, y: F.cross_entropy(z, y) / np.log(2)
            ),
            "this is the logarithm of P for the other class: take the one that is true.": (
                lambda z, y: F.cross_entropy(z, 1 - y)
            ),
        },
        "-log softmax(z)[y] = log(sum of exp(z)) - z[y].",
        "exp(1000) is infinite. Subtract the larger logit from both first; torch.logsumexp does it for you.",
        tolerance=1e-4,
    ),
    "3.5": outcome(
        _run_steps,
        train_step,
        {
            "gradients add up from step to step: set them to zero with optimiser.zero_grad() before backward().": (
                _without_zeroing
            ),
            "the weights do not move: is there a backward() and an optimiser.step()?": _without_step,
            "you return the loss after the step; return the one that the step was computed from.": _step_then_loss,
        },
        "Five lines: zero_grad, loss, backward, step, return.",
        "loss = F.cross_entropy(network(films), labels)",
    ),
    "3.6": outcome(
        _run_accuracy,
        accuracy,
        {
            "dropout is still active: switch to network.eval() before you evaluate.": (
                lambda network, films, labels: accuracy(network, films, labels, evaluate=False)
            ),
            "the network is left in evaluation mode: switch back with network.train(), or the next epoch has no "
            "dropout.": lambda network, films, labels: accuracy(network, films, labels, again=False),
            "give a share from 0 to 1, not per cent.": (
                lambda network, films, labels: 100 * accuracy(network, films, labels)
            ),
            "this is the share of wrong answers.": lambda network, films, labels: 1 - accuracy(network, films, labels),
        },
        "network.eval(), then with torch.no_grad(): compare network(films).argmax(1) with the labels; network.train().",
    ),
    "3.7": function(
        _best,
        [(history,) for history in _HISTORIES],
        {
            "the test set must not choose anything: afterwards its figure would be too good.": (
                lambda history: _best(history, "test_loss")
            ),
            "the training loss falls for ever, also while the network memorises.": (
                lambda history: _best(history, "training_loss")
            ),
            "count epochs from 0: the first entry of the list is epoch 0.": lambda history: _best(history) + 1,
        },
        "Which of the three losses was measured on films that neither trained the network nor will judge it?",
    ),
    "3.8": function(
        auc_of,
        [(_MARGINS, _LABELS), (_MARGINS[:4], _LABELS[:4])],
        {
            "a pair with equal margins counts half.": lambda m, y: _auc(m, y, 0),
            "the other way round: PNEUMONIA should have the larger margin.": lambda m, y: _auc(-m, y),
            "this is the accuracy at one threshold; the AUC needs none, it compares pairs.": (
                lambda m, y: ((m > 0) == y).float().mean()
            ),
        },
        "ill = margins[labels == 1], healthy = margins[labels == 0]; ill[:, None] - healthy has all pairs.",
        "The share of pairs with a positive difference, plus half the share with 0.",
    ),
    "3.9": function(
        lambda p, y: (_sensitivity(p, y) + _specificity(p, y)) / 2,
        [(_PREDICTED, _TRUE), (1 - _PREDICTED, _TRUE)],
        {
            "this is the accuracy, in which the larger class counts more.": lambda p, y: (p == y).mean(),
            "this is the sensitivity alone; the NORMAL films count as much.": _sensitivity,
            "this is the specificity alone; the PNEUMONIA films count as much.": _specificity,
        },
        "The accuracy among the films with label 1, and that among the films with label 0. Then their mean.",
    ),
    "3.10": value(
        _shared_patients(_BY_FILM, every_film().patients),
        {
            "this is the number of patients in validation, whether or not they are in training, too.": len(
                set(every_film().patients[_BY_FILM])
            ),
            "this counts films; count patients, each once.": int(
                np.isin(every_film().patients[_BY_FILM], every_film().patients[~_BY_FILM]).sum()
            ),
        },
        "set(films.patients[mask]) & set(films.patients[~mask])",
    ),
    "3.11": choice(
        "c",
        {
            "overfitting would lower the AUC as well, and that is high.": "a",
            "an error in the code would spoil the AUC, too: both come from the same margins.": "b",
            "the test has as many films of each class as the validation set, so the balance does not explain it.": "d",
        },
        "The AUC asks only for the order of the films. What else does the accuracy need?",
    ),
}
