"""What the lecture says and asks: glossary, timeline, lesson plans, questions, PyTorch lines. Needs no torch."""
