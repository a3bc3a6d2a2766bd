"""The one family of errors that a user can cause. Each carries a sentence that is fit to be shown as it is."""


class UserError(ValueError):
    """Something the user gave does not work; ``str(error)`` says what is wrong and what to do, in one sentence."""


class ImageRejected(UserError):
    """A file is not a picture that can be read as a radiograph."""


class DoesNotFit(UserError):
    """A layer's numbers do not fit together."""


class WeightsRejected(UserError):
    """A weight file or its card is missing, damaged or not of this network."""


class Busy(UserError):
    """The model is explaining other pictures and did not become free in time."""


class CommandFailed(UserError):
    """The command cannot do what it was asked, whatever the files say."""
