"""For developers only: train, fit and measure what ``weights/`` holds. The app imports nothing from here.

Each command of the README is a module: ``lung_segmenter``, ``classifier``, ``evaluate``, ``ood_gate.fit``,
``saliency_bench``, ``pixel_shuffle``, ``simulate_film`` and ``benchmark``. The others are what they share.
"""
