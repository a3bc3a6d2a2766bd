"""Words and formulas as Markdown prints them."""


def plain(text: str) -> str:
    """``text`` with its stars kept: Markdown would take those of a formula for italics."""
    return text.replace("*", r"\*")
