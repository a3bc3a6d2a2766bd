"""Parts of the page filters_relu: K maps of one layer, and two layers in a row."""
