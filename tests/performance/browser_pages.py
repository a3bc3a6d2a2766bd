"""How fast the grid and the builder are, measured in Chromium; run it by hand: ``python -m
tests.performance.browser_pages``.

1. A change of configuration until the grid is redrawn, as a multiple of the same change on a bare Streamlit page that
   only shows its number; both alternate within one run, so that a busy machine slows both.
2. An edit of a layer of VGG-16 until the builder's table and picture are redrawn, as a multiple of the same.
3. One step at 16 x 16: script time, and whether a step ever takes longer than one frame.
"""

import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from cnn.layers.presets import PRESETS
from tests.browser.conftest import FLAGS, PATIENCE, ROOT, chromium, settle

CHANGES = 20
BARE = """import streamlit as st
st.title("Bare")
st.write(f"number {st.number_input('Input N', 1, 24, 7)}")
"""
DIGITS = " / ".join(" ".join(str((3 * row + column) % 10) for column in range(16)) for row in range(16))


def serve(script: str, folder: Path, port: int) -> subprocess.Popen[bytes]:
    """A Streamlit server, ready to answer."""
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.headless=true", f"--server.port={port}"]
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=2):
                return server
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("the server did not start")


def change(page: Page, shown: str) -> float:
    """Milliseconds from a press on plus or minus until ``shown``, a script that counts, gives another number."""
    return page.evaluate(
        f"""async () => {{
        const count = () => ({shown});
        const before = count();
        const box = document.querySelector('input[aria-label="Input N"]').closest('[data-testid=stNumberInput]');
        const name = Number(box.querySelector('input').value) >= 12 ? 'stNumberInputStepDown' : 'stNumberInputStepUp';
        const start = performance.now();
        box.querySelector(`[data-testid=${{name}}]`).click();
        while (count() === before && performance.now() - start < 60000) await new Promise(requestAnimationFrame);
        return performance.now() - start;
    }}"""
    )


def edit(page: Page, number: int) -> float:
    """Milliseconds from Ctrl+Enter below a changed VGG-16 until its table and its picture show the change."""
    width = 65 + number % 2  # the second layer keeps its 64
    box = page.get_by_label("The network: its input volume")
    box.fill(PRESETS["VGG-16"].replace("conv 64", f"conv {width}", 1))
    page.evaluate(
        """(volume) => {
        const shown = (what) => document.querySelector(what)?.textContent.includes(volume);
        const redrawn = () => shown('[aria-label^="Volumes to scale"]') && shown('.figures');
        window.took = new Promise((resolve) => addEventListener('keydown', async function enter(event) {
            if (event.key !== 'Enter') return;
            removeEventListener('keydown', enter, true);
            const start = performance.now();
            while (!redrawn() && performance.now() - start < 60000) await new Promise(requestAnimationFrame);
            resolve(performance.now() - start);
        }, true));
    }""",
        f"224x224x{width}",
    )
    box.press("Control+Enter")
    return page.evaluate("window.took")


def steps(page: Page) -> list[float]:
    """Milliseconds of script, style and layout for each of 255 steps at 16 x 16."""
    return page.evaluate(
        """() => {
        const root = document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot;
        const next = root.querySelector('[data-go=next]');
        root.querySelector('[data-go=first]').click();
        return Array.from({length: 255}, () => {
            const start = performance.now();
            next.click();
            root.querySelector('.grid').getBoundingClientRect();
            return performance.now() - start;
        });
    }"""
    )


def main() -> None:
    """Prints all measurements."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        (Path(folder) / "bare.py").write_text(BARE, encoding="utf-8")
        servers = [serve("bare.py", Path(folder), 8951), serve("app.py", ROOT, 8952)]
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        try:
            bare, ours, builder = browser.new_page(), browser.new_page(), browser.new_page()
            for page in (bare, ours, builder):
                page.set_default_timeout(PATIENCE)
            bare.goto("http://localhost:8951")
            ours.goto("http://localhost:8952")
            settle(ours)
            ours.goto("http://localhost:8952/stride_padding")
            builder.goto("http://localhost:8952/architecture_builder")
            for page in (bare, ours, builder):
                settle(page)
            shown = "document.querySelector('[data-testid=stMarkdown] p').textContent"
            cells = (
                "document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot"
                ".querySelectorAll('[data-part=output] td').length"
            )
            took: dict[str, list[float]] = {"bare": [], "grid": [], "builder": []}
            edit(builder, 0)
            for number in range(CHANGES):
                took["bare"].append(change(bare, shown))
                took["grid"].append(change(ours, cells))
                ours.wait_for_timeout(300)
                took["builder"].append(edit(builder, number + 1))
                builder.wait_for_timeout(300)
            medians = {name: statistics.median(values) for name, values in took.items()}
            print(f"a change, medians of {CHANGES}: bare {medians['bare']:.0f} ms")
            for name in ("grid", "builder"):
                print(f"{name} {medians[name]:.0f} ms, ratio {medians[name] / medians['bare']:.2f}")
            ours.goto(f"http://localhost:8952/convolution_2d?x={DIGITS}")
            settle(ours)
            found = sorted(steps(ours))
            late = found[int(0.95 * len(found))]
            print(f"a step at 16 x 16: median {statistics.median(found):.1f} ms, 95 % within {late:.1f} ms")
        finally:
            browser.close()
            for server in servers:
                server.terminate()


if __name__ == "__main__":
    main()
