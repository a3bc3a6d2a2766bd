"""Parts of the pages that show how good the networks and the saliency methods are."""
