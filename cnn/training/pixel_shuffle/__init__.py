"""What one fixed shuffle of the pixels costs two networks: ``python -m cnn.training.pixel_shuffle``, and its shapes."""
