"""Parts of the page pooling: numbers step by step, and films."""
