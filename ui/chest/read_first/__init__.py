"""The page on which the reader reads a film first: the series of films, the answers, and whom to believe."""
