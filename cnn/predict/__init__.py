"""Predict radiographs: one in memory, or the files of an archive on one machine or on a Ray cluster.

``prediction`` has one radiograph's probabilities and label; ``files``, ``outcomes``, ``output`` and ``resumable`` make
a table of many files; ``ray_workers`` spreads them over machines. ``python -m cnn.predict`` is the command line.
"""
