"""Sentences of the model card, computed from its numbers; Markdown."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from cnn.evaluation.bootstrap import Estimate, resample_patients
from cnn.evaluation.metrics import Curve, ReliabilityBin, auc, estimate_auc
from cnn.evaluation.operating_point import ConfusionCounts
from cnn.evaluation.scores import HIDDEN_REGIONS, Scores
from cnn.evaluation.subgroups import Gap
from cnn.text import percent
from ui.evaluation.scores_cache import format_number, format_percent

FEWEST_FILMS = 10
"""Films of each class that a subgroup needs to be compared with others."""
HIDDEN_REGION_NOTES = {
    HIDDEN_REGIONS[0]: "A grey box covers both lungs. Size and position of the box still carry "
    "information: they depend on inspiration, age and disease. Frame, arms and markers are left too.",
    HIDDEN_REGIONS[1]: "The lungs are black, but their outline remains, and an outline is informative: how deep the "
    "child breathed in, what hides the edge of the heart. So this is not 0.5 even for a network that reads lungs only.",
    HIDDEN_REGIONS[2]: "All but the lungs is one grey. A network that reads the lungs loses little here.",
}


def conclusion(areas: Sequence[Estimate], counts: Sequence[ConfusionCounts]) -> str:
    """State what the network finds in films like those of its training and in others.

    Args:
        areas: AUC on the official test films, and on the films of the other hospital.
        counts: films by label and prediction, likewise.
    """
    children, adults = counts
    return (
        f"**It finds {children.found} children's films with pneumonia and clears {children.cleared} without (AUC "
        f"{areas[0].value:.2f}; the hospital of most training films). It finds {adults.found} adults' films with an "
        f"opacity and clears {adults.cleared} healthy ones (AUC {areas[1].value:.2f}; another hospital, patients left "
        f"out of the training).**"
    )


def ranking(scores: Scores, baseline: Scores | None) -> str:
    """Explain the AUC by pairs of films, and compare it with that of the baseline."""
    weights = resample_patients(scores.patients)
    areas = auc(scores.logits, scores.labels, weights)
    sentence = (
        f"Take one film of each class at random: in {format_percent(Estimate.from_resamples(areas))} of such pairs "
        "the one with PNEUMONIA gets the higher score. That is the AUC."
    )
    if baseline is None:
        return sentence
    gain = Estimate.from_resamples(areas - auc(baseline.logits, baseline.labels, weights))
    chance = "more than chance explains" if gain.above_zero else "which may be chance"
    return (
        f"{sentence} The baseline, which sees pixels and no shapes, is {100 * gain.value:.1f} points behind "
        f"({100 * gain.low:.1f} to {100 * gain.high:.1f}), {chance}."
    )


def label_sets(reread: Scores) -> str:
    """Compare two sets of labels of the same films."""
    mined = reread.with_text_mined_labels()
    equal = reread.labels == mined.labels
    by_reading, by_text = (format_number(estimate_auc(scores)) for scores in (reread, mined))
    return (
        f"The two label sets agree on {int(equal.sum())} of {len(equal)} films ({percent(equal.mean())}). The films "
        f"and the network's predictions are the same; its AUC is {by_reading} by the radiologist's reading and "
        f"{by_text} by the labels mined from text. **A number is no better than the labels behind it.**"
    )


def roc(curve: Curve, threshold: float) -> str:
    """Describe the threshold on the ROC curve."""
    index = curve.index_at(threshold)
    return (
        f"At the threshold, {percent(curve.y[index])} of the films with PNEUMONIA are found at the price of "
        f"{percent(curve.x[index])} false positives; a good curve is close to the upper left corner, the diagonal is "
        "guessing."
    )


def precision_recall(curve: Curve, threshold: float, prevalence: float) -> str:
    """Describe the threshold on the precision-recall curve."""
    return (
        f"{percent(curve.y[curve.index_at(threshold)])} of the positive predictions at the threshold are correct "
        f"here, where {percent(prevalence)} of the films have PNEUMONIA, which is also the dotted line, that of "
        "guessing; where fewer have it, fewer positive predictions are correct."
    )


def reliability(bins: Sequence[ReliabilityBin], error: Estimate) -> str:
    """State the calibration error and its direction."""
    films = sum(each.films for each in bins)
    bias = sum((each.observed.value - each.predicted) * each.films for each in bins) / films
    return (
        f"In a bin, mean probability and observed share differ by {100 * error.value:.1f} points on average "
        f"({100 * error.low:.1f} to {100 * error.high:.1f}), more in bins of few films. Bins that are too low make up "
        f"for others: over all films the probabilities are {abs(100 * bias):.1f} points "
        f"{'too low' if bias > 0 else 'too high'}. Dots above the line are films that had PNEUMONIA more often than "
        "predicted."
    )


def confusion(counts: ConfusionCounts) -> str:
    """Compare both kinds of error."""
    false_negatives, false_positives = int(counts.false_negatives[0]), int(counts.false_positives[0])
    comparisons = {-1: "more false positives than misses", 0: "as many of one as of the other", 1: "more misses"}
    return (
        f"{false_negatives} of {false_negatives + int(counts.true_positives[0])} films with PNEUMONIA are missed, and "
        f"{false_positives} of {false_positives + int(counts.true_negatives[0])} without it are false positives: "
        f"{comparisons[int(np.sign(false_negatives - false_positives))]}."
    )


def subgroups(gaps: Sequence[Gap]) -> str:
    """Name the differences between subgroups that chance does not explain."""
    tested = (
        "Differences were computed in the same resamples of patients, for groups with at least "
        f"{FEWEST_FILMS} films of each class; with so many comparisons one or two may be chance."
    )
    if not gaps:
        none = "No difference between two groups of these films is beyond chance. That is not proof that there is none."
        return f"{none} {tested}"
    parts = [
        f"{gap.measure} on *{gap.high.name}* is above that on *{gap.low.name}* by "
        f"{100 * gap.difference.value:.0f} points ({100 * gap.difference.low:.0f} to {100 * gap.difference.high:.0f})"
        for gap in gaps[:4]
    ]
    return f"Beyond chance: {'; '.join(parts)}. {tested}"


def hidden_lungs(visible: Estimate, hidden: Scores, hidden_area: Estimate, taught: float) -> str:
    """State what is left of the AUC behind a grey box, and what the network then predicts.

    Args:
        visible: AUC of the films as they are.
        hidden: scores behind the grey box.
        hidden_area: their AUC.
        taught: share of the training films that had such a box, 0 to 1.
    """
    positive = hidden.probabilities >= hidden.thresholds
    sentence = (
        f"With the films as they are, the AUC is {format_number(visible)}; with the lungs behind a grey box, "
        f"{format_number(hidden_area)}. {int(positive.sum())} of {len(positive)} films are then predicted PNEUMONIA, "
        f"with a mean probability of {percent(hidden.probabilities.mean())}."
    )
    if not taught:
        return sentence
    return (
        f"{sentence} In training, {percent(taught)} of the films had their lungs covered by such a box, with a target "
        "probability of 0.5. So the network was taught not to tell such films apart, and this AUC does not show what "
        "it uses in a complete film."
    )


def recipe(settings: dict[str, Any] | str) -> str:
    """Describe the training recipe of a card."""
    if isinstance(settings, str):
        return settings
    text = {key: f"{value:,g}" if isinstance(value, float) else f"{value:,}" for key, value in settings.items()}
    text |= {key: f"{100 * settings[key]:.0f} %" for key in ("adults", "background_swapped", "lungs_hidden")}
    return (_RECIPE + _GUIDANCE * bool(settings["guidance"])).format_map(text)


def fine_tuning(settings: dict[str, Any] | None) -> str:
    """Describe how a trained network was fine-tuned by a card's settings; nothing where it was not."""
    if settings is None:
        return ""
    text = {key: f"{settings[key]:,}" for key in ("epochs", "films_per_epoch")}
    text |= {key: f"{100 * settings[key]:.0f} %" for key in ("adults", "corrupted")}
    return _FINE_TUNING.format_map(text)


_FINE_TUNING = (
    " The trained network was then fine-tuned: {epochs} epoch of {films_per_epoch} films, {adults} of them of adults, "
    "with label and view equally often among these, and {corrupted} of all films spoilt by one of the 13 corruptions. "
    "What is shipped lies halfway between the trained and the fine-tuned network: each weight is the mean of both."
)
_RECIPE = (
    "{epochs} epochs of {films_per_epoch} films, drawn with repetition: both classes equally often and "
    "{adults} of them of adults, in batches of {batch}. AdamW, one cycle of the learning rate up to "
    "{learning_rate} ({head_learning_rate} in the last layer), weight decay {weight_decay}; label smoothing "
    "{label_smoothing}; what is kept is the running average of the weights. Augmentation: every film was moved, "
    "blurred, changed in contrast at random and given false markers; {background_swapped} had another background "
    "around the lungs, and where the lungs were hidden, in {lungs_hidden}, the target probability was 0.5."
)
_GUIDANCE = (
    " A second loss (weight {guidance}) asked the cells of the last maps for what a saliency map should show: nothing "
    "outside the lungs, and where radiologists drew boxes around an opacity, evidence in the boxes and not beside them."
)


def capitalise(text: str) -> str:
    """Return ``text`` with a capital and a full stop."""
    return f"{text[0].upper()}{text[1:].rstrip('.')}."
