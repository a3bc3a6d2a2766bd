"""CSV files of spreadsheets: every number is read as it was meant, or the sentence says that it was not."""

import codecs

import pytest

from cnn.errors import UserError
from cnn.ops.csv_signal import MAX_BYTES, read_csv


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1\n2.5\n-3\n", (1, 2.5, -3)),
        ("time;mV\na;1\nb;2\n", (1, 2)),
        ("1,2,3", (1, 2, 3)),
        ("4\t5\n6\t7\n", (5, 7)),
        ("\ufeff10\r\n20\r\n30", (10, 20, 30)),
        ("Zeit;Wert\r\n0,1;2,5\r\n0,2;3,5", (2.5, 3.5)),
        ("sep=;\n1,5;2,5", (2.5,)),
        ("1,5;2,5;3,5", (1.5, 2.5, 3.5)),
        ("0,1\t2,5\n0,2\t-3,5e-1", (2.5, -0.35)),
        ('time,"mV, filtered"\n0,1\n1,2', (1, 2)),
        ("# ECG; lead II\n0.1,5\n0.2,6", (5, 6)),
        ("\n\n7\n\n", (7,)),
    ],
)
def test_numbers_of_a_csv_file(text: str, values: tuple[float, ...]) -> None:
    assert read_csv(text.encode(), 4) == (values, "")
    assert read_csv(codecs.BOM_UTF16_LE + text.lstrip("\ufeff").encode("utf-16-le"), 4) == (values, "")


@pytest.mark.parametrize(
    ("text", "values", "counts"),
    [
        ("4\nnan\n5\nn/a\n6", (4, 5, 6), ["2 of 5"]),
        ("mV\nnan\ninf\n1", (1,), ["2 of 3"]),
        ("nan\ninf\n1", (1,), ["2 of 3"]),
        ("t;mV\n0;1\n1;\n2\n3;4", (0, 1, 2, 3), []),
        ("t;mV\na;1\nb;\nc\nd;4", (1, 4), ["2 of 4"]),
        ("1_0\n2\n3", (2, 3), []),
        ('"1,234","5"\n"1,250","6"', (5, 6), []),
        ("1\n" * 300, (1, 1, 1, 1), ["296 of 300"]),
        ("1\nx\n" * 3000, (1, 1, 1, 1), ["3,000 of 6,000", "2,996 of 3,000"]),
    ],
)
def test_what_is_left_out_is_counted(text: str, values: tuple[float, ...], counts: list[str]) -> None:
    read, note = read_csv(text.encode(), 4)
    assert read == values
    assert bool(note) == bool(counts)
    assert all(count in note for count in counts)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"a,b\nc,nan\n",
        b"1,5\r\n2,5\r\n3,5",
        b"mV\n1,5\n2\n3,5",
        b"1\x002\x00",
        b'"' + b"1" * 200_000,
        b"1\n" * MAX_BYTES,
    ],
)
def test_a_file_that_is_not_understood_is_refused(data: bytes) -> None:
    with pytest.raises(UserError):
        read_csv(data, 4)


def test_a_wide_line_above_many_short_ones_is_read_at_once() -> None:
    assert read_csv(b"," * 400_000 + b"\n" + b"7\n" * 200_000, 4)[0] == (7, 7, 7, 7)
