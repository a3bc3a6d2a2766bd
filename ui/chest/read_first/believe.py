"""Believe it or not: answers with maps, half of them of a network whose last layer was shuffled; said at the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
import streamlit as st

from cnn.attribution.attribution import Attribution
from cnn.attribution.randomization import shuffle_last_layer
from cnn.attribution.similarity import compare
from cnn.cards import CLASSES
from cnn.imaging import practice_series
from cnn.models.loading import LoadedModel
from cnn.predict.prediction import PNEUMONIA, percent
from cnn.text import two_decimals
from ui.chest import film_store, prediction_scale, views
from ui.chest.film_store import Film
from ui.chest.read_first import answers
from ui.chest.read_first.film_series import SeriesFilm
from ui.shell.stage import View
from ui.shell.text import plain
from ui.widgets.film_viewer import show_viewer
from ui.widgets.tables import show_table

BELIEVED, DOUBTED = "I believe it", "I do not"
_VERDICTS = "believe.verdicts"


@dataclass(frozen=True)
class Verdict:
    """What the reader made of one answer to a film: believed or not, and whether the network was the wrong one."""

    film: str
    believed: bool
    label: str
    p_pneumonia: float
    truth: str | None
    shuffled: bool


def judge_film(view: View, series: Sequence[SeriesFilm], number: int, model: LoadedModel, seed: int) -> None:
    """Show the answer and the map of film ``number``, from 1, and ask whether the reader believes it."""
    item = series[number - 1]
    if not isinstance(item.film, Film):
        view.stage.error(plain(item.film.reason))
        return
    shuffled = number - 1 in practice_series.shuffled_order(len(series), seed)[: len(series) // 2]
    network = _wrong_network(model) if shuffled else model
    prediction = film_store.predict(item.film, network)
    result = view.stage.container()  # above the film, in sight when the last film is judged
    with view.stage:
        prediction_scale.show_prediction(prediction)
        attribution = answers.saliency_map(item.film, network)
        maps = [views.view_map(attribution)] if isinstance(attribution, Attribution) else []
        show_viewer(item.film, maps, key="believe viewer")
    verdicts: dict[tuple[str, int], Verdict] = st.session_state.setdefault(_VERDICTS, {})
    key = item.film.sha256, seed
    with view.panel:
        choice = st.radio("Do you believe this answer?", (BELIEVED, DOUBTED), index=None, key=f"believe {key}")
        if choice:
            name, believed = f"Film {number}", choice == BELIEVED
            verdicts[key] = Verdict(name, believed, prediction.label, prediction.p_pneumonia, item.truth, shuffled)
        judged = _judged_answers(series, seed)
        done = len(judged) == len(series)
        then = (
            "What was wrong is told above the film, film by film in Your results."
            if done
            else "At the end you are told what was wrong."
        )
        st.caption(f"{len(judged)} of {len(series)} answers judged. {then}")
    if done:
        with result:
            _show_result(judged, _compare_maps(series, model))


def _judged_answers(series: Sequence[SeriesFilm], seed: int) -> list[Verdict]:
    """Return the verdicts of this session on ``series``, in its order."""
    verdicts: dict[tuple[str, int], Verdict] = st.session_state.get(_VERDICTS, {})
    keys = [(one.film.sha256, seed) for one in series if isinstance(one.film, Film)]
    return [verdicts[key] for key in keys if key in verdicts]


def _compare_maps(series: Sequence[SeriesFilm], model: LoadedModel) -> list[float]:
    """Return the rank correlation of both networks' maps of each film, sign included."""
    networks, correlations = (model, _wrong_network(model)), []
    for film in (one.film for one in series if isinstance(one.film, Film)):
        first, second = (answers.saliency_map(film, network) for network in networks)
        if isinstance(first, Attribution) and isinstance(second, Attribution):
            correlations.append(compare(first.map, second.map).rank)
    return correlations


def _show_result(judged: Sequence[Verdict], correlations: Sequence[float]) -> None:
    """Say which network was wrong, how often it was believed, and how far its maps differ."""
    rows, positive = [], CLASSES[PNEUMONIA]
    for name, shuffled in (("The trained network", False), ("The wrong network", True)):
        group = [verdict for verdict in judged if verdict.shuffled == shuffled]
        right = [verdict.label == verdict.truth for verdict in group if verdict.truth is not None]
        believed = f"{sum(verdict.believed for verdict in group)} of {len(group)}"
        said = f"{sum(verdict.label == positive for verdict in group)} of {len(group)}"
        rows.append((name, believed, said, f"{sum(right)} of {len(right)}" if right else "unknown"))
    st.markdown(
        "**Half of these answers came from a wrong network**: the weights of its last layer were shuffled. It said "
        f"{positive} {rows[1][2]} times. What it gets right is chance, and few films cannot "
        f"show how good a network is. {_describe_maps(correlations)}A map shows where an answer comes from, whether "
        "the answer is right or wrong; so it is no reason to believe it."
    )
    show_table(
        ("Answers of", "Believed", f"Said {positive}", "Right"), rows, label="How often each network was believed"
    )


def _describe_maps(correlations: Sequence[float]) -> str:
    if not correlations:
        return ""
    middle, low, high = map(two_decimals, np.quantile(correlations, (0.5, 0, 1)))
    return (
        f"Both networks' maps of the same film have a rank correlation of {middle} in the median ({low} to {high}; "
        "1: same order of places, 0: unrelated, −1: reversed). "
    )


def show_verdicts(series: Sequence[SeriesFilm], seed: int) -> None:
    """Show whose answer each film had, once all are judged."""
    judged = _judged_answers(series, seed)
    if len(judged) < len(series):
        st.markdown(f"{len(judged)} of {len(series)} answers judged. At the end you are told which were wrong.")
        return
    rows = [
        (
            one.film,
            "wrong" if one.shuffled else "trained",
            f"{one.label}, P(PNEUMONIA) {percent(one.p_pneumonia)}",
            one.truth or "unknown",
            "believed" if one.believed else "not believed",
        )
        for one in judged
    ]
    show_table(("Film", "Network", "Its answer", "Label", "You"), rows, label="Whose answer each film had")


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs={LoadedModel: attrgetter("weights_sha256")})
def _wrong_network(model: LoadedModel) -> LoadedModel:
    return shuffle_last_layer(model)
