"""The shared PyTorch models: architectures, registry, checked loading, inference, the gate and the lung segmenter."""
