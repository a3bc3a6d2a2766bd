"""A few hundred of the broken uploads of ``python -m tests.performance.mutated_uploads``."""

import pytest

from tests.performance.mutated_uploads import KINDS, attempt


@pytest.mark.parametrize("kind", KINDS)
def test_a_broken_upload_is_read_or_refused_in_a_sentence(kind: str) -> None:
    assert {attempt(kind, number) for number in range(75)} == {"read", "refused"}
