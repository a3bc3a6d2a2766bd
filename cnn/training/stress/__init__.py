"""What the shipped networks do beyond the clean test films: corrupted films, and a harder question on adults.

``python -m cnn.training.stress.corrupted_films`` and ``.hard_question`` write into the cards.
"""
