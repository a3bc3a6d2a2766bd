"""A saliency map checked on request: its controls, the curves, the checks and their conclusion."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnn.attribution import checks, deletion_insertion
from cnn.attribution.attribution import Attribution
from cnn.attribution.checks import EDGES, MAP, RANDOM, CheckedMap
from cnn.attribution.deletion_insertion import Curves, Fill, area_under
from cnn.attribution.methods import METHODS
from cnn.errors import UserError
from cnn.models.loading import LoadedModel
from cnn.text import two_decimals
from ui.chest import overlay
from ui.chest.film_store import Film, results_of
from ui.shell import address, stage, theme
from ui.shell.fields import Choice, Flag
from ui.shell.text import sentence_of
from ui.widgets.film_viewer import Outline, show_viewer
from ui.widgets.tables import show_table

FILLS: dict[str, Fill] = {"the film's mean grey": "grey", "the film, blurred": "blur"}
TAB, TABS = "Check the map", "reading"
"""The tab in which a map is checked, and the key of the page's tabs."""
TESTED = Flag("test", TAB, False)
"""Whether that tab is open, for the address."""
FILLING = Choice("filling", "Hide squares behind", next(iter(FILLS)), options=tuple(FILLS))


def follow_link() -> None:
    """Open the tab that the address names, where the reader arrives; to be called before the tabs are made."""
    arrives = TESTED.name not in address.fields()
    address.key(TESTED)
    if arrives:
        st.session_state[TABS] = TAB if st.session_state[TESTED.name] else stage.WHY


def show_checks(film: Film, model: LoadedModel, maps: Sequence[Attribution], *, opened: bool) -> None:
    """Show the checks of one of ``maps`` where the reader has opened their tab; until then nothing is computed."""
    st.session_state[TESTED.name] = opened
    address.write()
    if not opened:
        return
    if not maps:
        st.markdown("There is no map to check: choose a saliency method.")
        return
    methods = [attribution.method for attribution in maps]
    with st.container(horizontal=True):
        method = methods[0]
        if len(methods) > 1:
            field = Choice("tested", "Map tested", methods[0], options=tuple(methods), title=_title)
            method = st.selectbox(field.label, methods, format_func=_title, key=address.key(field))
        fill = st.selectbox(FILLING.label, FILLING.options, key=address.key(FILLING))
    slot = st.empty()
    try:
        checked = _check(film, model, maps[methods.index(method)], FILLS[fill], slot)
    except UserError as error:
        slot.info(sentence_of(error))
        return
    slot.markdown(f"**{checked.verdict}**")
    _show_controls(film, checked)
    _show_results(checked)
    _show_curves(checked.curves, checked.attribution.class_name, fill)
    _show_similarities(checked)


def _title(method: str) -> str:
    return METHODS[method].title


def _check(film: Film, model: LoadedModel, attribution: Attribution, fill: Fill, slot: DeltaGenerator) -> CheckedMap:
    """Check a map once, a built-in film's for all; another choice of the reader stops it, as it stops a map."""
    key = (film.sha256, model.weights_sha256, attribution.method, attribution.target, fill)
    progress = partial(_show_progress, slot)
    return results_of(film).checked.get_or_compute(
        key,
        lambda: checks.check_map(model, film.inputs.for_model(model), attribution, fill, progress),
        lambda: _show_other_reader(slot),
    )


def _show_other_reader(slot: DeltaGenerator) -> None:
    slot.progress(0.0, "Another reader's test of the same map is being computed.")


def _show_progress(slot: DeltaGenerator, done: int, total: int) -> None:
    slot.progress(done / total, f"Testing the map: {done} of {total} passes through the network")


def _show_controls(film: Film, checked: CheckedMap) -> None:
    """Show the map with the outline of the lungs, the map of random weights, and the edges of the film."""
    attribution = checked.attribution
    edges = Attribution(np.sqrt(checked.edges), "edges", "strength", attribution.target, attribution.class_name, 0)
    maps = [
        overlay.view_map(attribution, "This map"),
        overlay.view_map(checked.untrained, "On random weights"),
        overlay.view_map(edges, "Edges, no network", "How fast the grey changes."),
    ]
    outlines = [] if checked.lungs is None else [Outline.of_mask("lungs", theme.FILM_TRUTH, checked.lungs)]
    show_viewer(film, maps, outlines, key="checked viewer")
    lungs = "No lungs were found." if checked.lungs is None else "The outline is the lungs as the segmenter finds them."
    st.caption(
        f"This map: {_title(attribution.method)} for {attribution.class_name}. {lungs} On random weights: the same "
        "method on the same network with all its weights random. Edges: how fast the grey changes (Sobel; drawn as "
        "its square root), without any network."
    )


def _show_results(checked: CheckedMap) -> None:
    st.markdown(
        f"Each check has one rule for every film and method. All of them together took {checked.passes} passes through "
        "the network. To pass is no proof; to fail is a reason not to believe. The other methods share gradients, so "
        "their agreement is no independent evidence. Whether the map changes with the weights is judged as on the page "
        f"Method bench: there on more films, here on this one and {len(checked.to_others)} others, so the results can "
        "differ."
    )
    rows = [(check.name, check.result, check.measured, check.rule) for check in checked.checks]
    show_table(("Check", "Result", "Measured", "Passes if"), rows, label="Checks of the map", words=True)


def _show_curves(curves: Curves, class_name: str, fill: str) -> None:
    """Show deletion and insertion side by side, and their areas as a table."""
    grid = f"{deletion_insertion.GRID} × {deletion_insertion.GRID}"
    st.markdown(
        f"The film is divided into {grid} squares, which are hidden, or uncovered, one after the other, the strongest "
        f"of the map first; hidden squares show {fill}. Another filling gives other curves, so they rank maps only "
        "under one filling. A film with holes, or one that is hidden altogether, is unlike any that the network has "
        "learned from: its probability there means nothing by itself."
    )
    deletion, insertion = st.columns(2)
    with deletion:
        figure = _draw_curve(curves.share, curves.deletion, curves.random_deletion)
        _show_curve(figure, "Deletion", f"P({class_name})", "share of the film hidden", "falls sooner")
    with insertion:
        figure = _draw_curve(curves.share, curves.insertion, curves.random_insertion)
        _show_curve(figure, "Insertion", f"P({class_name})", "share of the film uncovered", "rises sooner")
    head = ("Order", "Area, deletion (less is better)", "Area, insertion (more is better)")
    rows = [
        (label, *(f"{area_under(curves.share, kind[order]):.3f}" for kind in (curves.deletion, curves.insertion)))
        for label, order in (("this map first", MAP), ("edges first", EDGES))
    ]
    spreads = (_spread(area_under(curves.share, kind)) for kind in (curves.random_deletion, curves.random_insertion))
    rows.append((f"{len(curves.random_deletion)} random orders", *spreads))
    show_table(head, rows, label="Area under the curves")


def _draw_curve(share: np.ndarray, by_order: dict[str, np.ndarray], random: np.ndarray) -> go.Figure:
    """Draw a line for each order, and the random orders as a band from the lowest to the highest."""
    colours = theme.palette()
    band = {"x": share, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    figure = go.Figure()
    figure.add_scatter(y=random.min(axis=0), showlegend=False, **band)
    figure.add_scatter(
        y=random.max(axis=0), fill="tonexty", fillcolor=colours.padding_fill, name="random orders", **band
    )
    for label, values, colour, dash in (
        ("mean of the random orders", random.mean(axis=0), colours.padding, "dot"),
        ("edges first", by_order[EDGES], colours.kernel, "dash"),
        ("this map first", by_order[MAP], colours.output, "solid"),
    ):
        line = {"color": colour, "dash": dash, "width": 3}
        figure.add_scatter(x=share, y=values, name=label, mode="lines", line=line)
    return figure


def _show_curve(figure: go.Figure, title: str, y_title: str, x_title: str, good: str) -> None:
    figure.update_xaxes(title=x_title, tickformat=".0%")
    figure.update_yaxes(title=y_title, range=[-0.03, 1.03])
    figure.update_layout(height=400)
    description = f"{title}: with a good map, the curve {good} than with random orders."
    theme.show_figure(figure, key=title, heading=title, description=description)


def _spread(areas: np.ndarray) -> str:
    return f"{areas.min():.3f} to {areas.max():.3f}"


def _show_similarities(checked: CheckedMap) -> None:
    st.markdown(
        "How like this map are others? Of the absolute values in the same squares (the checks above compare pixels): "
        "rank correlation (1 is the same order of squares, 0 is none) and structural similarity, SSIM (1 is the same "
        "picture)."
    )
    controls = {RANDOM: f"{_title(checked.attribution.method)} on random weights", EDGES: "Edges, no network"}
    rows = [
        (controls.get(name) or _title(name), two_decimals(similarity.rank), two_decimals(similarity.ssim))
        for name, similarity in checked.similarities.items()
    ]
    show_table(("Compared with", "Rank correlation", "SSIM"), rows, label="Likeness to other maps")
