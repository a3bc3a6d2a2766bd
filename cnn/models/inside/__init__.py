"""The inside of a network at work on a film: its layers, their feature maps, and the patches that excite a map most."""
