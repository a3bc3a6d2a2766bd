"""Words and formulas as Markdown prints them."""


def plain(text: str) -> str:
    """``text`` with its stars kept: Markdown would take those of a formula for italics."""
    return text.replace("*", r"\*")


def three_figures(value: float) -> str:
    """``value`` rounded to three significant figures, without an exponent."""
    return f"{float(f'{value:.3g}'):,.10g}"
