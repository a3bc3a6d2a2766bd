"""Figures and parts of the pages of the lecture and of whole networks."""
