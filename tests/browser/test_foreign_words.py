"""Whatever a link, a file name or pasted code holds, a page shows it as words: nothing of it links, heads or lists."""

import ast
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from playwright.sync_api import FilePayload, Page, expect

from cnn.imaging.samples.built_in import SAMPLES
from tests.browser.conftest import settle
from tests.support.servers import ROOT
from ui.shell import fields
from ui.shell.frame import chapters

pytestmark = pytest.mark.browser

PAYLOADS = (
    "www.evil.example/login",
    "http://evil.example",
    "https://evil.example/?a=b&c=d",
    "ftp://evil.example",
    "//evil.example",
    "evil@evil.example",
    "mailto:evil@evil.example",
    "xmpp:evil@evil.example",
    "<https://evil.example>",
    "<evil@evil.example>",
    "[evil](https://evil.example)",
    "[evil](//evil.example 'evil')",
    "![evil](https://evil.example/x.png)",
    "[evil]: https://evil.example\n\n[evil]",
    "evil[^1]\n\n[^1]: evil",
    "# evil",
    "3\n\n# evil\n",
    "3\n\nevil session\n---\nwww.evil.example",
    "evil\n===",
    "\n\n1. evil",
    "\n\n1) evil",
    "\n\n- evil",
    "\n\n* evil\n+ evil",
    "- [ ] evil",
    "> evil",
    "\n\n    evil code",
    "```\nevil\n```",
    "~~~evil\nevil\n~~~",
    "`evil` ``evil``",
    "a` **evil** `b",
    "**evil** __evil__ *evil* _evil_",
    "~~evil~~ ~evil~",
    "| evil | evil |\n|---|---|\n| evil | evil |",
    "\n\n***\n\nevil",
    "$evil$ $$evil$$",
    ":red[evil] :blue-background[evil]",
    ":material/evil: :evil: :smile:",
    "<b>evil</b><script>evil</script><img src=x onerror=evil>",
    "&lt;b&gt;evil&#42;evil&#42;",
    "\\*evil\\* \\[evil\\](x)",
    "\u202eevil\u2028# evil",
)
ACTS = """() => [...document.querySelectorAll(
        'a, h1, h2, h3, h4, h5, h6, li, pre, em, strong, b, del, blockquote, hr, td, th, img, script, sup, .katex, ' +
        '[style*=color], [data-testid=stIconMaterial]')]
    .filter((node) => /evil/.test([
        node.getAttribute('href'), node.src, node.matches('td, th') ? '' : node.textContent].join(' ')))
    .filter((node) => !node.textContent.startsWith(location.origin))
    .map((node) => node.outerHTML.slice(0, 200))"""
"""What a page holds of the payloads that is more than words, but for the link to share. A table's cells hold words."""


def setting_names() -> list[str]:
    """The names of all settings of all pages, as their fields are written in the code."""
    kinds = {name for name, kind in vars(fields).items() if isinstance(kind, type) and issubclass(kind, fields.Field)}
    kinds |= {"NetworkField"}
    calls = [
        node
        for folder in ("pages", "ui")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in kinds and node.args
    ]
    return sorted({str(call.args[0].value) for call in calls if isinstance(call.args[0], ast.Constant)})


NAMES = setting_names()


@pytest.mark.parametrize("number", range(len(chapters())), ids=lambda number: chapters()[number].file)
def test_settings_of_a_link(open_page: Callable[..., Page], number: int) -> None:
    link = {name: PAYLOADS[(number * 7 + place) % len(PAYLOADS)] for place, name in enumerate(NAMES)}
    assert {"F", "net", "names"} <= link.keys()
    page = open_page(f"{chapters()[number].file.replace('home', '')}?{urlencode(link)}")
    assert page.evaluate(ACTS) == []


@pytest.mark.parametrize("first", range(0, len(PAYLOADS), 10))
def test_every_payload_in_the_settings_of_one_page(open_page: Callable[..., Page], first: int) -> None:
    names = ("kind", "W1", "H1", "D1", "K", "F", "S", "P", "groups", "bias")
    page = open_page(f"layer_calculator?{urlencode(dict(zip(names, PAYLOADS[first : first + 10], strict=False)))}")
    alert = page.get_by_test_id("stAlert").first
    expect(alert).to_contain_text("evil")
    assert page.evaluate(ACTS) == []
    assert alert.locator("code").count() >= 5, "the words are there, as code"


def test_file_names(open_page: Callable[..., Page]) -> None:
    page = open_page("chest_xray?network=lecture")
    good = "1. www.evil.example _evil_ evil@evil.example.png"
    files = [FilePayload(name=f"{text}.png", mimeType="image/png", buffer=b"no film") for text in PAYLOADS[:23]]
    film = FilePayload(name=good, mimeType="image/png", buffer=SAMPLES[0].read()[0])
    page.locator("input[type=file]").set_input_files([film, *files])
    expect(page.get_by_text(f"{good[:2]} www").first).to_be_visible()
    settle(page)
    assert page.evaluate(ACTS) == []


def test_pasted_code(open_page: Callable[..., Page]) -> None:
    page = open_page("architecture_builder")
    page.get_by_text("Paste PyTorch code or a link").click()
    for payload in ("nn.Sequential(www.evil.example(1))", "# evil\nwww.evil.example", PAYLOADS[11], PAYLOADS[0]):
        page.get_by_label("A torch.nn.Sequential").fill(payload)
        page.get_by_role("button", name="Read it").click()
        settle(page)
        assert page.evaluate(ACTS) == []
