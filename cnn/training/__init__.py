"""For developers: everything that trains, fits and measures. The app never imports it."""
