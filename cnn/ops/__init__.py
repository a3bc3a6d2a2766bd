"""Operations of a convolutional network on small arrays, in NumPy, with every step as data to be shown."""
