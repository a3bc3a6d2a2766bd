"""Pages of the evaluation: model card, operating point, and method bench."""
