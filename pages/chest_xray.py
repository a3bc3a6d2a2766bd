"""Choose or upload a radiograph; see probabilities, saliency maps, and how far to believe them."""

import streamlit as st

from cnn.handson.settings import OWN_NETWORK
from ui.chest import film_store, map_checks, own_network, prediction_scale, sections, views
from ui.shell import frame, stage
from ui.shell.page_state import State
from ui.widgets import upload

frame.header(
    "Read a chest X-ray",
    "A network classifies a film as NORMAL or PNEUMONIA; saliency maps show what moved its answer. Not for diagnosis.",
)
state = State.open("chest_xray", sections.MAPS, sections.EXPLAINED)
view = stage.open_view(state, {name: {upload.FILM: title} for name, title in sections.EXAMPLES.items()})
with view.panel:
    choice, name = sections.choose_film_and_network()
with view.stage:
    model, film = sections.load_film_and_network(choice, name)
    classified = film.gate_result.accepted or sections.choose_to_classify_anyway(film)
if not classified:
    with view.stage:
        sections.explain_rejection(film)
        sections.show_label(choice, None)
    why, details = view.tabs(state, stage.WHY, stage.DETAILS)
else:
    prediction = film_store.predict(film, model)
    reading = sections.Reading(film, model, prediction, views.outlines_of(choice.sample, film))
    with view.panel:
        own_network.mark(model)
        settings = sections.choose_map_settings()
    with view.stage:
        with st.container(key="verdict"):
            prediction_scale.show_prediction(prediction)
            prediction_scale.show_limits(model, map_checks.TAB)
        sections.show_warnings(film)
        maps = sections.show_maps(reading, settings)
        sections.explain_direction(reading, maps)
        sections.show_label(choice, prediction)
    map_checks.follow_link()
    why, checked, details = view.tabs(state, stage.WHY, map_checks.TAB, stage.DETAILS, key=map_checks.TABS)
    with checked:
        map_checks.show_checks(film, model, maps, opened=bool(checked.open))
    with details:
        sections.offer_downloads(reading, maps)
        sections.explain_methods(settings.methods, model)
with why:
    st.markdown(prediction_scale.PNEUMONIA_ON_FILM)
    if model.name != OWN_NETWORK:  # which the panel describes
        st.markdown(prediction_scale.describe_network(model))
if len(upload.own_films()) > 1:
    with details:
        sections.show_own_films(model)
frame.notice()
frame.footer(
    "chest_xray",
    "A prediction is a number against a threshold that somebody chose, and a map shows what moved the number, which is "
    "not the same as where the disease is.",
)
