"""The one family of errors that a user can cause. Each carries a sentence that is fit to be shown as it is."""

from collections.abc import Mapping


class UserError(ValueError):
    """Something the user gave does not work; ``str(error)`` says what is wrong and what to do, in one sentence."""


class ImageRejected(UserError):
    """A file is not a picture that can be read as a radiograph."""


class DoesNotFit(UserError):
    """A layer's numbers do not fit together."""


class SizeDoesNotFit(DoesNotFit):
    """No window fits the input; ``nearest`` holds, by argument name, the closest values that would fit."""

    def __init__(self, sentence: str, nearest: Mapping[str, tuple[int, ...]]) -> None:
        super().__init__(sentence)
        self.nearest = dict(nearest)


class WeightsRejected(UserError):
    """A weight file or its card is missing, damaged or not of this network."""


class Busy(UserError):
    """The model is explaining other pictures and did not become free in time."""


class CommandFailed(UserError):
    """The command cannot do what it was asked, whatever the files say."""
