"""Many readers at once, over the same protocol as the browser's: ``python -m tests.performance.load --help``."""
