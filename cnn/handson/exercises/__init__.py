"""The exercises of the notebooks, a module each: what is right, which mistakes are known, and hints.

:mod:`cnn.handson.exercises.judging` compares answers; :mod:`cnn.handson.check` is what a notebook imports.
"""
