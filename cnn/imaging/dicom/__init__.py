"""Read DICOM files: headers, pixels and greys.

pydicom is imported whole before any part of it: two threads that begin with different parts, such as a page and the
server's start, would each leave it half imported, and no page would open any more.
"""

import pydicom  # noqa: F401
