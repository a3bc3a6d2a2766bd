"""Films, maps and known truths as the viewer takes them."""

from collections.abc import Sequence

from cnn.attribution.attribution import Attribution
from cnn.attribution.methods import METHODS
from cnn.imaging.samples.built_in import Sample, lesion_mask
from cnn.imaging.samples.real_films import RealFilm
from ui.chest import overlay
from ui.chest.film_store import Film
from ui.shell import theme
from ui.widgets.film_viewer import Box, Outline, ViewedMap


def view_map(attribution: Attribution) -> ViewedMap:
    """Return a saliency map for the viewer."""
    return overlay.view_map(attribution, f"{METHODS[attribution.method].title}, {attribution.class_name}")


def boxes_of(sample: Sample | None, film: Film) -> tuple[Box, ...]:
    """Return the radiologists' boxes as shares of the film's sides."""
    if not isinstance(sample, RealFilm):
        return ()
    width, height = film.width, film.height
    return tuple((x / width, y / height, w / width, h / height) for x, y, w, h in sample.boxes)


def outlines_of(sample: Sample | None, film: Film) -> Sequence[Outline]:
    """Return what is known of where something is: a simulated lesion, or radiologists' boxes."""
    mask = lesion_mask(sample.key) if sample else None
    if mask is not None:
        return [Outline.of_mask("simulated lesion", theme.FILM_TRUTH, mask)]
    boxes = boxes_of(sample, film)
    return [Outline.of_boxes("radiologist's box", theme.FILM_TRUTH, boxes)] if boxes else []
