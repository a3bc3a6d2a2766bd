"""Layer arithmetic in whole numbers: sizes, costs, receptive fields, and networks as text and as PyTorch code.

Needs neither NumPy nor PyTorch.
"""
