"""What every page has: frame, state in the address, theme, printing, what a session keeps."""
