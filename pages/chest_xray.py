"""Upload a radiograph; see probabilities, a saliency map, and how far to believe them."""

from ui import frame

frame.header("Read a chest X-ray", "Upload a radiograph or pick a sample.", "pick the built-in radiograph.")
frame.notice()
