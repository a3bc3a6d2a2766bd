"""Parts of the page operating_point."""
