"""Review (slides 43-46): a quiz of ten questions from all topics, the chain of layers as one picture, references."""

import streamlit as st

from cnn.layers import network_text
from cnn.layers.presets import PRESETS
from cnn.lecture.questions.networks import ask_chain
from cnn.lecture.references import REFERENCES
from ui.lecture import mixed_quiz, volume_chain
from ui.shell import frame, glossary_popover, stage
from ui.shell.fields import Choice
from ui.shell.page_state import State
from ui.shell.stage import PREDICT, View
from ui.widgets import quiz

NETWORK = network_text.parse(PRESETS["Review (slides 43-44)"])
QUIZ, CHAIN = "Ten questions", "The chain of layers"
PART = Choice("part", "Review", QUIZ, options=(QUIZ, CHAIN))

frame.header(
    "Review",
    "Ten questions on the lecture, and its chain of layers: CONV, ReLU, POOL, twice, then FC and softmax.",
)
state = State.open("review", PART, PREDICT, quiz.QUESTION, mixed_quiz.NUMBER)


def show_layers() -> None:
    """Say what each layer is for."""
    glossary_popover.write(
        "- **Input**: the grey or colour values of the image.\n"
        "- **CONV** looks for patterns: each filter makes one feature map. The filters are learned.\n"
        "- **ReLU** sets negative values to zero and keeps the shape.\n"
        "- **POOL** replaces each window by one number: width and height shrink, the depth stays.\n"
        "- **FC** computes one score for each class, a weighted sum of all values.\n"
        "- **Softmax** turns scores into probabilities. In training, cross-entropy compares them with the true class, "
        "and the gradient flows back through the same chain."
    )
    settings = {"net": str(NETWORK)}
    builder = frame.link_target("architecture_builder")
    st.page_link(builder, label="Open this chain in the architecture builder", query_params=settings)


def show_references() -> None:
    """List books and courses (slide 46)."""
    for book in REFERENCES:
        address = f" [{book.url.removeprefix('https://')}]({book.url})" if book.url else ""
        st.markdown(f"- {book.authors}: *{book.title}*, {book.published}; {book.part}.{address}")


def show_tabs(view: View) -> None:
    """Fill the tabs, which give answers away."""
    layers, references = view.tabs(state, "What each layer does", "References")
    with layers:
        show_layers()
    with references:
        show_references()


@st.fragment
def lesson() -> None:
    """Show the page below its heading."""
    view = stage.open_view(state)
    with view.panel:
        part = state.choice(PART)
    if part == QUIZ:
        with view.stage:
            volume_chain.show_chain(NETWORK, hidden=True)
        finished = mixed_quiz.show_quiz(view, state)
        with view.panel:
            st.caption("The sizes of this chain are asked for in “The chain of layers”, not here.")
    else:
        finished = not quiz.dock(view, ask_chain(NETWORK, state[quiz.QUESTION]), state)
        with view.stage:
            volume_chain.show_chain(NETWORK, hidden=not finished)
        with view.panel:
            st.markdown(
                "Each name opens its page. Boxes with numbers are to scale: height for the side, width for the depth."
            )
    if finished:
        show_tabs(view)
    elif part == QUIZ:
        (references,) = view.tabs(state, "References")
        with references:
            show_references()
    state.remember()


lesson()
frame.footer(
    "review",
    "A convolutional network is a chain of simple steps, each of which you can compute by hand. What remains is to let "
    "one classify a radiograph.",
)
