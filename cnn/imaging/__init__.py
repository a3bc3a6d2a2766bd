"""From bytes to a Radiograph to a tensor: DICOM, PNG and JPEG under limits, greys, preprocessing, built-in films."""
