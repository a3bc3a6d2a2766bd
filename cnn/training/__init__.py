"""For developers only: train, fit and measure what ``weights/`` holds. The app imports nothing from here.

``python -m cnn.training`` runs all steps in order. Each is a command of its own, too: ``lung_segmenter``,
``classifier``, ``evaluate``, ``ood_gate.fit``, ``stress``, ``saliency_bench``; and ``candidates``, ``pixel_shuffle``,
``simulate_film`` and ``benchmark``. The others are what they share.
"""
