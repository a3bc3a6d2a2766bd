"""A learner's network on the pages that read a film: offered after a training in this session, and marked."""

from functools import cache

import pytest
from streamlit.testing.v1 import AppTest

from cnn.handson.events import Result
from cnn.handson.queue import Desk, Queue, Run
from cnn.handson.settings import OWN_NETWORK, Settings
from cnn.handson.training import train
from tests.support.app import ROOT, all_text, open_page
from tests.support.tiny_films import tiny_film_set
from ui.handson import runs


@cache
def finished_run() -> Run:
    settings = Settings(films=40, epochs=1, network="64x64x1, conv 4 3 p1, relu, max 4, flatten, fc 2")
    *_, result = train(settings, tiny_film_set())
    assert isinstance(result, Result)
    return Run(settings, state="done", result=result, film_set=tiny_film_set())


@pytest.mark.parametrize("page", ["chest_xray", "inside_the_network"])
def test_it_is_offered_and_marked_as_ones_own(page: str) -> None:
    run = finished_run()
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
    desk = Desk(Queue())
    desk.runs.append(run)
    app.session_state[runs.DESK] = desk
    app.run()
    app.switch_page(f"pages/{page}.py")
    app.query_params["network"] = OWN_NETWORK
    app.run()
    assert not app.exception
    assert str(run.result and run.result.test_auc) in all_text(app)


def test_it_is_not_offered_to_others() -> None:
    app = open_page("inside_the_network", network=OWN_NETWORK)
    assert OWN_NETWORK not in app.selectbox(key="network").options
    assert "In this link, " in app.warning[0].value
