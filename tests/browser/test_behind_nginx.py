"""Pages with parts of all kinds behind deploy/nginx.conf: its Content-Security-Policy forbids nothing they need."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PATIENCE, settle
from tests.browser.test_chest_xray import PANES
from tests.support.servers import behind_nginx

pytestmark = pytest.mark.browser


def test_the_policy_lets_every_part_work(app_url: str, browser: Browser, tmp_path: Path) -> None:
    with behind_nginx(tmp_path, urlsplit(app_url).port or 0) as url:
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"{url}/stride_padding")  # the grid, a component built from text
        settle(page)
        page.get_by_role("button", name="Next", exact=False).first.click()
        page.goto(f"{url}/operating_point")  # Plotly
        settle(page)
        expect(page.locator(".js-plotly-plot").first).to_be_visible()
        page.goto(f"{url}/chest_xray?network=lecture")  # pictures, and a download
        settle(page)
        expect(page.locator(PANES)).to_have_count(2)
        page.get_by_role("tab", name="Details and tables").click()
        with page.expect_download():
            page.get_by_role("button", name="Record (JSON)").click()
        page.close()
    assert not [line for line in said if "Content Security Policy" in line or "Refused to" in line]
