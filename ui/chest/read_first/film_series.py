"""The films of a series to be read: ten real ones, simulated ones, or the reader's own."""

from collections.abc import Sequence
from dataclasses import dataclass

from cnn.cards import CLASSES
from cnn.evaluation import reader_study
from cnn.evaluation.reader_study import Box
from cnn.imaging import practice_series
from cnn.imaging.samples.real_films import REAL_FILMS, RealFilm
from ui.chest import film_store, views
from ui.chest.film_store import Film, UnreadableFilm
from ui.shell.fields import Choice
from ui.widgets import upload
from ui.widgets.upload import FilmChoice

REAL, SIMULATED, OWN = "Real films", "Simulated films, half of them with a lesion", "My own films"
FILMS = Choice("films", "Films", REAL, options=(REAL, SIMULATED, OWN))
PER_LABEL = 5
"""Real films of each label in a series."""
_PARTS = min(sum(film.label == label for film in REAL_FILMS) for label in CLASSES) // PER_LABEL


@dataclass(frozen=True)
class SeriesFilm:
    """A film of a series, with its label, its lesion's boxes and what its source says, where they are known."""

    film: Film | UnreadableFilm
    truth: str | None = None
    lesion: tuple[Box, ...] = ()
    said: str = ""


def films_of(source: str, seed: int) -> list[SeriesFilm]:
    """Return the films of series ``seed``, in its order."""
    if source == REAL:
        samples = pick_real_films(seed)
        films = film_store.read_films([upload.choice_of(one) for one in samples])
        return [_label_film(film, sample) for film, sample in zip(films, samples, strict=True)]
    if source == SIMULATED:
        simulated = practice_series.simulate_series(seed)
        films = film_store.read_films([FilmChoice(one.key, f"{one.name}.png", one.read) for one in simulated])
        boxes = [() if one.mask is None else (reader_study.box_of(one.mask),) for one in simulated]
        said = ["No lesion was added." if one.mask is None else "A consolidation was added." for one in simulated]
        return [SeriesFilm(*parts) for parts in zip(films, (one.label for one in simulated), boxes, said, strict=True)]
    series = [SeriesFilm(film) for film in film_store.read_films(upload.own_films())]
    return [series[number] for number in practice_series.shuffled_order(len(series), seed)]


def pick_real_films(seed: int) -> Sequence[RealFilm]:
    """Return ten films, five of each label; no film is in two of the series 1 to 3, 4 to 6, and so on."""
    block, part = divmod(seed - 1, _PARTS)
    picked = []
    for label in CLASSES:
        films = [film for film in REAL_FILMS if film.label == label]
        order = practice_series.shuffled_order(len(films), block)
        picked += [films[index] for index in order[part * PER_LABEL : (part + 1) * PER_LABEL]]
    return [picked[index] for index in practice_series.shuffled_order(len(picked), seed)]


def _label_film(film: Film | UnreadableFilm, sample: RealFilm) -> SeriesFilm:
    boxes = views.boxes_of(sample, film) if isinstance(film, Film) else ()
    return SeriesFilm(film, sample.label, boxes, sample.answer)
