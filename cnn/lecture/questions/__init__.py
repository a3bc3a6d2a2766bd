"""Questions to predict before looking, each on the reader's own numbers, with the usual mistakes named.

A seed picks the numbers, so that one link gives a whole class the same question.
"""
