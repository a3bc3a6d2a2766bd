"""The science of the course: arithmetic, worked examples, models, images, explanations. Knows no user interface."""
