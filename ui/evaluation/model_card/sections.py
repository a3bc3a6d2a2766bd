"""The parts of the model card: what the network is made of, its numbers, and each chart with its table."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from cnn import cards
from cnn.cards import CLASSES
from cnn.evaluation import metrics as measures
from cnn.evaluation import operating_point
from cnn.evaluation.bootstrap import Estimate, resample_patients
from cnn.evaluation.metrics import Curve
from cnn.evaluation.operating_point import ConfusionCounts, count_confusion
from cnn.evaluation.scores import HIDDEN_REGIONS, Scores, sigmoid
from cnn.evaluation.subgroups import Subgroup, split_into_subgroups
from ui.evaluation import scores_cache
from ui.evaluation.model_card import charts, sentences
from ui.evaluation.model_card.charts import Line
from ui.evaluation.scores_cache import (
    ADULTS,
    BASELINE,
    DESCRIPTIONS,
    MINED,
    TEST,
    VALIDATION,
    format_number,
    format_percent,
)
from ui.widgets.tables import Bar, show_table

SHOWN = {"auc": "AUC", "accuracy": "accuracy", "sensitivity": "sensitivity", "specificity": "specificity",
         "ece": "calibration error", "brier": "Brier score"}  # fmt: skip
GROUPS = (VALIDATION, TEST, ADULTS, MINED)
NOTHING_HIDDEN = "nothing hidden"
ROWS = 11
"""Lines of the table below a curve."""


def made_of(name: str) -> None:
    """Data, split, seeds, recipe, and what was frozen before the test films were read."""
    card = scores_cache.load_card(name)
    split = card["split"]
    seeds = card["metrics"]["adults_left_out"]["seeds"]
    counts = ", ".join(f"{split[key]:,} {key}" for key in split if key != "rule")
    st.markdown(
        f"**Data.** {card['data']}.\n\n"
        f"**Split.** {_sentence(split['rule'])} {counts}.\n\n"
        f"**Seeds.** Trained {len(seeds)} times, with seeds {', '.join(map(str, seeds))}; seed {card['seed']} is "
        "shipped, as was settled before any of them was measured.\n\n"
        f"**Recipe.** {_sentence(sentences.recipe(card['recipe']))}\n\n"
        f"**Frozen before the test.** The threshold, {card['threshold']:.3f}, lies {card['threshold_rule']}. The "
        "logits, centred by the biases of the last layer, are divided by a temperature of "
        f"{card['temperature']:.2f}.\n\n"
        f"**Input.** {card['input_size']} x {card['input_size']} pixels, one grey channel; out come "
        f"{' and '.join(card['classes'])}. Weights: `sha256 {card['sha256'][:12]}...`"
    )


def numbers(name: str) -> None:
    """Every number on each group of films, ours above the floor; then the spread over the seeds."""
    networks = list(dict.fromkeys((name, BASELINE)))
    rows: list[list[str | Bar]] = [
        [
            title if network == name else BASELINE,
            *(format_number(scores_cache.performance(network, which)[key]) for which in GROUPS),
        ]
        for key, title in SHOWN.items()
        for network in networks
    ]
    films = [str(len(scores_cache.load_scores(name, which).labels)) for which in GROUPS]
    show_table([name, *GROUPS], [["films", *films], *rows], label="All numbers",
          faint=[1 + place for place in range(len(rows)) if place % len(networks)])  # fmt: skip
    seeds = ", ".join(map(str, np.unique(scores_cache.load_scores(name, ADULTS).seeds)))
    st.caption(
        "95 % intervals in brackets: patients, not films, drawn a thousand times with replacement. Adults are judged "
        f"by networks that were not trained on them (seed {seeds}), each by its own threshold. An interval that is a "
        "point means that no film was wrong, not that none ever will be."
    )
    metrics = scores_cache.load_card(name)["metrics"]
    spread = [metrics["test_over_seeds"], metrics["adults_left_out_over_seeds"]]
    show_table(
        [f"{len(metrics['adults_left_out']['seeds'])} trainings of {name}", TEST, ADULTS],
        [[title, *(f"{found[key]['mean']:.3f} ± {found[key]['sd']:.3f}" for found in spread)]
         for key, title in SHOWN.items()],
        label="Mean and standard deviation over the seeds",
    )  # fmt: skip
    st.caption("Mean ± standard deviation over trainings that differ in their seed alone: how much luck there is.")


def drawn(name: str, which: str) -> list[tuple[Line, str, str]]:
    """Which curves are shown for a group of films: line, network, films."""
    shown = [(Line(name if which != ADULTS else "re-read", "output"), name, which)]
    if which == ADULTS:
        shown.append((Line("text-mined", "kernel", "dashdot", band=False), name, MINED))
    if name != BASELINE:
        shown.append((Line(BASELINE, "padding", "dash", band=False), BASELINE, which))
    return shown


def curves_of(name: str, which: str) -> None:
    """ROC, precision-recall, reliability and confusion, each with its sentence and its table."""
    films, shown = scores_cache.load_scores(name, which), drawn(name, which)
    frozen, prevalence = float(films.thresholds.mean()), float(films.labels.mean())
    left, right = st.columns(2)
    with left:
        parts = [(line, scores_cache.roc(network, group)) for line, network, group in shown]
        at = charts.at_threshold(parts[0][1], frozen)
        charts.roc(parts, frozen, sentences.roc(parts[0][1], at))
        _curve_table(parts, "ROC", ("false alarms", "sensitivity"))
    with right:
        parts = [(line, scores_cache.precision_recall(network, group)) for line, network, group in shown]
        words = sentences.precision_recall(parts[0][1], at, prevalence)
        charts.precision_recall(parts, frozen, prevalence, words)
        _curve_table(parts, "Precision and recall", ("recall", "precision"))
    left, right = st.columns(2)
    with left:
        _reliability(shown, scores_cache.performance(name, which)["ece"])
    with right:
        _confusion([(line, group) for line, network, group in shown if network == name], name)


def _curve_table(parts: Sequence[tuple[Line, Curve]], label: str, axes: tuple[str, str]) -> None:
    with st.expander(f"{label} as a table"):
        for line, curve in parts:
            places = np.unique([charts.at_threshold(curve, t) for t in _thresholds(curve)])
            rows = [
                [f"{sigmoid(curve.thresholds[place]):.3f}", f"{curve.x[place]:.3f}", f"{curve.y[place]:.3f}"]
                for place in places
            ]
            st.markdown(f"**{line.name}**: area {format_number(curve.area)}")
            show_table(["from P =", *axes], rows, label=f"{label}, {line.name}")


def _thresholds(curve: Curve) -> np.ndarray:
    """Thresholds at evenly spaced places of the curve."""
    places = np.linspace(1, len(curve.thresholds) - 1, ROWS).round().astype(int)
    return sigmoid(curve.thresholds[places])


def _reliability(shown: Sequence[tuple[Line, str, str]], error: Estimate) -> None:
    parts = [(line, scores_cache.reliability(network, group)) for line, network, group in shown if network != BASELINE]
    parts = parts or [(line, scores_cache.reliability(network, group)) for line, network, group in shown]
    charts.reliability(parts, sentences.reliability(parts[0][1], error))
    with st.expander("Reliability as a table"):
        for line, bins in parts:
            st.markdown(f"**{line.name}**")
            rows = [
                [f"{each.start:.2f} to {each.end:.2f}", str(each.films), f"{each.predicted:.1%}",
                 format_percent(each.observed)]
                for each in bins
            ]  # fmt: skip
            show_table(["P(PNEUMONIA)", "films", "mean", "is PNEUMONIA"], rows, label=f"Reliability, {line.name}")


def _confusion(parts: Sequence[tuple[Line, str]], name: str) -> None:
    found = [(line.name, _outcomes(name, which)) for line, which in parts]
    charts.confusion(found, sentences.confusion(found[0][1]))
    with st.expander("Confusion matrix as a table"):
        for name, counts in found:
            show_table(["truth", *(f"called {each}" for each in CLASSES), "rightly called"], _cells(counts),
                  label=f"Confusion matrix, {name}")  # fmt: skip


@scores_cache.compute_once
def _outcomes(name: str, which: str) -> ConfusionCounts:
    films = scores_cache.load_scores(name, which)
    return count_confusion(films.predicted_positive, films.labels, resample_patients(films.patients))


def _cells(found: ConfusionCounts) -> list[list[str]]:
    well, sick = CLASSES
    return [
        [
            well,
            str(int(found.true_negatives[0])),
            str(int(found.false_positives[0])),
            format_percent(Estimate.from_resamples(found.specificity)),
        ],
        [
            sick,
            str(int(found.false_negatives[0])),
            str(int(found.true_positives[0])),
            format_percent(Estimate.from_resamples(found.sensitivity)),
        ],
    ]


def by_group(name: str, which: str) -> None:
    """AUC, sensitivity and specificity by what the films' source tells."""
    groups = _groups(name, which)
    if not groups:
        return
    st.subheader("By age, sex and view" if which == ADULTS else "By cause", anchor=False)
    rows = [(f"{group.fact}: {group.name}", [found["auc"]]) for group, found in groups]
    charts.dots(rows, [Line(name, "output")], title="AUC by group", key="groups",
                      description=sentences.subgroups(groups))  # fmt: skip
    show_table(
        ["group", "PNEUMONIA", "AUC", "sensitivity", "specificity"],
        [[f"{group.fact}: {group.name}", f"{int(group.scores.labels.sum())} of {len(group.scores.labels)}",
          *(format_number(found[key]) for key in ("auc", "sensitivity", "specificity"))]
         for group, found in groups],
        label="By group",
    )  # fmt: skip
    if which != ADULTS:
        st.caption("Films of one cause stand beside all NORMAL films. Sex is not published; the children are 1 to 5 "
                   "years old, and all films are AP.")  # fmt: skip


@scores_cache.compute_once
def _groups(name: str, which: str) -> list[tuple[Subgroup, dict[str, Estimate]]]:
    return [
        (group, operating_point.measure_performance(group.scores))
        for group in split_into_subgroups(scores_cache.load_scores(name, which))
    ]


def when_hidden(name: str) -> None:
    """Test AUC with parts of the film hidden, ours beside the floor, and what each shows."""
    networks = list(dict.fromkeys((name, BASELINE)))
    series = [Line(network, role) for network, role in zip(networks, ("output", "padding"), strict=False)]
    areas = [(what, [_auc(network, what) for network in networks]) for what in (NOTHING_HIDDEN, *HIDDEN_REGIONS)]
    charts.dots(
        areas, series, title="Official test with parts hidden", key="hidden",
        description=sentences.hidden(areas[0][1][0], areas[1][1][0]),
    )  # fmt: skip
    show_table(
        ["what is hidden", *(f"AUC, {network}" for network in networks), "mean P of each class"],
        [[what, *map(format_number, found), _means(_with_hidden(name, what))] for what, found in areas],
        label="When lungs are hidden",
    )  # fmt: skip
    for what, why in sentences.WHY_HIDE.items():
        st.markdown(f"**{what[0].upper()}{what[1:]}.** {why}")


def _means(films: Scores) -> str:
    """Mean P(PNEUMONIA) of the NORMAL films and of the others."""
    well, sick = (films.probabilities[films.labels == label].mean() for label in range(len(CLASSES)))
    return f"{well:.0%} and {sick:.0%}"


def _with_hidden(name: str, what: str) -> Scores:
    films = scores_cache.load_scores(name, TEST)
    return films if what == NOTHING_HIDDEN else films.with_region_hidden(what)


@scores_cache.compute_once
def _auc(name: str, what: str) -> Estimate:
    films = _with_hidden(name, what)
    return Estimate.from_resamples(measures.auc(films.logits, films.labels, resample_patients(films.patients)))


def lungs() -> None:
    """The card of the segmenter that found the lungs."""
    card = cards.read_card(cards.WEIGHTS_FOLDER, "lung_segmenter")
    dice = card["metrics"]["dice"]
    st.markdown(
        f"A second, small network finds them. Its overlap with lungs drawn by hand (Dice: twice the common area over "
        f"the sum of both; 1 is perfect) is {dice['mean']:.3f} on average and {dice['lowest']:.3f} at worst, on "
        f"{dice['films']} films held out.\n\n"
        f"**Data.** {_sentence(card['data'])}\n\n**Split.** {_sentence(card['split'])} Seed {card['seed']}, "
        f"{card['epochs']} epochs.\n\n**Where it is weak.** {_sentence(card['limits'])}"
    )


def refusal() -> None:
    """The card of the gate before the classifier: ways of refusing compared, and what the chosen one does."""
    card = cards.read_card(cards.WEIGHTS_FOLDER, "ood_gate")
    chosen = next(way for way in card["compared"] if way["name"] == card["chosen"])
    films = list(chosen["films"])
    st.markdown(
        f"A classifier of two words has no word for an ankle. So before it is asked, a picture is looked at by the "
        f"segmenter, and refused by: **{card['chosen']}**. Limits: {card['limits_rule']}. The way was chosen by "
        f"{card['chosen_by']}; kinds of picture in one part are in no other."
    )
    show_table(
        ["refused by", *(f"caught, to {part}" for part in chosen["caught"]), *films],
        [[way["name"], *map(_share, (*way["caught"].values(), *way["films"].values()))] for way in card["compared"]],
        label="Ways of refusing",
    )  # fmt: skip
    show_table(
        ["kind of picture", "refused"], [[kind, _share(share)] for kind, share in chosen["by_kind"].items()],
        label="Caught by kind",
    )  # fmt: skip


def _share(value: float) -> str:
    return f"{value:.1%}".replace("%", " %")


def which_films(name: str, which: str) -> None:
    """What the chosen films are, and how the network ranks them."""
    films = scores_cache.load_scores(name, which)
    st.markdown(f"These are {DESCRIPTIONS[which]}: {scores_cache.describe_films(films)}.")
    st.markdown(_ranking(name, which))
    if which == ADULTS:
        st.markdown(sentences.two_answers(films))


@scores_cache.compute_once
def _ranking(name: str, which: str) -> str:
    return sentences.ranking(scores_cache.load_scores(name, which), scores_cache.load_scores(BASELINE, which))


def _sentence(text: str) -> str:
    """``text`` with a capital and a full stop."""
    return f"{text[0].upper()}{text[1:].rstrip('.')}."
