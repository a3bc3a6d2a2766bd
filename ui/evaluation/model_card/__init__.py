"""Parts of the page model_card."""
