"""What a browser sends for a widget is believed only if it is of the widget's type."""

import logging

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.runtime.state.common import WidgetMetadata
from streamlit.runtime.state.session_state import WStates
from streamlit.web.server.starlette import starlette_websocket

from ui.shell import messages

DEFAULT = 5


@pytest.fixture
def states(monkeypatch: pytest.MonkeyPatch) -> WStates:
    """The widgets of a page: a number box of whole numbers up to 9, registered and read as Streamlit does."""

    def read(value: float | None) -> int:
        if value is not None and value > 9:
            raise ValueError("out of range")
        return DEFAULT if value is None else int(value)

    monkeypatch.setattr(WStates, "__getitem__", WStates.__getitem__)  # what the guard replaces comes back
    messages.guard_widgets()
    states = WStates()
    states.set_widget_metadata(WidgetMetadata("number", read, lambda value: value, "double_value"))
    return states


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"int_value": 7}, 7),
        ({}, DEFAULT),
        ({"int_value": 10}, DEFAULT),
        ({"string_value": "7"}, DEFAULT),
        ({"double_value": float("nan")}, DEFAULT),
        ({"json_value": "{"}, DEFAULT),
    ],
)
def test_a_value_of_another_type_is_the_default(states: WStates, value: dict[str, object], expected: int) -> None:
    states.set_widget_from_proto(WidgetState(id="number", **value))  # type: ignore[arg-type]
    assert states["number"] == expected
    assert dict(states) == {"number": expected}
    states.clear()
    assert not states


def test_what_is_no_message_leaves_no_traceback(states: WStates, caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger(starlette_websocket.__name__)
    logger.addHandler(caplog.handler)
    logger.warning("Error deserializing back message", exc_info=ValueError("x"))
    logger.removeHandler(caplog.handler)
    assert "Error deserializing" in caplog.text
    assert "ValueError" not in caplog.text
