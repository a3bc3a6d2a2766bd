"""The shortcut lab: the film in the reader's hand, the other networks at rest, and the table of all changes."""

import hashlib
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

import numpy as np
import streamlit as st
from cachetools import FIFOCache
from streamlit.delta_generator import DeltaGenerator

from cnn import cards
from cnn.attribution import perturbations
from cnn.attribution.attribution import Attribution
from cnn.attribution.methods import METHODS
from cnn.attribution.perturbations import CHANGES, Effect
from cnn.cards import CLASSES
from cnn.errors import UserError
from cnn.evaluation import metrics, scores
from cnn.evaluation.scores import HIDDEN_REGIONS
from cnn.evaluation.views import compare_views, count_found, describe_views
from cnn.imaging.preprocess import resample, standardise
from cnn.models import loading
from cnn.models.film_inputs import FilmInputs
from cnn.models.loading import LoadedModel
from cnn.predict.prediction import PNEUMONIA, Prediction, classify, percent
from ui.chest import film_store, lecture_cnn
from ui.chest.film_store import Film
from ui.chest.lecture_cnn import AtRest
from ui.shell import glossary_popover
from ui.shell.fields import Choice, Field
from ui.shell.page_state import State
from ui.shell.session_data import drop_with_page
from ui.shell.text import sentence_of
from ui.widgets.tables import Bar, show_table

_METHODS = {method.title: key for key, method in METHODS.items()}
STARTS: dict[str, dict[str, Any]] = {
    "Nothing": {},
    "Grey out the lungs' box": {"box": True},
    "Black out the lungs": {"black": True},
    "Keep only the lungs": {"only": True},
    "Keep only the frame": {"frame": 12},
    "Letter R": {"stamp": [30, 30]},
    "Turn 15°": {"turn": 15},
    "Crop": {"crop": 10},
    "Grey window": {"width": 50},
    "Invert": {"invert": True},
    "Mirror": {"mirror": True},
    "Blur": {"blur": 4},
}
"""Examples: settings of the lab's controls by the names in ``lab.js``."""
CHIPS = [title for title in STARTS if title not in ("Nothing", "Crop", "Invert", "Mirror")]
"""Those that are offered on top, as many as fit a row; the others have one control below the film."""
CHANGE = Choice("change", "Change the film", "Nothing", options=tuple(STARTS))
METHOD = Choice("map", "Map for PNEUMONIA", METHODS["grad_cam"].title, options=tuple(_METHODS))
FIELDS: tuple[Field[Any], ...] = (CHANGE, METHOD)
_REGION_WORDS = dict(
    zip(
        HIDDEN_REGIONS,
        (
            "with the lungs' bounding box filled grey",
            "with the lung segmentation blacked out",
            "with only the lungs visible",
        ),
        strict=True,
    )
)
_REGION_OF = dict(zip(("box", "black", "only"), HIDDEN_REGIONS, strict=True))
"""Regions by the names of the settings in ``lab.js`` that hide them."""
MAX_EFFECTS = 60
_EFFECTS, _UPLOAD_EFFECTS = "shortcut_lab.effects", drop_with_page("shortcut_lab.effects of uploads")
_RESTING = drop_with_page("shortcut_lab.resting")


@dataclass(frozen=True)
class Explained:
    """A film with its prediction and its map."""

    film: Film
    prediction: Prediction
    attribution: Attribution


def show_lab(film: Film, model: LoadedModel, state: State) -> None:
    """Show the film in the reader's hand with the Lecture CNN's answer, and that of ``model`` at rest."""

    def rested(changed: str, name: str) -> None:
        st.session_state[_RESTING] = film.sha256, changed, name

    lecture = loading.load("lecture")
    at_rest = None if model.name == lecture.name else _ask_at_rest(film, model)
    lecture_cnn.show_lab(film, lecture, STARTS[state[CHANGE]], _notes(lecture, model.name), at_rest, rested)


@st.cache_data(show_spinner=False, hash_funcs={LoadedModel: attrgetter("weights_sha256")})
def _notes(lecture: LoadedModel, other: str) -> dict[str, str]:
    """Return what an answer can show where lungs or all but lungs are hidden, by the setting that hides them."""
    share = _share_hidden(lecture)
    trained = (
        f"In training, {share} films had such a grey box, with target 0.5: an answer near 50 % shows this training, "
        "not what the network uses in a complete film."
    )
    notes = {"frame": f"{trained} The frame is such a box, cut larger; it was not tried on the test films."}
    for setting, region in _REGION_OF.items():
        ranges = [each for name in dict.fromkeys((lecture.name, other)) if (each := _range_when_hidden(name, region))]
        tried = f"All test films, changed in this way: {'; '.join(ranges)}." if ranges else ""
        notes[setting] = f"{trained} {tried}" if setting == "box" else tried
    return {setting: note for setting, note in notes.items() if note}


def _share_hidden(model: LoadedModel) -> str:
    """Return how many training films had their lungs under a grey box."""
    recipe = model.card.get("recipe", "")
    return "some" if isinstance(recipe, str) else f"{100 * recipe['lungs_hidden']:.0f} % of the"


def _range_when_hidden(name: str, region: str) -> str:
    """Return the range of P over the test films of network ``name`` with ``region`` hidden, and its AUC."""
    films = _test_films(name)
    if films is None:
        return ""
    hidden = films.with_region_hidden(region)
    low, high = (percent(share) for share in (hidden.probabilities.min(), hidden.probabilities.max()))
    areas = [metrics.auc(each.logits, each.labels, np.ones((1, len(each.labels))))[0] for each in (hidden, films)]
    return f"{cards.network_title(name)} P {low} to {high}, AUC {areas[0]:.2f} (unchanged {areas[1]:.2f})"


def _test_films(name: str) -> scores.Scores | None:
    try:
        return scores.read(cards.WEIGHTS_FOLDER, name, ["test"])["test"]
    except UserError:
        return None


def _ask_at_rest(film: Film, model: LoadedModel) -> AtRest:
    """Return the answer of ``model`` to the film as the reader's hand has left it."""
    before = film_store.predict(film, model)
    sha256, changed, name = st.session_state.get(_RESTING, ("", "", ""))
    if sha256 != film.sha256 or not changed:
        return AtRest(name if sha256 == film.sha256 else "", before, before)
    try:
        pixels = lecture_cnn.decode_film(changed)
    except ValueError:  # not sent by the lab
        return AtRest("", before, before)
    return AtRest(name, classify(model, pixels)[0], before)


def chosen_method(state: State) -> str:
    """Return the key of the chosen method."""
    return _METHODS[state[METHOD]]


def _change_film(film: Film, model: LoadedModel, change: str) -> Film:
    """Return ``film`` as the lab gives it to ``model`` after ``change``; raises ``UserError`` if it has no lungs."""
    changed = perturbations.apply(film.inputs.by_size[lecture_cnn.SIDE], change)
    pixels = standardise(resample(changed, model.input_size))
    digest = hashlib.sha256(pixels.numpy().tobytes()).hexdigest()
    return replace(film, sha256=digest, inputs=FilmInputs({model.input_size: pixels}))


def _explain(film: Film, model: LoadedModel, method: str, slot: DeltaGenerator) -> Explained | None:
    """Compute prediction and map of ``film``; if there is no map, say why in ``slot``."""
    (attribution,) = film_store.saliency_maps(film, model, [method], PNEUMONIA, [slot])
    if isinstance(attribution, UserError):
        slot.info(sentence_of(attribution))
        return None
    return Explained(film, film_store.predict(film, model), attribution)


def _note_effect(before: Explained, after: Explained, model: LoadedModel, change: str) -> None:
    """Add a row to the table; the same change replaces its row."""
    effects = _session_effects(before.film)
    key = (before.film.sha256, model.weights_sha256, before.attribution.method, CHANGES[change].title)
    effects.pop(key, None)
    effects[key] = perturbations.measure_effect(
        change, (before.prediction, before.attribution), (after.prediction, after.attribution)
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
        try:
            changed = _change_film(film, model, change)
        except UserError:
            continue
        after = _explain(changed, model, method, slot)
        if before and after:
            _note_effect(before, after, model, change)
    slot.empty()


def show_effects(film: Film, model: LoadedModel, state: State) -> None:
    """Show buttons to try every change on this film with ``model``, and the table of what each did."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        state.select(METHOD)
        method = chosen_method(state)
        if st.button("Try every change", key="try all"):
            try_all(film, model, method)
        if st.button("Clear the table", key="clear"):
            _session_effects(film).clear()
    context = (film.sha256, model.weights_sha256, method)
    effects = {title: effect for (*others, title), effect in _session_effects(film).items() if (*others,) == context}
    if not effects:
        return
    show_table(
        ("Change", "P(PNEUMONIA)", "Points", "Prediction", "Map correlation", "Map strength"),
        [_table_row(title, effect) for title, effect in effects.items()],
        label="What each change did",
        strong=[index for index, effect in enumerate(effects.values()) if effect.flipped],
    )
    st.caption(
        "Points: percentage points beside the unchanged film. Bold: the prediction changed. Map correlation: rank "
        "correlation with the unchanged film's map (1 is the same order of places); not given where the picture moved. "
        "Map strength: the value at the end of the colour scale, divided by the unchanged map's."
    )


def _table_row(title: str, effect: Effect) -> Sequence[str | Bar]:
    correlation = "–" if effect.rank_correlation is None else f"{effect.rank_correlation:.2f}"
    rounded = round(effect.points)
    points = Bar(f"{rounded:+d}".replace("-", "−") if rounded else "0", effect.points / 100, signed=True)
    return title, percent(effect.p_pneumonia), points, effect.label, correlation, f"{effect.strength:.2f}"


def describe_test_set(model: LoadedModel) -> str:
    """Return what hiding does over all test films, from the network's card; empty if the card has no such figures."""
    hidden = model.card["metrics"].get("test_auc_when_hidden")
    if not hidden:
        return ""
    test = model.card["metrics"]["test"]
    figures = "; ".join(f"{_REGION_WORDS.get(name, name)}: {auc:.2f}" for name, auc in hidden.items())
    title = cards.network_title(model.name)
    return (
        f"**One film proves nothing.** Over the {test['films']} test films, the AUC of {title} is {test['auc']:.2f}; "
        f"{figures}. 0.5 is chance. In training, {_share_hidden(model)} films had their lungs under such a box, with a "
        "target probability of 0.5. So the AUC with the grey box shows how far it has learned to give 0.5 there; it "
        "does not show what it uses in a complete film. Size and position of the box still carry information: they "
        f"depend on inspiration, age and disease. {_count_positive_without_lungs(model.name)}"
    )


@st.cache_data(show_spinner=False)
def describe_view(network: str) -> str:
    """Return what the view, PA or AP, does to the network's answers on adults; empty if nothing was measured."""
    try:
        films = scores.read(cards.WEIGHTS_FOLDER, network, ["adults_left_out"])["adults_left_out"]
    except UserError:
        return ""
    views = compare_views(films)
    found = f"{cards.network_title(network)} {count_found(views)}"
    return f"**The view, a shortcut of the training films.** {found}. {describe_views(views)}"


def _count_positive_without_lungs(network: str) -> str:
    """Return P over the test films with the lungs behind a grey box, and how many are predicted PNEUMONIA."""
    complete = _test_films(network)
    if complete is None:
        return ""
    films = complete.with_region_hidden(HIDDEN_REGIONS[0])
    positive = int((films.probabilities >= films.thresholds).sum())
    low, high = films.probabilities.min(), films.probabilities.max()
    return (
        f"Behind that box P lies between {percent(low)} and {percent(high)}, and {positive} of {len(films.labels)} "
        f"films are predicted {CLASSES[PNEUMONIA]} at the threshold of {percent(films.thresholds.mean())}."
    )


def explain() -> None:
    """Say how the answer follows the hand, and what the map is."""
    glossary_popover.write(
        "**The Lecture CNN runs in your browser**: the lecture's chain in plain JavaScript, with the trained weights. "
        "Its logits are PyTorch's to five decimals, so the prediction follows your hand without asking the server. The "
        "film is used at 224 × 224 pixels; the network gets it resized to 128 × 128.\n\n"
        "**The map is exact.** The fully connected layer multiplies each of the last 128 × 4 × 4 numbers with a weight "
        "and adds the products. Here the products of each of the 4 × 4 cells are added up: together with the bias, the "
        "sixteen numbers are the difference of the two logits.\n\n"
        "**The other network** is larger and runs on the server, once your hand rests; the changed film is sent there, "
        "stays in memory, and is dropped with the page.\n\n"
        "**The corruptions** are those of MedMNIST-C (Di Salvo, Doerrich and Ledig, 2024) for PneumoniaMNIST with its "
        "five severities, computed here at 224 × 224."
    )
