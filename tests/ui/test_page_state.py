"""Typed settings in the address bar: reading, refusing, hiding, and what happens between pages."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from cnn.errors import UserError
from tests.support.app import open_page
from ui.shell.fields import MAX_TEXT, Choice, Field, Flag, Matrix, Names, Numbers, Real, Whole, Words

FIELDS: tuple[Field, ...] = (
    Whole("F", "Kernel F", 3, low=1, high=7),
    Real("noise", "Noise", 0.2, low=0, high=1, step=0.05),
    Flag("flip", "Flip", True),
    Choice("mode", "Length", "full", options=("full", "same", "valid")),
    Numbers("x", "Signal x", (0, 1, 2, 3, 3), most=8),
    Matrix("w", "Weights", ((1, 0), (0, 1)), most=4),
    Names("names", "Classes", ("Door", "Stair"), most=4),
)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_text_of_a_value_reads_back_as_the_value(field: Field) -> None:
    assert field.parse(field.text(field.default)) == field.default


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("F", "7", 7),
        ("noise", "0.35", 0.35),
        ("flip", "False", False),
        ("mode", "valid", "valid"),
        ("x", "1,-2.5, 3", (1, -2.5, 3)),
        ("x", "4", (4,)),
        ("w", "1 2/3 4", ((1, 2), (3, 4))),
        ("w", "1;2\n3", ((1,), (2,), (3,))),
        ("names", " a b ,Tür-2,3", ("a b", "Tür-2", "3")),
    ],
)
def test_text_is_read(name: str, text: str, value: object) -> None:
    assert next(field for field in FIELDS if field.name == name).parse(text) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("F", text) for text in ("0", "8", "3.5", "--3", "", "1e9", "nan", "³", "9" * 5000)),
        *(("noise", text) for text in ("-0.1", "1.01", "nan", "inf", "much", "")),
        *(("flip", text) for text in ("1", "yes", "")),
        *(("mode", text) for text in ("Full", "none", "")),
        *(("x", text) for text in ("", "a b", "1 2 nan", "1e99", "1 " * 9, "1 " * 9999)),
        *(("w", text) for text in ("", "/", "1 2 / 3", "1 / 2 / 3 / 4 / 5", "x")),
        *(("names", text) for text in ("", "a", "a,a", "a,,b", "a,b,c,d,e", "a,_b_", "a,<b>", "a," + "b" * 21)),
    ],
)
def test_text_out_of_bounds_gets_a_sentence_with_the_field_s_label(name: str, text: str) -> None:
    field = next(field for field in FIELDS if field.name == name)
    with pytest.raises(UserError) as refusal:
        field.parse(text)
    assert str(refusal.value).startswith(field.label)
    assert str(refusal.value).endswith(".")
    assert len(str(refusal.value)) < 200


def page() -> None:
    """A page with every kind of field; its name and its default F come from the test."""
    import streamlit as st

    from ui.shell.fields import Choice, Flag, Matrix, Numbers, Real, Whole
    from ui.shell.page_state import State

    name = st.session_state.get("page", "one")
    kernel = Whole("F", "Kernel F", {"one": 3, "two": 2}[name], low=1, high={"one": 7, "two": 4}[name])
    noise = Real("noise", "Noise", 0.2, low=0, high=1, step=0.05)
    flip = Flag("flip", "Flip", True)
    mode = Choice("mode", "Length", "full", options=("full", "same", "valid"))
    signal = Numbers("x", "Signal x", (0, 1, 2, 3, 3), most=8)
    weights = Matrix("w", "Weights", ((1, 0), (0, 1)), most=4)
    step = Whole("step", "Step", 0, low=0, high=99)
    state = State.open(name, kernel, noise, flip, mode, signal, weights, step)
    state.presets("Examples", {"ramp": {signal: (1.0, 2.0), kernel: 2}})
    found = [state.slider(kernel), state.slider(noise), state.flag(flip), state.choice(mode)]
    found += [state.text(signal), state.text(weights), state[step]]
    st.text("wrong" if state.invalid else repr(found))
    if state.teach:
        state.show_controls()
    state.share()


DEFAULTS = [3, 0.2, True, "full", (0, 1, 2, 3, 3), ((1, 0), (0, 1)), 0]


def opened(script: Callable[[], None] = page, **link: str) -> AppTest:
    app = AppTest.from_function(script)
    app.query_params.update(link)
    app.run()
    assert not app.exception
    return app


def values(app: AppTest) -> list:
    assert not app.exception
    return eval(app.text[0].value)


def test_without_a_link_the_page_opens_with_its_defaults() -> None:
    app = opened()
    assert values(app) == DEFAULTS
    assert not app.warning
    assert not app.query_params


def test_a_link_sets_every_field() -> None:
    app = opened(F="5", noise="0.35", flip="false", mode="same", x="3,2", w="1 2 / 3 4", step="7")
    assert values(app) == [5, 0.35, False, "same", (3, 2), ((1, 2), (3, 4)), 7]
    assert not app.warning


def test_nonsense_in_a_link_is_named_and_the_rest_of_it_kept() -> None:
    app = opened(F="99", noise="0.35", flip="maybe", mode="<b>", x="foo", w="1 / 2 3", step="-4", other="1")
    assert values(app) == [3, 0.35, *DEFAULTS[2:]]
    said = app.warning[0].value
    for label in ("Kernel F", "Flip", "Length", "Signal x", "Weights", "Step"):
        assert f"In this link, {label} must be" in said
    assert "Noise" not in said
    assert "the page opened with 3." in said
    assert dict(app.query_params) == {"noise": "0.35", "other": "1"}


def test_a_changed_widget_stays_changed_on_the_next_run() -> None:
    app = opened(F="5")
    app.slider(key="F").set_value(6).run()
    app.toggle(key="flip").set_value(False).run()
    assert values(app)[:3] == [6, 0.2, False]


def test_presets_fill_several_fields() -> None:
    app = opened(x="9")
    app.button[0].click().run()
    assert values(app)[0] == 2
    assert values(app)[4] == (1, 2)


def test_wrong_text_is_named_at_its_line_and_no_result_shown() -> None:
    app = opened()
    app.text_input(key="x").set_value("1 two").run()
    assert app.text[0].value == "wrong"
    assert "Signal x must be" in app.error[0].value
    app.text_input(key="x").set_value("1 2").run()
    assert values(app)[4] == (1, 2)
    assert not app.error


def test_teach_hides_the_controls_and_reads_the_link() -> None:
    app = opened(F="5", x="2 1", teach="1")
    assert values(app)[0] == 5
    assert values(app)[4] == (2, 1)
    assert not [*app.slider, *app.text_input, *app.toggle, *app.radio]


def test_the_link_to_share_carries_what_other_widgets_have_written_into_the_address() -> None:
    assert opened(F="5", network="lecture").code[0].value.endswith("?network=lecture&F=5&teach=1")


def test_controls_come_back_on_a_page_behind_that_of_the_link_too() -> None:
    app = opened(F="5", teach="1")
    app.session_state["page"] = "two"
    app.query_params.clear()
    app.run()
    assert not app.slider
    app.button[0].click().run()
    assert values(app)[0] == app.slider(key="F").value


def test_controls_come_back_with_the_settings_of_the_link() -> None:
    app = opened(F="5", x="2 1", teach="1")
    (show,) = app.button
    show.click().run()
    assert app.slider(key="F").value == 5
    assert values(app)[0] == 5
    assert values(app)[4] == (2, 1)
    assert "teach" not in app.query_params


def test_teach_still_names_nonsense() -> None:
    app = opened(F="99", teach="1")
    assert values(app) == DEFAULTS
    assert "Kernel F" in app.warning[0].value


def test_pages_keep_their_own_values_of_fields_with_one_name() -> None:
    app = opened()
    app.slider(key="F").set_value(7).run()
    app.session_state["page"] = "two"
    app.query_params.clear()
    app.run()
    assert values(app)[0] == 2
    app.slider(key="F").set_value(4).run()
    app.session_state["page"] = "one"
    app.query_params.clear()
    app.run()
    assert values(app)[0] == 7


def test_the_link_to_share_carries_what_is_not_default() -> None:
    app = opened(F="5", x="2 1")
    assert app.code[0].value.endswith("?F=5&x=2+1&teach=1")


@pytest.mark.parametrize(
    "text",
    ["1 2 / 3 4", "1,2;3,4", "[[1, 2], [3, 4]]", "[[1 2]\n [3 4]]", "1\t2\n3\t4", "1\t2 3\t4", "[[1, 2],\n [3, 4]],"],
)
def test_a_matrix_may_be_pasted_as_others_write_it(text: str) -> None:
    assert Matrix("w", "Weights", ((1, 0), (0, 1)), most=4).parse(text) == ((1, 2), (3, 4))


def test_a_row_may_keep_its_brackets() -> None:
    assert Numbers("x", "Signal x", (0, 1), most=8).parse("[1, 2, 3]") == (1, 2, 3)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("111/010/111", ((1, 1, 1), (0, 1, 0), (1, 1, 1))),
        ("11100 / 01110\n00111", ((1, 1, 1, 0, 0), (0, 1, 1, 1, 0), (0, 0, 1, 1, 1))),
        ("10, / 20,", ((10,), (20,))),
        ("10/5", ((10,), (5,))),
        ("111", ((111,),)),
    ],
)
def test_rows_of_digits_are_read_as_the_lecture_writes_them(text: str, rows: tuple[tuple[float, ...], ...]) -> None:
    field = Matrix("w", "Weights", ((1, 0), (0, 1)), most=5)
    assert field.parse(text) == rows
    assert field.parse(field.text(rows)) == rows
    assert bool(field.note(text)) == (len(rows[0]) > 1)


def test_a_session_keeps_no_text_longer_than_any_page_needs() -> None:
    page = open_page("convolution_1d")
    page.text_input(key="x").set_value("1 2".ljust(MAX_TEXT) + "3 4" * MAX_TEXT).run()
    assert not page.exception
    assert len(page.session_state["x"]) == MAX_TEXT + 1
    assert len(page.error) == 1, "it is refused in a sentence, not read up to where it was cut"


def test_a_long_text_is_read_to_its_end() -> None:
    values = (*[123.45678901234567] * 255, 7.0)
    field = Numbers("x", "Signal x", (0,), most=256)
    assert field.parse(" ".join(map(repr, values))) == values
    assert Matrix("w", "Weights", ((0,),), most=256).parse(" ".join(map(repr, values)) + "/" + "7 " * 256)[0] == values


@pytest.mark.parametrize("field", [*FIELDS[4:], Words("find", "Find", "")], ids=lambda field: field.name)
def test_a_text_too_long_to_be_read_is_refused_whole(field: Field) -> None:
    with pytest.raises(UserError, match="characters"):
        field.parse(field.text(field.default) + " " * MAX_TEXT)


def test_numbers_keep_all_their_figures() -> None:
    values = (0.123456789012345, 999.999999999999, -1e-9, 0.1)
    field = Numbers("x", "Signal x", (0,), most=8)
    assert field.parse(field.text(values)) == values


def test_a_bad_value_leaves_the_address_when_the_field_is_back_at_its_default() -> None:
    app = opened()
    app.text_input(key="x").set_value("abc").run()
    assert app.query_params["x"]
    app.text_input(key="x").set_value("0 1 2 3 3").run()
    assert not app.query_params


def test_what_was_wrong_is_forgotten_with_the_run_of_a_fragment() -> None:
    def fragment() -> None:
        import streamlit as st

        from ui.shell.fields import Numbers
        from ui.shell.page_state import State

        signal = Numbers("x", "Signal x", (0,), most=8)
        state = State.open("one", signal)
        state.text(signal)
        wrong = state.invalid
        state.remember()
        st.text(f"{wrong} {state.invalid}")

    app = opened(fragment)
    app.text_input[0].set_value("no numbers").run()
    assert app.text[0].value == "True False"
