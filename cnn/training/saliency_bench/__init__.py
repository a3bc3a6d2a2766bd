"""Test every saliency method that the app offers: ``python -m cnn.training.saliency_bench``.

``films`` are explained, ``measurements`` are made of each method's maps, ``statistics`` gives them their intervals.
"""
