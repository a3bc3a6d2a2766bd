"""The parts of the first page: a film with its map, and the course as a path."""

import numpy as np
import streamlit as st

from cnn.attribution import front_page_example as tasted
from cnn.imaging.radiograph import read_radiograph
from ui.chest import overlay
from ui.shell import frame

_OPACITY = 0.8


@st.cache_data(show_spinner=False)
def _pictures(weights_sha256: str) -> tuple[np.ndarray, np.ndarray]:
    """The film and the map over it, both (h, w, 3) uint8; kept for the weights that it was computed from."""
    film = np.round(read_radiograph(*tasted.sample().read()).pixels * 255).astype(np.uint8)
    return overlay.light_box(film), overlay.light_box(overlay.overlay_map(film, tasted.read().attribution(), _OPACITY))


def show_example() -> None:
    """A simulated film and where the network looked, computed beforehand. Raises ``UserError`` if it is missing."""
    facts = tasted.read()
    film, laid_over = _pictures(facts.weights_sha256)
    first, second = st.columns(2)
    with first:
        st.image(film, alt=f"A simulated chest film. {tasted.sample().story}", width="stretch")
        st.caption("Simulated: a computed film, with a consolidation planted in the lung on your left.")
    with second:
        st.image(laid_over, alt="The network's Grad-CAM map for PNEUMONIA over the same film", width="stretch")
        st.html(overlay.colour_bar_html(facts.attribution(), _OPACITY))
    verdict = "It finds what was planted." if facts.label == "PNEUMONIA" else "It misses what was planted: ask it why."
    st.markdown(f"{facts.sentence} {verdict}")


def show_course() -> None:
    """Every page in lecture order, with its minutes; pages that this session has opened carry a mark."""
    seen = set(frame.visited_pages())
    course = [chapter for chapter in frame.chapters() if chapter.file != "home"]
    opened = sum(chapter.file in seen for chapter in course)
    minutes = sum(chapter.minutes for chapter in course)
    following = next((chapter for chapter in course if chapter.file not in seen), None)
    st.markdown(
        f"{len(course)} pages, about {minutes} minutes in all. "
        + (f"You have opened {opened} of them, marked ✓. " if opened else "Start at the top. ")
        + "The marks live in this tab alone and go with it."
    )
    if following:
        st.page_link(following.path, label=f"**{'Go on with' if opened else 'Start with'}: {following.title}**")
    columns = st.columns(len(frame.COURSE))
    for column, (section, chapters) in zip(columns, frame.COURSE.items(), strict=True):
        with column, st.container(gap="xxsmall", key=f"path-{section}"):
            st.subheader(section, anchor=False)
            for chapter in chapters:
                if chapter.file != "home":
                    mark = ":green[✓] " if chapter.file in seen else ""
                    st.page_link(chapter.path, label=f"{mark}**{chapter.title}** · {chapter.minutes} min")
