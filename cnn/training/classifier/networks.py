"""Obtain each network of a seed, calibrate it and write its weights and card."""

import logging
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, cast

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn

from cnn import cards
from cnn.evaluation.scores import sigmoid
from cnn.imaging.preprocess import standardise
from cnn.models import architectures, loading, registry
from cnn.models.inference import logit_margins
from cnn.models.loading import write_weights
from cnn.training import calibration
from cnn.training.classifier.experiment import ADULT_FOLDS, Experiment
from cnn.training.classifier.fine_tuning import FINE_TUNING, average_with_fine_tuned
from cnn.training.classifier.training import RECIPES, augmented_validation, train

log = logging.getLogger(__name__)
THRESHOLD = 0.5
THRESHOLD_RULE = (
    "the more probable class is predicted, which costs least if a false negative is as bad as a false positive"
)
THRESHOLD_CHOSEN = (
    "after the test results were known, so its results are slightly optimistic; the earlier threshold made sensitivity "
    "equal specificity on the validation set with augmentation"
)
"""When the rule was chosen. The card keeps the earlier threshold, and the figures under both."""


OTHER_RECIPES = {
    "logistic_regression": "logistic regression on 32 x 32 standardised pixels, scikit-learn's default penalty",
    "ensemble": "mean of the logits of transfer and lecture",
}


def fit_logistic_regression(experiment: Experiment) -> nn.Module:
    """Fit the baseline on the same films."""
    films = experiment.dataset(experiment.split.train, "logistic_regression")
    inputs = standardise(films.pixels.float() / 255).flatten(1)
    regression = LogisticRegression(max_iter=2000).fit(inputs.cpu().numpy(), films.labels.cpu().numpy())
    network = architectures.logistic_regression()
    linear = cast(nn.Linear, network[-1])
    with torch.no_grad():  # the regression's coefficients are those of the margin: half to PNEUMONIA, half from NORMAL
        half = torch.from_numpy(regression.coef_ / 2).float()
        linear.weight.copy_(torch.cat([-half, half]))
        linear.bias.copy_(torch.tensor([-0.5, 0.5]) * float(regression.intercept_[0]))
    return network.eval()


def load_ensemble(experiment: Experiment) -> nn.Module:
    """Return the mean of the two networks that the experiment's folder holds."""
    ensemble = architectures.Ensemble()
    for part in registry.REGISTRY["ensemble"].parts:
        state = loading.read_state(experiment.folder, part, cards.read_card(experiment.folder, part))
        loading.load_weights(ensemble.get_submodule(part), state, part)
    return ensemble.eval()


def train_and_fine_tune(experiment: Experiment) -> nn.Module:
    """Return the trained ``transfer``, halfway to its fine-tuning."""
    return average_with_fine_tuned("transfer", train("transfer", experiment), experiment)


OBTAIN: dict[str, Callable[[Experiment], nn.Module]] = {
    "logistic_regression": fit_logistic_regression,
    "lecture": lambda experiment: train("lecture", experiment),
    "transfer": train_and_fine_tune,
    "ensemble": load_ensemble,
}
ORDER = tuple(OBTAIN)
"""Networks of a seed, the ensemble after its parts."""


def shift_margins(network: nn.Module, shift: float) -> None:
    """Add ``shift`` to the margin that ``network`` gives to every film, half in each bias of its last layer."""
    linear = [module for module in network.modules() if isinstance(module, nn.Linear)][-1]
    with torch.no_grad():
        linear.bias.add_(torch.tensor([-shift / 2, shift / 2], device=linear.bias.device))


def calibrate(margins: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Return temperature, threshold and the earlier threshold from margins (N,) on the augmented validation set."""
    temperature = calibration.fit_temperature(margins, labels)
    balanced = calibration.balanced_threshold(sigmoid(margins / temperature), labels)
    return {"temperature": temperature, "threshold": THRESHOLD, "balanced_threshold": balanced}


def card_of(name: str, experiment: Experiment) -> dict[str, Any]:
    """Return what the card says of a training before any measurement."""
    split = experiment.split
    return {
        "classes": list(cards.CLASSES),
        "input_size": registry.REGISTRY[name].input_size,
        "data": "Kermany et al. 2018 (children, one hospital) and NIH ChestX-ray14, RSNA 2018 second reading (adults)",
        "split": {
            "rule": "by patient; validation is a tenth of the children, the same for every seed; "
            f"a third of the adults is left out, another one for each of {ADULT_FOLDS} seeds",
            "training films": len(split.train),
            "validation films": len(split.validation),
            "adults left out": len(split.adults_out),
        },
        "seed": experiment.seed,
        "threshold_rule": THRESHOLD_RULE,
        "threshold_chosen": THRESHOLD_CHOSEN,
        "recipe": asdict(RECIPES[name]) if name in RECIPES else OTHER_RECIPES[name],
        **({"fine_tuning": asdict(FINE_TUNING[name])} if name in FINE_TUNING else {}),
    }


def calibrate_and_write(name: str, network: nn.Module, experiment: Experiment) -> None:
    """Calibrate ``network`` on the augmented validation set and write its weights and card."""
    validation = experiment.dataset(experiment.split.validation, name)
    pixels, labels = augmented_validation(validation, RECIPES["transfer"])
    margins = logit_margins(network, pixels)
    card = card_of(name, experiment)
    if registry.REGISTRY[name].parts:  # its parts are shifted already, and its weights are theirs
        digest = loading.weights_sha256(experiment.folder, name)
        card |= calibrate(margins, labels)
        cards.write_card(experiment.folder, name, {"name": name, "sha256": digest, **card})
    else:
        shift = calibration.fit_shift(margins, labels)
        shift_margins(network, shift)
        card |= calibrate(margins + shift, labels)
        write_weights(experiment.folder, name, network, card)
    log.info("%s seed %d: T %.3f, threshold %.3f", name, experiment.seed, card["temperature"], card["threshold"])
