"""Time a change until the grid is redrawn beside the same on a bare page: ``python -m tests.performance.redraw``.

The bare Streamlit page has one number box and shows its number. The grid follows the box in the browser; the rules
beside it are the server's answer to the same change. All alternate within one run.
"""

import argparse
import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from cnn.training.benchmark import Result, write_report
from tests.browser.conftest import FLAGS, PATIENCE, chromium, settle
from tests.support.servers import free_port, running, streamlit

TARGET = 1.5
TITLES = {"grid": "a change until the grid is redrawn", "answer": "the same until the server has answered"}
BARE = """import streamlit as st
st.title("Bare")
st.write(f"number {st.number_input('Input N', 1, 24, 7)}")
"""
SHOWN = {
    "bare": "document.querySelector('[data-testid=stMarkdown] p').textContent",
    "grid": "document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot"
    ".querySelectorAll('[data-part=output] td').length",
    "answer": "document.querySelector('.rules').textContent",
}
"""What changes on each page, as an expression of the browser."""


def change(page: Page, shown: str) -> float:
    """Return the milliseconds from a press on plus or minus until ``shown`` gives another value."""
    milliseconds: float = page.evaluate(
        f"""async () => {{
        const before = {shown};
        const box = document.querySelector('input[aria-label="Input N"]').closest('[data-testid=stNumberInput]');
        const name = Number(box.querySelector('input').value) >= 12 ? 'stNumberInputStepDown' : 'stNumberInputStepUp';
        const start = performance.now();
        box.querySelector(`[data-testid=${{name}}]`).click();
        while ({shown} === before && performance.now() - start < 20000) await new Promise(requestAnimationFrame);
        return performance.now() - start;
    }}"""
    )
    return milliseconds


def main() -> None:
    """Print the ratio."""
    parser = argparse.ArgumentParser(prog="python -m tests.performance.redraw", description=__doc__)
    parser.add_argument("--changes", type=int, default=20)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    took: dict[str, list[float]] = {name: [] for name in SHOWN}
    with ExitStack() as stack:
        script = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "bare.py"
        script.write_text(BARE, encoding="utf-8")
        ports = {name: free_port() for name in (str(script), "app.py")}
        for file, port in ports.items():
            stack.enter_context(running(streamlit(port, file), f"http://127.0.0.1:{port}/_stcore/health"))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        pages = {name: browser.new_page() for name in SHOWN}
        for name, page in pages.items():
            page.set_default_timeout(PATIENCE)
            file, path = (str(script), "") if name == "bare" else ("app.py", "stride_padding")
            page.goto(f"http://127.0.0.1:{ports[file]}/{path}")
            settle(page)
        for number in range(options.changes + 2):
            for name, page in pages.items():
                milliseconds = change(page, SHOWN[name])
                page.wait_for_timeout(300)
                if number >= 2:  # the first are slower
                    took[name].append(milliseconds)
        browser.close()
    median = {name: statistics.median(times) for name, times in took.items()}
    note = f"{options.changes} changes each"
    results = [Result(title, "bare page", median[name], median["bare"], TARGET, note) for name, title in TITLES.items()]
    write_report(results, options.out)


if __name__ == "__main__":
    main()
