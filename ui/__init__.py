"""What the pages share: theme, page frame, URL state, figures, the step-through grid, the upload box."""
