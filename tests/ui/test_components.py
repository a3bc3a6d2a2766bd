"""Components have names that no other one has: the server keeps the latest of a name, for every reader."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.servers import ROOT
from ui.shell.components import define_component


def test_a_name_belongs_to_one_folder(tmp_path: Path) -> None:
    define_component("only in this test", tmp_path, html="", js="export default () => {}")
    with pytest.raises(ValueError, match="only in this test"):
        define_component("only in this test", tmp_path / "other", html="", js="export default () => {}")


def test_every_component_is_defined_where_names_are_compared() -> None:
    direct = [path.name for path in (ROOT / "ui").rglob("*.py") if "components.v2.component(" in path.read_text()]
    assert direct == ["components.py"]


COMPONENTS = [path for path in (ROOT / "ui").rglob("*.js") if "export default function" in path.read_text()]


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.stem)
def test_a_call_that_newer_data_overtook_closes_nothing(path: Path) -> None:
    """Streamlit runs its clean-up although the component lives on: it has to be that of ``whenGone``."""
    called = re.split(r"\n}\n", path.read_text().split("export default function", 1)[1], maxsplit=1)[0]
    assert not re.search(r"\n  return (\(\)|function)", called)


@pytest.mark.skipif(not shutil.which("node"), reason="needs node")
def test_only_what_has_left_the_page_is_closed() -> None:
    script = (ROOT / "ui" / "shell" / "when_gone.js").read_text() + (
        "const closed = [];"
        "for (const isConnected of [true, false]) whenGone({ isConnected }, () => closed.push(isConnected))();"
        "console.log(JSON.stringify(closed));"
    )
    done = subprocess.run(["node", "-"], input=script, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [False]
