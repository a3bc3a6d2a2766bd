"""What every page has: frame, settings in the address bar, theme and style sheet, what a session holds."""
