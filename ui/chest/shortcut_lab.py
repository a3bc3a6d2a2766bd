"""The shortcut lab: what to change, the film before and after, and the table of all changes that were tried."""

import hashlib
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st
from cachetools import FIFOCache
from streamlit.delta_generator import DeltaGenerator

from cnn.attribution import perturbations
from cnn.attribution.attribution import Attribution
from cnn.attribution.methods import METHODS
from cnn.attribution.perturbations import CHANGES, PATCHES, Effect, Patch
from cnn.cards import CLASSES
from cnn.errors import UserError
from cnn.models.film_inputs import FilmInputs
from cnn.models.loading import LoadedModel
from cnn.predict.prediction import PNEUMONIA, Prediction, percent
from ui.chest import film_store, overlay
from ui.chest.film_store import Film
from ui.shell.fields import Choice, Field, Whole
from ui.shell.page_state import State
from ui.shell.session_data import drop_with_page
from ui.shell.text import sentence_of
from ui.widgets.cell_picker import Box, place_box
from ui.widgets.tables import Bar, show_table

_CHANGES = {change.title: key for key, change in CHANGES.items()}
_METHODS = {method.title: key for key, method in METHODS.items()}
_NO_PATCH = "none"
CHANGE = Choice("change", "Change the film", "Grey out the lungs' box", options=tuple(_CHANGES))
AMOUNTS = {
    key: Whole(key, f"{change.amount.label}, in percent of the side", change.amount.percent, low=1, high=30)
    for key, change in CHANGES.items()
    if change.amount
}
PATCH = Choice("patch", "Lay on it", _NO_PATCH, options=(_NO_PATCH, *PATCHES))
SIZE = Whole("size", "Side of the patch in percent", 10, low=3, high=40)
ACROSS = Whole("x", "Patch, percent across", 90, low=0, high=100)
DOWN = Whole("y", "Patch, percent down", 5, low=0, high=100)
METHOD = Choice("map", "Map for PNEUMONIA", METHODS["grad_cam"].title, options=tuple(_METHODS))
FIELDS: tuple[Field[Any], ...] = (CHANGE, *AMOUNTS.values(), PATCH, SIZE, ACROSS, DOWN, METHOD)
MAX_EFFECTS = 60
_EFFECTS, _UPLOAD_EFFECTS = "shortcut_lab.effects", drop_with_page("shortcut_lab.effects of uploads")


@dataclass(frozen=True)
class Trial:
    """A change of the film and a patch on it.

    Attributes:
        change: Key of CHANGES.
        amount: How much of the change, as a share of the side; None for its default.
        patch: None for no patch.
    """

    change: str
    amount: float | None = None
    patch: Patch | None = None

    @property
    def title(self) -> str:
        """The name of its row in the table."""
        change = CHANGES[self.change]
        title = change.title
        if change.amount:
            title += f", {change.amount.percent if self.amount is None else round(100 * self.amount)} %"
        if self.patch is None:
            return title
        side, x, y = (round(100 * share) for share in (self.patch.side, self.patch.x, self.patch.y))
        patch = f"{self.patch.kind}, {side} % at {x}, {y}"
        return patch[0].upper() + patch[1:] if self.change == "nothing" else f"{title} + {patch}"


@dataclass(frozen=True)
class Explained:
    """A film with its prediction and its map."""

    film: Film
    prediction: Prediction
    attribution: Attribution


def choose_trial(state: State) -> Trial:
    """Show the widgets for the change and the patch; the patch's position is chosen below the film."""
    left, right = st.columns(2)
    with left:
        change = _CHANGES[state.select(CHANGE)]
        amount = state.slider(AMOUNTS[change]) / 100 if change in AMOUNTS else None
        st.caption(CHANGES[change].about)
    with right:
        kind = state.select(PATCH)
        side = state.slider(SIZE) if kind != _NO_PATCH else SIZE.default
        state.select(METHOD)
    patch = None if kind == _NO_PATCH else Patch(kind, side / 100, state[ACROSS] / 100, state[DOWN] / 100)
    return Trial(change, amount, patch)


def chosen_method(state: State) -> str:
    """Return the key of the chosen method."""
    return _METHODS[state[METHOD]]


def apply_trial(film: Film, model: LoadedModel, trial: Trial) -> Film:
    """Return ``film`` as ``model`` sees it after ``trial``; raises ``UserError`` if the film does not allow it."""
    pixels = perturbations.apply(film.inputs.for_model(model), trial.change, trial.amount, trial.patch)
    digest = hashlib.sha256(pixels.numpy().tobytes()).hexdigest()
    changed = replace(film, name=trial.title, sha256=digest, inputs=FilmInputs({model.input_size: pixels}))
    return replace(changed, picture=film_store.network_view(changed, model))


def show_comparison(film: Film, model: LoadedModel, trial: Trial, state: State) -> None:
    """Show the untouched and the changed film with their maps, and note the effect in the table."""
    changed = apply_trial(film, model, trial)
    untouched = replace(film, picture=film_store.network_view(film, model))
    before, after = film_store.predict(film, model), film_store.predict(changed, model)
    st.markdown(f"**{compare_predictions(before, after)}**")
    left, middle, right = st.columns([2, 3, 3])
    with left:
        st.markdown("**Untouched**")
        st.image(overlay.light_box(untouched.picture), alt="The film as the network sees it", width="stretch")
        untouched_slot = st.empty()
    with middle:
        st.markdown("**Changed**")
        _show_changed_film(changed, trial, state)
    with right:
        st.markdown("**Its map**")
        changed_slot = st.empty()
    method = chosen_method(state)
    first = _explain(untouched, model, method, untouched_slot)
    second = _explain(changed, model, method, changed_slot)
    if first and second:
        _show_map(first, untouched_slot)
        _show_map(second, changed_slot)
        with right:
            st.html(overlay.colour_bar_html(second.attribution, overlay.OPACITY))
            st.caption("Each map has its own scale; the table says how their strengths compare.")
        _note_effect(first, second, model, trial)


def compare_predictions(before: Prediction, after: Prediction) -> str:
    """Return what the change did, in words."""
    now, then = percent(after.p_pneumonia), percent(before.p_pneumonia)
    if after.label != before.label:
        return f"P(PNEUMONIA) goes from {then} to {now}: the network now says {after.label}, not {before.label}."
    return f"P(PNEUMONIA) goes from {then} to {now}: the network still says {after.label}."


def _show_changed_film(changed: Film, trial: Trial, state: State) -> None:
    """Show the changed film; a patch can be moved on it, or by two sliders below."""
    if trial.patch is None:
        st.image(overlay.light_box(changed.picture), alt=f"The changed film: {changed.name}", width="stretch")
        return

    def move_patch(column: int, row: int) -> None:
        state.put(ACROSS, column)
        state.put(DOWN, row)

    place_box(
        changed.picture,
        Box(101, 101, trial.patch.side, trial.patch.side, "percent"),
        (state[ACROSS], state[DOWN]),
        key="patch place",
        label=f"The changed film; move {trial.patch.kind} on it",
        on_place=move_patch,
        fixed=state.teach,
    )
    state.slider(ACROSS)
    state.slider(DOWN)


def _explain(film: Film, model: LoadedModel, method: str, slot: DeltaGenerator) -> Explained | None:
    """Compute prediction and map of ``film``; if there is no map, say why in ``slot``."""
    (attribution,) = film_store.saliency_maps(film, model, [method], PNEUMONIA, [slot])
    if isinstance(attribution, UserError):
        slot.info(sentence_of(attribution))
        return None
    return Explained(film, film_store.predict(film, model), attribution)


def _show_map(explained: Explained, slot: DeltaGenerator) -> None:
    image = overlay.overlay_map(explained.film.picture, explained.attribution, overlay.OPACITY)
    alt = f"The map for {CLASSES[PNEUMONIA]} over {explained.film.name}"
    slot.image(overlay.light_box(image), alt=alt, width="stretch")


def _note_effect(before: Explained, after: Explained, model: LoadedModel, trial: Trial) -> None:
    """Add a row to the table; the same trial replaces its row."""
    effects = _session_effects(before.film)
    key = (before.film.sha256, model.weights_sha256, before.attribution.method, trial.title)
    effects.pop(key, None)
    effects[key] = perturbations.measure_effect(
        trial.change, (before.prediction, before.attribution), (after.prediction, after.attribution)
    )


def _session_effects(film: Film) -> MutableMapping[tuple[str, ...], Effect]:
    """Return the effects noted in this session; those of the reader's own films are dropped with the page."""
    key = _UPLOAD_EFFECTS if film.uploaded else _EFFECTS
    effects: FIFOCache[tuple[str, ...], Effect] = st.session_state.setdefault(key, FIFOCache(MAX_EFFECTS))
    return effects


def try_all(film: Film, model: LoadedModel, method: str) -> None:
    """Note the effect of every change in its default amount; those that the film does not allow are left out."""
    slot = st.empty()
    before = _explain(film, model, method, slot)
    for change in CHANGES if before else ():
        trial = Trial(change)
        try:
            changed = apply_trial(film, model, trial)
        except UserError:
            continue
        after = _explain(changed, model, method, slot)
        if before and after:
            _note_effect(before, after, model, trial)
    slot.empty()


def show_effects(film: Film, model: LoadedModel, method: str) -> None:
    """Show the effects of all changes tried on this film and network, and buttons to fill and clear the table."""
    st.header("What each change did", anchor=False)
    with st.container(horizontal=True):
        if st.button("Try every change", key="try all"):
            try_all(film, model, method)
        if st.button("Clear the table", key="clear"):
            _session_effects(film).clear()
    context = (film.sha256, model.weights_sha256, method)
    effects = {title: effect for (*others, title), effect in _session_effects(film).items() if (*others,) == context}
    show_table(
        ("Change", "P", "Points", "Says", "Map alike", "Strength"),
        [_table_row(title, effect) for title, effect in effects.items()],
        label="What each change did",
        strong=[index for index, effect in enumerate(effects.values()) if effect.flipped],
    )
    st.caption(
        "P: P(PNEUMONIA). Points: percentage points beside the untouched film. Numbers in bold: the label changed. "
        "Map alike: rank correlation with the untouched film's map (1 is the same order of places), not given where "
        "the picture moved. Strength: the map's scale over the untouched map's."
    )


def _table_row(title: str, effect: Effect) -> Sequence[str | Bar]:
    correlation = "–" if effect.rank_correlation is None else f"{effect.rank_correlation:.2f}"
    points = Bar(f"{effect.points:+.0f}", effect.points / 100, signed=True)
    return title, percent(effect.p_pneumonia), points, effect.label, correlation, f"{effect.strength:.2f}"


def describe_test_set(model: LoadedModel) -> str:
    """Return what hiding does over all test films, from the network's card; empty if the card has no such figures."""
    hidden = model.card["metrics"].get("test_auc_when_hidden")
    if not hidden:
        return ""
    test = model.card["metrics"]["test"]
    figures = "; ".join(f"{name}: {auc:.2f}" for name, auc in hidden.items())
    return (
        f"**One film is an anecdote.** Over the {test['films']} test films, this network's AUC is {test['auc']:.2f}. "
        f"With {figures}. 0.5 would be guessing, so whatever is above it with the lungs hidden was read elsewhere."
    )
