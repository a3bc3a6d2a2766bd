"""Sentences and number formats that several packages write."""

NOTICE = "For teaching only: this is not a medical device, and no result is a diagnosis."


def percent(share: float, decimals: int = 0) -> str:
    """Return a share of 1 in percent, with a space before the sign, as ISO 31 asks."""
    return f"{100 * share:.{decimals}f} %"
