"""Parts of the page method_bench."""
