"""Review (slides 43-46): the chain as one picture, a quiz of ten questions from all topics, and the references."""

import streamlit as st

from cnn.layers import network_text
from cnn.layers.presets import PRESETS
from cnn.lecture.questions.networks import ask_chain
from cnn.lecture.references import REFERENCES
from ui.lecture import mixed_quiz, volume_chain
from ui.shell import frame, glossary_popover
from ui.shell.page_state import State
from ui.shell.stage import PREDICT
from ui.widgets import quiz

NETWORK = network_text.parse(PRESETS["Review (slides 43-44)"])

frame.header(
    "Review",
    "The whole course in one chain: CONV, ReLU, POOL, CONV, ReLU, POOL, and at the end a fully connected layer and "
    "softmax.",
)
state = State.open("review", PREDICT, quiz.QUESTION, mixed_quiz.NUMBER)


def chain() -> None:
    """Show the chain (slides 43-44), a question on it, and what each layer is for."""
    st.header("The chain", anchor=False)
    hide = state.flag(PREDICT)
    picture = st.container()
    revealed = quiz.ask(ask_chain(NETWORK, state[quiz.QUESTION]), state)
    with picture:
        volume_chain.show_chain(NETWORK, hidden=hide and not revealed)
        st.markdown(
            "Each name opens the page that teaches it. Boxes are to scale: height for the side, width for the depth."
        )
    glossary_popover.write(
        "- **Input** holds the grey or colour values of the picture.\n"
        "- **CONV** looks for patterns: each filter leaves a map of where it found its own. The filters are "
        "learnt, not designed.\n"
        "- **ReLU** clears what is negative, number by number, and keeps the volume as it is.\n"
        "- **POOL** keeps one number of each window: width and height shrink, depth stays.\n"
        "- **FC** weighs everything that is left, once for each class, into a score.\n"
        "- **Softmax** turns scores into probabilities. In training, cross-entropy compares them with the true class, "
        "and the gradient runs back through the same chain."
    )
    settings = {"net": str(NETWORK)}
    st.page_link("pages/architecture_builder.py", label="Take this chain apart in the builder", query_params=settings)


def ten_questions() -> None:
    """Show the quiz that a link gives to a whole class."""
    st.header("Ten questions", anchor=False)
    st.markdown(
        "One from each topic, drawn by the quiz number: whoever opens the same link gets the same ten. "
        "The first answer counts, and a wrong one is explained."
    )
    mixed_quiz.show_quiz(state.number(mixed_quiz.NUMBER), state)


chain()
ten_questions()
st.header("References", anchor=False)
for book in REFERENCES:
    address = f" [{book.url.removeprefix('https://')}]({book.url})" if book.url else ""
    st.markdown(f"- {book.authors}: *{book.title}*, {book.published}; {book.part}.{address}")
state.share()
frame.footer(
    "review",
    "A convolutional network is a chain of simple steps, each of which you can work out by hand. What is left is to "
    "let one read a radiograph.",
)
