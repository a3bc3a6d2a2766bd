"""What layers and functions of PyTorch make of shapes: effects, the table of modules, functions, and the machine."""
