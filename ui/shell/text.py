"""Formulas and numbers as the pages write them."""


def escape_stars(text: str) -> str:
    """Return ``text`` as Markdown that keeps its stars, which would otherwise set part of a formula in italics."""
    return text.replace("*", r"\*")


def three_figures(value: float) -> str:
    """Return ``value`` rounded to three significant figures, without an exponent."""
    return f"{float(f'{value:.3g}'):,.10g}"


def format_bytes(count: int) -> str:
    """Return a number of bytes in the largest binary unit that it fills."""
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= size:
            return f"{three_figures(count / size)} {unit}"
    return f"{count:,} bytes"
