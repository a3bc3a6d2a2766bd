"""Sections of the page operating_point."""
