"""The errors that a user can cause. Each carries one sentence that is fit to be shown."""

from collections.abc import Iterable, Mapping


class UserError(ValueError):
    """Invalid input of a user; ``str(error)`` says in one sentence what is wrong and what to do."""


class ImageRejected(UserError):
    """A file cannot be read as a radiograph; ``notes`` hold what was done to it before that, as in a Radiograph."""

    def __init__(self, sentence: str, notes: Iterable[str] = ()) -> None:
        super().__init__(sentence)
        self.notes = tuple(notes)


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


class CommandFailed(UserError):
    """A command cannot run, whatever the files hold."""
