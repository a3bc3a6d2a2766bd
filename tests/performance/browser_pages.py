"""Time the grid and the builder in Chromium: ``python -m tests.performance.browser_pages``.

1. A change of configuration until the grid is redrawn, as a multiple of the same change on a bare Streamlit page that
   only shows its number; both alternate within one run.
2. An edit of a layer of VGG-16 until the builder's table and picture are redrawn, as a multiple of the same.
3. One step at 16 x 16: script time, and whether a step ever takes longer than one frame.
"""

import argparse
import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from cnn.layers.presets import PRESETS
from tests.browser.conftest import FLAGS, PATIENCE, chromium, settle
from tests.support.servers import ROOT, free_port, running, streamlit

BARE = """import streamlit as st
st.title("Bare")
st.write(f"number {st.number_input('Input N', 1, 24, 7)}")
"""
NUMBER = "document.querySelector('[data-testid=stMarkdown] p').textContent"
CELLS = (
    "document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot"
    ".querySelectorAll('[data-part=output] td').length"
)
DIGITS = " / ".join(" ".join(str((3 * row + column) % 10) for column in range(16)) for row in range(16))


def change(page: Page, shown: str) -> float:
    """Return the milliseconds from a press on plus or minus until the script ``shown`` gives another value."""
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
    """Return the milliseconds from Ctrl+Enter below a changed VGG-16 until its table and picture show the change."""
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
    """Return the milliseconds of script, style and layout for each of 255 steps at 16 x 16."""
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
    """Print all measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=20)
    changes = parser.parse_args().changes
    bare_port, app_port = free_port(), free_port()
    app_url = f"http://127.0.0.1:{app_port}"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "bare.py").write_text(BARE, encoding="utf-8")
        for port, script, cwd in ((bare_port, "bare.py", folder), (app_port, "app.py", ROOT)):
            health = f"http://127.0.0.1:{port}/_stcore/health"
            stack.enter_context(running(streamlit(port, script), health, cwd=cwd))
        playwright = stack.enter_context(sync_playwright())
        browser = stack.enter_context(playwright.chromium.launch(executable_path=chromium(), args=FLAGS))
        bare, grid, builder = (browser.new_page() for _ in range(3))
        for page in (bare, grid, builder):
            page.set_default_timeout(PATIENCE)
        bare.goto(f"http://127.0.0.1:{bare_port}")
        grid.goto(app_url)
        settle(grid)
        grid.goto(f"{app_url}/stride_padding")
        builder.goto(f"{app_url}/architecture_builder")
        for page in (bare, grid, builder):
            settle(page)
        edit(builder, 0)
        times = []
        for number in range(1, changes + 1):
            times.append((change(bare, NUMBER), change(grid, CELLS), edit(builder, number)))
            for page in (grid, builder):
                page.wait_for_timeout(300)
        medians = [statistics.median(milliseconds) for milliseconds in zip(*times, strict=True)]
        for name, median in zip(("bare page", "grid", "builder"), medians, strict=True):
            print(f"a change, median of {changes}: {name} {median:.0f} ms, ratio {median / medians[0]:.2f}")
        grid.goto(f"{app_url}/convolution_2d?x={DIGITS}")
        settle(grid)
        milliseconds = sorted(steps(grid))
        print(
            f"a step at 16 x 16: median {statistics.median(milliseconds):.1f} ms, "
            f"95 % within {milliseconds[int(0.95 * len(milliseconds))]:.1f} ms"
        )


if __name__ == "__main__":
    main()
