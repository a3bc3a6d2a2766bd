"""Measure every saliency method on boxes and simulated lesions: ``python -m cnn.training.saliency_bench``."""
