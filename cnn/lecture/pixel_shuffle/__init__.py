"""The experiment that shuffles pixels, and its kept results."""
