"""An interpreter for the part of Python that networks are written in: values of its own, an allowlist, a budget."""
