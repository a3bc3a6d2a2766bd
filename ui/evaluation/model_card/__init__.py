"""Sections of the page model_card."""
