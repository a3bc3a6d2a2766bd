"""Fit and measure the out-of-distribution gate of :mod:`cnn.models.ood_gate`.

``fit`` is the command; ``film_corruptions`` makes chest films unfit, ``negatives`` and ``drawn_negatives`` give images
of other things.
"""
