"""A learner's network on the pages that read a film: offered after a training in this session, and marked."""

from functools import cache

import pytest
from streamlit.testing.v1 import AppTest

from cnn.handson.runs.events import Result
from cnn.handson.runs.queue import Desk, Queue, Run
from cnn.handson.runs.training import train
from cnn.handson.settings import OWN_NETWORK, Settings
from tests.support.app import ROOT, all_text, open_page
from tests.support.tiny_films import tiny_film_set
from ui.handson import runs

CHAIN = "conv 4 3 p1, relu, max 4, flatten"
BLOCKS = "conv 4 3 p1, avg 2, [conv 4 3 p1, relu | conv 4 1], adaptive 1, flatten"


@cache
def finished_run(network: str) -> Run:
    settings = Settings(films=40, epochs=1, network=f"64x64x1, {network}, fc 2")
    *_, result = train(settings, tiny_film_set())
    assert isinstance(result, Result)
    return Run(settings, state="done", result=result, film_set=tiny_film_set())


@pytest.mark.parametrize(
    ("page", "network", "link"),
    [
        ("chest_xray", CHAIN, {}),
        ("inside_the_network", CHAIN, {"own_layer": "pool1"}),
        ("inside_the_network", BLOCKS, {"own_layer": "block1 add"}),
    ],
)
def test_it_is_offered_and_marked_as_ones_own(page: str, network: str, link: dict[str, str]) -> None:
    run = finished_run(network)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
    desk = Desk(Queue())
    desk.runs.append(run)
    app.session_state[runs.DESK] = desk
    app.run()
    app.switch_page(f"pages/{page}.py")
    app.query_params.update({"network": OWN_NETWORK} | link)
    app.run()
    assert not app.exception
    assert str(run.result and run.result.test_auc) in all_text(app)


def test_it_is_not_offered_to_others() -> None:
    app = open_page("inside_the_network", network=OWN_NETWORK)
    assert OWN_NETWORK not in app.selectbox(key="network").options
    assert "In this link, " in app.warning[0].value
