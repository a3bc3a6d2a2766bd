"""The parts of the shortcut lab: what to change, the film before and after, and the table of what was tried."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st
from torch import Tensor

from cnn.attribution import perturbations
from cnn.attribution.attribution import Attribution
from cnn.attribution.methods import METHODS
from cnn.attribution.perturbations import CHANGES, PATCHES, Effect, Patch
from cnn.cards import CLASSES
from cnn.errors import UserError
from cnn.models.loading import LoadedModel
from cnn.predict.prediction import PNEUMONIA, Prediction, percent
from ui.chest import film_store, overlay
from ui.chest.film_store import Film
from ui.shell.fields import Choice, Field, Whole
from ui.shell.page_state import State
from ui.shell.session_data import drop_with_page
from ui.widgets.cell_picker import Box, place_box
from ui.widgets.tables import Bar, show_table

_TITLES = {change.title: key for key, change in CHANGES.items()}
_NO_PATCH = "none"
CHANGE = Choice("change", "Change the film", "Grey out the lungs' box", options=tuple(_TITLES))
AMOUNTS = {
    key: Whole(key, f"{change.amount.label}, in percent of the side", change.amount.percent, low=1, high=30)
    for key, change in CHANGES.items()
    if change.amount
}
PATCH = Choice("patch", "Lay on it", _NO_PATCH, options=(_NO_PATCH, *PATCHES))
SIZE = Whole("size", "Side of the patch in percent", 10, low=3, high=40)
ACROSS = Whole("x", "Patch, percent across", 90, low=0, high=100)
DOWN = Whole("y", "Patch, percent down", 5, low=0, high=100)
METHOD = Choice(
    "map", "Map for PNEUMONIA", METHODS["grad_cam"].title, options=tuple(one.title for one in METHODS.values())
)
FIELDS: tuple[Field[Any], ...] = (CHANGE, *AMOUNTS.values(), PATCH, SIZE, ACROSS, DOWN, METHOD)
MOST_ROWS = 60
_TRIED, _TRIED_ON_OWN = "lab.tried", drop_with_page("lab.tried on own films")
_OPACITY = 0.8


@dataclass(frozen=True)
class Trial:
    """What is done to the film: a change, how much of it (share of the side, None for the usual), and a patch."""

    change: str
    amount: float | None
    patch: Patch | None

    def say(self) -> str:
        """In words, as a row of the table is named."""
        change = CHANGES[self.change]
        said = change.title
        if change.amount:
            said += f", {change.amount.percent if self.amount is None else round(100 * self.amount)} %"
        if self.patch is None:
            return said
        side, x, y = (round(100 * share) for share in (self.patch.side, self.patch.x, self.patch.y))
        patch = f"{self.patch.kind}, {side} % at {x}, {y}"
        return patch[0].upper() + patch[1:] if self.change == "nothing" else f"{said} + {patch}"


def ask(state: State) -> Trial:
    """Widgets for the change and the patch; where the patch lies is asked below the film."""
    left, right = st.columns(2)
    with left:
        change = _TITLES[state.select(CHANGE)]
        amount = state.slider(AMOUNTS[change]) / 100 if change in AMOUNTS else None
        st.caption(CHANGES[change].about)
    with right:
        kind = state.select(PATCH)
        side = state.slider(SIZE) if kind != _NO_PATCH else SIZE.default
        state.select(METHOD)
    patch = None if kind == _NO_PATCH else Patch(kind, side / 100, state[ACROSS] / 100, state[DOWN] / 100)
    return Trial(change, amount, patch)


def method_of(state: State) -> str:
    """The method chosen, as a key of ``METHODS``."""
    return next(key for key, one in METHODS.items() if one.title == state[METHOD])


def changed(film: Film, model: LoadedModel, trial: Trial) -> Film:
    """``film`` as ``model`` sees it after ``trial``. Raises ``UserError``."""
    side = model.input_size
    pixels: Tensor = perturbations.apply(film.inputs[side], trial.change, trial.amount, trial.patch)
    digest = hashlib.sha256(pixels.numpy().tobytes()).hexdigest()
    other = replace(film, name=trial.say(), sha256=digest, inputs={side: pixels}, predictions={})
    return replace(other, picture=film_store.network_view(other, side))


def show_comparison(film: Film, model: LoadedModel, trial: Trial, state: State) -> None:
    """The untouched film and the changed one, each with its map; the sentence that compares them; the table."""
    other = changed(film, model, trial)
    before, after = film_store.predict(film, model), film_store.predict(other, model)
    method = method_of(state)
    st.markdown(f"**{sentence(before, after)}**")
    small, left, right = st.columns([2, 3, 3])
    with small:
        st.markdown("**Untouched**")
        seen = film_store.network_view(film, model.input_size)
        st.image(overlay.light_box(seen), alt="The film as the network sees it", width="stretch")
        first = st.empty()
    with left:
        st.markdown("**Changed**")
        _film(other, trial, state)
    with right:
        st.markdown("**Its map**")
        second = st.empty()
    old, new = (_map(one, model, method, slot) for one, slot in ((film, first), (other, second)))
    if isinstance(old, Attribution) and isinstance(new, Attribution):
        _show_map(replace(film, picture=seen), old, first)
        _show_map(other, new, second)
        with right:
            st.html(overlay.colour_bar_html(new, _OPACITY))
            st.caption("Each map has its own scale; the table says how their strengths compare.")
        note(film, model, method, trial, perturbations.measure_effect(trial.change, (before, old), (after, new)))


def sentence(before: Prediction, after: Prediction) -> str:
    """What the change did, in words."""
    now, then = percent(after.p_pneumonia), percent(before.p_pneumonia)
    if after.label != before.label:
        return f"P(PNEUMONIA) goes from {then} to {now}: the network now says {after.label}, not {before.label}."
    return f"P(PNEUMONIA) goes from {then} to {now}: the network still says {after.label}."


def _film(other: Film, trial: Trial, state: State) -> None:
    """The changed film; where there is a patch, it can be moved on it, or by two sliders below."""
    if trial.patch is None:
        st.image(overlay.light_box(other.picture), alt=f"The changed film: {other.name}", width="stretch")
        return

    def put(column: int, row: int) -> None:
        state.put(ACROSS, column)
        state.put(DOWN, row)

    side = trial.patch.side
    place_box(
        other.picture, Box(101, 101, side, side, "percent"), (state[ACROSS], state[DOWN]), key="patch place",
        label=f"The changed film; move {trial.patch.kind} on it", on_place=put, fixed=state.teach,
    )  # fmt: skip
    state.slider(ACROSS)
    state.slider(DOWN)


def _map(film: Film, model: LoadedModel, method: str, slot: Any) -> Attribution | None:
    (found,) = film_store.saliency_maps(film, model, [method], PNEUMONIA, [slot])
    if isinstance(found, UserError):
        slot.info(str(found))
        return None
    return found


def _show_map(film: Film, one: Attribution, slot: Any) -> None:
    picture = overlay.overlay_map(film.picture, one, _OPACITY)
    slot.image(overlay.light_box(picture), alt=f"The map for {CLASSES[PNEUMONIA]} over {film.name}", width="stretch")


def note(film: Film, model: LoadedModel, method: str, trial: Trial, effect: Effect) -> None:
    """Keeps a row of the table for this session; the same trial again is the same row."""
    tried = _tried(film)
    key = (film.sha256, model.weights_sha256, method, trial.say())
    tried.pop(key, None)
    tried[key] = effect
    while len(tried) > MOST_ROWS:
        tried.pop(next(iter(tried)))


def _tried(film: Film) -> dict[tuple[str, ...], Effect]:
    """The rows of this session; those of the reader's own films go with the page."""
    rows: dict[tuple[str, ...], Effect] = st.session_state.setdefault(_TRIED_ON_OWN if film.own else _TRIED, {})
    return rows


def try_all(film: Film, model: LoadedModel, method: str) -> None:
    """Every change in its usual amount, into the table; those that this film does not allow are left out."""
    slot = st.empty()
    said, (old,) = film_store.predict(film, model), film_store.saliency_maps(film, model, [method], PNEUMONIA, [slot])
    for key in CHANGES:
        trial = Trial(key, None, None)
        try:
            other = changed(film, model, trial)
        except UserError:
            continue
        (new,) = film_store.saliency_maps(other, model, [method], PNEUMONIA, [slot])
        if isinstance(old, Attribution) and isinstance(new, Attribution):
            after = film_store.predict(other, model)
            note(film, model, method, trial, perturbations.measure_effect(key, (said, old), (after, new)))
    slot.empty()


def running_table(film: Film, model: LoadedModel, method: str) -> None:
    """What each change did to this film and network so far, and buttons to fill and to clear it."""
    st.header("What each change did", anchor=False)
    with st.container(horizontal=True):
        if st.button("Try every change", key="try all"):
            try_all(film, model, method)
        if st.button("Clear the table", key="clear"):
            _tried(film).clear()
    tried = _tried(film)
    own = {key[3]: effect for key, effect in tried.items() if key[:3] == (film.sha256, model.weights_sha256, method)}
    show_table(
        ("Change", "P", "Points", "Says", "Map alike", "Strength"),
        [_row(name, effect) for name, effect in own.items()],
        label="What each change did",
        strong=[place for place, effect in enumerate(own.values()) if effect.flipped],
    )
    st.caption(
        "P: P(PNEUMONIA). Points: percentage points beside the untouched film. Numbers in bold: the label changed. "
        "Map alike: rank correlation with the untouched film's map (1 is the same order of places), not given where "
        "the picture moved. Strength: the map's scale over the untouched map's."
    )


def _row(name: str, effect: Effect) -> Sequence[str | Bar]:
    like = "–" if effect.rank_correlation is None else f"{effect.rank_correlation:.2f}"
    points = Bar(f"{effect.points:+.0f}", effect.points / 100, signed=True)
    return name, percent(effect.p_pneumonia), points, effect.label, like, f"{effect.strength:.2f}"


def over_the_test_set(model: LoadedModel) -> str:
    """What hiding does over all test films, from the network's card; empty where the card does not say."""
    hidden = model.card["metrics"].get("test_auc_when_hidden")
    if not hidden:
        return ""
    test = model.card["metrics"]["test"]
    parts = "; ".join(f"{name}: {auc:.2f}" for name, auc in hidden.items())
    return (
        f"**One film is an anecdote.** Over the {test['films']} test films, this network's AUC is {test['auc']:.2f}. "
        f"With {parts}. 0.5 would be guessing, so whatever is above it with the lungs hidden was read elsewhere."
    )
