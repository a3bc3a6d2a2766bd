"""What each part of the model card says, in sentences made of its numbers; markdown."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from cnn.evaluation.bootstrap import Estimate, resample_patients
from cnn.evaluation.metrics import Curve, ReliabilityBin, auc
from cnn.evaluation.operating_point import ConfusionCounts
from cnn.evaluation.scores import HIDDEN_REGIONS, Scores
from cnn.evaluation.subgroups import Subgroup
from ui.evaluation.scores_cache import format_number, format_percent

FEW = 10
"""A group with fewer films of either class is not compared with others."""
WHY_HIDE = {
    HIDDEN_REGIONS[
        0
    ]: "A grey box lies over both lungs. A network that reads lungs can only guess: the nearer to 0.5, the "
    "better. What is left above it comes from elsewhere: the frame, the arms, the markers of the hospital.",
    HIDDEN_REGIONS[1]: "The lungs are black, but their outline stays, and an outline tells a lot: how deep the child "
    "breathed in, what hides the edge of the heart. So this is not 0.5 even for a network that reads lungs only.",
    HIDDEN_REGIONS[2]: "All but the lungs is one grey. A network that reads lungs loses little here.",
}
"""What each way of hiding shows."""


def ranking(ours: Scores, floor: Scores) -> str:
    """AUC as a bet on pairs of films, and how far the floor is behind."""
    weights = resample_patients(ours.patients)
    areas, below = (auc(each.logits, each.labels, weights) for each in (ours, floor))
    found, gain = Estimate.from_resamples(areas), Estimate.from_resamples(areas - below)
    said = (
        f"Take one film of each class at random: in {format_percent(found)} of such pairs the one with PNEUMONIA gets the "
        "higher score. That is the AUC."
    )
    if ours is floor:
        return said
    beyond = "more than chance explains" if gain.low > 0 else "which may be chance"
    return said + (
        f" The floor, which knows pixels and no shapes, is {100 * gain.value:.1f} points behind "
        f"({100 * gain.low:.1f} to {100 * gain.high:.1f}), {beyond}."
    )


def two_answers(reread: Scores) -> str:
    """How far two labels of the same films lie apart."""
    mined = reread.with_text_mined_labels()
    same = reread.labels == mined.labels
    weights = resample_patients(reread.patients)
    areas, others = (auc(each.logits, each.labels, weights) for each in (reread, mined))
    return (
        f"The two labels agree on {int(same.sum())} of {len(same)} films ({same.mean():.0%}). The films are the same "
        f"and so are the network's answers; its AUC is {format_number(Estimate.from_resamples(areas))} by the radiologists' reading and "
        f"{format_number(Estimate.from_resamples(others))} by the labels mined from text. **A number is no better than the labels behind "
        "it.**"
    )


def roc(curve: Curve, at: int) -> str:
    """What the frozen threshold buys on the ROC curve."""
    return (
        f"At the frozen threshold, {curve.y[at]:.0%} of the films with PNEUMONIA are found at the price of "
        f"{curve.x[at]:.0%} false alarms; a curve that hugs the upper left corner is good, the diagonal is a coin."
    )


def precision_recall(curve: Curve, at: int, prevalence: float) -> str:
    """What a call is worth in these films, and why not elsewhere."""
    return (
        f"{curve.y[at]:.0%} of the calls at the frozen threshold are true here, where {prevalence:.0%} of the films "
        "have PNEUMONIA, which is also the dotted line, that of guessing; where fewer have it, fewer calls are true."
    )


def reliability(bins: Sequence[ReliabilityBin], error: Estimate) -> str:
    """How far percentages are off, and in which direction."""
    films = sum(each.films for each in bins)
    off = sum((each.observed.value - each.predicted) * each.films for each in bins) / films
    way = "too low" if off > 0 else "too high"
    return (
        f"A probability is off by {100 * error.value:.1f} points on average ({100 * error.low:.1f} to "
        f"{100 * error.high:.1f}); all together they are {abs(100 * off):.1f} points {way}. Dots above the line are "
        "films that had PNEUMONIA more often than the network said."
    )


def confusion(found: ConfusionCounts) -> str:
    """Both kinds of error, in films."""
    misses, alarms = int(found.false_negatives[0]), int(found.false_positives[0])
    more = "it misses more than it invents" if misses > alarms else "it invents more than it misses"
    said = f"It misses {misses} of {misses + int(found.true_positives[0])} films with PNEUMONIA and calls " \
           f"{alarms} of {alarms + int(found.true_negatives[0])} without it"  # fmt: skip
    return f"{said}: {'both errors are as many' if misses == alarms else more}."


def subgroups(groups: Sequence[tuple[Subgroup, dict[str, Estimate]]]) -> str:
    """The two groups that lie furthest apart, and whether that could be chance; very small ones are left out."""
    known = [(group, found["auc"]) for group, found in groups
             if min(np.bincount(group.scores.labels, minlength=2)) >= FEW]  # fmt: skip
    if len(known) < 2:
        return f"No two of these groups have {FEW} films of each class: too few to compare."
    worst, best = (pick(known, key=lambda pair: pair[1].value) for pick in (min, max))
    apart = best[1].low > worst[1].high
    return (
        f"It ranks best on *{best[0].name}* ({format_number(best[1])}) and worst on *{worst[0].name}* ({format_number(worst[1])}); "
        + ("their intervals lie apart." if apart else
           "their intervals overlap, so these films are too few to say that they differ.")
    )  # fmt: skip


def hidden(as_is: Estimate, boxed: Estimate) -> str:
    """How much of the ranking hangs on the lungs."""
    kept = max(0.0, boxed.value - 0.5) / max(1e-9, as_is.value - 0.5)
    return (
        f"With the films as they are, the AUC is {format_number(as_is)}; with the lungs behind a grey box, {format_number(boxed)}: "
        f"{1 - kept:.0%} of what it has above guessing goes with them."
    )


def recipe(found: dict[str, Any] | str) -> str:
    """The training recipe as the card has it."""
    if isinstance(found, str):
        return found
    of = {key: f"{value:,g}" if isinstance(value, float) else f"{value:,}" for key, value in found.items()}
    share = {key: f"{found[key]:.0%}" for key in ("adults", "background_swapped", "lungs_hidden")}
    said = (
        f"{of['epochs']} epochs of {of['films_per_epoch']} films, both classes equally often and {share['adults']} "
        f"of them of adults, in batches of {of['batch']}. AdamW, one cycle of the learning rate up to "
        f"{of['learning_rate']} ({of['head_learning_rate']} in the last layer), weight decay {of['weight_decay']}; "
        f"labels smoothed by {of['label_smoothing']}; what is shipped is the running average of the weights. Every "
        f"film was moved, toned and blurred at random and given false markers; {share['background_swapped']} had "
        f"another background put around the lungs, and where the lungs were hidden, in {share['lungs_hidden']}, "
        f"the answer asked for was half and half."
    )
    if found["guidance"]:
        said += (
            f" A second loss (weight {of['guidance']}) asked the cells of the last maps for what a saliency map should "
            "show: nothing outside the lungs, and where radiologists drew boxes around an opacity, evidence in the "
            "boxes and not beside them."
        )
    return said.replace("%", " %")
