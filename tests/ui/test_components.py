"""Components have names that no other one has: the server keeps the latest of a name, for every reader."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.servers import ROOT
from ui.shell.components import define_component


def test_a_name_belongs_to_one_folder(tmp_path: Path) -> None:
    define_component("only in this test", str(tmp_path / "module.py"), html="<p></p>")
    with pytest.raises(ValueError, match="only in this test"):
        define_component("only in this test", str(tmp_path / "other" / "module.py"), html="<p></p>")


def test_every_component_is_defined_where_names_are_compared() -> None:
    direct = [path.name for path in (ROOT / "ui").rglob("*.py") if "components.v2.component(" in path.read_text()]
    assert direct == ["components.py"]


@pytest.mark.skipif(not shutil.which("node"), reason="needs node")
def test_older_data_change_nothing_and_only_what_has_left_the_page_is_closed() -> None:
    script = (ROOT / "ui" / "shell" / "component.js").read_text().replace("export default function", "function call")
    script += """
        const told = [], roots = { 1: {}, 2: {} };
        const setTriggerValue = (event, value) => told.push(value);
        const component = { root: "div", open: (root) => ({ root, data: [] }), receive, close };
        function receive(view, data) {
          view.data.push(data.sent);
          view.send("told", view.data.join(" "));
        }
        function close(view) {
          told.push(`closed ${view.data}`);
        }
        const [place, other] = [1, 2].map((number) => ({ isConnected: true, querySelector: () => roots[number] }));
        const clean = [3, 1, 3, 5].map((sent) => call({ data: { sent }, parentElement: place, setTriggerValue }));
        call({ data: { sent: 2 }, parentElement: other, setTriggerValue });
        clean.forEach((each) => each?.());
        place.isConnected = false;
        clean.at(-1)();
        console.log(JSON.stringify(told));
    """
    done = subprocess.run(["node", "-"], input=script, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == ["3", "3 3", "3 3 5", "2", "closed 3,3,5"]


def test_data_are_dated_when_they_change() -> None:
    """A date that changed with every run would send the same data again."""

    def page() -> None:
        import streamlit as st

        from ui.shell.components import define_component

        show = define_component("dated", "", html="<p></p>")
        show(key="dated", data={"value": st.number_input("value", value=1)})

    def date() -> float:
        return float(json.loads(at.get("bidi_component")[0].proto.json)["sent"])

    at = AppTest.from_function(page).run()
    dates = [date()]
    for value in (1, 2, 1):
        at.number_input[0].set_value(value).run()
        dates.append(date())
    assert dates[0] == dates[1] < dates[2] < dates[3]
