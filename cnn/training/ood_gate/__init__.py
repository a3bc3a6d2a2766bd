"""Fit the gate that rejects what is no frontal chest film: ``python -m cnn.training.ood_gate.fit``."""
