"""Evaluation from saved scores: metrics, bootstrap intervals, operating points, reader study, saliency report.

Needs numpy only: every number of a page is computed from ``weights/scores`` and ``weights/saliency_bench.json``.
"""
