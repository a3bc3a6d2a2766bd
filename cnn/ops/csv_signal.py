"""Read a signal from a CSV file, as spreadsheets of any language and instruments write it."""

import codecs
import csv
import re
from collections import defaultdict
from itertools import takewhile

from cnn.errors import UserError

MAX_BYTES = 10**6
_NUMBER = re.compile(r"\s*[-+]?(\d+[.,]?\d*|[.,]\d+)(e[-+]?\d+)?\s*", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"\s*[-+]?\d+,\d+\s*")
_GAPS = {"nan", "n/a", "na", "inf", "-inf"}
"""Words for a missing value: a line with one of them is no head."""


def read_csv(data: bytes, most: int) -> tuple[tuple[float, ...], str]:
    """Return the first ``most`` numbers of a CSV file, and a sentence on what was left out, empty if nothing was.

    They are those of its only row, else of the column that has most numbers; of equally long columns it is the last
    one, since the first often holds times. Columns are separated by tabs, semicolons or commas, and between the first
    two numbers may have decimal commas. The text is UTF-8 or, with a byte order mark, UTF-16.

    Raises:
        UserError: There is no number in the file, it is too large, or its commas may be of either kind.
    """
    if len(data) > MAX_BYTES:
        raise UserError(f"This file has more than {MAX_BYTES // 10**6} MB: save the column that you need alone.")
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    rows, decimal_commas = _rows([line for line in data.decode(encoding, "replace").splitlines() if line.strip()])
    if len(rows) == 1:
        rows = [[cell] for cell in rows[0]]
    columns: defaultdict[int, list[float]] = defaultdict(list)
    for row in rows:
        for place, cell in enumerate(row):
            if _is_number(cell, decimal_commas):
                columns[place].append(float(cell.replace(",", ".")))
    if not columns:
        raise UserError("No number was found in this file. A CSV file with one number in each line can be read.")
    place = max(columns, key=lambda place: (len(columns[place]), place))
    head = takewhile(lambda row: not any(_is_value(cell, decimal_commas) for cell in row), rows)
    return tuple(columns[place][:most]), _describe_gaps(len(rows) - len(list(head)), len(columns[place]), most)


def _rows(lines: list[str]) -> tuple[list[list[str]], bool]:
    """Return the cells of each line, and whether a comma in a cell is a decimal comma."""
    delimiter = next((mark for mark in "\t;" if 2 * sum(mark in line for line in lines) > len(lines)), ",")
    pairs = [bool(_DECIMAL_COMMA.fullmatch(line)) for line in lines]
    if any(pairs) and not any("," in line for line, pair in zip(lines, pairs, strict=True) if not pair):
        raise UserError(
            "The commas of this file may be decimal commas or separate two columns: "
            "write decimal points, or semicolons between the columns."
        )
    try:
        return list(csv.reader(lines, delimiter=delimiter)), delimiter != ","
    except csv.Error as error:
        raise UserError("This file cannot be read as CSV: save one number in each line.") from error


def _is_number(cell: str, decimal_commas: bool) -> bool:
    return bool(_NUMBER.fullmatch(cell)) and (decimal_commas or "," not in cell)


def _is_value(cell: str, decimal_commas: bool) -> bool:
    return _is_number(cell, decimal_commas) or cell.strip().lower() in _GAPS


def _describe_gaps(cells: int, numbers: int, most: int) -> str:
    parts = []
    if numbers < cells:
        parts.append(f"cells without a number ({cells - numbers:,} of {cells:,}; later values move up)")
    if numbers > most:
        parts.append(f"all after the first {most} numbers ({numbers - most:,} of {numbers:,})")
    return f"Left out of this file: {', and '.join(parts)}." if parts else ""
