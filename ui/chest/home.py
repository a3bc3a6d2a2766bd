"""The first page: a film with its map, and the course as a path."""

import numpy as np
import streamlit as st

from cnn.attribution import front_page_example
from cnn.attribution.front_page_example import FrontPageExample
from cnn.imaging.radiograph import read_radiograph
from ui.chest import overlay
from ui.shell import frame


@st.cache_data(show_spinner=False)
def _example_images(example: FrontPageExample) -> tuple[np.ndarray, np.ndarray]:
    """Return the film and the map over it, both (h, w, 3) uint8."""
    film = np.round(read_radiograph(*front_page_example.sample().read()).pixels * 255).astype(np.uint8)
    coloured = overlay.overlay_map(film, example.attribution(), overlay.OPACITY)
    return overlay.light_box(film), overlay.light_box(coloured)


def show_example() -> None:
    """Show a simulated film with its map, both computed beforehand; raises ``UserError`` if they are missing."""
    example = front_page_example.read()
    film, coloured = _example_images(example)
    left, right = st.columns(2)
    with left:
        st.image(film, alt=f"A simulated chest film. {front_page_example.sample().story}", width="stretch")
        st.caption("A simulated film, with a simulated consolidation in the lung on your left.")
    with right:
        st.image(coloured, alt="The network's Grad-CAM map for PNEUMONIA over the same film", width="stretch")
        st.html(overlay.colour_bar_html(example.attribution(), overlay.OPACITY))
    verb = "finds" if example.label == "PNEUMONIA" else "misses"
    st.markdown(f"{example.sentence} It {verb} the simulated consolidation.")


def show_course() -> None:
    """Show every page in lecture order with its minutes; those opened in this session have a tick."""
    visited = set(frame.visited_pages())
    course = [chapter for chapter in frame.chapters() if chapter.file != "home"]
    opened = sum(chapter.file in visited for chapter in course)
    minutes = sum(chapter.minutes for chapter in course)
    progress = f"You have opened {opened} of them, marked ✓. " if opened else "Start at the top. "
    st.markdown(
        f"{len(course)} pages, about {minutes} minutes in all. {progress}Your progress is kept while this tab is open."
    )
    following = next((chapter for chapter in course if chapter.file not in visited), None)
    if following:
        verb = "Go on with" if opened else "Start with"
        st.page_link(following.path, label=f"**{verb}: {following.title}**")
    for column, (section, chapters) in zip(st.columns(len(frame.COURSE)), frame.COURSE.items(), strict=True):
        with column, st.container(gap="xxsmall", key=f"path-{section}"):
            st.subheader(section, anchor=False)
            for chapter in chapters:
                if chapter.file != "home":
                    tick = ":green[✓] " if chapter.file in visited else ""
                    st.page_link(chapter.path, label=f"{tick}**{chapter.title}** · {chapter.minutes} min")
