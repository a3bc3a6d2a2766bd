"""A DICOM file: its tags under limits, its stored values, its tables, and the standard's way from them to greys."""
