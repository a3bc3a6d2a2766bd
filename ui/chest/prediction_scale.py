"""Two probabilities on one scale, with the threshold that parts the labels, and the sentence that says it."""

from html import escape

import streamlit as st

from cnn.models.loading import LoadedModel
from cnn.predict.prediction import NORMAL, PNEUMONIA, Prediction, percent, sentence
from ui.chest.film_store import Film
from ui.shell.theme import palette


def show_prediction(prediction: Prediction) -> None:
    """The sentence, and under it the scale from NORMAL to PNEUMONIA."""
    st.html(
        f'<div style="max-width:60rem">'
        f'<p style="font-size:1.15rem;font-weight:600;margin:0 0 0.6rem">{escape(sentence(prediction))}</p>'
        f"{scale_html(prediction)}</div>"
    )


def warn_if_rejected(film: Film) -> None:
    """A warning, where the picture is unlike the films that the network was made for, for pages that show it anyway."""
    if not film.verdict.accepted:
        st.warning(f"{film.verdict.sentence(film.name)} What the network says of it means nothing.")


def scale_html(prediction: Prediction) -> str:
    """The scale as HTML; its label says the same in words."""
    colours = palette()
    at, threshold = 100 * prediction.p_pneumonia, 100 * prediction.threshold
    words = (
        f"P(NORMAL) {percent(prediction.probabilities[NORMAL])}, "
        f"P(PNEUMONIA) {percent(prediction.probabilities[PNEUMONIA])}, threshold {percent(prediction.threshold)}"
    )
    return (
        f'<div role="img" aria-label="{words}" style="line-height:1.35">'
        '<div style="display:flex;flex-wrap:wrap;gap:0.2rem 0.9rem">'
        f"<span>P(NORMAL) <strong>{percent(prediction.probabilities[NORMAL])}</strong></span>"
        '<div style="flex:1 1 16rem">'
        f'<div style="position:relative;height:1.1rem;border:1px solid {colours.muted};box-sizing:border-box;'
        f"background:linear-gradient(to right,{colours.surface} {threshold:.2f}%,{colours.output_fill} "
        f'{threshold:.2f}%)">'
        f'<div style="position:absolute;left:{threshold:.2f}%;top:-0.25rem;bottom:-0.25rem;'
        f'border-left:2px dashed {colours.text}"></div>'
        f'<div style="position:absolute;left:calc({at:.2f}% - 0.5rem);top:calc(50% - 0.5rem);width:1rem;height:1rem;'
        f'border-radius:50%;background:{colours.output};border:2px solid {colours.background};box-sizing:border-box">'
        "</div></div>"
        f'<div style="display:flex;font-size:0.85rem;line-height:1.2;margin-top:0.25rem;color:{colours.muted}">'
        f'<span style="flex:{threshold:.2f} 1 0"></span>'
        f'<span style="white-space:nowrap">threshold {percent(prediction.threshold)}</span>'
        f'<span style="flex:{100 - threshold:.2f} 1 0"></span></div></div>'
        f"<span>P(PNEUMONIA) <strong>{percent(prediction.probabilities[PNEUMONIA])}</strong></span></div></div>"
    )


NETWORKS = {
    "transfer": "learnt to tell a thousand kinds of photograph apart first, and then chest films (EfficientNet-Lite0)",
    "lecture": "is the lecture's own chain of CONV, ReLU and POOL, and has seen nothing but chest films",
    "ensemble": "is the mean of the scores of transfer and lecture",
}


def describe_network(model: LoadedModel) -> str:
    """What the network is, why its threshold is where it is, and what it cannot say; markdown."""
    return (
        f"**The network** {model.name} {NETWORKS[model.name]}. It has two words only: it gives one of them to any "
        "picture, and it cannot say that it does not know.\n\n"
        f"**The threshold** of {percent(model.threshold)} lies {model.card['threshold_rule']}. "
        f"Before, the logits are divided by a temperature of {model.temperature:.2f}, fitted so that a probability is "
        "about as often right as it says."
    )
