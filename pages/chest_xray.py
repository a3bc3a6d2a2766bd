"""Upload a radiograph; see probabilities, a saliency map, and how far to believe them."""

import streamlit as st

from cnn.imaging.samples.built_in import lesion_mask
from ui.chest import film_store, map_checks, prediction_scale, sections
from ui.shell import frame

frame.header(
    "Read a chest X-ray",
    "A network says NORMAL or PNEUMONIA, and shows where it looked. For teaching, never for diagnosis.",
)
choices, name = sections.choose_film_and_network()
model, film = sections.load_film_and_network(choices, name)

sample = choices[0].sample
classified = film.gate_result.accepted or sections.choose_to_classify_anyway(film)
if classified:
    lesion = lesion_mask(sample.key) if sample else None
    reading = sections.Reading(film, model, film_store.predict(film, model), lesion)
    prediction_scale.show_prediction(reading.prediction)
    sections.show_warnings(film)
    maps_place = st.container()
    settings = sections.choose_map_settings(lesion_known=lesion is not None)
    downloads_place = st.empty()
    with maps_place:
        maps = sections.show_maps(reading, settings)
    with downloads_place.container():
        sections.offer_downloads(reading, maps, settings)
    map_checks.show_checks(film, model, maps, settings.opacity)
else:
    sections.explain_rejection(film)
frame.notice()
if sample:
    st.markdown(f"**This film.** {sample.story}")
if classified:
    st.markdown(prediction_scale.describe_network(model))
    sections.explain_methods(settings.methods, model)
frame.footer(
    "chest_xray",
    "A prediction is a number against a threshold that somebody chose, and a map shows what moved the number, which is "
    "not the same as where the disease is.",
)
