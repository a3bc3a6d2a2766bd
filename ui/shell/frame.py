"""The frame around every page: one heading, one sentence, one thing to try, and the way on."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from cnn.text import NOTICE
from ui.shell import address, glossary_popover, session_data, theme
from ui.shell.page_state import controls_hidden

THROUGH_THE_FRONT_DOOR = "through_the_front_door"
VISITED = "visited"


@dataclass(frozen=True)
class Chapter:
    """One page of the course: its file, address, title, slides of the lecture and reading time in minutes."""

    file: str
    title: str
    slides: str = ""
    minutes: int = 5

    @property
    def path(self) -> str:
        """Path of the page's file, as Streamlit asks for it."""
        return f"pages/{self.file}.py"

    @property
    def extent(self) -> str:
        """Slides and minutes in words."""
        slides = f"slide{'s' if set('-,') & set(self.slides) else ''} {self.slides} · " if self.slides else ""
        return f"{slides}{self.minutes} minutes"


COURSE: dict[str, tuple[Chapter, ...]] = {
    "Lecture": (
        Chapter("home", "Home", "3-4", 2),
        Chapter("history", "A bit of history", "5", 5),
        Chapter("convolution_1d", "Convolution in 1-D", "6-7", 15),
        Chapter("why_cnns", "Why CNNs?", "8-9", 10),
        Chapter("convolution_2d", "Convolution in 2-D", "11-14, 17", 15),
        Chapter("filters_relu", "Filters and ReLU", "15-16", 10),
        Chapter("stride_padding", "Stride and padding", "19-34", 15),
        Chapter("pooling", "Pooling", "37-40", 12),
    ),
    "Networks": (
        Chapter("layer_calculator", "Layer calculator", "35, 40", 10),
        Chapter("fully_connected", "Fully connected and softmax", "41-42", 12),
        Chapter("architecture_builder", "Architecture builder", "10, 18, 36, 43-44", 15),
        Chapter("inside_the_network", "Inside the network", "10, 17, 36", 15),
        Chapter("review", "Review and quiz", "43-46", 15),
    ),
    "Chest X-ray": (
        Chapter("chest_xray", "Read a chest X-ray", "45", 10),
        Chapter("shortcut_lab", "Shortcut lab", "45", 10),
        Chapter("model_card", "Model card", "45", 10),
        Chapter("operating_point", "Operating point", "45", 12),
        Chapter("read_first", "Read first", "45", 10),
        Chapter("method_bench", "Method bench", "45", 12),
    ),
    "About": (
        Chapter("glossary", "Glossary", minutes=5),
        Chapter("teaching", "Teacher's guide", minutes=10),
    ),
}
"""Navigation sections, each with its pages in lecture order."""


def chapters() -> tuple[Chapter, ...]:
    """Return all pages in lecture order."""
    return tuple(chapter for section in COURSE.values() for chapter in section)


def navigation() -> StreamlitPage:
    """Show the course in the sidebar and return the open page; what other pages stored of films is deleted."""
    st.session_state[THROUGH_THE_FRONT_DOOR] = True
    page = st.navigation(
        {
            section: [
                st.Page(chapter.path, title=chapter.title, url_path=chapter.file, default=chapter.file == "home")
                for chapter in chapters
            ]
            for section, chapters in COURSE.items()
        }
    )
    file = page.url_path or "home"
    if visited_pages()[-1:] != [file]:
        visited_pages().append(file)
    session_data.enter_page(file)
    address.enter(file)
    return page


def visited_pages() -> list[str]:
    """Return the files of the pages that this session has opened, in order, the open page last."""
    files: list[str] = st.session_state.setdefault(VISITED, [])
    return files


def describe_position(file: str) -> str:
    """Return section, number, slides and minutes of a page in words."""
    course = chapters()
    position = _position(file)
    section = next(name for name, pages in COURSE.items() if course[position] in pages)
    return f"{section} · page {position + 1} of {len(course)} · {course[position].extent}"


def header(title: str, lede: str, try_this: str) -> None:
    """Show the heading, one sentence on what the page shows, and one thing to try first."""
    if THROUGH_THE_FRONT_DOOR not in st.session_state:
        # Until st.navigation is called once, Streamlit runs the files of pages/ without app.py: the first reader after
        # a start who follows a link would see a page without its course.
        navigation()
        st.rerun()
    theme.load_style_sheet()
    with st.container(gap=None):
        position = f'<div class="where">{describe_position(visited_pages()[-1])}</div>'
        st.html(f"{position}<script>{_history_script()}</script>", unsafe_allow_javascript=True)
        st.title(title, anchor=False)
    first, second = st.columns([3, 2], gap="medium")
    with first:
        glossary_popover.write(lede)
    if not controls_hidden():
        with second, st.container(key="try"):
            glossary_popover.write(f"**Try this.** {try_this}")


@cache
def _history_script() -> str:
    return Path(__file__).with_name("history.js").read_text(encoding="utf-8")


def footer(file: str, now_you_know: str) -> None:
    """Show what the reader of page ``file`` now knows, and a link to the next page of the course."""
    st.divider()
    glossary_popover.write(f"**What you now know.** {now_you_know}")
    for following in chapters()[_position(file) + 1 :][:1]:
        st.page_link(following.path, label=f"Next: {following.title}")


def _position(file: str) -> int:
    return [chapter.file for chapter in chapters()].index(file)


def notice() -> None:
    """Show the notice that accompanies every prediction."""
    st.warning(NOTICE)
