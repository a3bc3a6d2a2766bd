"""Tables of the method bench, one for each test, and the one of all verdicts."""

from dataclasses import asdict

import streamlit as st

from cnn.attribution.attribution import CHANGES
from cnn.evaluation.saliency_report import BASELINES, CURVES, MEASURES, SIMILARITIES, Report
from ui.evaluation.scores_cache import format_number
from ui.widgets.tables import Bar, show_table

VERDICTS = {True: "pass", False: "fail", None: "–"}


def show_localisation(report: Report, source: str) -> None:
    """Show all measures of methods and baselines."""
    rows = [
        [title, *(str(report.localisation(source, name, measure)) for measure in MEASURES.values())]
        for name, title in (report.titles | _baseline_titles()).items()
    ]
    faint = range(len(report.titles), len(rows))
    show_table(["", *MEASURES], rows, label="Localisation: mean and 95 % interval", faint=faint)


def show_gains(report: Report, source: str, measure: str) -> None:
    """Show the difference between each method and each baseline on the same films."""
    rows = [
        [title, *(str(report.gain(source, name, baseline, measure)) for baseline in BASELINES)]
        for name, title in report.titles.items()
    ]
    head = ["", *(f"over {title}" for title in BASELINES.values())]
    show_table(head, rows, label="Method minus baseline on the same films: mean and 95 % interval")


def show_randomisation(report: Report, measure: str) -> None:
    """Show the similarity to the trained map at every stage, that of two films' maps, and the verdict."""
    rows, stages = [], {}
    for name, title in report.titles.items():
        stages = report.similarity_by_stage(name, measure)
        rows.append(
            [
                title,
                CHANGES[report.verdicts(name).depends_on_weights],
                *(f"{round(estimate.value, 2) + 0.0:.2f}".replace("-", "−") for estimate in stages.values()),
                f"{report.similarity('randomisation', name, 'other_films', measure).value:.2f}",
                *(
                    format_number(report.similarity("randomisation", name, "excess", each))
                    for each in SIMILARITIES.values()
                ),
                str(report.films_tested("randomisation", name)),
            ]
        )
    head = [
        "",
        "by both measures",
        *(f"to {stage}" for stage in stages),
        "two films",
        *(f"all random minus two films, {title}" for title in SIMILARITIES),
        "films",
    ]
    show_table(head, rows, label="Similarity to the trained map")


def show_repeatability(report: Report, measure: str) -> None:
    """Show the similarity of the maps of several seeds."""
    rows = [
        [
            title,
            str(report.similarity("repeatability", name, "between_seeds", measure)),
            f"{report.similarity('repeatability', name, 'other_films', measure).value:.2f}",
            str(report.similarity("repeatability", name, "excess", measure)),
            VERDICTS[report.verdicts(name).repeatable],
            str(report.films_tested("repeatability", name)),
        ]
        for name, title in report.titles.items()
    ]
    head = ["", "two seeds, one film", "one seed, two films", "difference", "both measures", "films"]
    show_table(head, rows, label="Similarity between seeds")


def show_deletion(report: Report) -> None:
    """Show how much better each order is than a random one."""
    baselines = {name: title for name, title in _baseline_titles().items() if name != "random"}
    rows = [
        [title, *(format_number(report.gain_over_random(name, curve)) for curve in CURVES)]
        for name, title in (report.titles | baselines).items()
    ]
    faint = range(len(report.titles), len(rows))
    show_table(["", *CURVES], rows, label="Area gained over a random order", faint=faint)


def show_cost(report: Report) -> None:
    """Show passes and time of each method."""
    costs = {title: report.cost(name) for name, title in report.titles.items()}
    longest = max(time for _, time in costs.values())
    rows: list[list[str | Bar]] = [
        [title, str(passes), Bar(f"{time:.1f}", time / longest)] for title, (passes, time) in costs.items()
    ]
    show_table(["", "passes", "time, in forward passes"], rows, label="Cost of one map")


def show_lesion(report: Report) -> None:
    """Show the measures of methods and baselines on the simulated lesion."""
    rows = []
    for name, title in (report.titles | _baseline_titles()).items():
        scores = report.lesion_scores(name)
        hits = "{} of {}".format(*report.lesion_hits(name)) if name in report.titles else ""
        rows.append([title, *(f"{scores[measure]:.2f}" for measure in MEASURES.values()), hits])
    faint = range(len(report.titles), len(rows))
    show_table(["", *MEASURES, "trainings that hit it"], rows, label="The simulated lesion", faint=faint)
    st.caption(
        "The measures are those of the shipped network. Where several pixels share the maximum, the pointing game "
        "gives the share of them in the lesion. The last column counts the trainings of other seeds too."
    )


def show_verdicts(report: Report) -> None:
    """Show every verdict on every method."""
    rows = []
    for name, title in report.titles.items():
        verdicts = report.verdicts(name)
        words = {test: VERDICTS[verdict] for test, verdict in asdict(verdicts).items()}
        words["depends_on_weights"] += f" ({CHANGES[verdicts.depends_on_weights]})"
        rows.append([title, *words.values(), str(verdicts.failed)])
    head = ["", "uninformed baselines", "lung prior", "weights", "seeds", "deletion", "lesion", "failed"]
    show_table(head, rows, label="All tests")
    st.caption(
        "Uninformed baselines: AUPRC on the RSNA boxes above random, centre and edges. Lung prior: above it too. "
        "A method passes only if the interval of the difference lies above 0, so one above the prior in the chart can "
        "fail. Weights: does the map change when all weights are random? A change is a pass. Seeds: the same film's "
        "maps are similar. Deletion: better than a random order on all four curves. Lesion: the maximum of the map "
        "lies in the simulated lesion. Failed: the number of tests failed; a map that does not change with the weights "
        "fails, one that cannot be told does not."
    )


def _baseline_titles() -> dict[str, str]:
    return {name: f"baseline: {title}" for name, title in BASELINES.items()}
