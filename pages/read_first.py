"""Read first: read a film and draw a box, then see the label and the network's answer."""

from functools import partial
from typing import Any

import streamlit as st

from cnn.errors import UserError
from cnn.models import loading
from ui.chest import film_store, overlay
from ui.chest.read_first import answers, believe, film_series
from ui.shell import frame, stage
from ui.shell.fields import Field
from ui.shell.page_state import State
from ui.shell.text import sentence_of
from ui.widgets import upload
from ui.widgets.network_choice import choose_network

frame.header(
    "Read first",
    "Read a film and draw a box before the network answers: who has seen the answer first tends to see it too. Or say "
    "which answers you believe.",
)
state = State.open("read_first", *answers.FIELDS)
examples: dict[str, dict[Field[Any], Any]] = {
    f"Series {number}": {answers.SEED: number, answers.NUMBER: 1, answers.EXERCISE: answers.READ}
    for number in (1, 2, 3)
}
examples["Believe it or not"] = {answers.EXERCISE: answers.BELIEVE, answers.NUMBER: 1}
view = stage.open_view(state, examples)
with view.panel:
    number_box = st.container()
    with stage.more("exercise, films, series, network"):
        exercise = state.select(answers.EXERCISE)
        source = state.select(film_series.FILMS)
        seed = state.number(answers.SEED)
        name = choose_network(film_store.list_models())
        if source == film_series.OWN:
            upload.add_films()
series: list[film_series.SeriesFilm] = []
try:
    model = loading.load(name)
    series = film_series.films_of(source, seed)
    if series:
        number = min(state[answers.NUMBER], len(series))
        if state[answers.NUMBER] > number:
            state.put(answers.NUMBER, number)
        with number_box:
            state.number(answers.NUMBER)
        with view.panel:
            st.markdown(f"**Film {number} of {len(series)}**")
        if exercise == answers.BELIEVE:
            believe.judge_film(view, series, number, model, seed)
        else:
            answers.read_film(view, series, number, model, state)
        if number < len(series):
            go_on = partial(state.put, answers.NUMBER, number + 1)
            view.panel.button("Next film", key="next", on_click=go_on)
    else:
        view.stage.info("Add films of your own under More, and read them before the network does.")
except UserError as error:
    view.stage.error(sentence_of(error))
results, why = view.tabs(state, "Your results", stage.WHY)
with results:
    if exercise == answers.BELIEVE:
        believe.show_verdicts(series, seed)
    else:
        answers.show_summary()
with why:
    st.markdown(
        "**Why first?** Drawing a box before the answer is shown teaches where an opacity is better than looking at "
        "finished answers.\n\n**Nothing is stored.** Your reads are kept while this tab is open. Everybody who opens "
        "a series meets the same ten films, five of each label, in the same order; series 1, 2 and 3 share none.\n\n"
        "**The labels** of children's films were given by physicians who read the film; those of adults were mined "
        "from reports, and the boxes are NIH's. **The simulated films** are one simulated chest, turned, moved and "
        "changed in contrast; in half of them a consolidation was added."
        f"\n\n**The map** is Grad-CAM.{overlay.describe_guidance(name)}"
    )
frame.notice()
frame.footer(
    "read_first",
    "Read before you look. Agreeing with a network is not being right, and a bright map is not a finding.",
)
