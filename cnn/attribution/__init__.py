"""Saliency maps by Captum, and the checks of whether to believe them.

``attribute`` computes a map by one of ``methods``; ``checks`` compares it with controls; ``perturbations`` changes the
film instead. The other modules are the measures behind them.
"""
