"""Open pages of the app in a folder: ``python open_pages.py FOLDER [PAGE ...]``; without names, all pages.

Imports nothing of the tests, so that it can run where only the shipped files are. Exits with 1 and the names of the
pages that end in an exception; names those, too, behind which PyTorch was loaded.
"""

import sys
from pathlib import Path

from streamlit.testing.v1 import AppTest


def main() -> int:
    """Open each page in one session, as a reader does, and print the names of those that fail."""
    folder = Path(sys.argv[1]).resolve()
    names = sys.argv[2:] or sorted(page.stem for page in (folder / "pages").glob("*.py"))
    app = AppTest.from_file(str(folder / "app.py"), default_timeout=300).run()
    failed, with_torch = [], []
    for name in names:
        app.switch_page(f"pages/{name}.py").run()
        if app.exception or not app.title:
            failed.append(name)
        if "torch" in sys.modules:
            with_torch.append(name)
    print(len(names), "pages opened; failed:", " ".join(failed) or "none", "; with PyTorch:", " ".join(with_torch))
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
