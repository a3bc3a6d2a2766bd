"""The frame around every page: one heading, one sentence, one thing to try, and the way on."""

import copy
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from cnn.text import NOTICE
from ui.shell import address, glossary_popover, session_data, warm_imports

THROUGH_THE_FRONT_DOOR = "through_the_front_door"
VISITED = "visited"


CHAIN = ("INPUT", "CONV", "ReLU", "POOL", "FC")
"""The picture to which the lecture returns four times: the layers that an image passes (slides 10, 18, 36, 41)."""


@dataclass(frozen=True)
class Chapter:
    """One page of the course: its file, address, title, slides of the lecture and reading time in minutes.

    ``layers`` are those of :data:`CHAIN` that the page is about; a page ``with_torch`` imports PyTorch before it shows
    anything.
    """

    file: str
    title: str
    slides: str = ""
    minutes: int = 5
    layers: tuple[str, ...] = ()
    about: str = ""
    with_torch: bool = False

    @property
    def path(self) -> str:
        """Path of the page's file, as Streamlit asks for it."""
        return f"pages/{self.file}.py"


COURSE: dict[str, tuple[Chapter, ...]] = {
    "Lecture": (
        Chapter("home", "Home", "3-4", 2),
        Chapter("history", "A bit of history", "5", 5),
        Chapter("convolution_1d", "Convolution in 1-D", "6-7", 15, ("CONV",)),
        Chapter("why_cnns", "Why CNNs?", "8-9", 10, ("CONV", "FC")),
        Chapter("convolution_2d", "Convolution in 2-D", "11-14, 17", 15, ("CONV",)),
        Chapter("filters_relu", "Filters and ReLU", "15-16", 10, ("CONV", "ReLU")),
        Chapter("stride_padding", "Stride and padding", "19-34", 15, ("CONV",)),
        Chapter("pooling", "Pooling", "37-40", 12, ("POOL",)),
    ),
    "Networks": (
        Chapter("layer_calculator", "Layer calculator", "35, 40", 10, ("CONV", "POOL")),
        Chapter("fully_connected", "Fully connected and softmax", "41-42", 12, ("FC",)),
        Chapter("architecture_builder", "Architecture builder", "10, 18, 36, 43-44", 15, CHAIN),
        Chapter("inside_the_network", "Inside the network", "10, 17, 36", 15, CHAIN, with_torch=True),
        Chapter("review", "Review and quiz", "43-46", 15, CHAIN),
    ),
    "Hands-on": (
        Chapter("learn_a_filter", "Learn a filter", "13", 15, ("CONV",)),
        Chapter("train_a_classifier", "Train a classifier", "45", 30, CHAIN),
        Chapter("notebooks", "Notebooks", "6-45", 60),
    ),
    "Chest X-ray": (
        Chapter("chest_xray", "Read a chest X-ray", "45", 10, with_torch=True),
        Chapter(
            "shortcut_lab",
            "Shortcut lab",
            "45",
            10,
            about="does the network use a mark instead of the lungs?",
            with_torch=True,
        ),
        Chapter("model_card", "Model card", "45", 10),
        Chapter("operating_point", "Operating point", "45", 12, about="choose a threshold and see its errors"),
        Chapter(
            "read_first",
            "Read first",
            "45",
            10,
            about="read a film yourself, then compare with the network",
            with_torch=True,
        ),
        Chapter("method_bench", "Method bench", "45", 12, about="compare saliency methods"),
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
    """Show the course on top, visited pages with a tick; return the open page."""
    st.session_state[THROUGH_THE_FRONT_DOOR] = True
    page = st.navigation(
        {section: [_page(chapter) for chapter in pages] for section, pages in COURSE.items()}, position="top"
    )
    file = page.url_path or "home"
    if visited_pages()[-1:] != [file]:
        visited_pages().append(file)
    session_data.enter_page(file)
    address.enter(file)
    if chapters()[_position(file)].with_torch and not warm_imports.READY.is_set():
        _announce(page.title)
    return page


def _announce(title: str) -> None:
    """Show the page's title while PyTorch is imported, which takes seconds after a start, and run the page then."""
    st.title(title, anchor=False)
    st.markdown("The networks are being loaded: this takes some seconds after a start of the server.")
    warm_imports.wait()
    st.rerun()


def _page(chapter: Chapter) -> StreamlitPage:
    """Return a copy: Streamlit notes on a page whether it may run, and takes long to find the files of all."""
    return copy.copy(_make_page(chapter, chapter.file in visited_pages()))


@cache
def _make_page(chapter: Chapter, visited: bool) -> StreamlitPage:
    icon = "✅" if visited else None
    return st.Page(chapter.path, title=chapter.title, url_path=chapter.file, default=chapter.file == "home", icon=icon)


def link_target(file: str) -> StreamlitPage:
    """Return a page of the course for a link to it, whose file need not be found again."""
    return _make_page(chapters()[_position(file)], visited=False)


def visited_pages() -> list[str]:
    """Return the files of the pages that this session has opened, in order, the open page last."""
    files: list[str] = st.session_state.setdefault(VISITED, [])
    return files


def title_of(file: str) -> str:
    """Return the title of a page in the course."""
    return chapters()[_position(file)].title


def describe_position(file: str) -> str:
    """Return the slides of the lecture that a page is about in words, nothing where it is about none."""
    slides = chapters()[_position(file)].slides
    return f"slide{'s' if set('-,') & set(slides) else ''} {slides.replace('-', '–')}" if slides else ""


def header(title: str, lede: str) -> None:
    """Show the heading, one sentence on what the page shows, and where the reader is in lecture and network."""
    if THROUGH_THE_FRONT_DOOR not in st.session_state:
        # Until st.navigation is called once, Streamlit runs the files of pages/ without app.py: the first reader after
        # a start who follows a link would see a page without its course.
        navigation()
        st.rerun()
    with st.container(gap=None, key="head"):
        with st.container(horizontal=True, horizontal_alignment="distribute", gap="small"):
            st.title(title, anchor=False, width="content")
            position = f'<div class="where">{_where(visited_pages()[-1])}</div>'
            st.html(f"{position}<script>{_script()}</script>", unsafe_allow_javascript=True, width="content")
        glossary_popover.write(lede)


def _where(file: str) -> str:
    """Return the page's slides, and the chain of layers with those marked that the page is about."""
    chapter = chapters()[_position(file)]
    boxes = "".join(
        f'<li class="here" aria-current="true">{layer}</li>' if layer in chapter.layers else f"<li>{layer}</li>"
        for layer in CHAIN
    )
    chain = f'<ol class="you-are-here" aria-label="You are here">{boxes}</ol>' if chapter.layers else ""
    return f"<span>{describe_position(file)}</span>{chain}"


@cache
def _script() -> str:
    folder = Path(__file__).parent
    names = ("history.js", "present.js", "tabs.js", "verdict.js")
    return "".join((folder / name).read_text(encoding="utf-8") for name in names)


def footer(file: str, now_you_know: str) -> None:
    """Show what the reader of page ``file`` now knows, and links to the pages before and behind it."""
    st.divider()
    glossary_popover.write(f"**Summary.** {now_you_know}")
    position = _position(file)
    course = chapters()
    with st.container(horizontal=True, key="path"):
        if position:
            before = course[position - 1]
            st.page_link(link_target(before.file), label=f"Previous: {before.title}")
        for following in course[position + 1 :][:1]:
            st.page_link(link_target(following.file), label=f"Next: {following.title}")


def _position(file: str) -> int:
    return [chapter.file for chapter in chapters()].index(file)


def notice() -> None:
    """Show the notice that accompanies every prediction."""
    st.warning(NOTICE)
