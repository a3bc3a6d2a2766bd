"""Tables of the method bench, one for each test, and the one that sums them up."""

import streamlit as st

from cnn.evaluation.saliency_report import BASELINES, CURVES, MEASURES, UNINFORMED_BASELINES, Report
from ui.widgets.tables import Bar, show_table

KINDS = {"SSIM": "ssim", "rank correlation": "rank"}
"""The measures of how alike two maps are."""


def localisation(report: Report, source: str) -> None:
    """All measures of methods and controls, with intervals."""
    names = {name: f"control: {words}" for name, words in BASELINES.items()}
    everybody = report.titles | names
    rows: list[list[str | Bar]] = [
        [title, *(str(report.score(source, name, measure)) for measure in MEASURES.values())]
        for name, title in everybody.items()
    ]
    faint = [place for place, name in enumerate(everybody) if name in names]
    show_table(["", *MEASURES], rows, label="Localisation: mean and 95 % interval", faint=faint)


def differences(report: Report, source: str, measure: str) -> None:
    """By how much each method is above each control on the same films."""
    rows: list[list[str | Bar]] = [
        [title, *(f"{report.over(source, name, control, measure)}" for control in BASELINES)]
        for name, title in report.titles.items()
    ]
    show_table(["", *(f"over {words}" for words in BASELINES.values())], rows,
          label="Method minus control on the same films: mean and 95 % interval")  # fmt: skip


def randomisation(report: Report, kind: str) -> None:
    """Likeness to the trained map at every stage, that of two films' maps, and the verdict."""
    rows: list[list[str | Bar]] = []
    stages: list[str] = []
    for name, title in report.titles.items():
        found = report.stages(name, kind)
        stages = list(found)
        rows.append(
            [
                title, *(f"{one.mean:.2f}" for one in found.values()),
                f"{report.likeness('randomisation', name, 'other_films', kind).mean:.2f}",
                str(report.likeness("randomisation", name, "excess", kind)),
                "pass" if report.verdicts(name).forgets else "fail", f"{report.tested_on('randomisation', name)}",
            ]
        )  # fmt: skip
    head = [
        "",
        *(f"to {stage}" for stage in stages),
        "two films",
        "all random minus two films",
        "both measures",
        "films",
    ]
    show_table(head, rows, label="Likeness to the trained map")


def repeatability(report: Report, kind: str) -> None:
    """Likeness of the maps of several seeds."""
    rows: list[list[str | Bar]] = [
        [
            title,
            str(report.likeness("repeatability", name, "between_seeds", kind)),
            f"{report.likeness('repeatability', name, 'other_films', kind).mean:.2f}",
            str(report.likeness("repeatability", name, "excess", kind)),
            "pass" if report.verdicts(name).repeats else "fail",
            f"{report.tested_on('repeatability', name)}",
        ]
        for name, title in report.titles.items()
    ]
    show_table(["", "two seeds, one film", "one seed, two films", "difference", "both measures", "films"], rows,
          label="Likeness between seeds")  # fmt: skip


def deletion(report: Report) -> None:
    """How much better each order is than a random one."""
    everybody = report.titles | {name: f"control: {words}" for name, words in BASELINES.items() if name != "random"}
    rows: list[list[str | Bar]] = [
        [title, *(str(report.better_than_random(name, curve)) for curve in CURVES)] for name, title in everybody.items()
    ]
    faint = [place for place, name in enumerate(everybody) if name in BASELINES]
    show_table(["", *CURVES], rows, label="Area gained over a random order", faint=faint)


def cost(report: Report) -> None:
    """Passes and time of each method."""
    costs = {name: report.cost(name) for name in report.titles}
    most = max(time for _, time in costs.values())
    rows: list[list[str | Bar]] = [
        [report.titles[name], f"{passes}", Bar(f"{time:.1f}", time / most)] for name, (passes, time) in costs.items()
    ]
    show_table(["", "passes", "time, in forward passes"], rows, label="Cost of one map")


def planted(report: Report) -> None:
    """Scores of methods and controls on the planted lesion."""
    names = {name: f"control: {words}" for name, words in BASELINES.items()}
    rows: list[list[str | Bar]] = []
    for name, title in (report.titles | names).items():
        scores = report.planted(name)
        hits = "" if name in names else "{} of {}".format(*report.planted_hits(name))
        rows.append([title, *(f"{scores[measure]:.2f}" for measure in MEASURES.values()), hits])
    faint = range(len(report.titles), len(rows))
    show_table(["", *MEASURES, "seeds that hit it"], rows, label="The planted lesion", faint=faint)


def everything(report: Report) -> None:
    """Every verdict on every method."""
    head = ["", "blind controls", "lung blobs", "weights", "seeds", "deletion", "lesion", "failed"]
    said = {True: "pass", False: "fail", None: "–"}
    rows: list[list[str | Bar]] = []
    for name, title in report.titles.items():
        found = report.verdicts(name)
        verdicts = (
            found.beats_blind, found.beats_anatomy, found.forgets, found.repeats, found.faithful, found.finds,
        )  # fmt: skip
        rows.append([title, *(said[verdict] for verdict in verdicts), f"{found.failed()}"])
    show_table(head, rows, label="All tests")
    st.caption(
        f"Blind controls: AUPRC on the RSNA boxes above {', '.join(UNINFORMED_BASELINES[:-1])} and {UNINFORMED_BASELINES[-1]}. Lung blobs: "
        "above them too. Weights: another map when all weights are random. Seeds: the same film's maps are alike. "
        "Deletion: better than a random order on all four curves. Lesion: the strongest point lies in the planted one."
    )
