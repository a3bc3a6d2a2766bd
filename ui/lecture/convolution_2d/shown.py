"""What each part of the page convolution_2d gives: an example, how it is shown, links to other pages, and code."""

from dataclasses import dataclass

from cnn.lecture import torch_snippets
from cnn.lecture.questions.question import Question
from cnn.ops.convolution import Convolution
from ui.shell.fields import Whole
from ui.shell.page_state import State
from ui.widgets import cross_links, torch_code
from ui.widgets.grid import GridOptions

STEP = Whole("step", "Step", 0, low=0, high=99999)
LONGEST = 16
"""Side of the largest input that is written out in code."""


@dataclass(frozen=True)
class Shown:
    """An example for the stage, how it is shown, and the question about it."""

    example: Convolution
    options: GridOptions
    question: Question | None = None

    def show_code(self) -> None:
        """Show the example in PyTorch, with its numbers where these are few."""
        layer, before = cross_links.layer_of(self.example)
        if before.depth > 1 or self.example.input.size > LONGEST**2:
            torch_code.show_snippet(torch_snippets.layer(layer, before))
        else:
            torch_code.show_snippet(torch_snippets.convolution_2d(self.example))
            cross_links.link_to_pooling(self.example.input[0], self.example.weight[0, 0])

    def show_links(self, state: State) -> None:
        """Show links to other pages for a square filter; those of one channel keep what they were given."""
        if self.example.kernel.shape[-1] == self.example.kernel.shape[-2]:
            layer, before = cross_links.layer_of(self.example)
            lacks = cross_links.ONE_CHANNEL if before.depth == 1 else ("out_channels", "bias")
            cross_links.show_links(state, layer, before, lacks)
