"""The errors that a user can cause. Each carries one sentence that is fit to be shown."""

from collections.abc import Callable, Iterable, Mapping
from itertools import zip_longest

from cnn.text import excerpt


class UserError(ValueError):
    """Invalid input of a user; ``str(error)`` says in one sentence what is wrong and what to do.

        UserError("The stride must be a whole number, not %s.", text)

    The sentence is plain text of the app's own, never Markdown. What a stranger wrote (a file name, a setting of a
    link, pasted code) is given apart, one argument for each ``%s``, so that whoever shows the sentence can tell the two
    apart; of each at most 60 visible characters are kept.
    """

    def __init__(self, sentence: str, *foreign: str) -> None:
        super().__init__(sentence, *map(excerpt, foreign))

    @property
    def sentence(self) -> str:
        """The app's own words, with ``%s`` for each foreign part."""
        return str(self.args[0])

    @property
    def foreign(self) -> tuple[str, ...]:
        """The foreign parts, in order."""
        return self.args[1:]

    def render(self, own: Callable[[str], str], foreign: Callable[[str], str]) -> str:
        """Return the sentence with ``own`` applied to the app's words and ``foreign`` to each foreign part."""
        pieces = self.sentence.split("%s", len(self.foreign))
        pairs = zip_longest(map(own, pieces), map(foreign, self.foreign), fillvalue="")
        return "".join(text for pair in pairs for text in pair)

    def __str__(self) -> str:
        return self.render(str, "“{}”".format)


class ImageRejected(UserError):
    """A file cannot be read as a radiograph.

    Attributes:
        notes: What was done to it before that, as in a Radiograph.
        code: The step that failed, in a word for programs: file, size, format, decode, greys or memory.
    """

    def __init__(self, sentence: str, *foreign: str, notes: Iterable[str] = (), code: str = "file") -> None:
        super().__init__(sentence, *foreign)
        self.notes = tuple(notes)
        self.code = code


class DoesNotFit(UserError):
    """A layer's numbers do not fit together."""


class SizeDoesNotFit(DoesNotFit):
    """No window fits the input.

    Attributes:
        reason: Why, without the full stop.
        nearest: By argument name, the closest values that fit when all else stays as it is.
    """

    def __init__(self, reason: str, advice: str, nearest: Mapping[str, tuple[int, ...]]) -> None:
        super().__init__(f"{reason}; {advice}.")
        self.reason = reason
        self.nearest = dict(nearest)


class WeightsRejected(UserError):
    """A weight file or its card is missing, damaged or not of this network."""


class Busy(UserError):
    """The model computes other maps and was not free in time."""


class MethodFails(UserError):
    """A saliency method cannot be computed on this network."""


class CommandFailed(UserError):
    """A command cannot run, whatever the files hold."""
