"""Parts of the pages on which a learner trains: a filter by hand, and a classifier of chest films."""
