"""Saliency maps by Captum and by hand, and what tests whether to believe them."""
