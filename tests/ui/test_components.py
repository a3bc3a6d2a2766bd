"""Components have names that no other one has: the server keeps the latest of a name, for every reader."""

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
