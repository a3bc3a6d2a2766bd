"""Convolution in 2-D, stride and padding, pooling: opened by links, with sense and with nonsense in them."""

import json

from tests.support.app import open_page, shown_text

LINKS = [
    ("convolution_2d", {}),
    ("convolution_2d", {"flip": "true", "w": "0 0 1 / 0 1 2 / 0 0 1"}),
    ("convolution_2d", {"x": "0.5 1.25 / 2 3 / 4 -1", "w": "0.1 -0.25"}),
    ("convolution_2d", {"part": "Three channels"}),
    ("stride_padding", {}),
    ("stride_padding", {"S": "3"}),
    ("stride_padding", {"S": "2", "P": "2", "mode": "reflect", "D": "2", "N": "9"}),
    ("stride_padding", {"tall": "true", "Nh": "5", "Fh": "2", "Sh": "2", "Ph": "1", "mode": "circular", "P": "2"}),
    ("stride_padding", {"same": "true", "F": "4"}),
    ("pooling", {}),
    ("pooling", {"kind": "average", "F": "3", "S": "2", "P": "1", "x": "1 2 3 4 / 5 6 7 8 / 9 8 7 6 / 1 1 2 2"}),
    ("pooling", {"kind": "Lp", "p": "3", "rule": "ceil", "F": "3", "S": "2"}),
    ("pooling", {"windows": "global", "kind": "average"}),
    ("pooling", {"windows": "adaptive", "kind": "max", "out": "3"}),
]


def payload(app) -> dict:
    """What the page's first grid was sent."""
    return json.loads(app.get("bidi_component")[0].proto.json)


def test_slide_12_is_what_the_first_page_opens_with():
    data = payload(open_page("convolution_2d"))
    assert data["output"] == [[[4, 3, 4], [2, 4, 3], [2, 3, 4]]]
    assert data["hidden"] is not None


def test_slide_38_is_what_pooling_opens_with():
    data = payload(open_page("pooling"))
    assert data["output"] == [[[10, 11], [9, 7]]]
    assert data["gradient"] == [[[0, 0, 0, 0], [0, 1, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0]]]


def test_slides_14_and_37_sizes_are_told():
    assert "28x28x1" in shown_text(open_page("convolution_2d", part="Three channels"))
    assert "50x50x128" in shown_text(open_page("pooling"))


def test_a_filter_of_the_wrong_depth_is_refused_and_no_grid_is_left_standing():
    app = open_page("convolution_2d", part="Three channels", depth="2")
    assert "depth 2 and the input has depth 3" in app.error[0].value
    assert not app.get("bidi_component")


def test_stride_3_does_not_fit_under_the_lectures_rule_and_the_nearest_are_offered():
    app = open_page("stride_padding", S="3")
    assert any("2.33" in error.value for error in app.error)
    assert {"N = 6", "S = 2", "P = 1"} <= {button.label for button in app.button}
    next(button for button in app.button if button.label == "S = 2").click().run()
    assert not app.error
    assert len(payload(app)["output"][0]) == 3


def test_a_filter_larger_than_the_picture_leaves_no_old_result():
    app = open_page("stride_padding", F="9")
    assert any("longer than the input" in error.value for error in app.error)
    assert not app.get("bidi_component")


def test_a_typed_number_is_told_from_the_answer_and_the_answer_stays_told():
    app = open_page("convolution_2d")
    asked = tuple(payload(app)["hidden"])
    app.number_input(key=next(n.key for n in app.number_input if n.label == "Your prediction")).set_value(
        int(payload(app)["output"][asked[0]][asked[1]][asked[2]])
    )
    next(button for button in app.button if button.label == "Check").click().run()
    assert "Right" in app.success[0].value
    assert payload(app)["hidden"] is None


def test_every_filter_on_a_picture():
    app = open_page("convolution_2d", part="A whole picture")
    assert not app.error
    for button in [b for b in app.button if b.key and b.key.startswith("preset")]:
        button.click().run()
        assert not app.exception
        assert not app.error


def test_a_map_of_the_lectures_network_is_pooled():
    app = open_page("pooling", what="a map of the lecture's network", stage="2", map="5")
    assert not app.error
    assert "Map 5 of 32" in shown_text(app)
    patch = json.loads(app.get("bidi_component")[1].proto.json)
    assert len(patch["padded"][0]) == 8
    assert len(patch["output"][0]) == 4


def test_teach_hides_the_controls_and_keeps_the_link():
    app = open_page("stride_padding", teach="1", S="2")
    assert len(payload(app)["output"][0]) == 3
    assert not [box for box in app.number_input if box.label == "Stride S"]


def test_small_numbers_are_not_shown_as_nothing():
    assert payload(open_page("convolution_2d", x="0.001 0.002 / 0.003 0", w="1"))["decimals"] == 3
    assert payload(open_page("pooling", x="1 3 / 5 7", kind="average"))["decimals"] == 2
    assert payload(open_page("pooling", x="1 3 / 5 7"))["decimals"] == 0


def test_another_height_starts_as_what_is_set():
    app = open_page("stride_padding", N="9", F="5", S="2", P="2")
    before = payload(app)["output"]
    app.toggle(key="tall").set_value(True).run()
    assert [app.number_input(key=f"{name}h").value for name in "NFSPD"] == [9, 5, 2, 2, 1]
    assert payload(app)["output"] == before


def test_same_padding_is_asked_for_too_and_greys_out_the_padding_that_it_replaces():
    app = open_page("stride_padding", same="true", hide="true")
    assert not app.get("bidi_component")
    assert app.number_input(key="P").disabled
    assert "padding P = 1" in shown_text(app)


def test_what_no_rule_allows_is_said_once():
    app = open_page("stride_padding", N="5", F="7")
    assert len({error.value for error in app.error}) == len(app.error)


def test_shrinking_layer_by_layer_is_of_the_readers_numbers():
    assert "A filter of 3 on a picture of 24 is through after 11 layers" in shown_text(
        open_page("stride_padding", N="24")
    )
    assert "A filter of 5 on a picture of 32" in shown_text(open_page("stride_padding", F="4"))
