"""Sections of the page method_bench."""
