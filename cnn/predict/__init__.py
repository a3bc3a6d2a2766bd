"""From files to rows: one prediction, many files, an archive that resumes, Ray. Run it with ``python -m
cnn.predict``."""
