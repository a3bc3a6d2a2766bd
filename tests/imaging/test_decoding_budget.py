"""Memory for decoding: never more than there is, in order of arrival, and those who wait are told their place."""

import threading
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from cnn.errors import Busy
from cnn.imaging.decoder_limits import MAX_COLOUR_PIXELS
from cnn.imaging.decoding_budget import COMMON_BYTES, Budget, estimate_bytes, reserve
from cnn.imaging.radiograph import Radiograph, read_radiograph, shrunk
from tests.imaging.corpus import BAD, GOOD
from tests.imaging.corpus.build import picture, png, saved
from tests.imaging.corpus.mutate import judge

PATIENCE = 60


def start(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_no_more_is_reserved_than_there_is_and_who_came_first_is_first() -> None:
    budget, running, most, order = Budget(100), [0], [0], list[int]()
    threads = []
    with budget.reserve(100):
        for number in range(5):
            waits = threading.Event()

            def work(number: int = number, waits: threading.Event = waits) -> None:
                def told(_position: int) -> None:
                    waits.set()

                with budget.reserve(40, on_wait=told):
                    order.append(number)
                    running[0] += 40
                    most[0] = max(most[0], running[0])
                    running[0] -= 40

            threads.append(start(work))
            assert waits.wait(PATIENCE)
        assert not order, "nothing is left"
    for thread in threads:
        thread.join(PATIENCE)
    assert sorted(order) == [0, 1, 2, 3, 4]
    assert order[0] in (0, 1), "two fit at once"
    assert most[0] <= 100


def test_who_waits_is_told_the_place_and_gives_it_up_when_the_page_ends() -> None:
    budget, places = Budget(100), list[int]()

    def leave(position: int) -> None:
        places.append(position)
        raise KeyboardInterrupt

    with budget.reserve(60):
        with budget.reserve(30):
            pass  # fits beside
        with pytest.raises(KeyboardInterrupt), budget.reserve(60, on_wait=leave):
            pass
        with pytest.raises(Busy, match="number 1 in line"), budget.reserve(60, timeout_s=0):
            pass
    assert places == [1]
    with budget.reserve(1000, timeout_s=0):
        pass  # more than there is takes all


@pytest.mark.parametrize("name", GOOD)
def test_what_a_readable_film_takes_is_known_from_its_header(name: str) -> None:
    file = GOOD[name]()
    assert 10 * file.greys.size <= estimate_bytes(file.data) <= 40 * file.greys.size


@pytest.mark.parametrize("name", ["signature only.png", "empty.png", "text.dcm", "no frame.jpg", "narrow.png"])
def test_nothing_is_reserved_for_what_is_not_decoded(name: str) -> None:
    assert estimate_bytes(BAD[name]().data) == 0


def test_common_films_do_not_queue_behind_large_ones() -> None:
    large = png(8000, 5000, 8, 0, b"")
    with reserve(large) as size, reserve(saved(Image.fromarray(picture()), "PNG")) as small:
        assert small < COMMON_BYTES < size


def test_large_pictures_in_colour_are_refused_or_read_at_half_their_size() -> None:
    side = 1 + int(MAX_COLOUR_PIXELS**0.5)
    image = Image.fromarray(picture()).convert("RGB").resize((side, side))
    assert "save it in greys" in str(judge(png(side, side, 8, 2, b""), "film.png"))
    film = judge(saved(image, "JPEG", quality=95), "film.jpg")
    assert isinstance(film, Radiograph), film
    assert film.pixels.shape == (-(-side // 2), -(-side // 2))
    assert any("half its size" in note for note in film.notes)
    half = np.asarray(image.convert("L").reduce(2), np.float32) / 255
    assert abs(film.pixels - half).max() < 0.03


def test_large_films_are_averaged_and_others_left() -> None:
    film = read_radiograph(saved(Image.fromarray(picture(height=300, width=201)), "PNG"), "film.png")
    assert shrunk(film, film.pixels.size) is film
    small = shrunk(film, film.pixels.size - 1)
    assert small.pixels.shape == (150, 100)
    np.testing.assert_allclose(small.pixels[0, 0], film.pixels[:2, :2].mean(), rtol=1e-6)
    assert len(small.notes) == len(film.notes) + 1
