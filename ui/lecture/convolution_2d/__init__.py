"""Parts of the page convolution_2d, a module for each kind of input."""
