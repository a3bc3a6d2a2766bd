"""A prediction on the page: its sentence, and both probabilities on one scale with the threshold."""

from html import escape

import streamlit as st

from cnn.cards import network_title
from cnn.models.loading import LoadedModel
from cnn.predict.prediction import NORMAL, PNEUMONIA, Prediction, percent, sentence
from ui.chest import overlay
from ui.chest.film_store import Film
from ui.shell import frame
from ui.shell.text import plain

NETWORKS = {
    "transfer": "is an EfficientNet-Lite0 pretrained on ImageNet and fine-tuned on chest films",
    "lecture": "is the lecture's own chain of CONV, ReLU and POOL, trained on chest films only",
    "ensemble": "is the mean of the scores of the two other networks",
}

OTHER = "was registered from outside the course, and nothing is measured of it here"


def show_prediction(prediction: Prediction) -> None:
    """Show the sentence, and the scale from NORMAL to PNEUMONIA below it."""
    said = escape(sentence(prediction)).replace(" %", "&nbsp;%")
    st.html(f'<div class="prediction"><p>{said}</p>{scale_html(prediction)}</div>')


def warn_if_rejected(film: Film) -> None:
    """Warn if the film is unlike those that the networks were trained on; for pages that classify it anyway."""
    if not film.gate_result.accepted:
        st.warning(f"{plain(film.gate_result.sentence(film.name))} What the network says of it means nothing.")


def scale_html(prediction: Prediction) -> str:
    """Return the scale as HTML; its label says the same in words."""
    normal, pneumonia = (percent(prediction.probabilities[index]) for index in (NORMAL, PNEUMONIA))
    threshold = percent(prediction.threshold)
    label = f"P(NORMAL) {normal}, P(PNEUMONIA) {pneumonia}, threshold {threshold}"
    positions = f"--threshold: {prediction.threshold:.2%}; --probability: {prediction.p_pneumonia:.2%}"
    return (
        f'<div class="scale {escape(prediction.label)}" role="img" aria-label="{label}" style="{positions}">'
        f"<span>P(NORMAL) <strong>{normal}</strong></span><div>"
        '<div class="track"><div class="threshold"></div><div class="probability"></div></div>'
        f'<div class="caption"><span></span><span>threshold {threshold}</span></div>'
        f"</div><span>P(PNEUMONIA) <strong>{pneumonia}</strong></span></div>"
    )


def show_limits(model: LoadedModel, tab: str) -> None:
    """Show in a row how far to believe the prediction: the network's errors, its threshold, and the map's ``tab``."""
    link = {"network": model.name}
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="believe"):
        if errors := describe_errors(model):
            st.page_link(frame.link_target("model_card"), label=f"Model card: {errors}", query_params=link)
            label = "Operating point: move the threshold"
            st.page_link(frame.link_target("operating_point"), label=label, query_params=link)
        st.html(f'<button type="button" class="opens" data-tab="{tab}">{tab}</button>', width="content")


def describe_errors(model: LoadedModel) -> str:
    """Return how often the network was wrong on films that it had not seen; nothing where that was not measured."""
    groups = [model.card.get("metrics", {}).get(group) for group in ("test", "adults_left_out")]
    if not all(groups):
        return ""
    children, adults = (f"{round((1 - each['accuracy']) * each['films'])} of {each['films']}" for each in groups)
    return f"wrong on {children} children's films and {adults} adults' films"


def describe_network(model: LoadedModel) -> str:
    """Return what the network is, how its threshold was chosen, and what it cannot say; markdown."""
    about = NETWORKS.get(model.name, OTHER)
    return (
        f"**The network** {network_title(model.name)} {about}. It has two labels only: it gives one of them to any "
        f"image, and it cannot say that it does not know.{overlay.describe_guidance(model.name)}\n\n**The threshold** "
        f"is {percent(model.threshold)} ({model.card['threshold_rule']}). The scores (logits) are divided by a "
        f"temperature of {model.temperature:.2f} before the softmax, so that the probabilities are right on average "
        "on the validation set: children's films, half of them counted as pneumonia. At another hospital, or where "
        "pneumonia is rarer, they are not (see Model card). The probability is not the patient's risk of pneumonia."
    )


PNEUMONIA_ON_FILM = (
    "**What a film can show.** A film shows an opacity, not its cause. Oedema, collapse, bleeding or a tumour can look "
    "the same, and early pneumonia may show nothing. Pneumonia is diagnosed from history, examination, blood and film "
    "together. NORMAL means only that no sign of pneumonia was found; the patient may still be ill."
)
