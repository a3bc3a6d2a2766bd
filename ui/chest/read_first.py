"""Read first: the reader reads a film, then the network does, and both are compared with the truth if it is known.

Nothing is kept beyond the session, and nothing of the reader's own films beyond the page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnn.attribution.attribution import Attribution
from cnn.cards import CLASSES
from cnn.errors import UserError
from cnn.evaluation import reader_study
from cnn.evaluation.reader_study import Agreement, Answer, Cell, PairedRead, ReaderScore
from cnn.imaging import practice_series
from cnn.models.loading import LoadedModel
from cnn.predict.prediction import PNEUMONIA, percent
from ui.chest import film_store, overlay, prediction_scale
from ui.chest.film_store import Film, UnreadableFilm
from ui.shell import address, theme
from ui.shell.fields import Choice, Whole
from ui.shell.page_state import State
from ui.shell.session_data import drop_with_page
from ui.shell.text import plain, sentence_of
from ui.widgets import upload
from ui.widgets.cell_picker import Box, place_box
from ui.widgets.tables import show_table
from ui.widgets.upload import FilmChoice

SIMULATED = "Simulated films, half of them with something planted"
OWN = "My own films"
SOURCES = (SIMULATED, OWN)
FILMS = Choice("films", "Films", SIMULATED, options=SOURCES)
SEED = Whole("seed", "Series", 1, low=1, high=999)
NUMBER = Whole("number", "Film number", 1, low=1, high=upload.MAX_FILES)
FIELDS = (SEED, NUMBER)
METHOD = "grad_cam"
_GRID = Box(reader_study.GRID, reader_study.GRID, 1 / reader_study.GRID, 1 / reader_study.GRID, "cells", lines=True)
_READS, _MARKS = "read_first.reads", "read_first.marks"
_UPLOAD_READS, _UPLOAD_MARKS = drop_with_page("read_first.upload reads"), drop_with_page("read_first.upload marks")


@dataclass(frozen=True)
class SeriesFilm:
    """A film of a series, with its true label and its lesion (H, W) bool where they are known."""

    film: Film | UnreadableFilm
    truth: str | None = None
    lesion: np.ndarray | None = None


@dataclass(frozen=True)
class FinishedRead:
    """Both answers to a film, and the network that gave one of them."""

    weights_sha256: str
    answers: PairedRead


def choose_series(state: State) -> list[SeriesFilm]:
    """Show the widgets for a series and return its films, in the order of its number."""
    left, right = st.columns([3, 1])
    with left:
        source = st.selectbox(FILMS.label, SOURCES, key=address.key(FILMS))
    with right:
        seed = state.number(SEED)
    if source == SIMULATED:
        simulated = practice_series.simulate_series(seed)
        films = film_store.read_films([FilmChoice(one.key, f"{one.name}.png", one.read) for one in simulated])
        return [SeriesFilm(film, one.label, one.mask) for film, one in zip(films, simulated, strict=True)]
    upload.add_films()
    series = [SeriesFilm(film) for film in film_store.read_films(upload.own_films())]
    return [series[number] for number in practice_series.shuffled_order(len(series), seed)]


def read_film(series: Sequence[SeriesFilm], number: int, model: LoadedModel, state: State) -> None:
    """Ask about film ``number`` of ``series``, from 1, until the reader submits; then show both answers."""
    item, count = series[number - 1], len(series)
    if isinstance(item.film, UnreadableFilm):
        st.error(plain(item.film.reason))
    else:
        st.header(f"Film {number} of {count}", anchor=False)
        finished = _session_reads(item.film).get(item.film.sha256)
        if finished is None or finished.weights_sha256 != model.weights_sha256:
            # Once the truth was shown, the reader is not asked again: another network meets the same answer.
            answer = finished.answers.reader if finished else _ask_reader(item.film)
            if answer is None:
                return
            name = finished.answers.film if finished else f"Series {state[SEED]}, film {number}"
            _finish_read(item, item.film, name, answer, model)
            st.rerun()  # so that the questions disappear
        _show_answers(item, item.film, finished.answers, model)
    if number < count:
        st.button("Next film", key="next", on_click=state.put, args=(NUMBER, number + 1))


def _session_reads(film: Film) -> dict[str, FinishedRead]:
    reads: dict[str, FinishedRead] = st.session_state.setdefault(_UPLOAD_READS if film.uploaded else _READS, {})
    return reads


def _ask_reader(film: Film) -> Answer | None:
    """Show the film and the questions; return the answer when it is submitted and complete."""
    marks: dict[str, Cell] = st.session_state.setdefault(_UPLOAD_MARKS if film.uploaded else _MARKS, {})
    left, right = st.columns([3, 2])
    with left:
        place_box(
            film.picture,
            _GRID,
            marks.get(film.sha256),
            key=f"mark {film.sha256[:12]}",
            label="The film; mark the place that you mean",
            on_place=partial(_set_mark, marks, film.sha256),
        )
    with right, st.form(f"read {film.sha256[:12]}"):
        label = st.radio("Your read", CLASSES, index=None, horizontal=True)
        confidence = st.slider("How sure are you? 50 is a guess", 50, 100, 75, 5, format="%d %%")
        st.caption("If PNEUMONIA, mark on the film where you see it.")
        if not st.form_submit_button("Submit"):
            return None
        if label is None:
            st.info("Choose NORMAL or PNEUMONIA first.")
            return None
        if label == CLASSES[PNEUMONIA] and film.sha256 not in marks:
            st.info("Mark on the film first where you see it; a guess will do.")
            return None
    return Answer.from_confidence(label, confidence, marks.get(film.sha256))


def _set_mark(marks: dict[str, Cell], sha256: str, column: int, row: int) -> None:
    marks[sha256] = column, row


def _finish_read(item: SeriesFilm, film: Film, name: str, answer: Answer, model: LoadedModel) -> None:
    """Store the reader's answer with the network's."""
    slot = st.empty()
    attribution = _saliency_map(film, model, slot)
    slot.empty()
    prediction = film_store.predict(film, model)
    mark = None
    if isinstance(attribution, Attribution) and prediction.label == CLASSES[PNEUMONIA]:
        mark = reader_study.strongest_cell(attribution)
    network = Answer(prediction.label, prediction.p_pneumonia, mark)
    lesion_cells = frozenset() if item.lesion is None else reader_study.cells_touched_by(item.lesion)
    answers = PairedRead(name, answer, network, item.truth, lesion_cells)
    _session_reads(film)[film.sha256] = FinishedRead(model.weights_sha256, answers)


def _saliency_map(film: Film, model: LoadedModel, slot: DeltaGenerator) -> Attribution | UserError:
    (attribution,) = film_store.saliency_maps(film, model, [METHOD], PNEUMONIA, [slot])
    return attribution


def _show_answers(item: SeriesFilm, film: Film, answers: PairedRead, model: LoadedModel) -> None:
    """Show the network's answer and map, the truth, and both marks."""
    st.markdown(f"**{describe_answers(answers)}**")
    prediction_scale.warn_if_rejected(film)
    prediction_scale.show_prediction(film_store.predict(film, model))
    left, right = st.columns(2)
    with left:
        st.markdown("**Your mark and the truth**")
        image = _draw_marks(overlay.to_colour(film.picture), answers.reader.mark, item.lesion)
        st.image(overlay.light_box(image), alt="The film with your mark and the truth", width="stretch")
        st.caption("Orange: your mark." + ("" if item.lesion is None else " Green: the simulated lesion."))
    with right:
        st.markdown("**The network's map for PNEUMONIA**")
        slot = st.empty()
        attribution = _saliency_map(film, model, slot)
        if isinstance(attribution, UserError):
            slot.info(sentence_of(attribution))
            return
        coloured = overlay.overlay_map(film.picture, attribution, overlay.OPACITY)
        image = _draw_marks(coloured, answers.network.mark, item.lesion)
        slot.image(overlay.light_box(image), alt="The map over the film", width="stretch")
        st.html(overlay.colour_bar_html(attribution, overlay.OPACITY))
        st.caption("Grad-CAM. Orange: its strongest place, where the network says PNEUMONIA.")


def _draw_marks(image: np.ndarray, mark: Cell | None, lesion: np.ndarray | None) -> np.ndarray:
    if lesion is not None:
        image = overlay.draw_outline(image, lesion)
    if mark is not None:
        image = overlay.draw_outline(image, reader_study.cell_mask(mark, image.shape[:2]), theme.FILM_MARK)
    return image


def describe_answers(answers: PairedRead) -> str:
    """Return both answers and the truth, in a sentence each."""
    confidence = percent(max(answers.reader.p_pneumonia, 1 - answers.reader.p_pneumonia))
    sentences = [f"You said {answers.reader.label}, {confidence} sure; the network says {answers.network.label}."]
    if answers.lesion_cells:
        sentences.append("The film has a simulated consolidation.")
    elif answers.truth is not None:
        sentences.append(f"The truth is {answers.truth}.")
    for name, answer in (("Your mark", answers.reader), ("The strongest place of the map", answers.network)):
        in_lesion = answers.mark_in_lesion(answer)
        if in_lesion is not None:
            sentences.append(f"{name} is {'on it' if in_lesion else 'not on it'}.")
    return " ".join(sentences)


def show_summary() -> None:
    """Show the agreement over all films read in this session, and a row for each."""
    stores = [st.session_state.get(key, {}) for key in (_READS, _UPLOAD_READS)]
    reads: list[PairedRead] = [finished.answers for store in stores for finished in store.values()]
    if not reads:
        return
    agreement = reader_study.compare_reads(reads)
    st.subheader("So far", anchor=False)
    st.markdown(f"You and the network agree on **{agreement.agreed} of {agreement.films}** films.")
    if agreement.reader and agreement.network:
        show_table(
            ("", "Right", "Brier score", "Marks on the lesion"),
            [
                _score_row("You", agreement.reader, agreement),
                _score_row("The network", agreement.network, agreement),
            ],
            label="You and the network beside the truth",
        )
        st.caption(
            "Brier score: the mean squared distance of P(PNEUMONIA) from the truth; 0 is best, 0.25 is saying 50 % "
            f"every time. {_describe_chance(agreement)}"
        )
    head = ("Film", "You, P(PNEUMONIA)", "Network, P(PNEUMONIA)", "Truth", "Your mark", "Its map")
    show_table(head, [_read_row(read) for read in reads], label="Films read")
    st.button("Reset", key="forget", on_click=_reset)


def _reset() -> None:
    for key in (_READS, _MARKS, _UPLOAD_READS, _UPLOAD_MARKS):
        st.session_state[key] = {}


def _score_row(name: str, score: ReaderScore, agreement: Agreement) -> Sequence[str]:
    marks = f"{score.marks_in_lesion} of {score.marks}" if score.marks else "–"
    return name, f"{score.correct} of {agreement.with_truth}", f"{score.brier:.2f}", marks


def _describe_chance(agreement: Agreement) -> str:
    return "" if agreement.chance is None else f"A random mark lies on it {percent(agreement.chance)} of the time."


def _read_row(read: PairedRead) -> Sequence[str]:
    marks = {True: "on it", False: "beside it", None: "–"}
    answers = (read.reader, read.network)
    return (
        read.film,
        *(f"{answer.label}, {percent(answer.p_pneumonia)}" for answer in answers),
        read.truth or "unknown",
        *(marks[read.mark_in_lesion(answer)] for answer in answers),
    )
