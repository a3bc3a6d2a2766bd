"""The first page: a film with its map, the lecture's outline, and the course as a path."""

import numpy as np
import streamlit as st

from cnn.attribution import front_page_example
from cnn.attribution.front_page_example import FrontPageExample
from cnn.cards import CLASSES
from cnn.imaging.radiograph import read_radiograph
from cnn.imaging.samples.built_in import lesion_mask
from cnn.lecture.outline import OBJECTIVES, OUTLINE
from ui.chest import overlay
from ui.shell import frame
from ui.shell.frame import Chapter
from ui.widgets import upload

LECTURE = (
    "Slide numbers, here and on all pages, are those of the lecture that this course follows: A. P. Tafti, “Deep "
    "Learning Foundation & Application with a focus on Medical Informatics” (2019)."
)


@st.cache_data(show_spinner=False)
def _example_images(example: FrontPageExample) -> tuple[np.ndarray, np.ndarray]:
    """Return the film and the map over it, both (h, w, 3) uint8."""
    film = np.round(read_radiograph(*front_page_example.sample().read()).pixels * 255).astype(np.uint8)
    coloured = overlay.overlay_map(film, example.attribution(), overlay.OPACITY)
    return overlay.light_box(film), overlay.light_box(coloured)


def show_example() -> str:
    """Show a simulated film with its map, both computed beforehand, and return what is to be said of them.

    Raises:
        UserError: One of them is missing.
    """
    example = front_page_example.read()
    film, coloured = _example_images(example)
    left, right = st.columns(2)
    with left:
        st.image(film, alt=f"A simulated chest film. {front_page_example.sample().story}", width="stretch")
        st.caption("A simulated film (one X-ray image) with a consolidation (lung filled with fluid instead of air).")
    with right:
        st.image(coloured, alt="The network's Grad-CAM map for PNEUMONIA over the same film", width="stretch")
        st.html(overlay.colour_bar_html(example.attribution(), overlay.OPACITY))
        st.caption("Grad-CAM, a saliency map: red regions raise the score of PNEUMONIA, blue ones lower it.")
    missed = "" if example.label == CLASSES[1] else " It misses the consolidation."
    place = "inside" if _points_at_lesion(example) else "outside"
    guidance = overlay.describe_guidance(example.network)
    return f"{example.sentence}{missed} The map is strongest {place} the simulated consolidation.{guidance}"


def link_to_example() -> dict[str, str]:
    """Return the settings that open the example's film, whatever film the reader looked at last."""
    return {upload.FILM.name: front_page_example.sample().title}


def _points_at_lesion(example: FrontPageExample) -> bool:
    """Return whether the largest value of the map lies in the simulated lesion."""
    heat, lesion = example.attribution().map, lesion_mask(front_page_example.SAMPLE)
    if lesion is None:
        return False
    row, column = np.unravel_index(int(heat.argmax()), heat.shape)
    return bool(lesion[row * lesion.shape[0] // heat.shape[0], column * lesion.shape[1] // heat.shape[1]])


def show_outline() -> None:
    """Show the lecture's outline, each point a link to its first page, and beside it the objectives."""
    left, right = st.columns(2, gap="large")
    with left, st.container(gap="xxsmall", key="path-outline"):
        st.header("Outline of the lecture", anchor=False)
        st.caption(LECTURE)
        for number, point in enumerate(OUTLINE, start=1):
            label = f"{number}. **{point.title}** · slides {point.slides}"
            st.page_link(frame.link_target(point.page), label=label)
    with right:
        st.header("Objectives", anchor=False)
        st.markdown("\n".join(f"- {objective}" for objective in OBJECTIVES))


def show_course() -> None:
    """Show every page in lecture order with slides and minutes; those opened in this session have a tick."""
    visited = set(frame.visited_pages())
    course = [chapter for chapter in frame.chapters() if chapter.file != "home"]
    opened = sum(chapter.file in visited for chapter in course)
    hours = round(sum(chapter.minutes for chapter in course) / 30) / 2
    st.header("The course", anchor=False)
    following = next((chapter for chapter in course if chapter.file not in visited), None)
    with st.container(horizontal=True, vertical_alignment="center"):
        progress = f"You have opened {opened} of them, marked ✓" if opened else "Pages that you have opened get a ✓"
        st.markdown(
            f"{len(course)} pages in this order, about {hours:g} hours. {progress}, while this tab is open.",
            width="content",
        )
        if following:
            verb = "Go on with" if opened else "Start with"
            st.page_link(frame.link_target(following.file), label=f"**{verb}: {following.title}**")
    for column, (section, chapters) in zip(st.columns(len(frame.COURSE)), frame.COURSE.items(), strict=True):
        with column, st.container(gap="xxsmall", key=f"path-{section}"):
            st.subheader(section, anchor=False)
            for chapter in chapters:
                if chapter.file != "home":
                    st.page_link(frame.link_target(chapter.file), label=_label(chapter, chapter.file in visited))


def _label(chapter: Chapter, opened: bool) -> str:
    details = [frame.describe_position(chapter.file), f"{chapter.minutes} min", chapter.about]
    return f"{':green[✓] ' if opened else ''}**{chapter.title}** · {' · '.join(filter(None, details))}"
