"""Believe it or not: answers with maps, half of them of a network whose last layer was shuffled; said at the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

import streamlit as st

from cnn.attribution.attribution import Attribution
from cnn.attribution.randomization import shuffle_last_layer
from cnn.imaging import practice_series
from cnn.models.loading import LoadedModel
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
    """What the reader made of one answer: believed or not, whether it was right, and whether the network was wrong."""

    believed: bool
    right: bool | None
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
            right = None if item.truth is None else prediction.label == item.truth
            verdicts[key] = Verdict(choice == BELIEVED, right, shuffled)
        judged = [verdicts[each] for one in series if (each := (getattr(one.film, "sha256", ""), seed)) in verdicts]
        st.caption(f"{len(judged)} of {len(series)} answers judged. At the end you are told what was wrong.")
    if len(judged) == len(series):
        with view.stage:
            _show_result(judged)


def _show_result(judged: Sequence[Verdict]) -> None:
    """Say which network was wrong, and how often it was believed."""
    st.markdown(
        "**Half of these answers came from a wrong network**: the weights of its last layer were shuffled, so that its "
        "answers mean nothing. Its maps look much like the others, because the layers before are as trained. A map "
        "that looks right is no reason to believe an answer."
    )
    rows = []
    for name, shuffled in (("The trained network", False), ("The wrong network", True)):
        group = [verdict for verdict in judged if verdict.shuffled == shuffled]
        believed = sum(verdict.believed for verdict in group)
        right = [verdict.right for verdict in group if verdict.right is not None]
        told = f"{sum(right)} of {len(right)}" if right else "unknown"
        rows.append((name, f"{believed} of {len(group)}", told))
    show_table(("Answers of", "Believed", "Right"), rows, label="How often each network was believed")


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs={LoadedModel: attrgetter("weights_sha256")})
def _wrong_network(model: LoadedModel) -> LoadedModel:
    return shuffle_last_layer(model)
