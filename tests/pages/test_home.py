"""Home: a taste of both halves, and the course with the reader's place in it."""

from tests.support.app import open_page, shown_text
from ui.shell.frame import VISITED, chapters


def links(app) -> list[str]:  # type: ignore[no-untyped-def]
    """Labels of all links to pages."""
    return [link.proto.label for link in app.get("page_link")]


def test_every_page_stands_on_the_path_with_its_minutes() -> None:
    shown = "\n".join(links(open_page("home")))
    for chapter in chapters()[1:]:
        assert f"**{chapter.title}** · {chapter.minutes} min" in shown


def test_pages_that_were_opened_are_marked_and_the_next_is_offered() -> None:
    app = open_page("home")
    app.session_state[VISITED] = ["history", "home"]  # AppTest runs a page without app.py, which keeps this list
    app.run()
    marked = [label for label in links(app) if "✓" in label]
    assert len(marked) == 1
    assert "A bit of history" in marked[0]
    assert "**Go on with: Convolution in 1-D**" in links(app)
    assert "opened 1 of them" in shown_text(app)
