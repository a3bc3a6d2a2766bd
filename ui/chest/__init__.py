"""Parts of the pages that read a chest film."""
