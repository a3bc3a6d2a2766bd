"""Questions to predict before looking: seeded, made from the reader's own numbers, with the usual mistakes named.

Nothing here draws or stores.
"""

from cnn.lecture.questions.cells import cell, one_dimensional, pooled
from cnn.lecture.questions.last_layers import fully_connected
from cnn.lecture.questions.mixed import Asked, mixed
from cnn.lecture.questions.networks import chain, sight
from cnn.lecture.questions.question import Question
from cnn.lecture.questions.sizes import filter_depth, layer, output_numbers, parameters, size, two_layers
from cnn.lecture.questions.why import why
from cnn.lecture.questions.years import year

__all__ = [
    "Asked", "Question", "cell", "chain", "filter_depth", "fully_connected", "layer", "mixed", "one_dimensional",
    "output_numbers", "parameters", "pooled", "sight", "size", "two_layers", "why", "year",
]  # fmt: skip
