"""A map put to the test, on request: beside its controls, with the curves, the checks and what follows from them."""

from collections import OrderedDict
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from cnn.attribution import checks, deletion_insertion
from cnn.attribution.attribution import Attribution
from cnn.attribution.checks import EDGES, MAP, RANDOM, CheckedMap
from cnn.attribution.deletion_insertion import Curves, area_under
from cnn.attribution.methods import METHODS
from cnn.errors import UserError
from cnn.models.loading import LoadedModel
from ui.chest import overlay
from ui.chest.film_store import Film
from ui.shell import theme
from ui.shell.session_data import drop_with_page
from ui.widgets.tables import show_table

FILLINGS: dict[str, deletion_insertion.Fill] = {"the film's mean grey": "grey", "the film, blurred": "blur"}
MOST_KEPT = 8
_KEPT = drop_with_page("evidence.kept")


def show_checks(film: Film, model: LoadedModel, maps: Sequence[Attribution], opacity: float) -> None:
    """The switch, and below it all that was measured of one of ``maps``; nothing is computed while it is off."""
    if not maps or not st.toggle("Put the map to the test", key="test", bind="query-params"):
        return
    methods = [one.method for one in maps]
    with st.container(horizontal=True):
        method = methods[0]
        if len(methods) > 1:
            method = st.selectbox("Map tested", methods, format_func=_title, key="tested", bind="query-params")
        filling = st.selectbox("Hide squares behind", list(FILLINGS), key="filling", bind="query-params")
    slot = st.empty()
    try:
        found = _examined(film, model, maps[methods.index(method)], FILLINGS[filling], slot)
    except UserError as error:
        slot.info(str(error))
        return
    slot.markdown(f"**{found.verdict}**")
    _pictures(film, found, opacity)
    _checks(found)
    _curves(found.curves, found.attribution.class_name, filling)
    _likeness(found)


def _title(method: str) -> str:
    return METHODS[method].title


def _examined(
    film: Film, model: LoadedModel, one: Attribution, baseline: deletion_insertion.Fill, slot: Any
) -> CheckedMap:
    """Computed where this session does not have it yet; choosing something else stops it, as it stops a map."""
    kept: OrderedDict[tuple[Any, ...], CheckedMap] = st.session_state.setdefault(_KEPT, OrderedDict())
    key = (film.sha256, model.weights_sha256, one.method, one.target, baseline)
    if key not in kept:
        tell = partial(_show_progress, slot)
        kept[key] = checks.check_map(model, film.inputs[model.input_size], one, baseline, tell)
    kept.move_to_end(key)
    while len(kept) > MOST_KEPT:
        kept.popitem(last=False)
    return kept[key]


def _show_progress(slot: Any, done: int, total: int) -> None:
    slot.progress(done / total, f"Testing the map: {done} of {total} passes through the network")


def _pictures(film: Film, found: CheckedMap, opacity: float) -> None:
    """The map, its two controls, and where the lungs are."""
    one = found.attribution
    title = _title(one.method)
    edges = Attribution(np.sqrt(found.edges), "edges", "strength", one.target, one.class_name, 0)
    own = overlay.overlay_map(film.picture, one, opacity)
    told = "no lungs were found"
    if found.lungs is not None:
        own = overlay.draw_outline(own, found.lungs)
        told = "the green line runs around the lungs as our segmenter finds them"
    panels = (
        ("This map", own, f"{title} for {one.class_name}; {told}."),
        ("On random weights", overlay.overlay_map(film.picture, found.untrained, opacity),
         "The same method on the same network before it has learnt anything."),
        ("Edges, no network", overlay.overlay_map(film.picture, edges, opacity),
         "How fast the grey changes (Sobel; drawn as its square root). It knows no network and no disease."),
    )  # fmt: skip
    for column, (name, picture, words) in zip(st.columns(3), panels, strict=True):
        with column:
            st.markdown(f"**{name}**")
            st.image(overlay.light_box(picture), alt=f"{name}. {words}", width="stretch")
            st.caption(words)


def _checks(found: CheckedMap) -> None:
    st.markdown(
        f"Each check has a rule that was set before any film was looked at. All of them together took {found.passes} "
        "passes through the network. To pass is no proof; to fail is a reason not to believe."
    )
    rows = [(check.name, "passed" if check.passed else "FAILED", check.measured, check.rule) for check in found.checks]
    show_table(("Check", "Result", "Measured", "Passes if"), rows, label="Checks of the map")


def _curves(found: Curves, name: str, filling: str) -> None:
    """Deletion and insertion side by side, or below each other on a phone, and their areas as a table."""
    st.markdown(
        f"The film is hidden, or uncovered, in {deletion_insertion.GRID} x {deletion_insertion.GRID} squares, the "
        f"strongest of the map first; "
        f"hidden squares show {filling}. Fill them with something else and the curves change, so they rank maps only "
        "under one filling: a film with holes is unlike any that the network has learnt from."
    )
    deletion, insertion = st.columns(2)
    with deletion:
        _curve("Deletion", found.share, found.deletion, found.random_deletion, name, "hidden", "falls sooner")
    with insertion:
        _curve("Insertion", found.share, found.insertion, found.random_insertion, name, "uncovered", "rises sooner")
    removed, shown = (
        _spread(area_under(found.share, random)) for random in (found.random_deletion, found.random_insertion)
    )
    rows = [
        ("this map first", *_areas(found, MAP)),
        ("edges first", *_areas(found, EDGES)),
        (f"{len(found.random_deletion)} random orders", removed, shown),
    ]
    show_table(("Order", "Area, deletion (less is better)", "Area, insertion (more is better)"), rows,
          label="Area under the curves")  # fmt: skip


def _curve(
    title: str, share: np.ndarray, own: dict[str, np.ndarray], random: np.ndarray, name: str, what: str, wanted: str
) -> None:
    """One figure; the random orders are a band from the lowest to the highest."""
    colours = theme.palette()
    band = {"x": share, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    figure = go.Figure()
    figure.add_scatter(y=random.min(axis=0), showlegend=False, **band)
    figure.add_scatter(
        y=random.max(axis=0), fill="tonexty", fillcolor=colours.padding_fill, name="random orders", **band
    )
    for label, values, colour, dash in (
        ("their mean", random.mean(axis=0), colours.padding, "dot"),
        ("edges first", own[EDGES], colours.kernel, "dash"),
        ("this map first", own[MAP], colours.output, "solid"),
    ):
        figure.add_scatter(
            x=share, y=values, name=label, mode="lines", line={"color": colour, "dash": dash, "width": 3}
        )
    figure.update_xaxes(title=f"share of the film {what}", tickformat=".0%")
    figure.update_yaxes(title=f"P({name})", range=[-0.03, 1.03])
    figure.update_layout(height=400)
    theme.show_figure(
        figure, key=title, heading=title,
        description=f"{title}: with a good map, the curve {wanted} than with random orders.",
    )  # fmt: skip


def _areas(found: Curves, name: str) -> tuple[str, str]:
    return (
        f"{area_under(found.share, found.deletion[name]):.3f}",
        f"{area_under(found.share, found.insertion[name]):.3f}",
    )


def _spread(areas: np.ndarray) -> str:
    return f"{areas.min():.3f} to {areas.max():.3f}"


def _likeness(found: CheckedMap) -> None:
    """How like each other map this one is."""
    st.markdown(
        "How like this map are others? Of the absolute values in the same squares: rank correlation (1 is the same "
        "order of squares, 0 is none) and structural similarity, SSIM (1 is the same picture)."
    )
    names = {RANDOM: f"{_title(found.attribution.method)} on random weights", EDGES: "Edges, no network"}
    rows = [
        (names.get(other) or _title(other), f"{one.rank:.2f}", f"{one.ssim:.2f}")
        for other, one in found.similarities.items()
    ]
    show_table(("Compared with", "Rank correlation", "SSIM"), rows, label="Likeness to other maps")
