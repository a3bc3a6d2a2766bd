"""Draw a film with its saliency maps; apart from the rest, because matplotlib may be missing."""

import io
import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from cnn.attribution.attribution import Attribution
from cnn.attribution.methods import METHODS
from cnn.imaging.radiograph import Radiograph

_SIDE = 3.6  # inches of a picture
_LINE = 44  # letters below a picture
_MAX_PIXELS = 900  # a side of the film in the figure


class NotebookFigure(Figure):
    """A figure that a notebook shows by itself, without pyplot, which would change the whole process."""

    def _repr_png_(self) -> bytes:
        data = io.BytesIO()
        self.savefig(data, format="png")
        return data.getvalue()


def draw(film: Radiograph, title: str, maps: Sequence[Attribution], verdicts: Mapping[str, str]) -> NotebookFigure:
    """Draw the film, and each map over it: red supports the class, blue counts against it."""
    figure = NotebookFigure(figsize=(_SIDE * (1 + len(maps)), _SIDE + 1.4), layout="constrained")
    figure.suptitle(title, fontsize=10, wrap=True)
    height, width = film.pixels.shape
    picture = Image.fromarray((255 * film.pixels).astype(np.uint8))
    picture.thumbnail((_MAX_PIXELS, _MAX_PIXELS))
    axes = np.atleast_1d(figure.subplots(1, 1 + len(maps)))
    for axis, attribution in zip(axes, (None, *maps), strict=True):
        axis.imshow(np.asarray(picture), cmap="gray", vmin=0, vmax=255, extent=(0, width, height, 0))
        axis.set_axis_off()
        name = "Film"
        if attribution is not None:
            name = METHODS[attribution.method].title
            values = attribution.scaled()
            overlay = {"cmap": "RdBu_r", "vmin": -1, "vmax": 1} if attribution.signed else {"cmap": "magma", "vmin": 0}
            axis.imshow(values, alpha=np.sqrt(np.abs(values)) * 0.8, extent=(0, width, height, 0), **overlay)
        axis.set_title(name, fontsize=10)
        if name in verdicts:
            words = "\n".join(textwrap.wrap(verdicts[name], _LINE))
            axis.text(0.5, -0.02, words, transform=axis.transAxes, ha="center", va="top", fontsize=8)
    return figure
