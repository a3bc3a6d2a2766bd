"""Worked examples in numpy: windows, convolution, pooling, softmax, filters, every step as data. Needs no torch."""
