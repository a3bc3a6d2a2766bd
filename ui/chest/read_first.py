"""Read first: a film is read by the reader, then by the network, and both are held against the truth where it is known.

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
from ui.shell import theme
from ui.shell.fields import Whole
from ui.shell.page_state import State
from ui.shell.session_data import drop_with_page
from ui.widgets import upload
from ui.widgets.cell_picker import Box, place_box
from ui.widgets.tables import show_table
from ui.widgets.upload import FilmChoice

SIMULATED = "Simulated films, half of them with something planted"
SOURCES = (SIMULATED, upload.UPLOADED, upload.FETCHED)
SEED = Whole("seed", "Series", 1, low=1, high=999)
NUMBER = Whole("number", "Film number", 1, low=1, high=upload.MAX_FILES)
FIELDS = (SEED, NUMBER)
METHOD = "grad_cam"
_GRID = Box(reader_study.GRID, reader_study.GRID, 1 / reader_study.GRID, 1 / reader_study.GRID, "cells", lines=True)
_READS, _MARKS = "read_first.reads", "read_first.marks"
_OWN_READS, _OWN_MARKS = drop_with_page("read_first.own reads"), drop_with_page("read_first.own marks")


@dataclass(frozen=True)
class Case:
    """A film to be read, and its truth where it is known: a label, and where it was planted (H, W)."""

    film: Film | UnreadableFilm
    truth: str | None = None
    mask: np.ndarray | None = None


@dataclass(frozen=True)
class Kept:
    """A film's read, and the network that it was held against."""

    weights_sha256: str
    read: PairedRead


def choose(state: State) -> list[Case]:
    """The films of the chosen series, in the order that the seed settles."""
    left, right = st.columns([3, 1])
    with left:
        source = st.selectbox("Films", SOURCES, key="films", bind="query-params")
    with right:
        seed = state.number(SEED)
    if source == SIMULATED:
        made = practice_series.simulate_series(seed)
        films = film_store.read_films([FilmChoice(case.key, f"{case.name}.png", case.read) for case in made])
        return [Case(film, case.label, case.mask) for film, case in zip(films, made, strict=True)]
    if source == upload.UPLOADED:
        films = film_store.read_films(upload.upload_files())
        return [Case(films[number]) for number in practice_series.shuffled_order(len(films), seed)]
    samples = upload.fetch_test_films()
    films = film_store.read_films([FilmChoice(sample.key, sample.title, sample.read, sample) for sample in samples])
    cases = [Case(film, getattr(sample, "label", None)) for film, sample in zip(films, samples, strict=True)]
    return [cases[number] for number in practice_series.shuffled_order(len(cases), seed)]


def read(case: Case, number: int, count: int, model: LoadedModel, state: State) -> None:
    """One film: asked about until the reader has committed, then told."""
    if isinstance(case.film, UnreadableFilm):
        st.error(case.film.reason)
    else:
        st.header(f"Film {number} of {count}", anchor=False)
        kept: dict[str, Kept] = st.session_state.setdefault(_OWN_READS if case.film.own else _READS, {})
        before = kept.get(case.film.sha256)
        if before is None or before.weights_sha256 != model.weights_sha256:
            # Who has seen the truth is not asked again: another network meets the answer that was given.
            answer = before.read.reader if before else _ask(case.film)
            if answer is None:
                return
            slot = st.empty()
            attribution = _map(case.film, model, slot)
            slot.empty()
            name = before.read.film if before else f"Series {state[SEED]}, film {number}"
            kept[case.film.sha256] = Kept(model.weights_sha256, _both(case, name, answer, model, attribution))
            st.rerun()  # so that the questions go
        _tell(case, case.film, before.read, model)
    if number < count:
        st.button("Next film", key="next", on_click=state.put, args=(NUMBER, number + 1))


def _ask(film: Film) -> Answer | None:
    """The film without a word about it, and the questions; what was committed, once it is complete."""
    marks: dict[str, Cell] = st.session_state.setdefault(_OWN_MARKS if film.own else _MARKS, {})
    left, right = st.columns([3, 2])
    with left:
        place_box(
            film.picture, _GRID, marks.get(film.sha256), key=f"mark {film.sha256[:12]}",
            label="The film; mark the place that you mean", on_place=partial(_mark, marks, film.sha256),
        )  # fmt: skip
    with right, st.form(f"read {film.sha256[:12]}"):
        label = st.radio("Your read", CLASSES, index=None, horizontal=True)
        sure = st.slider("How sure are you? 50 is a guess", 50, 100, 75, 5, format="%d %%")
        st.caption("If PNEUMONIA, mark on the film where you see it.")
        committed = st.form_submit_button("Commit")
        if not committed:
            return None
        if label is None:
            st.info("Choose NORMAL or PNEUMONIA first.")
            return None
        if label == CLASSES[PNEUMONIA] and film.sha256 not in marks:
            st.info("Mark on the film first where you see it; a guess will do.")
            return None
    return Answer.from_confidence(label, sure, marks.get(film.sha256))


def _mark(marks: dict[str, Cell], digest: str, column: int, row: int) -> None:
    marks[digest] = column, row


def _map(film: Film, model: LoadedModel, slot: DeltaGenerator) -> Attribution | UserError:
    (found,) = film_store.saliency_maps(film, model, [METHOD], PNEUMONIA, [slot])
    return found


def _both(case: Case, name: str, answer: Answer, model: LoadedModel, found: Attribution | UserError) -> PairedRead:
    assert isinstance(case.film, Film)
    said = film_store.predict(case.film, model)
    mark = (
        reader_study.strongest_cell(found)
        if isinstance(found, Attribution) and said.label == CLASSES[PNEUMONIA]
        else None
    )
    planted = reader_study.cells_touched_by(case.mask) if case.mask is not None else frozenset()
    return PairedRead(name, answer, Answer(said.label, said.p_pneumonia, mark), case.truth, planted)


def _tell(case: Case, film: Film, done: PairedRead, model: LoadedModel) -> None:
    """The network's answer and map, the truth, and both marks."""
    st.markdown(f"**{told(done)}**")
    prediction_scale.warn_if_rejected(film)
    prediction_scale.show_prediction(film_store.predict(film, model))
    left, right = st.columns(2)
    with left:
        st.markdown("**Your mark and the truth**")
        grey = np.repeat(film.picture[..., None], 3, axis=-1)
        picture = overlay.light_box(_marked(grey, done.reader.mark, case.mask))
        st.image(picture, alt="The film with your mark and the truth", width="stretch")
        st.caption("Orange: your mark. Green: what was planted." if case.mask is not None else "Orange: your mark.")
    with right:
        st.markdown("**The network's map for PNEUMONIA**")
        slot = st.empty()
        found = _map(film, model, slot)
        if isinstance(found, UserError):
            slot.info(str(found))
            return
        coloured = overlay.overlay_map(film.picture, found, 0.8)
        picture = overlay.light_box(_marked(coloured, done.network.mark, case.mask))
        slot.image(picture, alt="The map over the film", width="stretch")
        st.html(overlay.colour_bar_html(found, 0.8))
        st.caption("Grad-CAM. Orange: its strongest place, where the network says PNEUMONIA.")


def _marked(picture: np.ndarray, mark: Cell | None, truth: np.ndarray | None) -> np.ndarray:
    if truth is not None:
        picture = overlay.draw_outline(picture, truth)
    if mark is not None:
        picture = overlay.draw_outline(picture, reader_study.cell_mask(mark, picture.shape[:2]), theme.FILM_MARK)
    return picture


def told(done: PairedRead) -> str:
    """Both answers and the truth, in a sentence each."""
    sure = percent(max(done.reader.p_pneumonia, 1 - done.reader.p_pneumonia))
    said = [f"You said {done.reader.label}, {sure} sure; the network says {done.network.label}."]
    if done.lesion_cells:
        said.append("A consolidation was planted.")
    elif done.truth is not None:
        said.append(f"The truth is {done.truth}.")
    for name, answer in (("Your mark", done.reader), ("The strongest place of the map", done.network)):
        hit = done.mark_in_lesion(answer)
        if hit is not None:
            said.append(f"{name} is {'on it' if hit else 'not on it'}.")
    return " ".join(said)


def summary() -> None:
    """Agreement over all films read in this session, with a row for each."""
    done: list[PairedRead] = [
        one.read for key in (_READS, _OWN_READS) for one in st.session_state.get(key, {}).values()
    ]
    if not done:
        return
    found = reader_study.compare_reads(done)
    st.subheader("So far", anchor=False)
    st.markdown(f"You and the network agree on **{found.agreed} of {found.films}** films.")
    if found.reader and found.network:
        show_table(
            ("", "Right", "Brier score", "Marks on what was planted"),
            [_score_row("You", found.reader, found), _score_row("The network", found.network, found)],
            label="You and the network beside the truth",
        )
        st.caption(
            "Brier score: the mean squared distance of P(PNEUMONIA) from the truth; 0 is best, 0.25 is saying 50 % "
            "every time. " + _blindly(found)
        )
    head = ("Film", "You, P(PNEUMONIA)", "Network, P(PNEUMONIA)", "Truth", "Your mark", "Its map")
    show_table(head, [_row(one) for one in done], label="Films read")
    st.button("Forget all reads", key="forget", on_click=_forget)


def _forget() -> None:
    for key in (_READS, _MARKS, _OWN_READS, _OWN_MARKS):
        st.session_state[key] = {}


def _score_row(name: str, score: ReaderScore, found: Agreement) -> Sequence[str]:
    marks = f"{score.marks_in_lesion} of {score.marks}" if score.marks else "–"
    return name, f"{score.correct} of {found.with_truth}", f"{score.brier:.2f}", marks


def _blindly(found: Agreement) -> str:
    return "" if found.chance is None else f"A mark made blindly lies on it {percent(found.chance)} of the time."


def _row(done: PairedRead) -> Sequence[str]:
    hits = {True: "on it", False: "beside it", None: "–"}
    answers = [f"{one.label}, {percent(one.p_pneumonia)}" for one in (done.reader, done.network)]
    return (
        done.film,
        *answers,
        done.truth or "unknown",
        hits[done.mark_in_lesion(done.reader)],
        hits[done.mark_in_lesion(done.network)],
    )
