"""Sentences of the model card, computed from its numbers; Markdown."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from cnn.evaluation.bootstrap import Estimate, resample_patients
from cnn.evaluation.metrics import Curve, ReliabilityBin, auc, estimate_auc
from cnn.evaluation.operating_point import ConfusionCounts
from cnn.evaluation.scores import HIDDEN_REGIONS, Scores
from cnn.evaluation.subgroups import Subgroup
from ui.evaluation.scores_cache import format_number, format_percent

FEWEST_FILMS = 10
"""Films of each class that a subgroup needs to be compared with others."""
HIDDEN_REGION_NOTES = {
    HIDDEN_REGIONS[0]: "A grey box covers both lungs. A network that reads the lungs can only guess: the nearer to "
    "0.5, the better. What is left above it comes from elsewhere: the frame, the arms, the markers of the hospital.",
    HIDDEN_REGIONS[1]: "The lungs are black, but their outline remains, and an outline is informative: how deep the "
    "child breathed in, what hides the edge of the heart. So this is not 0.5 even for a network that reads lungs only.",
    HIDDEN_REGIONS[2]: "All but the lungs is one grey. A network that reads the lungs loses little here.",
}


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
        f"The two label sets agree on {int(equal.sum())} of {len(equal)} films ({equal.mean():.0%}). The films and the "
        f"network's predictions are the same; its AUC is {by_reading} by the radiologists' reading and {by_text} by "
        "the labels mined from text. **A number is no better than the labels behind it.**"
    )


def roc(curve: Curve, threshold: float) -> str:
    """Describe the frozen threshold on the ROC curve."""
    index = curve.index_at(threshold)
    return (
        f"At the frozen threshold, {curve.y[index]:.0%} of the films with PNEUMONIA are found at the price of "
        f"{curve.x[index]:.0%} false positives; a good curve is close to the upper left corner, the diagonal is "
        "guessing."
    )


def precision_recall(curve: Curve, threshold: float, prevalence: float) -> str:
    """Describe the frozen threshold on the precision-recall curve."""
    return (
        f"{curve.y[curve.index_at(threshold)]:.0%} of the positive predictions at the frozen threshold are true here, "
        f"where {prevalence:.0%} of the films have PNEUMONIA, which is also the dotted line, that of guessing; where "
        "fewer have it, fewer positive predictions are true."
    )


def reliability(bins: Sequence[ReliabilityBin], error: Estimate) -> str:
    """State the calibration error and its direction."""
    films = sum(each.films for each in bins)
    bias = sum((each.observed.value - each.predicted) * each.films for each in bins) / films
    return (
        f"A probability is off by {100 * error.value:.1f} points on average ({100 * error.low:.1f} to "
        f"{100 * error.high:.1f}); all together they are {abs(100 * bias):.1f} points "
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


def subgroups(groups: Sequence[tuple[Subgroup, dict[str, Estimate]]]) -> str:
    """Compare the two subgroups whose AUCs differ most; very small ones are left out."""
    areas = [
        (performance["auc"], group.name)
        for group, performance in groups
        if min(np.bincount(group.scores.labels, minlength=2)) >= FEWEST_FILMS
    ]
    if len(areas) < 2:
        return f"No two of these groups have {FEWEST_FILMS} films of each class: too few to compare."
    (lowest, worst), *_, (highest, best) = sorted(areas, key=lambda pair: pair[0].value)
    comparison = (
        "their intervals do not overlap."
        if highest.low > lowest.high
        else ("their intervals overlap, so these films are too few to say that they differ.")
    )
    return (
        f"It ranks best on *{best}* ({format_number(highest)}) and worst on *{worst}* ({format_number(lowest)}); "
        f"{comparison}"
    )


def hidden_lungs(visible: Estimate, hidden: Estimate) -> str:
    """State how much of the AUC depends on the lungs."""
    remaining = max(0.0, hidden.value - 0.5) / max(1e-9, visible.value - 0.5)
    return (
        f"With the films as they are, the AUC is {format_number(visible)}; with the lungs behind a grey box, "
        f"{format_number(hidden)}: {1 - remaining:.0%} of what it has above guessing is lost."
    )


def recipe(settings: dict[str, Any] | str) -> str:
    """Describe the training recipe of a card."""
    if isinstance(settings, str):
        return settings
    text = {key: f"{value:,g}" if isinstance(value, float) else f"{value:,}" for key, value in settings.items()}
    text |= {key: f"{100 * settings[key]:.0f} %" for key in ("adults", "background_swapped", "lungs_hidden")}
    return (_RECIPE + _GUIDANCE * bool(settings["guidance"])).format_map(text)


_RECIPE = (
    "{epochs} epochs of {films_per_epoch} films, both classes equally often and {adults} of them of adults, in batches "
    "of {batch}. AdamW, one cycle of the learning rate up to {learning_rate} ({head_learning_rate} in the last layer), "
    "weight decay {weight_decay}; label smoothing {label_smoothing}; what is shipped is the running average of the "
    "weights. Augmentation: every film was moved, blurred, changed in contrast at random and given false markers; "
    "{background_swapped} had another background around the lungs, and where the lungs were hidden, in {lungs_hidden}, "
    "the target was one half."
)
_GUIDANCE = (
    " A second loss (weight {guidance}) asked the cells of the last maps for what a saliency map should show: nothing "
    "outside the lungs, and where radiologists drew boxes around an opacity, evidence in the boxes and not beside them."
)
