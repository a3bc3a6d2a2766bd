"""A training and what it reports, the process that it runs in, and the line of those that wait."""
