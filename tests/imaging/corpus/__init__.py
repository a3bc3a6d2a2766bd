"""Files that a stranger might upload: good ones with the greys they must give, bad ones with the reason.

Nothing is downloaded and nothing is random. Each file is made by a function kept under its name.
"""

from tests.imaging.corpus.bad import BAD, HEAVY, Bad
from tests.imaging.corpus.good import Good
from tests.imaging.corpus.good_dicom import GOOD

__all__ = ["BAD", "GOOD", "HEAVY", "Bad", "Good"]
