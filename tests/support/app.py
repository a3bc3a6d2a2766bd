"""What the page tests share: opening a page with a link, and running the PyTorch lines that it shows."""

import contextlib
import io
import itertools
import json
import re
from html import unescape
from pathlib import Path

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]


def open_page(name: str, **link: str) -> AppTest:
    """The page as the running app shows it, opened by a link with these settings."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
    if name != "home":  # all others have the address that their files' names say
        app.switch_page(f"pages/{name}.py")
    app.query_params.update(link)
    app.run()
    assert not app.exception
    assert len(app.title) == 1
    return app


def press(app: AppTest, label: str) -> None:
    """Press the first button with this label."""
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception


def predict(app: AppTest, value: float) -> None:
    """Answer the question of the page, and have the answer checked."""
    next(box for box in app.text_input if box.label == "Your prediction").set_value(f"{value:.12f}")
    press(app, "Check")


def shown_text(app: AppTest) -> str:
    """All prose of the page."""
    return "\n".join(element.value for element in [*app.title, *app.subheader, *app.markdown, *app.caption])


def all_text(app: AppTest) -> str:
    """All prose, messages and HTML of the page."""
    messages = [element.value for element in [*app.error, *app.info, *app.warning]]
    return "\n".join([shown_text(app), *messages, html(app)])


def html(app: AppTest) -> str:
    """All HTML that the page draws by itself, but for style sheets."""
    bodies = "\n".join(element.proto.body for element in app.get("html"))
    return re.sub("<style>.*?</style>", "", bodies, flags=re.DOTALL)


def figures(app: AppTest) -> str:
    """What components were sent to draw: words and numbers, without the tags of their HTML."""
    sent = "\n".join(str(json.loads(element.proto.json)) for element in app.get("bidi_component"))
    return unescape(re.sub("<[^>]*>", " ", sent))


def table_rows(app: AppTest, label: str) -> list[list[str]]:
    """Rows of the table with this label, without tags."""
    body = next(element.proto.body for element in app.get("html") if f'aria-label="{label}"' in element.proto.body)
    rows = re.findall(r"<tr.*?>(.*?)</tr>", body.split("<tbody>")[1])
    return [[re.sub("<.*?>", "", cell) for cell in re.findall(r"<t[hd].*?>.*?</t[hd]>", row)] for row in rows]


def snippets(app: AppTest) -> list[tuple[str, str]]:
    """(code, output shown) of every PyTorch snippet on the page."""
    blocks = list(app.code)
    return [(code.value, output.value) for code, output in itertools.pairwise(blocks) if code.language == "python"]


def printed(code: str) -> str:
    """What the lines print when they run; the default type that they may set is set back."""
    import torch  # here, so that opening a page alone does not load it

    out = io.StringIO()
    before = torch.get_default_dtype()
    try:
        with contextlib.redirect_stdout(out):
            exec(code, {})
    finally:
        torch.set_default_dtype(before)
    return out.getvalue().strip()
