"""Home: a taste of both halves, and the course with the reader's place in it."""

import re

from cnn.attribution import front_page_example
from cnn.lecture.outline import OBJECTIVES, OUTLINE
from tests.support.app import open_page, press, shown_text
from ui.shell.frame import VISITED, chapters
from ui.widgets import upload


def links(app) -> list[str]:  # type: ignore[no-untyped-def]
    """Labels of all links to pages."""
    return [link.proto.label for link in app.get("page_link")]


def test_every_page_is_on_the_path_with_its_slides_and_minutes() -> None:
    shown = "\n".join(links(open_page("home")))
    for chapter in chapters()[1:]:
        slides = re.escape(chapter.slides.replace("-", "–"))
        assert re.search(rf"\*\*{re.escape(chapter.title)}\*\* · (slides? {slides} · )?{chapter.minutes} min", shown)


def test_the_lecture_s_six_points_lead_to_their_pages_and_its_objectives_are_named() -> None:
    app = open_page("home")
    pages = {link.proto.page for link in app.get("page_link")}
    for number, point in enumerate(OUTLINE, start=1):
        assert f"{number}. **{point.title}** · slides {point.slides}" in links(app)
        assert point.page in pages
    assert all(objective in shown_text(app) for objective in OBJECTIVES)


def test_pages_that_were_opened_are_marked_and_the_next_is_offered() -> None:
    app = open_page("home")
    app.session_state[VISITED] = ["history", "home"]  # AppTest runs a page without app.py, which keeps this list
    app.run()
    marked = [label for label in links(app) if "✓" in label]
    assert len(marked) == 1
    assert "A bit of history" in marked[0]
    assert "**Go on with: Convolution in 1-D**" in links(app)
    assert "opened 1 of them" in shown_text(app)


def test_the_button_below_the_film_opens_that_film_and_not_the_last_one(random_app: None) -> None:
    app = open_page("chest_xray", film="Child 3")
    app.switch_page("pages/home.py").run()
    press(app, "Read this chest X-ray")
    assert app.session_state[upload.FILM.name] == front_page_example.sample().title
